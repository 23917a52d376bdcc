"""One statement a key shape: a key, and which of its values are NULL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
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
from collectors.postgres.casting import in_turn, text_array, uncastable
from collectors.postgres.outage import StatementFailed
from collectors.postgres.parents import Parent, parents_of
from collectors.postgres.printing import utc
from collectors.postgres.rows import identity
from collectors.postgres.serving import COST_AT_ONCE, MOST_COST, cost_of_one, has_index
from collectors.postgres.snapshot import Question, Snapshot
from collectors.postgres.statements import MOST_HOLDERS, held_rows

BATCH = 500
"""Keys a statement: of a page of 1,000 the server finds the second half while we take in the first.

Fewer pay for its planning."""

Asked = tuple[KeyValues, int]
"""Exact values (None is NULL) and the number of the question they belong to."""

Wanted = defaultdict[KeyValues, list[int]]
"""The numbers of the questions that ask for each set of values: equal ones are asked once."""

Row = tuple[Any, ...]
"""One row of `statements.held_rows`."""

MOST_SPOILED = 5
"""Rows of a table that may fail by themselves before it is the table that cannot be asked."""

FACTS = 10
"""How many columns of such a row stand before those of its id."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that the questions about one key share."""

    snapshot: Snapshot
    table: Table
    key: UniqueKey
    parents: Sequence[Parent]
    parts: tuple[KeyPart, ...]
    """What is asked by: the key's own parts, or those of them that are known."""


@dataclass(slots=True)
class Answers:
    """What has been found out so far, by the number of the question."""

    refused: dict[int, str] = field(default_factory=dict)
    held: dict[int, tuple[Holder, ...]] = field(default_factory=dict)
    computed: dict[int, KeyValues] = field(default_factory=dict)

    def refuse(self, number: int, reason: str) -> None:
        """Only the first reason is kept."""
        self.refused.setdefault(number, reason)

    def of(self, number: int) -> LookupAnswer:
        """A refused question has no Holders, even if half of it could be answered."""
        if number in self.refused:
            return LookupAnswer(uncastable=self.refused[number])
        held, computed = self.held.get(number, ()), self.computed.get(number)
        if len(held) < 2:
            return LookupAnswer(held, computed=computed)
        held = tuple(sorted(held, key=lambda holder: holder.row.id))
        crowded = len(held) > MOST_HOLDERS
        return LookupAnswer(held[:MOST_HOLDERS], crowded=crowded, computed=computed)


def scope_of(
    snapshot: Snapshot,
    catalog: Catalog,
    key: UniqueKey,
    parts: tuple[KeyPart, ...] | None = None,
) -> Scope | None:
    """None where the catalog has no such table (any more)."""
    table = catalog.table(key.schema, key.table)
    if table is None:
        return None
    return Scope(snapshot, table, key, parents_of(catalog, table), parts or key.parts)


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
    PostgreSQL refuses, and Halted where a statement took too long.
    """
    held, read = answers.held, _reading(scope)
    for nulls, wanted in _by_shape(len(parts), asked).items():
        statement = held_rows(
            scope.table, parts, nulls, key=scope.key, parents=scope.parents, within=within
        )
        size = _batch_size(scope, statement, parts, nulls)
        if not size:
            _refuse_all(wanted, answers)
            continue
        question = _question(statement, nulls)
        refuse = _refusal(scope, parts, wanted, answers, MOST_SPOILED if within else 0)
        # In the index's own order: neighbours share its pages.
        asking = list(batches(sorted(wanted), size))
        for batch, rows in in_turn(scope.snapshot, asking, question, refuse):
            for row in rows:
                holder = read(row)
                for number in wanted[batch[row[0] - 1]]:
                    held[number] = (*held.get(number, ()), holder)


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """At most so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _by_shape(width: int, asked: Sequence[Asked]) -> Mapping[tuple[bool, ...], Wanted]:
    """What is asked, by which of its values are NULL."""
    shapes: defaultdict[tuple[bool, ...], Wanted] = defaultdict(lambda: defaultdict(list))
    no_nulls = (False,) * width
    for values, number in asked:
        nulls = tuple(value is None for value in values) if None in values else no_nulls
        shapes[nulls][values].append(number)
    return shapes


def _batch_size(
    scope: Scope, statement: str, parts: Sequence[KeyPart], nulls: Sequence[bool]
) -> int:
    """How many to ask for at once; none where each would read too much of the table."""
    if has_index(scope.table, parts) or not scope.key.valid:
        return BATCH
    nothing = ["{NULL}" for is_null in nulls if not is_null]
    cost = cost_of_one(scope.snapshot, statement, nothing)
    return 0 if cost > MOST_COST else max(1, min(BATCH, int(COST_AT_ONCE / max(cost, 1.0))))


def _refuse_all(wanted: Wanted, answers: Answers) -> None:
    for number in chain.from_iterable(wanted.values()):
        answers.refuse(number, "no index finds rows by what is known of the key")


def _question(statement: str, nulls: tuple[bool, ...]) -> Callable[[Sequence[KeyValues]], Question]:
    """How a batch is asked for: an array of each part that has a value."""
    given = [place for place, is_null in enumerate(nulls) if not is_null]

    def question(batch: Sequence[KeyValues]) -> Question:
        return statement, *(text_array([values[place] for values in batch]) for place in given)

    return question


def _refusal(
    scope: Scope,
    parts: Sequence[KeyPart],
    wanted: dict[KeyValues, list[int]],
    answers: Answers,
    spoiled: int,
) -> Callable[[KeyValues, StatementFailed], None]:
    """What to say of values that fail by themselves.

    Where they are sound it is their row that cannot be computed or shown (bytes of another
    encoding, a time beyond all calendars); raises after so many `spoiled` ones.
    """
    names, types = [part.expression for part in parts], [part.type for part in parts]
    left = iter(range(spoiled))

    def refuse(values: KeyValues, failure: StatementFailed) -> None:
        reason = uncastable(scope.snapshot, names, types, values)
        if reason is None and next(left, None) is None:
            raise failure
        reason = reason or f"PostgreSQL cannot show the row that has them ({failure.sqlstate})"
        for number in wanted[values]:
            answers.refuse(number, reason)

    return refuse


def _reading(scope: Scope) -> Callable[[Row], Holder]:
    """How a row becomes a Holder; what is the same for every row is looked up once."""
    label, after_id = scope.table.label, FACTS + len(identity(scope.table))

    def holder(row: Row) -> Holder:
        _, deleted, contradicted, since, created, organization, erased, parent, *_ = row
        return Holder(
            RowRef(label, row_id(row[FACTS:after_id]), utc(since) if deleted else None),
            deleted,
            row[after_id:],
            utc(created),
            organization,
            erased,
            None if parent is None else _parent(scope, row),
            contradicted,
        )

    return holder


def _parent(scope: Scope, row: Row) -> RowRef:
    place, parent_id, since = row[7:FACTS]
    return RowRef(scope.parents[place].table.label, row_id(parent_id), utc(since))
