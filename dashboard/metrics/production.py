"""Which environments hurt customers, and which cost developers their integration tests?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

WORDS = frozenset({"production", "prod", "live"})


@dataclass(frozen=True, slots=True)
class Places:
    """`production` is counted as customers, `apart` as tests.

    Not `known`: nothing tells them apart, so that all count as customers.
    """

    production: tuple[str, ...]
    apart: tuple[str, ...]
    known: bool

    def only(self, chosen: Sequence[str]) -> Places:
        """Of these, or of all."""
        if not chosen:
            return self
        production, apart = (
            tuple(one for one in some if one in chosen) for some in (self.production, self.apart)
        )
        return Places(production, apart, self.known)

    @property
    def only_tests(self) -> bool:
        """Nothing but integration tests is asked about."""
        return self.known and not self.production

    @property
    def counted(self) -> tuple[str, ...]:
        """What the numbers are of."""
        return self.apart if self.only_tests else self.production

    @property
    def beside(self) -> tuple[str, ...]:
        """What stands apart from them."""
        return () if self.only_tests else self.apart


def split(environments: Sequence[str], told: Sequence[str]) -> Places:
    """By their exact names, if any were `told`; else by the first word of each, past its project.

    >>> split(["production", "sandbox", "billing-api/production"], [])
    Places(production=('production', 'billing-api/production'), apart=('sandbox',), known=True)
    """
    production = tuple(one for one in environments if _is_production(one, told))
    apart = tuple(one for one in environments if one not in production)
    if not production and not told:
        return Places(tuple(environments), (), known=False)
    return Places(production, apart, known=True)


def _is_production(environment: str, told: Sequence[str]) -> bool:
    if told:
        return environment in told
    return re.split(r"[^a-z]+", environment.rpartition("/")[2].lower())[0] in WORDS
