"""What a soft-deleted row still blocks under a unique key: pure, from the catalog's own text.

And from what the server says of it, where the text is about the mark of deletion alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from collectors.model import Blocks, Column, KeyPart, MarkerKind, SoftDeleteMarker
from collectors.model.sql_text import LITERAL
from collectors.postgres.checked import excluding
from collectors.postgres.markers import is_flag, tells_a_time
from collectors.postgres.meaning import (
    Meaning,
    Meanings,
    Question,
    question,
    question_of_part,
)
from collectors.postgres.spellings import (
    conjuncts,
    every_live,
    null_when_deleted,
    only_deleted,
    only_live,
    rules_out,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a key is read: by what the server says of its terms and parts, else by their text."""

    columns: Sequence[Column] = ()
    meanings: Meanings = field(default_factory=dict)
    own: Collection[str] = ()
    checks: Sequence[str] = ()

    def of(self, sql: str, marker: SoftDeleteMarker) -> Meaning | None:
        """What the server says; None where it was not asked, or reads more than the mark."""
        asked = question(marker, self.columns, sql) if self.meanings else None
        return self.meanings.get(asked) if asked else None

    def has_no_deleted(self, predicate: str | None, marker: SoftDeleteMarker) -> bool:
        """By a CHECK of the table, no deleted row meets this predicate."""
        asked = excluding(marker, self.columns, predicate, self.checks if self.meanings else ())
        told = (self.meanings.get(one) for one in asked)
        return any(one is not None and one.holds_for_no_deleted for one in told)

    def of_part(self, part: KeyPart, marker: SoftDeleteMarker) -> Meaning | None:
        """What it says of an expression in the key."""
        asked = self.meanings and question_of_part(marker, self.columns, part, self.own)
        return self.meanings.get(asked) if asked else None


def questions(
    predicate: str | None,
    parts: Sequence[KeyPart],
    markers: Sequence[SoftDeleteMarker],
    columns: Sequence[Column],
    own: Collection[str],
    checks: Sequence[str] = (),
) -> Iterator[Question]:
    """What there is to ask the server of a key; `own` are the columns that no two rows share.

    `checks` are what the table's rows are known to meet.
    """
    for marker in markers:
        yield from excluding(marker, columns, predicate, checks)
        of_terms = (question(marker, columns, sql) for sql in conjuncts(predicate or "") if sql)
        of_parts = (question_of_part(marker, columns, part, own) for part in parts)
        yield from filter(None, (*of_terms, *of_parts))


def blocked(
    predicate: str | None,
    parts: Sequence[KeyPart],
    markers: Sequence[SoftDeleteMarker],
    reading: Reading = Reading(),
    *,
    nulls_distinct: bool = True,
) -> Blocks:
    """What deleted rows block under a key of this predicate and these parts.

    A table may have two markers (`deleted_at` and `is_deleted`, set together): a key that respects
    either does not count deleted rows.
    """
    effects = [
        blocked_by_deleted(predicate, parts, marker, reading, nulls_distinct=nulls_distinct)
        for marker in markers
    ]
    return _mildest(effects or [Blocks.NOTHING])


def _mildest(effects: Iterable[Blocks]) -> Blocks:
    """What lets a deleted row be does so whatever else there is; then what lets a create pass."""
    return min(effects, key=(Blocks.NOTHING, Blocks.DELETE, Blocks.CREATE).index)


def besides_deletion(
    predicate: str | None,
    markers: Sequence[SoftDeleteMarker],
    nullable: Collection[str] = (),
    reading: Reading = Reading(),
) -> str | None:
    """What a key's predicate asks of a row besides its being live or deleted.

    `status = 'active'` asks more of a live row, and so does `NOT deleted` where the column is
    `nullable`: a row in another state, or in none, is live too and not in the index.
    """
    terms = [
        term
        for term in (conjuncts(predicate) if predicate else ())
        if not any(
            every_live(term, m, nullable=m.column in nullable)
            or only_deleted(term, m)
            or _says_no_more(reading.of(term, m))
            for m in markers
        )
    ]
    return " AND ".join(f"({term})" for term in terms) or None


