"""Untrusted text made fit to show, wherever it is shown: pages, tables, files."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from collectors.evidence.privacy import mask_text

LONGEST = 2_000
LONGEST_BLOCK = 20_000
UNKNOWN = "–"
BETWEEN = " · "
"""Between what a thing is called and its id."""

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Half and full width: some spreadsheets take both."""
_LATER_FORMULA = re.compile(rf"(;[\s\"]*)(?=[{re.escape(''.join(_FORMULA))}])")
"""Where a spreadsheet splits at semicolons, as it does in most of Europe, a cell begins there."""
_LEFT_TO_RIGHT = "\u200e"
"""Shows nothing, and ends what is written from the right: it turns no other text around."""
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def cleaned(text: str, *, lines: bool = False) -> str:
    r"""`text` without control, bidi, zero-width and unassigned characters, of bounded length.

    With `lines` line breaks stay, else they become spaces.

    >>> cleaned("a\u202eb\x00c\nd")
    'abc d'
    """
    if not lines and text.isprintable():  # nearly all are, and no letter need be looked at
        kept = " ".join(text.split())
    elif lines:
        kept = "".join(c for c in text.expandtabs(4) if c == "\n" or _is_visible(c))
    else:
        kept = " ".join("".join(c for c in text if c.isspace() or _is_visible(c)).split())
    longest = LONGEST_BLOCK if lines else LONGEST
    return kept if len(kept) <= longest else kept[:longest] + "…"


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE


def cell(text: str | None) -> str:
    """`text` for a dataframe; one that a spreadsheet would run begins with an apostrophe.

    >>> cell("=HYPERLINK(1)"), cell("＝1+1"), cell("Acme;=1+1"), cell(None)
    ("'=HYPERLINK(1)", "'＝1+1", "Acme;'=1+1", '–')
    """
    shown = _LATER_FORMULA.sub(r"\1'", cleaned(text or "") or UNKNOWN)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def organization_name(id_: str, name: str | None) -> str:
    """What it is called, masked, for some are called by an address; its id if nothing can be seen.

    >>> organization_name("7", "jane@example.com"), organization_name("7", "\u200b ")
    ('j…@e….com', '7')
    """
    return cleaned(mask_text(name or "")) or cleaned(id_)


def organization_words(id_: str, name: str | None, only_in: str | None = None) -> str:
    r"""An organization's name and id, in this order because a narrow box shows only the first.

    `only_in`: the Target that knows it, to be told from its namesake in another.

    >>> organization_words("7", "Acme", "sandbox"), organization_words("7", None)
    ('Acme, sandbox · 7', '7')

    After a name in Arabic letters the groups of an id's digits would show in reverse:
    >>> organization_words("7-8", "נור")
    'נור\u200e · 7-8'
    """
    told = cleaned(mask_text(name)) if name else ""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in told):
        told += _LEFT_TO_RIGHT
    if told and only_in:
        told = f"{told}, {cleaned(only_in)}"
    return f"{told}{BETWEEN}{cleaned(id_)}" if told else cleaned(id_)


def organizations_of(known: int, customers: int) -> str:
    """How many organizations so many customers have; a dash where nobody's is known.

    A table whose organization no mapping names tells of none, and its customers have one all the
    same.

    >>> organizations_of(1200, 3000), organizations_of(0, 0), organizations_of(0, 7)
    ('1,200', '0', '–')
    """
    return f"{known:,}" if known or not customers else UNKNOWN


def csv(frame: pd.DataFrame) -> bytes:
    """The table, every text of it cleaned; times in UTC. With a byte order mark."""
    safe = frame.map(lambda held: cell(held) if isinstance(held, str) else held)
    text: str = safe.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\r\n")
    return text.encode("utf-8-sig")
