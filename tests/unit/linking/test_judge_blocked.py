"""BLOCKED_BY_TOMBSTONE and BLOCKED_BY_LEFTOVER: somebody is kept out right now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from collectors.model import Blocks, LookupAnswer, Operation, RowRef, ValueSource
from tests.unit.linking.cases import (
    COLUMNS,
    CUSTOMERS,
    DAY,
    EMAIL,
    FLAG_KEY,
    MARKED,
    MENDED_KEY,
    MONTH,
    ORGANIZATION,
    UNTIMED,
    VALUES,
    at,
    by_fields,
    case,
    catalog,
    held_by,
    leftover,
    row,
    seen,
    untimed,
    violated,
)
from tests.unit.linking.truth import (
    BLOCKED,
    CERTAIN,
    FIELDS,
    LEFT_OVER,
    LIKELY,
    PLACES,
    SHOWN_LIVE,
    SPLITS,
    A,
    Line,
    check,
    known,
    rows,
)

FLAGGED: dict[str, Any] = {"today": catalog(marker=UNTIMED)}
ZONELESS: dict[str, Any] = {
    "today": catalog(
        columns=tuple(
            replace(one, type=one.type.replace("with ", "without ")) for one in CUSTOMERS.columns
        ),
        ahead_of_utc=(timedelta(hours=2),),
    )
}

BLOCKED_BY_TOMBSTONE = {
    "deleted before the request": Line(
        rows(row(deleted=-DAY)), BLOCKED, CERTAIN, "a", "a", says="before the request failed"
    ),
    "deleted before by one of two clocks": Line(
        rows(row(deleted=3_600), **ZONELESS), BLOCKED, LIKELY, "a", "a", says="by up to 2 hours"
    ),
    "another mark was forgotten": Line(
        rows(row(deleted=-DAY, contradicted=True)), BLOCKED, LIKELY, "a", "a", says="contradict"
    ),
    "its rows were given other ids since": Line(
        rows(row("b", deleted=-DAY), earlier=seen(), **known(None)), BLOCKED, CERTAIN, "b", "b"
    ),
    "its rows were given other ids, and its own is a live row's": Line(
        rows(row("b", deleted=-DAY), earlier=seen(), **known(row(values=(ORGANIZATION, "c")))),
        BLOCKED,
        CERTAIN,
        "b",
        "b",
    ),
    "deleted a year before": Line(
        rows(row(created=-14 * MONTH, deleted=-12 * MONTH)), BLOCKED, CERTAIN, "a", "a"
    ),
    "the only row that has the known part of the key": Line(
        rows(row(deleted=-DAY), key=by_fields(("email", EMAIL))),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="Exactly one row fits",
    ),
    "cut in two ways, one of which no row can have": Line(
        rows(
            row(deleted=-DAY, values=(ORGANIZATION, "b, c")),
            key=violated(splits=((ORGANIZATION, "b, c"), (f"{ORGANIZATION}, b", "c"))),
        ),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="exactly one of them",
    ),
    "what failed was a deletion, under a key that tells deleted rows from live ones": Line(
        rows(
            untimed(),
            key=FIELDS,
            today=catalog(replace(FLAG_KEY, blocks=Blocks.DELETE), marker=UNTIMED),
            about={"operation": Operation.DELETE},
        ),
        BLOCKED,
        LIKELY,
        "a",
        "a",
    ),
    "anonymized, and still holding": Line(
        rows(row(deleted=-DAY, erased=True)), BLOCKED, CERTAIN, "a", "a", says="never restored"
    ),
    "no time of creation kept": Line(
        rows(row(created=None, deleted=-DAY)), BLOCKED, CERTAIN, "a", "a", says="not recorded"
    ),
    "deleted and created within the same moment as the request": Line(
        rows(row(created=-4, deleted=-2)), BLOCKED, LIKELY, "a", "a"
    ),
    "deleted clearly before, created too close to tell": Line(
        rows(row(created=-2, deleted=-30)), BLOCKED, LIKELY, "a", "a"
    ),
    "deleted too close to the request to tell": Line(
        rows(row(deleted=3)), BLOCKED, LIKELY, "a", "a", says="too close"
    ),
    "looked up, and nothing failed": Line(
        rows(row(deleted=-DAY), key=violated(source=ValueSource.LOOK_UP)),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="2026-03-09 12:00:00 UTC, before it was looked up (2026-03-10 12:00:00 UTC).",
    ),
    "a mark of deletion without a time": Line(
        rows(untimed(), **FLAGGED),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="is not recorded; the request failed on 2026-03-10 12:00:00 UTC.",
    ),
    "values from the request body": Line(
        rows(row(deleted=-DAY), key=FIELDS), BLOCKED, LIKELY, "a", "a", says="the request body"
    ),
    "values of an application's own message": Line(
        rows(row(deleted=-DAY), key=violated(source=ValueSource.MESSAGE)),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="not from the database's own message",
    ),
    "values of which the database printed only a part": Line(
        rows(row(deleted=-DAY), key=replace(FIELDS, source=ValueSource.DETAIL)),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="a part of the event",
    ),
    "values from nobody knows where": Line(
        rows(row(deleted=-DAY), key=violated(source=None)), BLOCKED, LIKELY, "a", "a"
    ),
    "two ways to read the values, alike to the database": Line(
        case(held_by(row(deleted=-DAY)), held_by(row(deleted=-DAY)), key=SPLITS),
        BLOCKED,
        LIKELY,
        "a",
        "a",
    ),
    "two ways to read the values, one confirmed": Line(
        case(held_by(), held_by(row(deleted=-DAY)), key=SPLITS),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="exactly one",
    ),
    "two ways to read the values, one of them not of the key's types": Line(
        case(LookupAnswer(uncastable="no uuid"), held_by(row(deleted=-DAY)), key=SPLITS),
        BLOCKED,
        LIKELY,
        "a",
        "a",
    ),
    "seen before its table was renamed or moved": Line(
        rows(row(deleted=-DAY), earlier=seen(RowRef("clients", "a", at(-DAY)))),
        BLOCKED,
        CERTAIN,
        "a",
        "a",
    ),
    "seen before its primary key got another column": Line(
        rows(row('["a", "eu"]', deleted=-DAY), earlier=seen()),
        BLOCKED,
        CERTAIN,
        '["a", "eu"]',
        '["a", "eu"]',
    ),
    "seen in another place, where no key names a row": Line(
        rows(row(PLACES[1], deleted=-DAY), earlier=seen(RowRef("customers", PLACES[0], at(-DAY)))),
        BLOCKED,
        CERTAIN,
        PLACES[1],
        PLACES[1],
    ),
    "a key that was renamed": Line(
        rows(row(deleted=-DAY), key=violated(constraint="old", table="customers")),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="no longer exists",
    ),
    "a key that lost another column": Line(
        rows(
            row(deleted=-DAY),
            key=violated(columns=(*COLUMNS, "region"), splits=((*VALUES, "eu"),)),
        ),
        BLOCKED,
        LIKELY,
        "a",
        "a",
        says="was changed since",
    ),
    "a Snapshot a moment older than the request": Line(
        rows(row(deleted=-DAY), looked=-2), BLOCKED, LIKELY, "a", "a", says="a moment before"
    ),
    "the second delete of a key with a boolean": Line(
        rows(
            untimed(values=(*VALUES, "t")),
            key=violated(columns=(*COLUMNS, "is_deleted"), splits=((*VALUES, "t"),)),
            today=catalog(FLAG_KEY, marker=UNTIMED),
        ),
        BLOCKED,
        LIKELY,
        "a",
        "a",
    ),
    "the second delete of a key with a time": Line(
        rows(
            row(deleted=-DAY, values=(*VALUES, "2026-03-09 12:00:00+00")),
            key=violated(columns=MARKED, splits=((*VALUES, "2026-03-09 12:00:00+00"),)),
            today=catalog(MENDED_KEY),
        ),
        BLOCKED,
        CERTAIN,
        "a",
        "a",
    ),
    "an older row of the same values beside it is no doubt": Line(
        rows(row("b", created=DAY), row(deleted=-DAY)), BLOCKED, CERTAIN, "a", "a"
    ),
    "a leftover that was deleted itself since": Line(
        rows(row(deleted=DAY), earlier=seen(A, verdict=LEFT_OVER)), BLOCKED, LIKELY, "a", "a"
    ),
    "deleted again since, but seen deleted before": Line(
        rows(row(deleted=DAY), earlier=seen()), BLOCKED, LIKELY, "a", "a", says="an earlier look"
    ),
    "seen before and still the same": Line(
        rows(row(deleted=-DAY), earlier=seen()), BLOCKED, CERTAIN, "a", "a"
    ),
}

BLOCKED_BY_LEFTOVER = {
    "the parent was deleted before the request": Line(
        rows(leftover()), LEFT_OVER, LIKELY, "a", "a", says="what it belongs to, in teams"
    ),
    "the database said that the row was live": Line(
        rows(leftover(), **SHOWN_LIVE), LEFT_OVER, CERTAIN, "a", "a"
    ),
    "the database said so, but the parent's deletion is too close to tell": Line(
        rows(leftover(parent_deleted=2), **SHOWN_LIVE),
        LEFT_OVER,
        LIKELY,
        "a",
        "a",
        says="too close to tell whether before or after the request failed",
    ),
    "the database said so, but the row is too young to tell": Line(
        rows(leftover(created=-2), **SHOWN_LIVE), LEFT_OVER, LIKELY, "a", "a"
    ),
    "the parent's mark has no time": Line(
        rows(msgspec.structs.replace(row(), parent=RowRef("teams", "t"))),
        LEFT_OVER,
        LIKELY,
        "a",
        "a",
        says="in teams, is soft-deleted, but when that happened is not recorded.",
    ),
    "deleted itself since, and still in the way": Line(
        rows(leftover(deleted=DAY)), LEFT_OVER, LIKELY, "a", "a", says="still holds the key"
    ),
}


@pytest.mark.parametrize("line", BLOCKED_BY_TOMBSTONE.values(), ids=BLOCKED_BY_TOMBSTONE.keys())
def test_a_tombstone_blocks(line: Line) -> None:
    check(line)


@pytest.mark.parametrize("line", BLOCKED_BY_LEFTOVER.values(), ids=BLOCKED_BY_LEFTOVER.keys())
def test_a_leftover_blocks(line: Line) -> None:
    check(line)
