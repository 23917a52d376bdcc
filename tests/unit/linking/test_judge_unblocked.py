"""UNBLOCKED: it was blocked, and no longer is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking.dropped import dropped
from collectors.model import KeyPart, RowRef
from tests.unit.linking.cases import (
    CUSTOMERS,
    DAY,
    EXTERNAL_KEY,
    FLAG_KEY,
    ORGANIZATION,
    UNTIMED,
    at,
    catalog,
    failure,
    leftover,
    row,
    seen,
    untimed,
    violated,
)
from tests.unit.linking.truth import (
    CERTAIN,
    DROPPED,
    LEFT_OVER,
    LIKELY,
    MENDED,
    PARTIAL,
    PLACES,
    REMEMBERED,
    SHOWN_LIVE,
    UNBLOCKED,
    A,
    Line,
    check,
    known,
    rows,
)

UNBLOCKED_SINCE = {
    "restored": Line(
        rows(row(), earlier=seen(), **known(row())),
        UNBLOCKED,
        CERTAIN,
        "a",
        "a",
        says="It was restored and is live now.",
    ),
    "purged": Line(
        rows(earlier=seen(), **known(None)), UNBLOCKED, CERTAIN, "a", says="gone for good"
    ),
    "released": Line(
        rows(earlier=seen(), **known(row(deleted=-DAY, values=(ORGANIZATION, "freed")))),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="Its key was released.",
    ),
    "released, by us": Line(
        rows(
            earlier=seen(released_by="release-key by alice"),
            **known(row(deleted=-DAY, values=(ORGANIZATION, "freed"))),
        ),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="Tombstone freed it between",
    ),
    "released, its values not read": Line(
        rows(earlier=seen(), **known(row(deleted=-DAY, values=()))),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="Its key was released.",
    ),
    "released, its row not asked for": Line(
        rows(earlier=seen()), UNBLOCKED, CERTAIN, "a", says="no longer holds"
    ),
    "restored and given another value": Line(
        rows(earlier=seen(), **known(row(values=(ORGANIZATION, "new")))),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="It is live now, and its key was changed.",
    ),
    "created again": Line(
        rows(row("b", created=DAY), earlier=seen(), **known(None)),
        UNBLOCKED,
        CERTAIN,
        "a",
        "b",
        says="A live row, created on 2026-03-11 12:00:00 UTC, holds the key now.",
    ),
    "its table made anew, its id another row's": Line(
        rows(row(created=1.5 * DAY), earlier=seen(), **known(row(created=1.5 * DAY))),
        UNBLOCKED,
        CERTAIN,
        "a",
        "a",
        says="a row created since then has its id. That happened between 2026-03-11 12:00:00 UTC "
        "and 2026-03-12 12:00:00 UTC. A live row, created on 2026-03-12 00:00:00 UTC, holds",
    ),
    "its table made anew, its id another deleted row's": Line(
        rows(row(created=1.5 * DAY, deleted=1.7 * DAY), earlier=seen(), **known(None)),
        UNBLOCKED,
        CERTAIN,
        "a",
        "a",
        says="Another soft-deleted row holds the key now",
    ),
    "created again and deleted again": Line(
        rows(row("b", created=DAY, deleted=1.5 * DAY), earlier=seen(), **known(None)),
        UNBLOCKED,
        CERTAIN,
        "a",
        "b",
        says="Another soft-deleted row holds the key now",
    ),
    "given to another deleted row": Line(
        rows(row("b", deleted=-DAY), earlier=seen()), UNBLOCKED, CERTAIN, "a", "b"
    ),
    "released, and given to a row that was deleted in the same moment": Line(
        rows(
            row("b", deleted=-DAY),
            earlier=seen(),
            **known(row(deleted=-DAY, values=(ORGANIZATION, "freed"))),
        ),
        UNBLOCKED,
        CERTAIN,
        "a",
        "b",
        says="Its key was released.",
    ),
    "the key mended, without any earlier look": Line(
        rows(row(deleted=-DAY), **MENDED), UNBLOCKED, CERTAIN, "a", says="today the key does not"
    ),
    "the key mended and the customer created again": Line(
        rows(row(deleted=-DAY), row("b", created=DAY), **MENDED),
        UNBLOCKED,
        CERTAIN,
        "a",
        "b",
        says="A live row",
    ),
    "the key mended, and an older row given the value since": Line(
        rows(row(deleted=-DAY), row("b"), **MENDED), UNBLOCKED, CERTAIN, "a", "b"
    ),
    "the key mended, the value written in other letters": Line(
        rows(
            row("b", created=DAY),
            row(deleted=-DAY, values=(ORGANIZATION, "JANE")),
            earlier=seen(),
            **MENDED,
        ),
        UNBLOCKED,
        CERTAIN,
        "a",
        "b",
        says="no longer counts it",
    ),
    "the key mended, deleted too close to the request to tell": Line(
        rows(row(deleted=2), **MENDED), UNBLOCKED, LIKELY, "a"
    ),
    "the key mended, the mark without a time": Line(
        rows(
            untimed(),
            today=catalog(replace(FLAG_KEY, counts_deleted=False), marker=UNTIMED),
        ),
        UNBLOCKED,
        LIKELY,
        "a",
    ),
    "the key mended, after an earlier look": Line(
        rows(row(deleted=-DAY), earlier=seen(), **known(row(deleted=-DAY)), **MENDED),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="no longer counts it",
    ),
    "the key made partial, after an earlier look": Line(
        rows(earlier=seen(), **known(row(deleted=-DAY)), **PARTIAL),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="no longer counts it",
    ),
    "the key made partial, the row's values not read": Line(
        rows(earlier=seen(), **known(row(deleted=-DAY, values=())), **PARTIAL),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="no longer counts it",
    ),
    "restored, the mark without a time": Line(
        rows(row(), earlier=seen(A), today=catalog(marker=UNTIMED)),
        UNBLOCKED,
        LIKELY,
        "a",
        "a",
        says="soft-deleted row of customers stand in the way on 2026-03-11 12:00:00 UTC. It was "
        "restored and is live now.",
    ),
    "unblocked before, and once more, the mark without a time": Line(
        rows(row(), earlier=seen(A, verdict=UNBLOCKED), today=catalog(marker=UNTIMED)),
        UNBLOCKED,
        LIKELY,
        "a",
        "a",
        says="Neither it nor anything it belongs to is deleted any more.",
    ),
    "the row of another place, where no key names one": Line(
        rows(row(PLACES[1], deleted=-DAY), earlier=seen(RowRef("customers", PLACES[0], at(-9)))),
        UNBLOCKED,
        CERTAIN,
        PLACES[0],
        PLACES[1],
    ),
    "a live row of another place, where no key names one": Line(
        rows(row(PLACES[1]), earlier=seen(RowRef("customers", PLACES[0]), verdict=LEFT_OVER)),
        UNBLOCKED,
        LIKELY,
        PLACES[0],
        PLACES[1],
        says="It no longer holds the unique key.",
    ),
    "a leftover whose parent was restored": Line(
        rows(row(), earlier=seen(A, verdict=LEFT_OVER)),
        UNBLOCKED,
        LIKELY,
        "a",
        "a",
        says="Nothing it belongs to is deleted any more.",
    ),
    "a leftover that was deleted, under a key of live rows": Line(
        rows(leftover(deleted=DAY), **SHOWN_LIVE),
        UNBLOCKED,
        LIKELY,
        "a",
        says="itself soft-deleted",
    ),
    "seen in the way only moments after the request": Line(
        rows(earlier=seen(held=2), **known(None)), UNBLOCKED, LIKELY, "a"
    ),
    "seen in the way before, freed by us after the request": Line(
        rows(earlier=seen(held=-DAY, released_at=at(60)), **known(None)),
        UNBLOCKED,
        CERTAIN,
        "a",
        says="Tombstone freed it on 2026-03-10 12:01:00 UTC.",
    ),
    "unblocked before, judged once more": Line(
        rows(earlier=seen(verdict=UNBLOCKED), **known(None)), UNBLOCKED, CERTAIN, "a"
    ),
    "the key dropped": Line(
        replace(DROPPED, earlier=seen()), UNBLOCKED, CERTAIN, "a", says="was dropped since"
    ),
    "the key of other columns, the row restored": Line(
        replace(REMEMBERED, earlier=seen(), **known(row())),
        UNBLOCKED,
        LIKELY,
        "a",
        says="It was restored and is live now.",
    ),
    "the key dropped, seen in the way only moments after the request": Line(
        replace(DROPPED, earlier=seen(held=2)), UNBLOCKED, LIKELY, "a"
    ),
    "seen in the way only before the request, and nobody since": Line(
        rows(earlier=seen(held=-60), **known(None)),
        UNBLOCKED,
        LIKELY,
        candidates="a",
        says="cannot be ruled out",
    ),
    "seen in the way only before the request, restored since": Line(
        rows(row(), earlier=seen(held=-60), **known(row())),
        UNBLOCKED,
        LIKELY,
        holder="a",
        candidates="a",
    ),
    "seen in the way only before the request, created again after it": Line(
        rows(row("b", created=DAY), earlier=seen(held=-60), **known(None)),
        UNBLOCKED,
        LIKELY,
        holder="b",
        candidates="a",
    ),
}


@pytest.mark.parametrize("line", UNBLOCKED_SINCE.values(), ids=UNBLOCKED_SINCE.keys())
def test_it_was_unblocked_since(line: Line) -> None:
    check(line)


@pytest.mark.parametrize("primary", [True, False])
def test_a_primary_key_does_not_take_the_place_of_a_dropped_one(primary: bool) -> None:
    """Its column is called as a part of many another is."""
    told = violated(columns=EXTERNAL_KEY.columns, splits=((ORGANIZATION, "x-1"),))
    by_id = KeyPart("id", ("id",), "uuid", nullable=False)
    left = replace(EXTERNAL_KEY, parts=(by_id,), primary=primary)
    asked = dropped(failure(told), EXTERNAL_KEY.columns, replace(CUSTOMERS, keys=(left,)))
    assert (asked is not None) is primary