def _says_no_more(meaning: Meaning | None) -> bool:
    """It holds for all live rows and no others, or for none of them."""
    return meaning is not None and (meaning.leaves_live_out or meaning.is_of_the_living)


def keeps_live_out(
    predicate: str | None,
    parts: Sequence[KeyPart],
    markers: Sequence[SoftDeleteMarker],
    reading: Reading = Reading(),
) -> str | None:
    """The term of its predicate by which a key holds no live row, or the part that is NULL in each.

    Of a plain column that says so itself; see `audit.standing.is_idle`.
    """
    for marker in markers:
        for term in conjuncts(predicate) if predicate else ():
            told = reading.of(term, marker)
            if only_deleted(term, marker) or (told and told.leaves_live_out):
                return term
        for part in parts:
            if (told := reading.of_part(part, marker)) and told.is_null_when_live:
                return part.expression
    return None


def splits_live(
    parts: Sequence[KeyPart], markers: Sequence[SoftDeleteMarker], reading: Reading = Reading()
) -> bool:
    """An expression that reads the mark alone may be one thing in one live row, another in another.

    Of a status every state but the deleted one is live: `NULLIF(status, 'deleted')`.
    """
    return any(
        question(marker, reading.columns, part.expression) is not None
        and ((told := reading.of(part.expression, marker)) is None or not told.is_same_when_live)
        for marker in markers
        for part in parts
        if not part.is_column
    )


def blocked_by_deleted(
    predicate: str | None,
    parts: Sequence[KeyPart],
    marker: SoftDeleteMarker,
    reading: Reading = Reading(),
    *,
    nulls_distinct: bool = True,
) -> Blocks:
    """What deleted rows block, by the key's predicate and by its parts."""
    terms = conjuncts(predicate) if predicate else ()
    told = [meaning for term in terms if (meaning := reading.of(term, marker))]
    if any(only_live(term, marker) for term in terms) or rules_out(terms, marker):
        return Blocks.NOTHING
    if any(one.leaves_deleted_out for one in told) or reading.has_no_deleted(predicate, marker):
        return Blocks.NOTHING
    inverted = any(only_deleted(term, marker) for term in terms)
    inverted = inverted or any(one.leaves_live_out for one in told)
    separating = [part for part in parts if marker.column in part.columns and not _whole_row(part)]
    each = (_separates(part, marker, reading, nulls_distinct) for part in separating)
    return _mildest([Blocks.DELETE if inverted else Blocks.CREATE, *each])


def _whole_row(part: KeyPart) -> bool:
    """`norm(items.*)` is given every column, and nothing tells which of them it reads."""
    return ".*" in LITERAL.sub("''", part.expression)


def _separates(
    part: KeyPart, marker: SoftDeleteMarker, reading: Reading, nulls_distinct: bool
) -> Blocks:
    """A part that reads the marker tells live from deleted; does it tell two deleted rows apart?

    A time of deletion does (NULLs being distinct even frees the live ones), a day, a boolean, a
    status or who deleted does not: the second delete fails. Nor does a number `is_deleted`, unless
    it has room for every row's id. An expression that the server was not
    asked about is taken to be NULL or a time for deleted rows, unless it is a boolean that is not
    plainly NULL for them.
    """
    if meaning := reading.of_part(part, marker):
        return meaning.blocks(nulls_distinct=nulls_distinct)
    if part.type in ("boolean", "date", "smallint"):
        null = nulls_distinct and null_when_deleted(part.expression, marker)
        return Blocks.NOTHING if null else Blocks.DELETE
    by_state = (
        marker.kind in (MarkerKind.BOOLEAN, MarkerKind.STATUS)
        or (marker.kind is MarkerKind.TIMESTAMP and not tells_a_time(marker, part.type))
        or (marker.kind is MarkerKind.EPOCH and is_flag(marker.column) and part.type != "bigint")
    )
    return Blocks.DELETE if part.is_column and by_state else Blocks.NOTHING
