"""Asking by column: values that an Event gives by name only (SQL parameters, a request body)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from collectors.linking.names import bare, fold, numbers_of
from collectors.model import Catalog, KeyLookup, KeyPart, Table, UniqueKey, input_columns

_OWNERS = frozenset(
    {
        *("account", "app", "application", "branch", "brand", "business", "client", "club"),
        *("company", "customer", "group", "merchant", "org", "organisation", "organization"),
        *("owner", "parent", "partner", "project", "realm", "school", "shop", "site", "store"),
        *("team", "tenant", "user", "vendor", "workspace"),
    }
)
"""Whose a row may be: applications of several services have no foreign key to them."""

_SHARED = frozenset(
    {
        *("category", "channel", "country", "currency", "environment", "kind", "lang", "language"),
        *("locale", "month", "platform", "provider", "region", "role", "scope", "source", "state"),
        *("status", "tier", "type", "version", "year"),
    }
)
"""What has few values, and is often a plain text."""

_REFERENCE = re.compile(r"(?:_(?:uu)?id|(?<=[a-z])(?:ID|Id|Uuid|UUID))\Z")


def known_columns(table: Table, fields: Sequence[tuple[str, str | None]]) -> dict[str, str | None]:
    """The table's columns whose value the fields give, whatever their case style.

    A column for which two fields disagree is unknown, and so is one whose name another column
    shares but for its style, unless a field has it letter by letter.
    """
    if not fields:
        return {}
    styles = [fold(column.name) for column in table.columns]
    exact: dict[str, set[str | None]] = {}
    styled: dict[str, set[str | None]] = {}
    for name, value in fields:
        exact.setdefault(bare(name), set()).add(value)
        styled.setdefault(fold(name), set()).add(value)
    known: dict[str, str | None] = {}
    for column, style in zip(table.columns, styles, strict=True):
        values = exact.get(bare(column.name), set())
        if not values and styles.count(style) == 1:
            values = styled.get(style, set())
        if len(values) == 1:
            known[column.name] = next(iter(values))
    return known


def tidied(known: dict[str, str | None], key: UniqueKey) -> list[dict[str, str | None]]:
    """`known` as it was sent, and as an application may have made it before it inserted it.

    Values are trimmed, codes put into upper case and all others (addresses, slugs, user names) into
    lower case, unless the key's own expression or type does that; only where no letter is beyond
    ASCII, for others fold differently from one program to the next. Where letters differ by their
    case alone the database may have rows for two forms: then nobody is blamed.
    """
    trimmed = {name: value.strip() if value else value for name, value in known.items()}
    plain = {part.expression for part in key.parts if part.is_column and part.type != "citext"}
    cased = {
        name: _cased(name, value) if name in plain else value for name, value in trimmed.items()
    }
    forms = [known]
    forms += [form for form in (trimmed, cased) if form not in forms]
    return forms


def _cased(column: str, value: str | None) -> str | None:
    if value is None or not value.isascii():
        return value
    return value.upper() if fold(column).endswith("code") else value.lower()


def column_lookup(key: UniqueKey, known: dict[str, str | None]) -> KeyLookup | None:
    """By the columns the key reads; None unless all are known and the values could collide."""
    names = input_columns(key)
    if any(name not in known for name in names):
        return None
    if key.nulls_distinct and any(_is_null(part, known) for part in key.parts):
        return None
    return KeyLookup(key, tuple(known[name] for name in names), from_columns=True)


def part_lookup(
    key: UniqueKey, table: Table, known: dict[str, str | None], catalog: Catalog
) -> KeyLookup | None:
    """By the known parts of the key, if their columns are `telling`."""
    parts = tuple(part for part in key.parts if all(name in known for name in part.columns))
    if not parts or any(_is_null(part, known) for part in parts if key.nulls_distinct):
        return None
    if not telling(
        {name for part in parts for name in part.columns if known[name]}, table, catalog
    ):
        return None
    names = input_columns(replace(key, parts=parts))
    return KeyLookup(key, tuple(known[name] for name in names), from_columns=True, parts=parts)


def telling(columns: Iterable[str], table: Table, catalog: Catalog) -> bool:
    """They tell more than whose row it is.

    A reference to another table, the mapped organization, a flag and a time are shared by many
    rows: with nothing else known even an only row proves nothing.
    """
    marker = {table.marker.column} if table.marker else set()
    flags = {column.name for column in table.columns if column.category in "BDE"}
    references = {
        name
        for link in catalog.foreign_keys
        if (link.schema, link.table) == (table.schema, table.name)
        for name in link.columns
    }
    shared = {table.organization, *marker, *flags, *references}
    entities = frozenset(fold(bare(one.name)) for one in catalog.tables)
    return not all(name in shared or _sounds_shared(bare(name), entities) for name in columns)


def _sounds_shared(name: str, entities: frozenset[str]) -> bool:
    """Like a reference that no foreign key declares, or like one of a few values."""
    whole = fold(name)
    if whole in _SHARED or whole in _OWNERS:
        return True
    owner = _REFERENCE.sub("", name)
    named = fold(owner)
    return owner != name and (named in _OWNERS or not entities.isdisjoint(numbers_of(named)))


def _printed_lookup(
    key: UniqueKey, known: dict[str, str | None], printed: dict[str, str | None]
) -> KeyLookup | None:
    """By the parts' own values: another key may share `lower(email)` with the printed one."""
    values = {**known, **printed}
    if any(values.get(part.expression) is None for part in key.parts):
        return None
    return KeyLookup(key, tuple(values[part.expression] for part in key.parts))


def _is_null(part: KeyPart, known: dict[str, str | None]) -> bool:
    """A plain column whose value is NULL; an expression may well turn NULL into something else."""
    return part.is_column and known[part.expression] is None


def missing_values(key: UniqueKey, known: dict[str, str | None]) -> str:
    """Why the key cannot be asked by its columns."""
    missing = [column for column in input_columns(key) if column not in known]
    if not missing:
        return "A part of the key is empty in the request, and empty values never collide."
    return f"The event does not give the whole key: {', '.join(missing)} is not known."


def other_lookups(
    key: UniqueKey,
    table: Table,
    known: dict[str, str | None],
    printed: dict[str, str | None] | None = None,
) -> tuple[KeyLookup, ...]:
    """The other unique keys that a Tombstone may hold against the same insert.

    `known` are columns of the insert; `printed` are expressions, by what the database made of them.
    """
    if not known and not printed:
        return ()
    others = (
        other
        for other in table.keys
        if other.valid and other.counts_deleted and not other.primary and other.name != key.name
    )
    found = (
        column_lookup(other, known) or _printed_lookup(other, known, printed or {})
        for other in others
    )
    return tuple(lookup for lookup in found if lookup is not None)
