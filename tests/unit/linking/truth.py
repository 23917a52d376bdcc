"""One line of the judge's truth table, and what it is checked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from collectors.linking.dropped import dropped
from collectors.linking.judge import Case, judge
from collectors.linking.question import KeyStanding, Question
from collectors.model import Confidence, Holder, RowRef, Verdict
from tests.unit.linking.cases import (
    COLUMNS,
    CUSTOMERS,
    DAY,
    EMAIL,
    MARKED,
    MENDED_KEY,
    ORGANIZATION,
    PARTIAL_KEY,
    VALUES,
    at,
    by_fields,
    case,
    catalog,
    failure,
    held_by,
    violated,
)

BLOCKED = Verdict.BLOCKED_BY_TOMBSTONE
LEFT_OVER = Verdict.BLOCKED_BY_LEFTOVER
UNBLOCKED = Verdict.UNBLOCKED
LIVE = Verdict.LIVE_DUPLICATE
RACE = Verdict.CONCURRENT_CREATE
GONE = Verdict.HOLDER_GONE
OTHER = Verdict.OTHER_FAILURE
UNDECIDED = Verdict.UNDECIDED

CERTAIN, LIKELY, WEAK = Confidence

ALIVE_THEN = violated(columns=MARKED, splits=((*VALUES, None),))
"""A key that the database printed with `null` in the place of `deleted_at`."""

FIELDS = by_fields(("organizationId", ORGANIZATION), ("email", EMAIL))
SPLITS = violated(splits=(("a", "b, c"), ("a, b", "c")))

MENDED: dict[str, Any] = {"today": catalog(MENDED_KEY)}
PARTIAL: dict[str, Any] = {"today": catalog(PARTIAL_KEY)}
SHOWN_LIVE: dict[str, Any] = {**MENDED, "key": ALIVE_THEN}

DROPPED = Case(
    cast("Question", dropped(failure(violated()), COLUMNS, replace(CUSTOMERS, keys=()))),
    as_of=at(2 * DAY),
)
"""The key is gone, and no other is over any of its columns."""

REMEMBERED = replace(
    DROPPED, question=replace(DROPPED.question, standing=KeyStanding.REMEMBERED, note="It differs.")
)
"""The key has other columns today."""

PLACES = ('["16385", "(0,1)"]', '["16385", "(0,2)"]')
"""Two ids of rows that no key names: where they lie."""

A, B = RowRef("customers", "a"), RowRef("customers", "b")


@dataclass(frozen=True)
class Line:
    """One line of the truth table. `blocker`, `holder` and `candidates` are row names."""

    case: Case
    verdict: Verdict
    confidence: Confidence | None
    blocker: str | None = None
    holder: str | None = None
    candidates: str = ""
    says: str = ""


def rows(*found: Holder, **facts: Any) -> Case:
    return case(held_by(*found), **facts)


def known(found: Holder | None) -> dict[str, Any]:
    """What became of the row that the earlier look saw."""
    return {"known_row": found, "known_row_asked": True}


SECRETS = (ORGANIZATION, EMAIL, "@", "'a'", "alice", "eeee", "b, c")
"""What stands in these cases as a value, an id or a person."""


def check(line: Line) -> None:
    """The judge says just this, in sentences that can be read aloud to anyone."""
    said = judge(line.case)
    assert (said.verdict, said.confidence) == (line.verdict, line.confidence), said.reasons
    assert (said.blocker.id if said.blocker else None) == line.blocker
    assert (said.holder.row.id if said.holder else None) == line.holder
    assert "".join(sorted(candidate.id for candidate in said.candidates)) == line.candidates
    assert line.says in " ".join(said.reasons)
    assert said.reasons
    for reason in said.reasons:
        assert reason[0].isupper()
        assert reason.endswith(".")
        assert "  " not in reason
        assert not any(secret in reason for secret in SECRETS)
