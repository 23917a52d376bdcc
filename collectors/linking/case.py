"""A Case: the question, the answers, and what follows from them before any rule speaks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from collectors.linking.question import Question
from collectors.model import (
    Confidence,
    Earlier,
    Finding,
    Holder,
    KeyLookup,
    KeyValues,
    LookupAnswer,
    RowRef,
    Table,
    ValueSource,
    Verdict,
)

TOLERANCE = timedelta(seconds=5)
"""How far the clocks of an application, its database and Sentry may disagree."""

RACE_WINDOW = timedelta(seconds=10)
"""A Holder created no longer than this before the Event came from a request racing it."""


A_DAY_ANYWHERE = (timedelta(hours=-14), timedelta(hours=36))
"""From a date's midnight in UTC: its day begins in the first time zone, and ends in the last."""


EXACT = (timedelta(),)


class When(StrEnum):
    """Where a time lies from the Event's own, clocks being what they are."""

    BEFORE = "clearly before"
    AROUND = "within the clock tolerance"
    AFTER = "clearly after"
    UNKNOWN = "not recorded"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule says. Without a verdict its findings are remarks, its confidence a ceiling."""

    findings: tuple[Finding, ...]
    verdict: Verdict | None = None
    confidence: Confidence = Confidence.CERTAIN
    blocker: RowRef | None = None
    holder: Holder | None = None
    candidates: tuple[RowRef, ...] = ()


class Asked(NamedTuple):
    """A look-up with the reading of the values it stands for, and its answer."""

    lookup: KeyLookup
    reading: KeyValues | None
    answer: LookupAnswer


@dataclass(frozen=True)
class Case:
    """All that a Verdict may rest on.

    answers      to `question.lookups`, one for one; empty when none was asked
    others       to `question.others`, one for one; empty when none was asked
    as_of        the Snapshot's time; None when there was none
    known_row    the blocker of our earlier look as it is today, None when it is gone; means
                 something only with `known_row_asked`. Its `values` are empty if they were not read
    parents      the tables of the deleted parents that `answers` name
    nearby       Tombstones of the same organization from before the Event: only ever candidates
    unreachable  in a sentence, why no Target could be asked

    ValueError if the answers are not one for one.
    """

    question: Question
    answers: tuple[LookupAnswer, ...] = ()
    others: tuple[LookupAnswer, ...] = ()
    as_of: datetime | None = None
    earlier: Earlier | None = None
    known_row: Holder | None = None
    known_row_asked: bool = False
    parents: tuple[Table, ...] = ()
    nearby: tuple[RowRef, ...] = ()
    unreachable: str | None = None
    tolerance: timedelta = TOLERANCE
    race_window: timedelta = RACE_WINDOW

    @property
    def at(self) -> datetime:
        """The Event's time."""
        return self.question.failure.occurred_at

    @property
    def looked_up(self) -> bool:
        """Nothing failed: somebody asked for the values."""
        key = self.question.failure.key
        return key is not None and key.source is ValueSource.LOOK_UP

    @cached_property
    def castable(self) -> tuple[Asked, ...]:
        """The readings that fit the key's types; no other one can be the true one."""
        if not self.answers:
            return ()
        question = self.question
        asked = zip(question.lookups, question.readings, self.answers, strict=True)
        return tuple(Asked(*one) for one in asked if one[2].uncastable is None)

    @cached_property
    def confirmed(self) -> tuple[Asked, ...]:
        """The readings under which the Target has a row at all, of those alike to it the first."""
        found = [one for one in self.castable if one.answer.holders]
        if len(found) < 2:
            return tuple(found)
        apart = {tuple(row.row for row in one.answer.holders): one for one in reversed(found)}
        return tuple(one for one in found if one in apart.values())

    @cached_property
    def rows(self) -> tuple[Holder, ...]:
        """Every row with these values, if exactly one reading is confirmed."""
        return self.confirmed[0].answer.holders if len(self.confirmed) == 1 else ()

    @cached_property
    def possible(self) -> tuple[Holder, ...]:
        """The rows that can have been the Holder when the Event happened.

        A row made later was not. Where the key counted deleted rows, a row deleted before was, and
        no other: its values no longer change, and the key is unique. Where it counted live rows
        only (or we cannot know), a row deleted before, or nobody knows when, is not blamed.
        """
        there = tuple(
            row for row in self.rows if self.when_created(row.created_at) is not When.AFTER
        )
        if self.question.counted_then:
            frozen = tuple(row for row in there if self._gone_since(row) is When.BEFORE)
            return frozen if frozen and _one_key(there) else there
        outside = {When.BEFORE, When.UNKNOWN}
        return tuple(row for row in there if self._gone_since(row) not in outside)

    @property
    def subject(self) -> Holder | None:
        """The row this Case is about: the only one that can have been the Holder."""
        return self.possible[0] if len(self.possible) == 1 else None

    @property
    def current(self) -> Holder | None:
        """The row that today's key holds under these values; a live one first."""
        holding = sorted(filter(self.holds_now, self.rows), key=lambda row: row.deleted)
        return holding[0] if holding else None

    @property
    def candidates(self) -> tuple[RowRef, ...]:
        """Every row that came back under any reading, then those nearby."""
        found = [row.row for answer in self.answers for row in answer.holders]
        return tuple(dict.fromkeys((*found, *self.nearby)))

    def when(self, time: datetime | None) -> When:
        """Before, around or after the Event."""
        if time is None:
            return When.UNKNOWN
        if abs(time - self.at) <= self.tolerance:
            return When.AROUND
        return When.BEFORE if time < self.at else When.AFTER

    def when_deleted(self, time: datetime | None) -> When:
        """The same of a deletion in this table, for all that its column leaves open."""
        return self._when_of(time, self.deletion_leeway)

    def when_created(self, time: datetime | None) -> When:
        """The same of a row's creation in this table."""
        return self._when_of(time, self.creation_leeway)

    def when_parent_deleted(self, parent: RowRef) -> When:
        """The same of a parent's deletion, in its own table."""
        table = next((one for one in self.parents if one.label == parent.table), None)
        return self._when_of(parent.deleted_at, self.parent_leeway(table))

    def parent_leeway(self, table: Table | None) -> tuple[timedelta, ...]:
        """How far from a parent's time of deletion, as it was read, the true one may lie."""
        return _leeway(table, _marked_by(table))

    def _when_of(self, time: datetime | None, leeway: Sequence[timedelta]) -> When:
        if time is None:
            return When.UNKNOWN
        first, *others = {self.when(time + away) for away in leeway}
        return When.AROUND if others else first

    @cached_property
    def deletion_leeway(self) -> tuple[timedelta, ...]:
        """How far from a time of deletion, as it was read, the true one may lie: see `_leeway`."""
        table = self.question.table
        return _leeway(table, _marked_by(table))

    @cached_property
    def creation_leeway(self) -> tuple[timedelta, ...]:
        """The same of a row's creation."""
        table = self.question.table
        return _leeway(table, table.created_at if table else None)

    @property
    def creation_days(self) -> bool:
        """Of a row's creation the table keeps the day only."""
        return self.creation_leeway == A_DAY_ANYWHERE

    def _gone_since(self, row: Holder) -> When | None:
        return self.when_deleted(row.row.deleted_at) if row.deleted else None

    def holds_now(self, row: Holder) -> bool:
        """Today's key counts this row."""
        return self.question.counts_now or not row.deleted

    def values(self, holder: Holder | None) -> KeyValues | None:
        """The complete KeyValues: the row's own, else those of the only reading that is left."""
        if self.question.in_part:
            # Rows alike in what is known differ in the rest: only the one that was taken tells it.
            return holder.values if holder else None
        if len(self.confirmed) == 1:
            row = holder if holder in self.rows else self.rows[0]
            return self._whole(self.confirmed[0], row.values if row else ())
        left = [one.reading for one in self.castable] if self.answers else self.question.readings
        return left[0] if len(set(left)) == 1 else None

    def _whole(self, asked: Asked, values: KeyValues) -> KeyValues:
        """Values of the parts asked by, completed by what the Event printed for the others."""
        shape = self.question.asked_as
        if shape is None or asked.reading is None:
            return values
        found = dict(zip(shape.parts, asked.reading, strict=True))
        found |= dict(zip(asked.lookup.key.parts, values, strict=True))
        return tuple(found[part] for part in shape.parts)


