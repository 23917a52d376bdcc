"""A store with one Conflict of every kind, written by the functions that `collect` uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.evidence.database import Store
from collectors.evidence.lines import Judged
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import save_page
from collectors.model import (
    Confidence,
    Failure,
    Finding,
    Holder,
    Issue,
    Judgement,
    RowRef,
    Verdict,
)
from tests.factories import EMAIL_KEY
from tests.factories import failure as any_failure

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

HOSTILE = (
    "![x](https://evil.example/a.png) <img src=https://evil.example/b.png> **bold** $e=mc^2$ "
    ":material/skull: :red[red] [link](https://evil.example) https://evil.example/bare `code`"
)
"""Everything that Streamlit's markdown would make something of."""
FORMULA = '=HYPERLINK("https://evil.example")'
UNSEEN = "pay\u202egpj.exe\u200b\x07\x1b[31mred"
"""Bidi, zero-width and control characters."""


def now() -> datetime:
    """The moment that the story is told at."""
    return datetime.now(UTC).replace(microsecond=0)


def organization(number: int) -> str:
    return f"{number:08d}-1111-4222-8333-444455556666"


def row(number: int, deleted: timedelta | None = None) -> RowRef:
    at = None if deleted is None else now() - deleted
    return RowRef("customers", f"c0ffee00-0000-4000-8000-{number:012d}", at)


def failure(number: int, ago: timedelta, **facts: Any) -> Failure:
    return any_failure(event_id=f"{number:032x}", occurred_at=now() - ago, **facts)


def judged(
    store: Store,
    given: Failure,
    verdict: Verdict,
    email: str | None = None,
    *,
    customer: int = 1,
    deleted: timedelta | None = 9 * DAY,
    reasons: tuple[str, ...] = ("customers holds this key with a row deleted before the event.",),
    confidence: Confidence | None = Confidence.CERTAIN,
    candidates: tuple[RowRef, ...] = (),
) -> Judged:
    """A Judgement of a Failure; one with an e-mail has a Conflict, held by a customer's row."""
    values = None if email is None else (organization(customer), email)
    held = None
    if values is not None:
        held = Holder(
            row(customer, deleted), deleted is not None, values, created_at=now() - 40 * DAY
        )
    columns = EMAIL_KEY.columns
    return Judged(
        source="test",
        failure=given,
        target=given.environment,
        judgement=Judgement(
            verdict=verdict,
            confidence=confidence,
            findings=tuple(Finding("test", reason) for reason in reasons),
            key=EMAIL_KEY if values else None,
            values=values,
            blocker=held.row if held and held.deleted else None,
            holder=held,
            candidates=candidates,
        ),
        looked_at=now() - timedelta(minutes=3),
        conflict_id=values
        and store.vault.conflict_id(given.environment, "customers", columns, values),
        organization_id=organization(customer) if values else None,
    )


def janes(store: Store) -> list[Judged]:
    """Seven attempts of one customer who was deleted nine days ago."""
    return [
        judged(
            store,
            failure(number, number * 20 * HOUR),
            Verdict.BLOCKED_BY_TOMBSTONE,
            "jane.doe@example.com",
        )
        for number in range(1, 8)
    ]


def others(store: Store) -> list[Judged]:
    """One Conflict of every other Verdict."""
    sandbox = {"environment": "sandbox"}
    return [
        judged(
            store,
            failure(20, 5 * HOUR, release=FORMULA, transaction=HOSTILE),
            Verdict.BLOCKED_BY_TOMBSTONE,
            f"{HOSTILE}@evil.example",
            customer=2,
            reasons=(HOSTILE, UNSEEN),
        ),
        judged(
            store,
            failure(21, 30 * HOUR),
            Verdict.BLOCKED_BY_LEFTOVER,
            "left@over.example",
            customer=3,
        ),
        judged(store, failure(22, 50 * HOUR), Verdict.UNBLOCKED, "free@example.org", customer=4),
        judged(
            store,
            failure(23, 60 * HOUR, **sandbox),
            Verdict.LIVE_DUPLICATE,
            "alive@example.org",
            customer=5,
            deleted=None,
        ),
        judged(
            store,
            failure(24, 70 * HOUR, **sandbox),
            Verdict.CONCURRENT_CREATE,
            "twice@example.org",
            customer=6,
            deleted=None,
        ),
        judged(
            store,
            failure(25, 80 * HOUR),
            Verdict.HOLDER_GONE,
            "gone@example.org",
            customer=7,
            deleted=None,
            confidence=Confidence.LIKELY,
        ),
    ]


def without_conflict(store: Store) -> list[Judged]:
    """Two that nobody can judge yet, and one that is another problem."""
    return [
        judged(
            store,
            failure(30, 2 * HOUR, release=HOSTILE, transaction=FORMULA),
            Verdict.UNDECIDED,
            confidence=Confidence.WEAK,
            reasons=("The value was hidden by a scrubber.", HOSTILE, UNSEEN),
            candidates=(row(9, 2 * DAY),),
        ),
        judged(
            store,
            failure(31, 3 * HOUR, environment="staging", operation=None),
            Verdict.UNDECIDED,
            confidence=Confidence.WEAK,
            reasons=("No target is configured for this environment.",),
        ),
        judged(
            store,
            failure(32, 4 * HOUR, key=None, other="a foreign key was violated"),
            Verdict.OTHER_FAILURE,
            confidence=None,
        ),
    ]


def tell(store: Store) -> None:
    """All of it, in one Run that could not reach everything."""
    page = [*janes(store), *others(store), *without_conflict(store)]
    run = start_run(store)
    issue = Issue("1", "shop", "IntegrityError", url="https://sentry.example/issues/1/")
    save_page(store, "test", page, issues=[issue])
    finish_run(
        store,
        run,
        read=len(page),
        stored=len(page),
        unreachable=["sandbox: connection refused"],
        notes=[],
    )
