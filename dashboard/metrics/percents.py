"""Shares in percent: never 0 % of something, never 100 % short of all, and parts that add up."""

from __future__ import annotations

from collections.abc import Sequence

FINEST = 3
"""Decimals at most; what is nearer to none or to all than that is said to be."""


def percent(share: float) -> str:
    """A share by itself.

    >>> percent(0.314), percent(0.9996), percent(0.0), percent(1e-9), percent(1 - 1e-9)
    ('31%', '99.96%', '0%', 'under 0.001%', 'over 99.999%')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    decimals = next((one for one in range(FINEST + 1) if _is_between(share, one)), None)
    if decimals is None:
        least = 10.0**-FINEST
        return f"under {least}%" if share < 0.5 else f"over {100 - least}%"
    return f"{100 * share:.{decimals}f}%"


def percents(parts: Sequence[float]) -> list[str]:
    """The shares of one whole, which add up to it as they are written.

    >>> percents([1 / 3, 1 / 3, 1 / 3]), percents([0.997, 0.003, 0.0])
    (['34%', '33%', '33%'], ['99.7%', '0.3%', '0.0%'])
    """
    some = [one for one in parts if one not in (0.0, 1.0)]
    fine = (one for one in range(FINEST) if all(_is_between(part, one) for part in some))
    decimals = next(fine, FINEST)
    units = [100 * part * 10**decimals for part in parts]
    whole = [int(one) for one in units]
    most_cut = sorted(range(len(parts)), key=lambda place: whole[place] - units[place])
    for place in most_cut[: round(sum(units)) - sum(whole)]:
        whole[place] += 1
    return [f"{one / 10**decimals:.{decimals}f}%" for one in whole]


def _is_between(share: float, decimals: int) -> bool:
    """As it is written it is neither none nor all."""
    return 0 < round(100 * share, decimals) < 100
