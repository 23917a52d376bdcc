"""What an organization does to its customers, over real HTTP with its own token.

Every step names its moment: it waits for the deploys before that, and sends it as the request's
clock. A step that does not go as the story says ends the play.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg

from sample_data.people import Company, Person
from sample_data.scenario.gate import Gate
from sample_data.scenario.record import Attempt, Row


class StoryBroke(RuntimeError):
    """The shop did not do what the story needs; the play is worth nothing then."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and which operation of the application it is."""

    operation: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def creating(email: str, external_id: str | None = None, **more: Any) -> Call:
    """Create a customer."""
    return Call(
        "create", "POST", "/v1/customers/", {"email": email, "external_id": external_id, **more}
    )


def updating(customer: Row, **changes: Any) -> Call:
    """Change a customer."""
    return Call("update", "PATCH", f"/v1/customers/{customer.id}", changes)


def confirming(checkout_id: str) -> Call:
    """Pay at a checkout, which creates the customer."""
    return Call("create", "POST", f"/v1/checkouts/{checkout_id}/confirm")


def joining(customer: Row, email: str, external_id: str | None = None) -> Call:
    """Create a member of a customer."""
    body = {"customer_id": customer.id, "email": email, "external_id": external_id}
    return Call("create", "POST", "/v1/members/", body)


@dataclass(slots=True)
class Stage:
    """What all organizations of one environment share while the play runs."""

    environment: str
    client: httpx.AsyncClient
    gate: Gate
    database: psycopg.AsyncConnection[tuple[Any, ...]]
    mended: frozenset[str]
    busy: asyncio.Semaphore
    attempts: list[Attempt] = field(default_factory=list)
    used: set[datetime] = field(default_factory=set)

    def unused(self, at: datetime) -> datetime:
        """That moment, or the next microsecond that no other request has."""
        while at in self.used:
            at += timedelta(microseconds=1)
        self.used.add(at)
        return at


@dataclass(frozen=True, slots=True)
class Merchant:
    """One organization in one environment. Steps that create a row return it."""

    stage: Stage
    company: Company
    organization_id: str
    token: str

    async def create(self, email: str, external_id: str | None, at: datetime, **more: Any) -> Row:
        """A customer that is created without trouble."""
        made = await self._succeed(creating(email, external_id, **more), at)
        return Row(made["id"], at, email=email, external_id=external_id)

    async def create_with_key(self, person: Person, idempotency_key: str, at: datetime) -> None:
        """A customer that is created without trouble, by a request that must not be repeated."""
        call = creating(person.email, name=person.name)
        await self._succeed(replace(call, headers={"Idempotency-Key": idempotency_key}), at)

    async def delete(self, customer: Row, at: datetime, *, anonymize: bool = False) -> None:
        """Delete a customer; the earliest release removes the row."""
        path = f"/v1/customers/{customer.id}" + ("?anonymize=true" if anonymize else "")
        await self._succeed(Call("delete", "DELETE", path), at)
        customer.deleted_at = at

    async def join(
        self, customer: Row, email: str, at: datetime, external_id: str | None = None
    ) -> Row:
        """A member that joins without trouble."""
        made = await self._succeed(joining(customer, email, external_id), at)
        return Row(made["id"], at, email, external_id, parent=customer)

    async def dismiss(self, member: Row, at: datetime) -> None:
        """Delete a member."""
        await self._succeed(Call("delete", "DELETE", f"/v1/members/{member.id}"), at)
        member.deleted_at = at

    async def open_checkout(self, email: str, name: str, at: datetime) -> str:
        """A checkout's id."""
        price = {"amount": self.company.prices[0], "currency": self.company.currency}
        body = {"customer_email": email, "customer_name": name, **price}
        return str((await self._succeed(Call("create", "POST", "/v1/checkouts/", body), at))["id"])

    async def sell(self, customer: Row, at: datetime) -> None:
        """An order."""
        price = {"subtotal_amount": self.company.prices[0], "currency": self.company.currency}
        body = {"customer_id": customer.id, **price}
        await self._succeed(Call("create", "POST", "/v1/orders/", body), at)

    async def fail(
        self,
        kind: str,
        call: Call,
        at: datetime,
        *,
        constraint: str | None = None,
        holder: Row | None = None,
        value: str = "",
    ) -> None:
        """A request that the shop answers with a crash because `holder` has the key."""
        answer, at = await self._send(call, at)
        if answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
            raise StoryBroke(f"{kind}: {call.operation} answered {answer.status_code}, not 500")
        self._remember(kind, call, at, constraint, holder, value)

    async def race(
        self, kind: str, call: Call, at: Sequence[datetime], *, constraint: str, value: str
    ) -> Row | None:
        """Send the same creation at once; the row that won, or None if nobody lost."""
        slow = replace(call, headers={"X-Sandbox-Payments": "slow"})
        await self.stage.gate.reach(max(at))  # the gate counts stories, and this is one
        answers = await asyncio.gather(*(self._send(slow, moment) for moment in at))
        winners = [
            Row(answer.json()["id"], moment, email=value)
            for answer, moment in answers
            if answer.is_success
        ]
        losers = [moment for answer, moment in answers if answer.is_server_error]
        if len(winners) != 1 or not losers:
            return None
        for moment in losers:
            self._remember(kind, call, moment, constraint, winners[0], value)
        return winners[0]

    async def by_hand(
        self, statement: str, parameters: Sequence[Any], at: datetime
    ) -> list[tuple[Any, ...]]:
        """What somebody types into a database console; the rows it returns."""
        await self.stage.gate.reach(at)
        cursor = await self.stage.database.execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []

    def _remember(
        self,
        kind: str,
        call: Call,
        at: datetime,
        constraint: str | None,
        holder: Row | None,
        value: str,
    ) -> None:
        stage = self.stage
        attempt = Attempt(
            stage.environment, self.organization_id, kind, call.operation, at, constraint, holder
        )
        attempt.value, attempt.mended = value, constraint in stage.mended
        stage.attempts.append(attempt)

    async def _succeed(self, call: Call, at: datetime) -> Any:
        answer, _ = await self._send(call, at)
        if not answer.is_success:
            raise StoryBroke(f"{call.method} {call.path} answered {answer.status_code}")
        return answer.json() if answer.content else None

    async def _send(self, call: Call, at: datetime) -> tuple[httpx.Response, datetime]:
        """The answer, and the moment that the request believed it to be."""
        await self.stage.gate.reach(at)
        at = self.stage.unused(at)
        headers = {
            **call.headers,
            "Authorization": f"Bearer {self.token}",
            "X-Sandbox-Now": at.isoformat(),
        }
        body = call.body if call.method != "DELETE" else None
        waits = call.headers.get("X-Sandbox-Payments") == "silent"
        async with nullcontext() if waits else self.stage.busy:
            answer = await self.stage.client.request(
                call.method, call.path, json=body, headers=headers
            )
        return answer, at
