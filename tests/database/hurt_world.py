"""A store like one that has been collecting for months: customers of all kinds, and a plain reading
of them, row by row, to hold every number against.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Connection, select, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.lines import Judged
from collectors.evidence.remedied import mark_unblocked
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import save_page
from collectors.model import Confidence, Finding, Holder, Judgement, RowRef, Verdict
from tests.factories import EMAIL_KEY, failure, violated

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
MIDNIGHT = datetime.combine(NOW.date(), time.min, UTC)
OWNERS = tuple(f"{number:08d}-1111-4222-8333-444455556666" for number in range(1, 7))
KEYS = (EMAIL_KEY, replace(EMAIL_KEY, name="customers_organization_id_external_id_key"))
RELEASES = ("shop@1.0", "shop@2.0", "shop@3.0")
ENVIRONMENTS = ("production", "production", "production", "sandbox")
KINDS = (
    *[Verdict.BLOCKED_BY_TOMBSTONE] * 5,
    Verdict.BLOCKED_BY_LEFTOVER,
    *[Verdict.UNBLOCKED] * 4,
    Verdict.LIVE_DUPLICATE,
    Verdict.CONCURRENT_CREATE,
    Verdict.HOLDER_GONE,
)
ABOUT_CONFLICTS = (schema.fingerprints, schema.verdict_history)
CUSTOMERS = 160
SILENCE = 14 * DAY


@dataclass(frozen=True)
class Plain:
    """A Conflict's own row, and what follows from it by the definitions, told in Python."""

    id: str
    environment: str
    constraint: str
    organization_id: str | None
    verdict: Verdict
    failures: int
    first_seen: datetime | None
    last_seen: datetime | None
    held_at: datetime | None
    settled_at: datetime | None
    released_by: str | None
    released_at: datetime | None

    @property
    def customer(self) -> bool:
        once = self.verdict.is_blocked or self.verdict is Verdict.UNBLOCKED
        return once or self.held_at is not None

    @property
    def freed_at(self) -> datetime | None:
        if self.verdict.is_blocked:
            return None
        if self.released_at is not None:
            return self.released_at
        if self.held_at is None:
            return self.last_seen
        return self.settled_at if self.verdict is Verdict.UNBLOCKED else self.held_at

    def outcome(self, quiet_since: datetime) -> str:
        assert self.last_seen is not None
        if self.verdict.is_blocked:
            return "gave_up" if self.last_seen <= quiet_since else "too_early"
        if self.held_at is None:
            return "not_known"
        assert self.freed_at is not None
        return "gave_up" if self.freed_at - self.last_seen >= SILENCE else "got_through"


def plain(store: Store) -> list[Plain]:
    """Every Conflict."""
    with store.read() as connection:
        rows = connection.execute(select(schema.conflicts)).all()
    return [
        Plain(
            row.id,
            row.environment,
            row.constraint_name,
            row.organization_id,
            Verdict(row.verdict),
            row.failures,
            row.first_seen,
            row.last_seen,
            row.held_at,
            row.settled_at,
            row.released_by,
            row.released_at,
        )
        for row in rows
    ]


def midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time.min, UTC)


def fill(store: Store, customers: int = CUSTOMERS) -> None:
    """Customers as `collect` leaves them, some remedied, some met again later, some only looked up;
    with Runs from the beginning until now.
    """
    chance = random.Random(4)
    run = start_run(store)
    met = [_Customer.of(store, chance, number) for number in range(customers)]
    save_page(store, "test", [one for customer in met for one in customer.failed])
    save_page(store, "test", [one for customer in met for one in customer.again])
    for customer in met:
        if customer.remedied_at is not None:
            conflict_id, at = str(customer.failed[0].conflict_id), customer.remedied_at
            with store.write() as line:
                mark_unblocked(
                    line, conflict_id, by="release-key by ann", at=at, reason="Released."
                )
    finish_run(store, run, read=1, stored=1, unreachable=[], notes=[])
    with store.write() as connection:
        now = datetime.now(UTC)  # of a run of the tests that began on the day before, too
        today = max(now - HOUR, midnight(now))  # what was not read to its end is not compared
        connection.execute(update(schema.runs).values(started_at=today))
        _pay(connection, chance, customers)


