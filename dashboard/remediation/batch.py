"""Many plans under one statement: rows of one table that are written alike, told apart by arrays.

Each row is named by its primary key and by everything that was seen of it: a hash of its whole text
as PostgreSQL prints it (`row::text`), which holds the marker and the key. A row that is no longer
that is not hit, and becomes an exception of its batch.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collectors.model import Table, UniqueKey, row_id_parts
from dashboard.remediation.changes import Binding
from dashboard.remediation.facts import Place
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.statements import (
    TRANSACTION,
    marks,
    name_of,
    occupants,
    row_columns,
    type_of,
    wanted_parts,
)

Values = tuple[str | None, ...]

_PRINT = "encode(sha256(convert_to(tombstone_row::text, 'UTF8')), 'hex')"
"""Hashed where the row is: the texts of a whole batch need not travel there and back."""


class ArrayBinding(Binding):
    """Binds a row's values as columns of the arrays that the whole batch is sent in."""

    def __call__(self, value: str | None, cast: str, *, clear: bool = False) -> str:
        """The column that stands for this value of each row."""
        super().__call__(value, cast, clear=clear)
        return f"tombstone_v{len(self.values) - 1}::{cast}"


@dataclass(frozen=True, slots=True)
class Form:
    """How the rows of a batch are written, and what their plan promised to check.

    assignments  each written column with its expression over the arrays' columns
    checked      the keys on which no other row may be met
    erased       the rows were erased: a rule that reads another table is not in a row's print
    """

    place: Place
    assignments: tuple[tuple[str, str], ...]
    checked: tuple[UniqueKey, ...]
    width: int
    erased: bool = False

    @property
    def table(self) -> Table:
        """The rows' table."""
        return self.place.table

    @property
    def unenforced(self) -> tuple[UniqueKey, ...]:
        """The checked keys whose index would let a live row stand beside ours."""
        marked = marks(self.table)
        return tuple(
            key
            for key in self.checked
            if key.predicate or any(marked & {*part.columns} for part in key.parts)
        )


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row of a batch.

    values       what the SET clause takes of it
    seen         the print of the whole row, as the Preview found it
    after        the written columns as texts, as the Preview left them
    """

    remediation_id: str
    conflict_id: str
    row_id: str
    values: Values = field(repr=False)
    seen: str = field(repr=False)
    after: Values = field(default=(), repr=False)

    def as_json(self) -> list[Any]:
        """The form that a waiting batch is sealed in."""
        names = (self.remediation_id, self.conflict_id, self.row_id)
        return [*names, list(self.values), self.seen, list(self.after)]

    def left(self, after: Values) -> BatchRow:
        """The same, with what it was left with."""
        return replace(self, after=after)

    @classmethod
    def from_json(cls, stored: list[Any]) -> BatchRow:
        """The reverse of `as_json`."""
        one, conflict, row, values, seen, after = stored
        return cls(one, conflict, row, tuple(values), seen, tuple(after))


@dataclass(frozen=True, slots=True)
class SetStatement:
    """SQL over arrays: `$1` numbers the rows, so that an answer says which one it is of."""

    sql: str
    params: tuple[str, ...] = field(repr=False)


def form_of(plan: RemediationPlan) -> tuple[Form, Values]:
    """How this plan writes, and with which values. Plans that write alike have one Form text."""
    bind = ArrayBinding()
    assignments = tuple((one.column, one.expression(bind)) for one in plan.changes)
    checked = tuple(key for key in plan.table.keys if key.name in plan.checked)
    erased = bool(plan.before.erased)
    return Form(plan.place, assignments, checked, len(bind.values), erased), tuple(bind.values)


def packed(rows: Sequence[BatchRow]) -> str:
    """The rows as one text, which a batch is sealed in and its digest is of."""
    return json.dumps([one.as_json() for one in rows], ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> tuple[BatchRow, ...]:
    """The reverse of `packed`."""
    return tuple(BatchRow.from_json(one) for one in json.loads(text))


def batch_digest(form: Form, rows: Sequence[BatchRow], text: str) -> str:
    """SHA-256 of the statement and of everything that it will write to which rows."""
    return hashlib.sha256(f"{write(form, rows[:1]).sql}\n{text}".encode()).hexdigest()


def digest_of_all(bulk_id: str, target: str, undoes: str | None, digests: Iterable[str]) -> str:
    """What the Approval of a bulk is given for: every batch of this Preview, in its order."""
    bound = json.dumps([bulk_id, target, undoes, list(digests)])
    return hashlib.sha256(bound.encode()).hexdigest()


def look(place: Place, rows: Sequence[tuple[str, Values | None]]) -> SetStatement:
    """Read many rows: number, print, then what `statements.look` reads of one.

    `rows` are row ids with the KeyValues that each is asked for.
    """
    bind = ArrayBinding()
    columns = row_columns(place, bind)
    width = len(bind.values)
    values = [known or (None,) * width for _, known in rows]
    source, params = _arrays(place, [one for one, _ in rows], values, width)
    sql = f"SELECT tombstone_n, {_PRINT}, {columns} FROM {_joined(place, source)}"
    return SetStatement(sql, params)


def lock(form: Form, rows: Sequence[BatchRow]) -> SetStatement:
    """Lock those rows that nobody else has locked; number each. It never waits."""
    source, params = _arrays(form.place, [one.row_id for one in rows], [()] * len(rows), 0)
    sql = f"SELECT tombstone_n FROM {_joined(form.place, source)}"
    return SetStatement(f"{sql} FOR UPDATE OF tombstone_row SKIP LOCKED", params)


def write(form: Form, rows: Sequence[BatchRow]) -> SetStatement:
    """Write to the rows that are still as they were seen; number and written texts of each."""
    place, marker = form.place, form.table.marker
    assert marker is not None
    values = [(*one.values, one.seen) for one in rows]
    source, params = _arrays(place, [one.row_id for one in rows], values, form.width + 1)
    written = ", ".join(f"{column} = {expression}" for column, expression in form.assignments)
    sql = (
        f"UPDATE {name_of(form.table)} AS tombstone_row SET {written} FROM {source} "
        f"WHERE {_same_row(place, 'tombstone_p')} AND ({marker.deleted}) IS TRUE "
        f"AND {_PRINT} = tombstone_v{form.width}{_erasure_as_seen(form)} "
        f"RETURNING tombstone_n, {_texts(form)}, {TRANSACTION}"
    )
    return SetStatement(sql, params)


def standing(form: Form, rows: Sequence[BatchRow]) -> SetStatement:
    """Number those of the rows that are deleted and hold what the batch wrote."""
    assert form.table.marker is not None
    ids, values = [one.row_id for one in rows], [one.after for one in rows]
    source, params = _arrays(form.place, ids, values, len(form.assignments))
    same = " AND ".join(
        f"{column}::text IS NOT DISTINCT FROM tombstone_v{n}"
        for n, (column, _) in enumerate(form.assignments)
    )
    sql = f"SELECT tombstone_n FROM {_joined(form.place, source)} WHERE {same}"
    return SetStatement(f"{sql} AND ({form.table.marker.deleted}) IS TRUE", params)


def taken(form: Form, rows: Sequence[BatchRow], keys: Sequence[UniqueKey]) -> SetStatement | None:
    """A row's number, then two booleans a key: would it meet a live row there? A deleted one?"""
    if not keys:
        return None
    place, table = form.place, form.table
    values = [one.values for one in rows]
    source, params = _arrays(place, [one.row_id for one in rows], values, form.width)
    new = dict(form.assignments)
    columns = ", ".join(f"{new.get(c.name, c.name)} AS {c.name}" for c in table.columns)
    ids = "".join(f", tombstone_p{n}" for n in range(len(table.primary_key)))
    row = f"SELECT tombstone_n{ids}, {columns} FROM {_joined(place, source)}"
    parts = ", ".join(wanted_parts(n, key) for n, key in enumerate(keys))
    same = _same_row(place, "tombstone_wanted.tombstone_p")
    other = f"SELECT 1 FROM {name_of(table)} WHERE NOT ({same})"
    answers = ", ".join(occupants(table, n, key, other) for n, key in enumerate(keys))
    wanted = f"SELECT tombstone_n{ids}, {parts} FROM ({row}) AS tombstone_row"
    return SetStatement(
        f"SELECT tombstone_n, {answers} FROM ({wanted}) AS tombstone_wanted", params
    )


