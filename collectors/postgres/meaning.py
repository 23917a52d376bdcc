"""What a condition or an expression that reads a mark of deletion comes to: pure.

The server is asked, for a live row's mark and for some that a deletion writes: SQL says one thing
in too many ways (`NULLIF(deleted_at, 0)`, `is_deleted::int = 0`, `status <> ALL ('{gone}')`), and
one that is misread may be taken for the key that keeps live rows unique. A condition is asked about
only where it reads the mark alone; of what else an expression reads, the rows have sample values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.model import Blocks, Column, KeyPart, MarkerKind, SoftDeleteMarker
from collectors.model.sql_text import named_in, spelled_out
from collectors.postgres.markers import is_flag, tells_a_time

_TIMES = tuple(f"'{year}-02-03 10:11:{s}+00'" for year in (2001, 2090) for s in (12, 13))
_NUMBERS = ("1000000000", "1000000001", "2100000000", "2100000001")
"""Deletions a second apart, and two late ones: a condition may begin or end at a date."""

_SAMPLES = {
    "S": "'{n}tombstone'",
    "N": "{n} + 7",
    "B": "true",
    "D": "date '2001-02-03' + {n}",
    "E": "(enum_range(NULL::{type}))[1]",
    "A": "'{{}}'",
    "R": "'empty'",
    "uuid": "'00000000-0000-4000-8000-{n:012}'",
    "json": "'{{}}'",
    "jsonb": "'{{}}'",
}
"""Of a type, else of its category: a value that nothing is compared with, the n-th of its kind."""

_YES, _NO = "true", "false"


@dataclass(frozen=True, slots=True)
class Question:
    """`sql` reads `marker`'s column, which is of that type, and those `beside` it.

    own    the columns among these that no two rows share
    given  what these have, as SQL, where no sample is to be taken
    """

    marker: SoftDeleteMarker
    type: str
    nullable: bool
    sql: str
    beside: tuple[Column, ...] = ()
    own: frozenset[str] = frozenset()
    given: tuple[str, ...] = ()

    def rows(self, marks: Sequence[str]) -> Iterator[str]:
        """Rows with these marks, as SELECTs: with every other value, then with as few as can be."""
        may_be_empty = () if self.given else self.beside
        for empty in sorted({False, *(column.nullable for column in may_be_empty)}):
            for n, mark in enumerate(marks):
                values = [f"CAST({mark} AS {self.type}) AS {self.marker.column}"]
                values += self._given() or [
                    self._value(column, n, empty=empty) for column in self.beside
                ]
                yield f"SELECT {', '.join(values)}"

    def _given(self) -> list[str]:
        each = zip(self.given, self.beside, strict=False)
        return [f"CAST({value} AS {column.type}) AS {column.name}" for value, column in each]

    def _value(self, column: Column, n: int, *, empty: bool) -> str:
        sample = _SAMPLES.get(column.type) or _SAMPLES[column.category]
        value = sample.format(n=n if column.name in self.own else 0, type=column.type)
        value = "NULL" if empty and column.nullable else value
        return f"CAST({value} AS {column.type}) AS {column.name}"

    @property
    def knows_every_live(self) -> bool:
        """A status may be more, in a live row, than anybody knows."""
        return self.marker.kind is not MarkerKind.STATUS

    @property
    def lives(self) -> tuple[str, ...]:
        """What a live row may have, as far as it is known; see `knows_every_live`."""
        marker = self.marker
        if not marker.live:
            return ()
        unset = "0" if marker.kind is MarkerKind.EPOCH and marker.live == "NULL" else marker.live
        return (unset, "NULL") if self.nullable and unset != "NULL" else (unset,)

    @property
    def deaths(self) -> tuple[str, ...]:
        """What deletions write, in twos: on two rows, one soon after the other, by one person."""
        marker = self.marker
        if marker.kind is MarkerKind.BOOLEAN:
            return (("false" if marker.live == "true" else "true"),) * 2
        if marker.kind is MarkerKind.STATUS:
            return tuple(state for state in marker.states for _ in range(2))
        if marker.kind is MarkerKind.EPOCH:
            is_one = self.type == "smallint" or is_flag(marker.column)
            return ("1", "1") if is_one else (*_NUMBERS, "1", "2")
        who = _SAMPLES["uuid" if self.type == "uuid" else "N"].format(n=0)
        return _TIMES if tells_a_time(marker, self.type) else (who, who)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What it comes to for each of these, as text; `whole` where no other mark is a live row's."""

    lives: tuple[str | None, ...]
    deaths: tuple[str | None, ...]
    whole: bool = True

    @property
    def leaves_deleted_out(self) -> bool:
        """As a condition, it holds for no deleted row."""
        return bool(self.deaths) and _YES not in self.deaths

    @property
    def holds_for_no_deleted(self) -> bool:
        """As a condition, it is false, and not only unknown, for every deleted row."""
        return {*self.deaths} == {_NO}

    @property
    def is_of_the_living(self) -> bool:
        """As a condition, it holds for every live row and no other."""
        return self.leaves_deleted_out and self.whole and {*self.lives} == {_YES}

    @property
    def leaves_live_out(self) -> bool:
        """As a condition, it holds for no live row."""
        return self.whole and bool(self.lives) and _YES not in self.lives

    @property
    def is_null_when_live(self) -> bool:
        """As a part of a key, it is NULL for each live row."""
        return self.whole and {*self.lives} == {None}

    @property
    def is_same_when_live(self) -> bool:
        """As a part of a key, no two live rows differ in it."""
        return self.whole and len({*self.lives}) == 1

    def blocks(self, *, nulls_distinct: bool) -> Blocks:
        """As a part of a key, what a deleted row that has it makes fail."""
        free = {None} if nulls_distinct else set[str | None]()
        if {*self.lives} & {*self.deaths} - free:
            return Blocks.CREATE
        twos = zip(self.deaths[::2], self.deaths[1::2], strict=True)
        shared = {first for first, second in twos if first == second}
        return Blocks.DELETE if shared - free else Blocks.NOTHING


Meanings = Mapping[Question, Meaning]


def question(marker: SoftDeleteMarker, columns: Iterable[Column], sql: str) -> Question | None:
    """Whether the mark alone is read is told by the names in it; None where more is, or nothing.

    What the database computes from the mark is read as that.
    """
    columns = [*columns]
    computed = {c.name: c.computed for c in columns if c.computed and c.name != marker.column}
    if not computed.keys().isdisjoint(named_in(sql)):
        sql = spelled_out(sql, computed)
    if marker.column not in sql:
        return None
    read = named_in(sql)
    found = [column for column in columns if column.name in read]
    if [column.name for column in found] != [marker.column] or ".*" in sql:
        return None
    return Question(marker, found[0].type, found[0].nullable, sql)


def question_of_part(
    marker: SoftDeleteMarker, columns: Iterable[Column], part: KeyPart, own: Collection[str]
) -> Question | None:
    """The same of an expression in a key, which may read more; None where that has no samples."""
    found = [column for column in columns if column.name in named_in(part.expression)]
    mark = next((column for column in found if column.name == marker.column), None)
    beside = tuple(column for column in found if column is not mark)
    sampled = all({column.type, column.category} & _SAMPLES.keys() for column in beside)
    if mark is None or part.is_column or ".*" in part.expression or not sampled:
        return None
    unlike = frozenset(own) & {column.name for column in beside}
    return Question(marker, mark.type, mark.nullable, part.expression, beside, unlike)