def _pay(connection: Connection, chance: random.Random, customers: int) -> None:
    """What the survey found of every second row: payments in several currencies, or none."""
    about = {"target": "production", "table_name": "customers", "counted_at": NOW}
    rows = [f"row-{number}" for number in range(0, customers, 2)]
    counted = [
        {**about, "row_id": row, "child_table": "orders", "rows": 2, "live": 1} for row in rows
    ]
    paid = [
        {
            **about,
            "row_id": row,
            "currency": currency,
            "amount": chance.randrange(9_999),
            "days": 90,
        }
        for row in rows
        for currency in chance.sample(("usd", "eur", "jpy"), chance.randrange(3))
    ]
    survey = {"target": "production", "schema_name": "public", "table_name": "customers"}
    connection.execute(
        schema.surveys.insert(), [{**survey, "topic": "payments", "as_of": NOW, "notes": []}]
    )
    connection.execute(schema.dependents.insert(), counted)
    connection.execute(schema.payments.insert(), paid)
    named = [
        {"target": "production", "organization_id": one, "name": f"Shop {one[7]}"} for one in OWNERS
    ]
    connection.execute(schema.organizations.insert(), named)


@dataclass(frozen=True)
class _Customer:
    """What a customer's attempts were judged as, and what a later look or a Remedy made of it."""

    failed: list[Judged]
    again: list[Judged]
    remedied_at: datetime | None

    @classmethod
    def of(cls, store: Store, chance: random.Random, number: int) -> _Customer:
        kind, environment = chance.choice(KINDS), chance.choice(ENVIRONMENTS)
        owner = None if number % 40 == 39 else OWNERS[min(chance.randrange(8), 5)]
        began = NOW - chance.random() * 120 * DAY
        count = chance.choice((1, 1, 2, 3, 4, 7, 12, 25))
        times = sorted(min(NOW, began + chance.random() ** 2 * 20 * DAY) for _ in range(count))
        release = chance.choice(RELEASES)
        seen = Verdict.BLOCKED_BY_TOMBSTONE if kind is Verdict.UNBLOCKED and number % 5 else kind
        freed = min(NOW, times[-1] + chance.random() * 30 * DAY)
        about = (store, number, environment, owner, release)
        failed = [_judged(*about, verdict=seen, at=at, looked_at=times[-1] + HOUR) for at in times]
        if seen is kind:
            return cls(failed, [], None)
        if number % 2:
            return cls(failed, [], freed)
        return cls(failed, [_judged(*about, verdict=kind, at=times[-1], looked_at=freed)], None)


def _judged(
    store: Store,
    number: int,
    environment: str,
    owner: str | None,
    release: str,
    *,
    verdict: Verdict,
    at: datetime,
    looked_at: datetime,
) -> Judged:
    values = (OWNERS[0], f"customer{number}@example.com")
    unique = KEYS[number % 3 == 0]
    deleted = RowRef("customers", f"row-{number}", at - 40 * DAY)
    blocker = deleted if verdict.is_blocked or verdict is Verdict.UNBLOCKED else None
    event_id = f"{number:08x}{int(at.timestamp() * 1e6):024x}"
    judgement = Judgement(
        verdict,
        Confidence.CERTAIN,
        (Finding("test", "A row holds this key."),),
        key=unique,
        values=values,
        blocker=blocker,
        holder=Holder(deleted, deleted=True, values=values) if blocker else None,
    )
    return Judged(
        "test",
        failure(
            event_id=event_id,
            environment=environment,
            occurred_at=at,
            release=release,
            key=replace(violated(*values), constraint=unique.name),
        ),
        environment,
        judgement,
        min(looked_at, NOW),
        f"{number:016x}",
        owner,
    )