def _marked_by(table: Table | None) -> str | None:
    return table.marker.column if table and table.marker else None


def _leeway(table: Table | None, name: str | None) -> tuple[timedelta, ...]:
    """Kept as a date, it was at any time of that day; without a zone, by UTC or the database's own.

    Which of the two an application means nobody can see, so either is held to be possible.
    """
    column = table.column(name) if table and name else None
    if table is None or column is None:
        return EXACT
    if column.type == "date":
        return A_DAY_ANYWHERE
    ahead = table.ahead_of_utc if column.type.endswith("without time zone") else ()
    return tuple(dict.fromkeys((*EXACT, *(-one for one in ahead))))


def _one_key(rows: Iterable[Holder]) -> bool:
    """They have one key: none has NULL where another has the text "null", which print alike."""
    return len({tuple(value is None for value in row.values) for row in rows}) == 1


def undecided(rule: str, reason: str, candidates: Iterable[RowRef] = ()) -> Ruling:
    """A Ruling that names nobody: at most candidates."""
    listed = tuple(dict.fromkeys(candidates))
    return Ruling((Finding(rule, reason),), Verdict.UNDECIDED, Confidence.WEAK, candidates=listed)


def remark(rule: str, reason: str, ceiling: Confidence = Confidence.CERTAIN) -> Ruling:
    """A Ruling that leaves the decision to others, but may limit their confidence."""
    return Ruling((Finding(rule, reason),), confidence=ceiling)
