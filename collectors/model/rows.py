"""What a Target's rows say, and the questions that are put to them.

What comes back is made once for every key that is looked up: msgspec makes it at a tenth of what a
frozen dataclass costs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from collectors.model.keys import KeyPart, UniqueKey
from collectors.model.words import KeyValues


class RowRef(msgspec.Struct, frozen=True, gc=False):
    """A row by table and primary key; a composite key is a JSON array in `id`."""

    table: str
    id: str
    deleted_at: datetime | None = None


class Holder(msgspec.Struct, frozen=True, gc=False):
    """A row that holds KeyValues now.

    `values` are the key's expressions as PostgreSQL prints them for this row. `deleted` without
    `deleted_at` means a marker without a time. `parent` is a soft-deleted row it belongs to.
    `contradicted`: another of the table's marks of deletion says otherwise, or the only one says
    neither.
    """

    row: RowRef
    deleted: bool
    values: KeyValues
    created_at: datetime | None = None
    organization_id: str | None = None
    erased: bool = False
    parent: RowRef | None = None
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """One question to a Target: who holds `values` under `key`?

    `values` belong to `key.parts` and are compared with the expressions themselves; with
    `from_columns` they belong to `input_columns(key)` instead, and the expressions are applied to
    them first (a request body holds the e-mail, the index holds `lower(email)`). Where only some
    of the key is known, `parts` are those, and `values` theirs: several rows may have them.
    """

    key: UniqueKey
    values: KeyValues
    from_columns: bool = False
    parts: tuple[KeyPart, ...] | None = None


class LookupAnswer(msgspec.Struct, frozen=True, gc=False):
    """Who holds it, or why that could not be asked or told ("not a uuid: …", masked).

    `crowded`: there are more rows than were brought back, so nothing follows from one's absence.
    `computed` is what the key's expressions make of a `from_columns` look-up's values.
    """

    holders: tuple[Holder, ...] = ()
    uncastable: str | None = None
    crowded: bool = False
    computed: KeyValues | None = None


def row_id(parts: Sequence[str]) -> str:
    """The text that names a row: its primary key, or a JSON array of a composite one's columns.

    >>> row_id(["7"]), row_id(["7", "de"])
    ('7', '["7", "de"]')
    """
    return parts[0] if len(parts) == 1 else json.dumps(list(parts), ensure_ascii=False)


def row_id_parts(text: str, width: int) -> tuple[str, ...] | None:
    """What `row_id` was made of, for a primary key of `width` columns; None if it was not.

    >>> row_id_parts('["7", "de"]', 2), row_id_parts("7", 2)
    (('7', 'de'), None)
    """
    if width == 1:
        return (text,)
    try:
        parts = json.loads(text)
    except ValueError:
        return None
    fits = isinstance(parts, list) and len(parts) == width
    return tuple(map(str, parts)) if fits else None


_ADDRESS = re.compile(r'\["\d+", "\(\d+,\d+\)"\]')


def is_address(text: str) -> bool:
    """The id is no key's: the place of a row that no key names. Every UPDATE gives it another.

    >>> is_address('["16385", "(0,1)"]'), is_address('["16385", "de"]')
    (True, False)
    """
    return _ADDRESS.fullmatch(text) is not None
