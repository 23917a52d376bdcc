"""OTHER_FAILURE and UNDECIDED: nothing to blame, or not enough to go by."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from collectors.linking.judge import Case
from collectors.linking.question import Question
from collectors.model import LookupAnswer
from tests.unit.linking.cases import (
    COLUMNS,
    DAY,
    EMAIL,
    EMAIL_KEY,
    MONTH,
    ORGANIZATION,
    PARTIAL_KEY,
    TIMED,
    UNTIMED,
    at,
    by_fields,
    case,
    catalog,
    failure,
    held_by,
    row,
    seen,
    untimed,
    violated,
)
from tests.unit.linking.truth import (
    DROPPED,
    FIELDS,
    MENDED,
    OTHER,
    REMEMBERED,
    SPLITS,
    UNDECIDED,
    WEAK,
    A,
    B,
    Line,
    check,
    known,
    rows,
)

OTHER_FAILURES = {
    "a foreign key": Line(
        Case(Question(failure(None, other="a foreign key violation"))),
        OTHER,
        None,
        says="As far as the event tells, no unique key was violated: a foreign key violation.",
    ),
    "no words for it": Line(Case(Question(failure(None))), OTHER, None),
}

TWO_MARKS = {"today": catalog(marker=TIMED, markers=(TIMED, UNTIMED))}

UNDECIDED_CASES = {
    "a deletion that never comes": Line(
        rows(untimed()), UNDECIDED, WEAK, candidates="a", says="infinity, or the year 9999"
    ),
    "one mark says deleted, the leading one live": Line(
        rows(row(contradicted=True), **TWO_MARKS),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="contradict each other (deleted_at, is_deleted). The settings can name the one",
    ),
    "the only mark says neither live nor deleted": Line(
        rows(untimed(contradicted=True), today=catalog(marker=UNTIMED, markers=(UNTIMED,))),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="(is_deleted) has a value that means neither live nor deleted to us",
    ),
    "deleted by one mark, and the key goes by the other": Line(
        rows(
            row(deleted=-DAY, contradicted=True),
            key=FIELDS,
            today=catalog(
                replace(PARTIAL_KEY, predicate="NOT is_deleted"), markers=(TIMED, UNTIMED)
            ),
        ),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="not by the mark that the unique key goes by (is_deleted)",
    ),
    "half restored": Line(
        rows(row(contradicted=True), **TWO_MARKS, earlier=seen()), UNDECIDED, WEAK, candidates="a"
    ),
    "half restored, under a key of other columns": Line(
        replace(REMEMBERED, earlier=seen(), **known(row(contradicted=True))), UNDECIDED, WEAK
    ),
    "its mark of deletion is no longer known": Line(
        rows(row(), today=catalog(marker=None), earlier=seen()),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="no mark of deletion known to us any more",
    ),
    "an odd Event": Line(
        rows(row(deleted=-DAY), about={"oddity": "The event was cut."}),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="The event was cut.",
    ),
    "an odd Event that tells of no key": Line(
        Case(Question(failure(None, other="unknown", oddity="The event was cut."))),
        UNDECIDED,
        None,
        says="The event was cut.",
    ),
    "hidden values": Line(
        case(key=violated(splits=(), doubt="the values were hidden by a scrubber")),
        UNDECIDED,
        WEAK,
        says="hidden by a scrubber",
    ),
    "no values, and rows of the organization nearby": Line(
        case(key=violated(splits=()), nearby=(A, B)), UNDECIDED, WEAK, candidates="ab"
    ),
    "no Target": Line(
        Case(Question(failure(violated())), unreachable="No Target for staging."),
        UNDECIDED,
        None,
        says="No Target for staging.",
    ),
    "a Target that did not answer": Line(
        case(looked=None, unreachable="The database did not answer."), UNDECIDED, WEAK
    ),
    "not asked yet": Line(case(looked=None), UNDECIDED, WEAK, says="not asked yet"),
    "a dropped key that was never seen held": Line(DROPPED, UNDECIDED, WEAK),
    "a key of other columns, the row still deleted": Line(
        replace(REMEMBERED, earlier=seen(), **known(row(deleted=-60))), UNDECIDED, WEAK
    ),
    "a key of other columns, the row not found, whose id is of no known kind": Line(
        replace(REMEMBERED, earlier=seen(), **known(None)), UNDECIDED, WEAK
    ),
    "a key of other columns, the row restored on a standby that is behind our look": Line(
        replace(REMEMBERED, earlier=seen(held=3 * DAY), **known(row())), UNDECIDED, WEAK
    ),
    "a dropped key on a standby that is behind our look": Line(
        replace(DROPPED, as_of=at(DAY / 2), earlier=seen()),
        UNDECIDED,
        WEAK,
        says="it is asked again",
    ),
    "an unknown key": Line(
        case(key=violated(constraint="old")), UNDECIDED, None, says="no unique key of the reported"
    ),
    "a key of one name in two schemas": Line(
        case(
            held_by(row(deleted=-DAY)),
            held_by(row("b")),
            today=catalog(
                more=(
                    replace(
                        catalog().tables[0],
                        schema="old",
                        keys=(replace(EMAIL_KEY, schema="old"),),
                    ),
                )
            ),
        ),
        UNDECIDED,
        None,
        candidates="ab",
    ),
    "a part of the key that fits several rows": Line(
        rows(row(deleted=-DAY), row("b", deleted=-DAY), key=by_fields(("email", EMAIL))),
        UNDECIDED,
        WEAK,
        candidates="ab",
        says="organization_id is not known. Several rows fit",
    ),
    "a part of the key that fits a row of another organization than the Event's": Line(
        rows(
            row(deleted=-DAY, organization_id="other"),
            key=by_fields(("email", EMAIL)),
            about={"organization_id": ORGANIZATION},
        ),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="is another organization's",
    ),
    "a key that covers a column more today": Line(
        rows(row(deleted=-DAY), key=violated(columns=COLUMNS[1:], splits=((EMAIL,),))),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="other columns today",
    ),
    "a key of which nothing is known but whose it is": Line(
        case(
            key=by_fields(("organization_id", ORGANIZATION), doubt="the message holds no values"),
            today=catalog(organization="organization_id"),
        ),
        UNDECIDED,
        WEAK,
        says="Moreover the message holds no values.",
    ),
    "the only reading is not of the key's types": Line(
        case(LookupAnswer(uncastable="the value of organization_id is not a valid uuid")),
        UNDECIDED,
        WEAK,
        says="not a valid uuid",
    ),
    "more rows than were brought back": Line(
        case(msgspec.structs.replace(held_by(row(deleted=-DAY)), crowded=True)),
        UNDECIDED,
        WEAK,
        says="Too many rows",
    ),
    "more rows than were brought back under one of two readings": Line(
        case(
            msgspec.structs.replace(held_by(row()), crowded=True),
            held_by(row("b", deleted=-DAY)),
            key=SPLITS,
        ),
        UNDECIDED,
        WEAK,
        says="Too many rows",
    ),
    "two readings confirmed": Line(
        case(held_by(row(deleted=-DAY)), held_by(row("b")), key=SPLITS),
        UNDECIDED,
        WEAK,
        candidates="ab",
        says="more than one",
    ),
    "a standby behind the Event": Line(
        rows(row(deleted=-DAY), looked=-60), UNDECIDED, WEAK, candidates="a", says="asked again"
    ),
    "a standby that does not show our Remedy yet": Line(
        rows(row(deleted=-DAY), looked=60, earlier=seen(held=9, released_at=at(90))),
        UNDECIDED,
        WEAK,
        candidates="a",
        says="before Tombstone freed the key (2026-03-10 12:01:30 UTC); it is asked again",
    ),
    "a standby that does not show the undo of our Remedy yet": Line(
        rows(looked=60, earlier=seen(held=90)), UNDECIDED, WEAK, says="we knew it to be held"
    ),
    "nothing found a moment before the Event": Line(
        rows(looked=-2), UNDECIDED, WEAK, says="too early"
    ),
    "a deletion dated in the future": Line(
        rows(row(deleted=MONTH)), UNDECIDED, WEAK, candidates="a", says="in the future"
    ),
    "a creation dated in the future": Line(
        rows(row(created=MONTH)), UNDECIDED, WEAK, candidates="a"
    ),
    "several live rows under a key that had another shape": Line(
        rows(row(), row("b"), **MENDED), UNDECIDED, WEAK, candidates="ab", says="Several rows"
    ),
    "two rows deleted before, which the key cannot both have held": Line(
        rows(row(deleted=-DAY), row("b", deleted=-2 * DAY), **MENDED),
        UNDECIDED,
        WEAK,
        candidates="ab",
    ),
    "NULL in one row and the text null in another": Line(
        rows(
            row(deleted=-DAY, values=(ORGANIZATION, None)),
            row("b", values=(ORGANIZATION, "null")),
            key=violated(splits=((ORGANIZATION, None),)),
        ),
        UNDECIDED,
        WEAK,
        candidates="ab",
    ),
    "two rows deleted before, one of which an earlier look saw": Line(
        rows(
            row(deleted=-DAY),
            row("b", deleted=-2 * DAY),
            key=violated(columns=("organization_id", "email")),
            earlier=seen(),
        ),
        UNDECIDED,
        WEAK,
        candidates="ab",
    ),
    "several rows, one of which an earlier look saw before the request": Line(
        rows(row(), row("b"), earlier=seen(held=-60), **MENDED), UNDECIDED, WEAK, candidates="ab"
    ),
}


@pytest.mark.parametrize("line", OTHER_FAILURES.values(), ids=OTHER_FAILURES.keys())
def test_a_different_problem(line: Line) -> None:
    check(line)


@pytest.mark.parametrize("line", UNDECIDED_CASES.values(), ids=UNDECIDED_CASES.keys())
def test_nobody_is_blamed_without_proof(line: Line) -> None:
    check(line)
