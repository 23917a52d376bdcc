"""What a condition or an expression that reads nothing but a mark of deletion comes to: pure.

The server is asked, for a live row's mark and for some that a deletion writes: SQL says one thing
in too many ways (`NULLIF(deleted_at, 0)`, `is_deleted::int = 0`, `status <> ALL ('{gone}')`), and
one that is misread may be taken for the key that keeps live rows unique.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectors.model import Column, MarkerKind, SoftDeleteMarker
from collectors.model.sql_text import named_in
from collectors.postgres.markers import is_flag

_TIMES = ("2001-02-03 10:11:12+00", "2001-02-03 10:11:13+00", "2090-02-03 10:11:12+00")
_NUMBERS = ("1000000000", "1000000001", "2100000000")
"""Two deletions a second apart, and a late one: a condition may begin or end at a date."""

_YES = "true"


@dataclass(frozen=True, slots=True)
class Question:
    """`sql` reads `marker`'s column alone, which is of that type."""

    marker: SoftDeleteMarker
    type: str
    nullable: bool
    sql: str

    @property
    def lives(self) -> tuple[str, ...]:
        """What a live row may have; nothing where it may have more than anybody knows."""
        marker = self.marker
        if marker.kind is MarkerKind.STATUS or not marker.live:
            return ()
        unset = "0" if marker.kind is MarkerKind.EPOCH and marker.live == "NULL" else marker.live
        return (unset, "NULL") if self.nullable and unset != "NULL" else (unset,)

    @property
    def deaths(self) -> tuple[str, ...]:
        """What deletions write: the first two on two rows, one soon after the other."""
        marker = self.marker
        if marker.kind is MarkerKind.BOOLEAN:
            return (("false" if marker.live == "true" else "true"),) * 2
        if marker.kind is MarkerKind.STATUS:
            return (*marker.states[:1], *marker.states)
        if marker.kind is MarkerKind.EPOCH:
            is_one = self.type == "smallint" or is_flag(marker.column)
            return ("1", "1") if is_one else (*_NUMBERS, "1")
        return tuple(f"'{time}'" for time in _TIMES) if marker.since else ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What it comes to for each of these, as text."""

    lives: tuple[str | None, ...]
    deaths: tuple[str | None, ...]

    @property
    def leaves_deleted_out(self) -> bool:
        """As a condition, it holds for no deleted row."""
        return bool(self.deaths) and _YES not in self.deaths

    @property
    def is_of_the_living(self) -> bool:
        """As a condition, it holds for every live row and no other."""
        return self.leaves_deleted_out and {*self.lives} == {_YES}

    @property
    def leaves_live_out(self) -> bool:
        """As a condition, it holds for no live row."""
        return bool(self.lives) and _YES not in self.lives

    @property
    def is_null_when_live(self) -> bool:
        """As a part of a key, it is NULL for each live row."""
        return bool(self.lives) and {*self.lives} == {None}

    @property
    def is_same_when_live(self) -> bool:
        """As a part of a key, no two live rows differ in it."""
        return len({*self.lives}) == 1

    @property
    def is_null_when_deleted(self) -> bool:
        """And this, for each deleted one."""
        return bool(self.deaths) and {*self.deaths} == {None}

    @property
    def tells_deletions_apart(self) -> bool:
        """Two rows with the same values, deleted one soon after the other, have two of it."""
        first, second, *_ = self.deaths
        return first != second

    @property
    def tells_deleted_from_live(self) -> bool:
        """No deleted row has what a live one has."""
        return bool(self.lives) and {*self.lives}.isdisjoint(self.deaths)


Meanings = Mapping[Question, Meaning]


def question(marker: SoftDeleteMarker, columns: Iterable[Column], sql: str) -> Question | None:
    """Whether the mark alone is read is told by the names in it; None where more is, or nothing."""
    if marker.column not in sql:
        return None
    read = named_in(sql)
    found = [column for column in columns if column.name in read]
    if [column.name for column in found] != [marker.column] or ".*" in sql:
        return None
    return Question(marker, found[0].type, found[0].nullable, sql)
