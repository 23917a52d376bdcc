"""One statement a key shape: a key, and which of its values are NULL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from collectors.model import (
    Catalog,
    Holder,
    KeyPart,
    KeyValues,
    LookupAnswer,
    RowRef,
    Table,
    UniqueKey,
    row_id,
)
from collectors.postgres.casting import in_halves, text_array, uncastable
from collectors.postgres.engine import Snapshot
from collectors.postgres.outage import StatementFailed
from collectors.postgres.statements import (
    MOST_HOLDERS,
    Parent,
    held_rows,
    identity,
    parents_of,
)

BATCH = 1_000
"""Keys a statement; more gain nothing (measured from 250 to 10,000)."""

Asked = tuple[KeyValues, int]
"""Exact values (None is NULL) and the number of the question they belong to."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that the questions about one key share."""

    snapshot: Snapshot
    table: Table
    key: UniqueKey
    parents: Sequence[Parent]


@dataclass(slots=True)
class Answers:
    """What has been found out so far, by the number of the question."""

    refused: dict[int, str] = field(default_factory=dict)
    held: defaultdict[int, list[Holder]] = field(default_factory=lambda: defaultdict(list))

    def refuse(self, number: int, reason: str) -> None:
        """Only the first reason is kept."""
        self.refused.setdefault(number, reason)

    def of(self, number: int) -> LookupAnswer:
        """A refused question has no Holders, even if half of it could be answered."""
        if number in self.refused:
            return LookupAnswer(uncastable=self.refused[number])
        held = sorted(self.held[number], key=lambda holder: holder.row.id)
        return LookupAnswer(tuple(held[:MOST_HOLDERS]), crowded=len(held) > MOST_HOLDERS)


def scope_of(snapshot: Snapshot, catalog: Catalog, key: UniqueKey) -> Scope | None:
    """None where the catalog has no such table (any more)."""
    table = catalog.table(key.schema, key.table)
    return Scope(snapshot, table, key, parents_of(catalog, table)) if table else None


def answer_shapes(
    scope: Scope,
    parts: Sequence[KeyPart],
    asked: Sequence[Asked],
    answers: Answers,
    *,
    within: bool,
) -> None:
    """Find the rows whose `parts` have the asked values; equal values are asked once.

    `within` the index of the scope's key only. Raises StatementFailed where it is not a value that
    PostgreSQL refuses.
    """
    shapes: defaultdict[tuple[bool, ...], defaultdict[KeyValues, list[int]]]
    shapes = defaultdict(lambda: defaultdict(list))
    no_nulls = (False,) * len(parts)
    for values, number in asked:
        nulls = tuple(value is None for value in values) if None in values else no_nulls
        shapes[nulls][values].append(number)
    for nulls, wanted in shapes.items():
        ask = _question(scope, parts, nulls, within)
        refuse = _refusal(scope, parts, wanted, answers)
        for batch in batches(list(wanted)):
            for values, holder in in_halves(scope.snapshot, batch, ask, refuse):
                for number in wanted[values]:
                    answers.held[number].append(holder)


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """At most BATCH at a time."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _question(
    scope: Scope, parts: Sequence[KeyPart], nulls: tuple[bool, ...], within: bool
) -> Callable[[Sequence[KeyValues]], list[tuple[KeyValues, Holder]]]:
    statement = held_rows(
        scope.table, parts, nulls, key=scope.key, parents=scope.parents, within=within
    )
    given = [place for place, is_null in enumerate(nulls) if not is_null]

    id_width = len(identity(scope.table))

    def ask(batch: Sequence[KeyValues]) -> list[tuple[KeyValues, Holder]]:
        arrays = [text_array([values[place] for values in batch]) for place in given]
        rows = scope.snapshot.rows(statement, *arrays)
        return [(batch[row[0] - 1], _holder(scope, row, id_width)) for row in rows]

    return ask


def _refusal(
    scope: Scope, parts: Sequence[KeyPart], wanted: dict[KeyValues, list[int]], answers: Answers
) -> Callable[[KeyValues, StatementFailed], None]:
    """What to say of values that fail by themselves; raises where they are sound."""
    names, types = [part.expression for part in parts], [part.type for part in parts]

    def refuse(values: KeyValues, failure: StatementFailed) -> None:
        reason = uncastable(scope.snapshot, names, types, values)
        if reason is None:
            raise failure
        for number in wanted[values]:
            answers.refuse(number, reason)

    return refuse


def _holder(scope: Scope, row: Sequence[Any], id_width: int) -> Holder:
    """From one row of `statements.held_rows`."""
    _, deleted, since, created, organization, erased, place, parent_id, parent_since, *texts = row
    parent = None
    if place is not None:
        parent = RowRef(scope.parents[place].table.label, row_id(parent_id), _utc(parent_since))
    return Holder(
        row=RowRef(scope.table.label, row_id(texts[:id_width]), _utc(since) if deleted else None),
        deleted=deleted,
        values=tuple(texts[id_width:]),
        created_at=_utc(created),
        organization_id=organization,
        erased=erased,
        parent=parent,
    )


def _utc(time: datetime | None) -> datetime | None:
    return time and time.replace(tzinfo=UTC)
