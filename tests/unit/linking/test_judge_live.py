"""LIVE_DUPLICATE, CONCURRENT_CREATE, HOLDER_GONE: no deleted row is to blame."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.model import Blocks, RowRef, ValueSource
from tests.unit.linking.cases import (
    COLUMNS,
    DAY,
    FLAG_KEY,
    PARTIAL_KEY,
    TIMED,
    UNTIMED,
    VALUES,
    at,
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
    ALIVE_THEN,
    CERTAIN,
    FIELDS,
    GONE,
    LEFT_OVER,
    LIKELY,
    LIVE,
    MENDED,
    PARTIAL,
    RACE,
    SHOWN_LIVE,
    SPLITS,
    UNBLOCKED,
    A,
    Line,
    check,
    known,
    rows,
)

TOLD_APART = {
    "today": catalog(replace(FLAG_KEY, blocks=Blocks.DELETE), marker=UNTIMED),
    "key": FIELDS,
}
"""A create whose printed key is not known: live and deleted rows never meet in that key."""

LIVE_DUPLICATES = {
    "beside a deleted twin, under a key that tells them apart": Line(
        rows(row(), untimed("t"), **TOLD_APART), LIVE, LIKELY, holder="a"
    ),
    "live and older than the request": Line(
        rows(row()), LIVE, LIKELY, holder="a", says="restored since"
    ),
    "looked up a moment after it was created: no request raced it": Line(
        rows(row(created=-3), key=violated(source=ValueSource.LOOK_UP)),
        LIVE,
        LIKELY,
        holder="a",
        says="holds the unique key.",
    ),
    "the database said that it was live": Line(
        rows(row(), **SHOWN_LIVE), LIVE, CERTAIN, holder="a", says="The database itself said"
    ),
    "the database said so, its age is not recorded": Line(
        rows(row(created=None), **SHOWN_LIVE), LIVE, LIKELY, holder="a"
    ),
    "an old tombstone of the same values is not the Holder": Line(
        rows(row("t", deleted=-DAY), row(), **SHOWN_LIVE), LIVE, CERTAIN, holder="a"
    ),
    "deleted since, and blocking now": Line(
        rows(row(deleted=DAY)), LIVE, LIKELY, holder="a", says="creating it again would fail now"
    ),
    "deleted since, under a key of live rows": Line(
        rows(row(deleted=DAY), **SHOWN_LIVE),
        LIVE,
        CERTAIN,
        holder="a",
        says="does not count deleted rows",
    ),
    "deleted at about that time, under a key of live rows": Line(
        rows(row(deleted=1), **SHOWN_LIVE), LIVE, LIKELY, holder="a", says="at about that time"
    ),
    "deleted at about that time, under a key that counts deleted rows only today": Line(
        rows(row(deleted=1), key=ALIVE_THEN), LIVE, LIKELY, holder="a"
    ),
    "live under a key with a boolean": Line(
        rows(
            row(),
            key=violated(columns=(*COLUMNS, "is_deleted"), splits=((*VALUES, "f"),)),
            today=catalog(FLAG_KEY, marker=UNTIMED),
        ),
        LIVE,
        LIKELY,
        holder="a",
        says="no time of deletion",
    ),
    "live under a partial key": Line(rows(row(), **PARTIAL), LIVE, LIKELY, holder="a"),
    "a table without a mark of deletion": Line(
        rows(row(), today=catalog(marker=None)),
        LIVE,
        LIKELY,
        holder="a",
        says="no mark of deletion",
    ),
    "its parent was deleted after the request": Line(
        rows(leftover(parent_deleted=DAY)), LIVE, LIKELY, holder="a", says="What it belongs to was"
    ),
    "its parent was deleted after the request, as seen before": Line(
        rows(leftover(parent_deleted=DAY), earlier=seen(A, verdict=LEFT_OVER)),
        LIVE,
        LIKELY,
        holder="a",
    ),
    "live while an earlier look saw it deleted after the request": Line(
        rows(row(), earlier=seen(RowRef("customers", "a", at(60)))), LIVE, LIKELY, holder="a"
    ),
    "another row than the one seen in the way before the request": Line(
        rows(row("b"), earlier=seen(held=-60), **known(None)), LIVE, LIKELY, holder="b"
    ),
    "restored by us before the request": Line(
        rows(row(), earlier=seen(held=-DAY, released_at=at(-60))), LIVE, LIKELY, holder="a"
    ),
    "deleted again after the request, seen in the way only before": Line(
        rows(row(deleted=DAY), earlier=seen(held=-60)), LIVE, LIKELY, holder="a"
    ),
    "an earlier look without a row": Line(
        rows(row(), earlier=replace(seen(), blocker=None)), LIVE, LIKELY, holder="a"
    ),
    "an earlier look without a time": Line(
        rows(row(), earlier=seen(held=None)), LIVE, LIKELY, holder="a"
    ),
}

CONCURRENT_CREATES = {
    "created seconds before": Line(
        rows(row(created=-8)), RACE, LIKELY, holder="a", says="two requests raced"
    ),
    "the database said that it was live": Line(
        rows(row(created=-8), **SHOWN_LIVE), RACE, CERTAIN, holder="a"
    ),
    "created at about the same time": Line(
        rows(row(created=2), **SHOWN_LIVE), RACE, LIKELY, holder="a"
    ),
    "deleted since": Line(
        rows(row(created=-8, deleted=DAY)), RACE, LIKELY, holder="a", says="would fail now"
    ),
}

HOLDERS_GONE = {
    "nothing holds the key": Line(rows(), GONE, LIKELY, says="No row holds"),
    "nothing has what the request sent": Line(
        rows(key=violated(source=ValueSource.REQUEST)), GONE, LIKELY, says="wrote other values"
    ),
    "only a row created later": Line(
        rows(row(created=DAY)), GONE, LIKELY, holder="a", says="Only a live row, created on"
    ),
    "only a row created and deleted later": Line(
        rows(row(created=60, deleted=DAY)),
        GONE,
        LIKELY,
        holder="a",
        says="Only a soft-deleted row, created on 2026-03-10 12:01:00 UTC, after",
    ),
    "only rows created later, of which today's key counts the live one": Line(
        rows(row(created=60, deleted=DAY), row("b", created=DAY), **PARTIAL),
        GONE,
        LIKELY,
        holder="b",
        says="Only a live row",
    ),
    "a row deleted by a mark that contradicts another, and the key goes by both": Line(
        rows(
            row(deleted=-DAY, contradicted=True),
            key=FIELDS,
            today=catalog(
                replace(PARTIAL_KEY, predicate="deleted_at IS NULL AND NOT is_deleted"),
                markers=(TIMED, UNTIMED),
            ),
        ),
        GONE,
        LIKELY,
        candidates="a",
        says="No row holds the unique key any more. A soft-deleted row has the same values.",
    ),
    "a Tombstone beside a key of live rows, the Event without columns": Line(
        rows(row(deleted=-DAY), key=FIELDS, **MENDED),
        GONE,
        LIKELY,
        candidates="a",
        says="not known",
    ),
    "an old tombstone only, and the database said that the Holder was live": Line(
        rows(row(deleted=-DAY), **SHOWN_LIVE), GONE, LIKELY, says="was not deleted"
    ),
    "only a deleted row, under a key that tells it from live ones": Line(
        rows(untimed(), **TOLD_APART), GONE, LIKELY, candidates="a"
    ),
    "deleted nobody knows when, and the database said that the Holder was live": Line(
        rows(
            untimed(),
            key=violated(columns=(*COLUMNS, "is_deleted"), splits=((*VALUES, "f"),)),
            today=catalog(FLAG_KEY, marker=UNTIMED),
        ),
        GONE,
        LIKELY,
        candidates="a",
    ),
    "no reading of the values is confirmed": Line(
        case(held_by(), held_by(), key=SPLITS), GONE, LIKELY, says="none of them"
    ),
    "the row that was in the way before was deleted only after the request": Line(
        rows(earlier=seen(RowRef("customers", "a", at(60)))), GONE, LIKELY
    ),
    "unblocked already before the request": Line(
        rows(earlier=seen(held=-60, verdict=UNBLOCKED)), GONE, LIKELY
    ),
}


@pytest.mark.parametrize("line", LIVE_DUPLICATES.values(), ids=LIVE_DUPLICATES.keys())
def test_a_live_row_held_the_key(line: Line) -> None:
    check(line)


@pytest.mark.parametrize("line", CONCURRENT_CREATES.values(), ids=CONCURRENT_CREATES.keys())
def test_two_requests_raced(line: Line) -> None:
    check(line)


@pytest.mark.parametrize("line", HOLDERS_GONE.values(), ids=HOLDERS_GONE.keys())
def test_the_holder_is_gone(line: Line) -> None:
    check(line)
