"""The tables of a schema with their columns, as the catalog's first statements tell them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from collectors.model import Column, SoftDeleteMarker
from collectors.postgres.markers import ColumnFacts, created_column, find_markers
from collectors.postgres.snapshot import Rows
from collectors.postgres.spellings import conjuncts

Labels = Mapping[tuple[int, int | str], Sequence[str | None]]
"""The values a column is known to take, by (table, number) or (table, raw name)."""

_ADDRESSES = "@"
"""What `catalog_sql.SEEN_STATES` says of a column with e-mail addresses in it."""

_NOT_NULL = re.compile(r'(?:"(?:[^"]|"")+"|[\w$]+) IS NOT NULL')


@dataclass(frozen=True, slots=True)
class Check:
    """A table's CHECK; `valid`: older rows are known to meet it too."""

    condition: str
    valid: bool


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of `catalog_sql.TABLES`."""

    oid: int
    schema: str
    name: str
    raw_name: str
    inherited: bool
    partitioned: bool
    partitioned_by: Sequence[str]
    excludes: bool
    subscribed: bool

    @property
    def qualified(self) -> str:
        """Its name as a statement has it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Columns:
    """A table's columns by their number, in their order, and what they say of its rows."""

    facts: Mapping[int, ColumnFacts]
    markers: tuple[SoftDeleteMarker, ...]
    created_at: str | None
    checks: tuple[Check, ...] = ()

    @classmethod
    def of(
        cls, facts: Mapping[int, ColumnFacts], table: str, checks: Sequence[Check] = ()
    ) -> Columns:
        """What their names, types and known values say; `table` is its raw name."""
        each = [*facts.values()]
        return cls(facts, find_markers(each, table), created_column(each), tuple(checks))

    @property
    def met(self) -> tuple[str, ...]:
        """The CHECKs that all rows are known to meet."""
        return tuple(one.condition for one in self.checks if one.valid)


def with_columns(
    tables: Rows, checks: Rows, states: Rows, columns: Rows
) -> list[tuple[TableRow, Columns]]:
    """Each table, with its columns."""
    rows = [TableRow(*row) for row in tables]
    of_one = [row[:3] for row in checks if len(row[1] or ()) == 1]
    of_each = _columns(columns, _known_labels(of_one, states, rows), _filled(of_one))
    said = _checks(checks)
    return [(row, Columns.of(of_each[row.oid], row.raw_name, said[row.oid])) for row in rows]


def _checks(rows: Rows) -> defaultdict[int, list[Check]]:
    found: defaultdict[int, list[Check]] = defaultdict(list)
    for table, _, condition, valid in rows:
        if condition and valid is not None:
            found[table].append(Check(condition, valid))
    return found


def _columns(
    rows: Rows, labels: Labels, checked: Collection[tuple[int, int]]
) -> defaultdict[int, dict[int, ColumnFacts]]:
    columns: defaultdict[int, dict[int, ColumnFacts]] = defaultdict(dict)
    for row in rows:
        table, number, quoted, raw, type_, nullable, generated, category, base, *more = row
        default, fixed, computed, enum, filled, virtual = more
        filled = filled or (table, number) in checked
        known = labels.get((table, raw), ())
        column = Column(
            quoted,
            type_,
            nullable,
            generated,
            category,
            default,
            computed,
            filled,
            holds_addresses=_ADDRESSES in known,
            virtual=virtual,
        )
        seen = (*enum, *labels.get((table, number), ()), *known)
        said = tuple(label for label in seen if label not in (None, _ADDRESSES))
        columns[table][number] = ColumnFacts(
            column, raw, base, default, said, fixed, nulls=None in seen
        )
    return columns


def _filled(checks: Rows) -> set[tuple[int, int]]:
    """The columns whose CHECK lets no NULL be written, valid for the older rows or not."""
    return {
        (table, number)
        for table, (number,), condition in checks
        if any(_NOT_NULL.fullmatch(term) for term in conjuncts(condition or ""))
    }


def _known_labels(checks: Rows, states: Rows, tables: Sequence[TableRow]) -> Labels:
    labels: defaultdict[tuple[int, int | str], list[str | None]] = defaultdict(list)
    for table, (number,), condition in checks:
        literals = re.findall(r"'((?:[^']|'')*)'", condition or "")
        labels[table, number] += [literal.replace("''", "'") for literal in literals]
    by_name = {(row.schema, row.raw_name): row.oid for row in tables}
    for schema, name, column, label in states:
        if oid := by_name.get((schema, name)):
            labels[oid, column].append(label)
    return labels