def _erasure_as_seen(form: Form) -> str:
    """Asked again while writing: what was kept of a row must not be, once its erasure is asked."""
    rule = form.table.erased_when
    return "" if rule is None else f" AND ({rule}) IS {'TRUE' if form.erased else 'NOT TRUE'}"


def _texts(form: Form) -> str:
    return ", ".join(f"{column}::text" for column, _ in form.assignments)


def _arrays(
    place: Place, row_ids: Sequence[str], values: Sequence[Values], width: int
) -> tuple[str, tuple[str, ...]]:
    """The rows as arrays: their numbers, the parts of their primary keys, their values."""
    primary = place.table.primary_key
    ids = [row_id_parts(one, len(primary)) or ("",) * len(primary) for one in row_ids]
    kinds = ["int", *(type_of(place, name) for name in primary), *["text"] * width]
    names = ["n", *(f"p{n}" for n in range(len(primary))), *(f"v{n}" for n in range(width))]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, start=1))
    columns = ", ".join(f"tombstone_{name}" for name in names)
    params = [
        "{" + ",".join(map(str, range(len(ids)))) + "}",
        *(_literal([one[n] for one in ids]) for n in range(len(primary))),
        *(_literal([one[n] for one in values]) for n in range(width)),
    ]
    return f"unnest({arrays}) AS tombstone_batch ({columns})", tuple(params)


def _literal(values: Sequence[str | None]) -> str:
    r"""An array as PostgreSQL reads it; psycopg's own takes ten times as long over many quotes.

    >>> print(_literal(['a"b', "c\\d", None]))
    {"a\"b","c\\d",NULL}
    """
    quoted = (
        "NULL" if one is None else '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for one in values
    )
    return "{" + ",".join(quoted) + "}"


def _joined(place: Place, source: str) -> str:
    table = name_of(place.table)
    return f"{table} AS tombstone_row JOIN {source} ON {_same_row(place, 'tombstone_p')}"


def _same_row(place: Place, prefix: str) -> str:
    """The row whose primary key stands in the arrays."""
    names = enumerate(place.table.primary_key)
    return " AND ".join(f"{name} = {prefix}{n}" for n, name in names)
