"""Which UniqueKey of the catalog does an Event mean?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from collectors.linking.expressions import normal_form, same_columns
from collectors.linking.names import bare, fold, is_column, numbers_of
from collectors.linking.question import KeyStanding, reads_marker
from collectors.model import Catalog, Table, UniqueKey, ValueSource, ViolatedKey

MOST_NAMED = 5
"""Tables in a sentence: where each tenant has a schema, hundreds have a key of the same name."""


@dataclass(frozen=True, slots=True)
class Match:
    """The key an Event means, or the several it might mean, or a note why there is none."""

    standing: KeyStanding
    key: UniqueKey | None = None
    rivals: tuple[UniqueKey, ...] = ()
    note: str | None = None


def match_key(violated: ViolatedKey, catalog: Catalog) -> Match:
    """Find the key by its name, else by its table and columns."""
    named = catalog.keys_named(violated.constraint) if violated.constraint else ()
    fitting = tuple(key for key in named if _may_be_of(violated, key, catalog))
    if named and not fitting:
        return Match(KeyStanding.UNKNOWN, note=_elsewhere(violated))
    if len(fitting) > 1:
        fitting = _narrowed(fitting, violated, catalog)
    if len(fitting) > 1:
        return _rivals(fitting)
    if fitting:
        return Match(
            KeyStanding.AS_REPORTED, fitting[0], note=_doubt(fitting[0], violated, catalog)
        )
    return _match_columns(violated, catalog)


def _may_be_of(violated: ViolatedKey, key: UniqueKey, catalog: Catalog) -> bool:
    """Tenants with a schema each have the same names in all of them, read by us or not.

    The server names schema and table together; a schema alone may be the word of anybody.
    """
    told = violated.schema if violated.table else None
    return told is None or _is_in(told, key, catalog)


def _is_in(schema: str, key: UniqueKey, catalog: Catalog) -> bool:
    """The schema of the key's table, or of a partition of it: the server names the partition."""
    table = catalog.table(key.schema, key.table)
    partitions = table.partitions if table else ()
    return bare(schema) in {bare(key.schema), *(bare(one.schema) for one in partitions)}


def _doubt(key: UniqueKey, violated: ViolatedKey, catalog: Catalog) -> str | None:
    """What else the event says of the schema: a statement may name a view before the table."""
    schema = violated.schema or (violated.table or "").rpartition(".")[0]
    if not schema or _is_in(schema, key, catalog):
        return None
    return (
        f"The event names the schema {bare(schema)}; the unique key of that name that is known is "
        f"in {bare(key.schema)}."
    )


def written_elsewhere(violated: ViolatedKey, key: UniqueKey, catalog: Catalog) -> Table | None:
    """The other table of ours that the failed statement writes into: a trigger met the key.

    A name that is no table's may be that of a view before the key's own, and what is written into
    a table that others inherit from may be handed on to one of those as it is.
    """
    if violated.table is None:
        return None
    theirs, _, name = violated.table.rpartition(".")
    own = catalog.table(key.schema, key.table)
    partitions = own.partitions if own else ()
    if bare(name) in {bare(key.table), *(bare(one.name) for one in partitions)}:
        return None
    schemas = {bare(theirs)} if theirs else {bare(key.schema), bare(violated.schema or key.schema)}
    named = (one for one in catalog.tables if bare(one.name) == bare(name))
    return next((one for one in named if bare(one.schema) in schemas and not one.inherited), None)


def _narrowed(
    keys: Sequence[UniqueKey], violated: ViolatedKey, catalog: Catalog
) -> tuple[UniqueKey, ...]:
    """Those of several that also agree in schema, table and columns, as far as any does."""
    schema = violated.schema
    tests: tuple[Callable[[UniqueKey], bool], ...] = (
        lambda key: schema is not None and _is_in(schema, key, catalog),
        lambda key: _is_of(key.schema, key.table, violated),
        lambda key: same_columns(key.columns, violated.columns),
    )
    kept = _distinct(keys)
    for test in tests:
        kept = tuple(filter(test, kept)) or kept
    return kept


