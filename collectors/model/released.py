"""How a released key is recognised afterwards: what a release leaves in the row."""

from __future__ import annotations

import re

RELEASED_EMAIL = ("released+", "@tombstone.invalid")
"""Around the row's own tag, in place of an e-mail address; `.invalid` never resolves (RFC 2606)."""

RELEASED_TEXT = "released:"
"""Before the row's own tag, in place of any other text."""


def kept_name(column: str) -> str:
    """The member under which a released value is kept.

    >>> kept_name("external_id"), kept_name('"externalId"')
    ('__external_id', '__externalId')
    """
    return "__" + column.strip('"')


def is_released(column: str) -> str:
    """The SQL condition of a value that a release wrote into this (quoted) text column.

    What it begins with comes first, so that few values meet the pattern. Compared as bytes, because
    a collation that is not deterministic allows neither.
    """
    head, tail = RELEASED_EMAIL
    text = f'{column}::text COLLATE "C"'
    return (
        f"({text} LIKE 'released%'"
        rf" AND {text} ~ '^({re.escape(head)}[a-z0-9_]+{re.escape(tail)}"
        rf"|{re.escape(RELEASED_TEXT)}[a-z0-9_]+)$')"
    )
