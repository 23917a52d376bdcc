"""Everybody to whom nothing happens: merchants, quiet customers, what they pay. Written as SQL.

They are what the stories stand among: tombstones that nobody has run into, people of the stories
who are customers of another merchant too, and money, so that a blocked customer can be weighed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from sample_data.people import Company, People, Person
from sample_data.scenario.timeline import Span, Timeline, draw

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A merchant with its row's id in one environment, and how much of the traffic it has."""

    company: Company
    id: str
    weight: float


def new_id(rng: random.Random) -> str:
    """A version 4 UUID that is the same for the same seed."""
    return str(UUID(int=rng.getrandbits(128), version=4))


async def settle(
    connection: Connection, companies: Sequence[Company], timeline: Timeline, rng: random.Random
) -> list[Tenant]:
    """Write the merchants; the first ones are the big ones."""
    tenants = [
        Tenant(company, new_id(rng), 1 / (number + 2)) for number, company in enumerate(companies)
    ]
    founded = Span(timeline.start - timedelta(days=500), timeline.start - timedelta(days=220))
    rows = [(t.id, draw(rng, founded), t.company) for t in tenants]
    await _copy(
        connection,
        "organizations",
        ("id", "created_at", "name", "slug", "email"),
        [(id_, at, company.name, company.slug, company.email) for id_, at, company in rows],
    )
    return tenants


@dataclass(frozen=True, slots=True)
class Quiet:
    """Whom quiet customers belong to, and since when deleting one hides it instead."""

    tenants: Sequence[Tenant]
    people: People
    timeline: Timeline
    soft_since: datetime
    rng: random.Random

    def customers(self, count: int) -> list[tuple[Any, ...]]:
        """Rows of people who are in no story; about one in twenty was deleted."""
        weights = [tenant.weight for tenant in self.tenants]
        tenants = self.rng.choices(self.tenants, weights, k=count)
        return [self._row(self.people.next(), tenant, 0.06) for tenant in tenants]

    def namesakes(self, known: Sequence[tuple[Person, Tenant]]) -> list[tuple[Any, ...]]:
        """Rows of the same people at some other merchant, where they were not deleted."""
        others = [
            (person, self.rng.choice([other for other in self.tenants if other != tenant]))
            for person, tenant in known
        ]
        return [self._row(person, tenant, 0) for person, tenant in others]

    def _row(self, person: Person, tenant: Tenant, deletions: float) -> tuple[Any, ...]:
        rng = self.rng
        earliest = self.timeline.start - timedelta(days=200 if rng.random() < 0.4 else 0)
        created = draw(rng, Span(earliest, self.timeline.last))
        deleted = self._deletion(created) if rng.random() < deletions else None
        return (
            new_id(rng),
            tenant.id,
            created,
            deleted,
            deleted,
            person.email,
            rng.random() < 0.5,
            person.name,
            person.external_id if rng.random() < 0.45 else None,
            "{}",
            json.dumps({"plan": rng.choice(("starter", "team", "scale"))}),
            f"cus_{rng.getrandbits(56):014x}",
        )

    def _deletion(self, created: datetime) -> datetime | None:
        begin = max(self.soft_since, created + timedelta(minutes=30))
        return (
            draw(self.rng, Span(begin, self.timeline.last)) if begin < self.timeline.last else None
        )


async def populate(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write quiet customers."""
    columns = (
        "id organization_id created_at modified_at deleted_at email email_verified name"
        " external_id oauth_accounts user_metadata stripe_customer_id"
    )
    await _copy(connection, "customers", columns.split(), rows)


async def bill(
    connection: Connection, tenants: Sequence[Tenant], timeline: Timeline, rng: random.Random
) -> None:
    """Give many customers subscriptions, monthly orders and licence keys, up to their deletion."""
    by_id = {tenant.id: tenant.company for tenant in tenants}
    cursor = await connection.execute(
        "SELECT id, organization_id, created_at, deleted_at FROM customers"
        " ORDER BY created_at, email"
    )
    subscriptions: list[tuple[Any, ...]] = []
    orders: list[tuple[Any, ...]] = []
    keys: list[tuple[Any, ...]] = []
    async for id_, organization, created, deleted in cursor:
        if rng.random() > (0.7 if deleted else 0.3):
            continue
        company, end = by_id[str(organization)], deleted or timeline.last
        began = created + (end - created) * rng.uniform(0, 0.2)
        subscription = _subscription(str(id_), company, began, deleted, rng)
        subscriptions.append(subscription)
        orders.extend(_orders(subscription, company, Span(began, end), rng, len(orders)))
        if rng.random() < 0.2:
            keys.append((new_id(rng), began, id_, f"LIC-{rng.getrandbits(64):016X}", "granted"))
    columns = "id created_at started_at customer_id amount currency recurring_interval status"
    await _copy(connection, "subscriptions", [*columns.split(), "ended_at"], subscriptions)
    columns = "id created_at customer_id subscription_id subtotal_amount tax_amount currency status"
    await _copy(connection, "orders", [*columns.split(), "invoice_number"], orders)
    await _copy(
        connection, "license_keys", ("id", "created_at", "customer_id", "key", "status"), keys
    )


def _subscription(
    customer: str, company: Company, began: datetime, deleted: datetime | None, rng: random.Random
) -> tuple[Any, ...]:
    price, status = rng.choice(company.prices), "canceled" if deleted else "active"
    id_ = new_id(rng)
    return (id_, began, began, customer, price, company.currency, "month", status, deleted)


def _orders(
    subscription: tuple[Any, ...], company: Company, span: Span, rng: random.Random, booked: int
) -> Iterator[tuple[Any, ...]]:
    id_, _, _, customer, price, currency, *_ = subscription
    months = (span.end - span.begin) // _MONTH + 1
    for month in range(months):
        at = span.begin + month * _MONTH
        tax = round(price * 0.2) if currency in ("eur", "gbp", "sek") else 0
        number = f"{company.slug.upper()}-{booked + month + 1:06d}"
        status = "refunded" if rng.random() < 0.03 else "paid"
        yield new_id(rng), at, customer, id_, price, tax, currency, status, number


async def _copy(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)