def _match_columns(violated: ViolatedKey, catalog: Catalog) -> Match:
    if violated.table is None and violated.constraint is None:
        return _match_anywhere(violated, catalog)
    tables = [t for t in catalog.tables if _is_of(t.schema, t.name, violated)]
    if not tables and violated.constraint is None:
        tables = [t for t in catalog.tables if is_modelled(t, violated)]
    keys = [(key, table) for table in tables for key in table.keys if key.valid]
    wanted = violated.columns
    same = _distinct(key for key, _ in keys if same_columns(key.columns, wanted))
    same = same or _distinct(key for key, _ in keys if _styled(key.columns) == _styled(wanted))
    mended = _distinct(key for key, table in keys if same_columns(_unmarked(key, table), wanted))
    fitting = (same or mended) if wanted else ()
    if len(fitting) > 1:
        return _rivals(fitting)
    if not fitting:
        return Match(KeyStanding.UNKNOWN, note=_unknown(violated))
    return Match(KeyStanding.RENAMED, fitting[0], note=_renamed(violated, fitting[0]))


def _match_anywhere(violated: ViolatedKey, catalog: Catalog) -> Match:
    """What has DETAIL's columns, of which applications throw that alone: never more than rivals.

    The same columns may be a key's of a table that is not read, so that an only one is none either.
    """
    keys = (key for table in catalog.tables for key in table.keys if key.valid)
    told = violated.columns if violated.source is ValueSource.DETAIL else ()
    same = _distinct(key for key in keys if told and same_columns(key.columns, told))
    if not 1 <= len(same) <= MOST_NAMED:
        return Match(KeyStanding.UNKNOWN, note=_unknown(violated))
    return _rivals(same)


def _is_of(schema: str, table: str, violated: ViolatedKey) -> bool:
    if violated.table is None:
        return False
    theirs, _, name = violated.table.rpartition(".")
    theirs = theirs or violated.schema or schema
    return (bare(schema), bare(table)) == (bare(theirs), bare(name))


def is_modelled(table: Table, violated: ViolatedKey) -> bool:
    """A library names its own model instead: `User` for `users`, `OrgMember` for `org_members`."""
    if violated.table is None or violated.schema is not None:
        return False
    model, name = fold(violated.table), fold(bare(table.name))
    return name in numbers_of(model)


def _styled(columns: Sequence[str]) -> list[str]:
    """Plain columns whatever their case style; an expression is compared as it is."""
    return sorted(fold(one) if is_column(one) else normal_form(one) for one in columns)


def _unmarked(key: UniqueKey, table: Table) -> list[str]:
    return [part.expression for part in key.parts if not reads_marker(part, table)]


def _distinct(keys: Iterable[UniqueKey]) -> tuple[UniqueKey, ...]:
    """One of each kind: a legacy index that repeats another asks the same question."""
    kinds = {
        (key.schema, key.table, key.columns, key.predicate, key.nulls_distinct): key
        for key in reversed(list(keys))
    }
    return tuple(reversed(kinds.values()))


def _rivals(keys: tuple[UniqueKey, ...]) -> Match:
    tables = sorted({f"{key.schema}.{key.table}" for key in keys})
    more = len(tables) - MOST_NAMED
    named = ", ".join(tables[:MOST_NAMED]) + (f" and {more} more tables" if more > 0 else "")
    fit = "Several unique keys fit" if len(keys) > 1 else "Only one known unique key fits"
    note = f"{fit} (of {named}), and the event does not tell which one it was."
    return Match(KeyStanding.AMBIGUOUS, rivals=keys, note=note)


def _elsewhere(violated: ViolatedKey) -> str:
    return (
        f"The database says that the key is of the schema {bare(violated.schema or '')}, of which "
        "no such key is read: name it among the Target's schemas if it is the application's."
    )


def _unknown(violated: ViolatedKey) -> str:
    if violated.constraint is None:
        return "The event does not say which unique key was violated."
    return (
        "The database has no unique key of the reported name, and nothing tells which key "
        "replaced it."
    )


def _renamed(violated: ViolatedKey, key: UniqueKey) -> str:
    if violated.constraint is None:
        return f"The event names no unique key; its table and columns are those of {key.name}."
    return (
        "The reported name no longer exists; by its table and columns the unique key is "
        f"{key.name} today."
    )
