"""A small billing database in the shape of Polar's, with a writer's role, for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import text

from collectors.evidence.database import Store
from collectors.evidence.lines import Judged
from collectors.evidence.reads.conflicts import ConflictRow, find_conflict
from collectors.evidence.store import save_page
from collectors.model import (
    Catalog,
    Confidence,
    Finding,
    Judgement,
    KeyValues,
    RowRef,
    UniqueKey,
    Verdict,
)
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import POLAR
from collectors.postgres.snapshot import Snapshot
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Outcome, Refusal, Refused, Step
from dashboard.remediation.service import Approval, Preview, Remediation
from dashboard.remediation.writeback import WriteBack
from dashboard.settings import WriteSettings
from sample_data.postgres import Database
from tests.factories import failure, new_store

EMAIL = "ix_customers_organization_id_email_case_insensitive"
EXTERNAL = "customers_organization_id_external_id_key"
WRITER, PASSWORD = "tombstone_test_writer", "the password of the writer"
ORGANIZATION = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
"""Not random: a Conflict is named by its values, and a bulk goes by those names."""
DELETED_AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)

SCHEMA = f"""
CREATE TABLE organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, deleted_at timestamptz
);
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT '2026-09-01 08:00:00.123456+00',
    modified_at timestamptz,
    deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations,
    email varchar(320) NOT NULL,
    email_verified boolean NOT NULL DEFAULT false,
    stripe_customer_id varchar,
    name varchar,
    billing_address jsonb,
    tax_id varchar,
    oauth_accounts jsonb NOT NULL DEFAULT '{{}}',
    legacy_user_id uuid,
    user_metadata jsonb NOT NULL DEFAULT '{{}}',
    external_id varchar
);
CREATE UNIQUE INDEX {EMAIL} ON customers (organization_id, lower(email));
CREATE UNIQUE INDEX {EXTERNAL} ON customers (organization_id, external_id);
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), deleted_at timestamptz, amount int DEFAULT 1,
    customer_id uuid NOT NULL REFERENCES customers
);
CREATE TABLE subscriptions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), deleted_at timestamptz,
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE
);
"""

GRANTS = f"""
DO $$ BEGIN
    CREATE ROLE {WRITER} LOGIN PASSWORD '{PASSWORD}';
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {WRITER};
GRANT UPDATE (email, external_id, user_metadata, deleted_at) ON customers TO {WRITER};
"""

ENGINEER = Actor("erin", Role.ENGINEER, verified=True)
SUPPORT = Actor("sam", Role.SUPPORT, verified=True)
VIEWER = Actor("vic", Role.VIEWER, verified=True)


class Died(Exception):
    """The process goes on, but this call did not."""


def dies_at(step: Step) -> Callable[[Step], None]:
    """An announcement that raises at that step."""

    def announce(now: Step) -> None:
        if now is step:
            raise Died

    return announce


@dataclass
class World:
    """One database with its store; `limits` and `access` are settings."""

    database: Database
    store: Store
    folder: Path
    organization: str
    reader: ReadTarget
    limits: dict[str, Any] = field(default_factory=lambda: {"lock_timeout_ms": 400})
    writer_dsn: str | None = None
    access: dict[str, Any] = field(default_factory=dict)
    writeback: WriteBack | None = None
    erased_when: str | None = None

    @classmethod
    @contextmanager
    def made(cls, database: Database, folder: Path) -> Iterator[World]:
        """The tables, the roles, one organization and an empty store."""
        acme = f"INSERT INTO organizations (id, name) VALUES ('{ORGANIZATION}', 'Acme')"
        database.execute(SCHEMA + GRANTS + acme)  # at once: a connection costs more than they do
        reader = ReadTarget("production", database.dsn)
        world = cls(database, new_store(folder), folder, ORGANIZATION, reader)
        world.writer_dsn = psycopg.conninfo.make_conninfo(
            database.dsn, user=WRITER, password=PASSWORD
        )
        yield world
        reader.close()
        world.store.close()

    def customer(self, *, deleted: bool = True, **columns: Any) -> str:
        """A new customer's id; deleted unless told otherwise."""
        values = {
            "organization_id": self.organization,
            "email": "Jane@Example.com",
            "deleted_at": DELETED_AT if deleted else None,
            **columns,
        }
        names = sql.SQL(", ").join(map(sql.Identifier, values))
        places = sql.SQL(", ").join([sql.Placeholder()] * len(values))
        statement = sql.SQL("INSERT INTO customers ({}) VALUES ({}) RETURNING id::text")
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            row = connection.execute(statement.format(names, places), list(values.values()))
            (customer,) = row.fetchone() or ("",)
        return str(customer)

    def update(self, customer: str, assignment: str) -> None:
        """Change the row behind everybody's back."""
        self.database.execute(f"UPDATE customers SET {assignment} WHERE id = '{customer}'")

    def row(self, customer: str) -> dict[str, str | None]:
        """Every column as PostgreSQL prints it."""
        with psycopg.connect(self.database.dsn) as connection:
            cursor = connection.execute("SELECT * FROM customers LIMIT 0")
            names = [column.name for column in cursor.description or ()]
            texts = sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(name)) for name in names
            )
            query = sql.SQL("SELECT {} FROM customers WHERE id = %s").format(texts)
            record = connection.execute(query, [customer]).fetchone()
        assert record is not None
        return dict(zip(names, record, strict=True))

    def conflict(
        self,
        customer: str,
        constraint: str = EMAIL,
        *,
        confidence: Confidence = Confidence.CERTAIN,
        table: str = "customers",
    ) -> str:
        """What `collect` would have stored of a create that this row blocked."""
        where = f"id = '{customer}'"
        return self.conflict_of(constraint, table, customer, where, confidence=confidence)

    def conflict_of(
        self,
        constraint: str,
        table: str,
        row_id: str,
        where: str,
        *,
        confidence: Confidence = Confidence.CERTAIN,
    ) -> str:
        """The same for a row that is named otherwise than by `id`."""
        key, values = self._held(where, constraint, table)
        blocker = RowRef(table, row_id, DELETED_AT)
        judgement = Judgement(
            Verdict.BLOCKED_BY_TOMBSTONE,
            confidence,
            (Finding("test", "A deleted row holds this key."),),
            key=key,
            values=values,
            blocker=blocker,
        )
        conflict_id = self.store.vault.conflict_id("production", table, key.columns, values)
        one = failure(event_id=uuid4().hex)
        judged = Judged("test", one, "production", judgement, one.occurred_at, conflict_id)
        save_page(self.store, "test", [judged])
        return conflict_id

    def stored(self, conflict_id: str) -> ConflictRow:
        """The Conflict as our store has it."""
        found = find_conflict(self.store, conflict_id)
        assert found is not None
        return found

    def door(
        self,
        announce: Callable[[Step], None] = lambda _: None,
        *,
        announce_batch: Callable[[str, int], None] = lambda *_: None,
        clock: Callable[[], datetime] | None = None,
        writer: bool = True,
    ) -> Remediation:
        """The one door, as a page or a command would open it."""
        targets = {"production": {"write_dsn": self.writer_dsn}} if writer else {}
        settings = WriteSettings.model_validate(
            {"targets": targets, "remediation": self.limits, "access": self.access}
        )
        readers = {"production": self.reader}
        now = clock or (lambda: datetime.now(UTC))
        return Remediation(
            self.store,
            readers,
            settings,
            catalogs=self._catalog,
            announce=announce,
            announce_batch=announce_batch,
            clock=now,
            writeback=self.writeback,
        )

    def time_passes(self, days: int) -> None:
        """Whatever was kept of rows and Previews is so many days older, by everybody's clock."""
        spent = {"spent": days * 86_400 * 1_000_000}
        with self.store.write() as connection:
            for column in (
                "before_images SET expires_at = expires_at",
                "previews SET made_at = made_at",
            ):
                connection.execute(text(f"UPDATE {column} - :spent"), spent)

    @contextmanager
    def reader_away(self) -> Iterator[None]:
        """Nobody answers the reader meanwhile."""
        away = ReadTarget("production", psycopg.conninfo.make_conninfo(self.database.dsn, port=1))
        self.reader, here = away, self.reader
        try:
            yield
        finally:
            self.reader = here
            away.close()

    def create_again(self, **columns: Any) -> str:
        """What the application does when the customer is created once more."""
        return self.customer(deleted=False, **columns)

    def _catalog(self, snapshot: Snapshot) -> Catalog:
        """Polar's mapping, with another rule of erasure where a test has one."""
        if self.erased_when is None:
            return read_catalog(snapshot)
        customers = replace(POLAR["customers"], erased_when=self.erased_when)
        return read_catalog(snapshot, mapping={**POLAR, "customers": customers})

    def _held(self, where: str, constraint: str, table: str) -> tuple[UniqueKey, KeyValues]:
        with psycopg.connect(self.database.dsn) as connection:
            defined = connection.execute(_DEFINED, [constraint]).fetchall()
            at = (constraint, str(defined))
            if at not in _keys:
                with self.reader.snapshot() as snapshot:
                    (_keys[at],) = read_catalog(snapshot).keys_named(constraint)
            key = _keys[at]
            expressions = ", ".join(f"({part.expression})::text" for part in key.parts)
            (values,) = connection.execute(f"SELECT {expressions} FROM {table} WHERE {where}")
        return key, values


_keys: dict[tuple[str, str], UniqueKey] = {}
"""By name and definition: to read a catalog takes longer than most that is done to a row."""
_DEFINED = "SELECT pg_get_indexdef(oid) FROM pg_class WHERE relname = %s AND relkind IN ('i', 'I')"


def previewed(
    door: Remediation,
    conflict_id: str,
    remedy: RemedyName = RemedyName.RELEASE_KEY,
    actor: Actor = ENGINEER,
) -> Preview:
    """The Preview, which must not be refused."""
    preview = door.preview(conflict_id, remedy, actor)
    assert isinstance(preview, Preview), preview
    return preview


def approved(preview: Preview, actor: Actor = ENGINEER, reason: str = "ticket") -> Approval:
    """Somebody's Approval of it."""
    return Approval(actor, preview.plan.digest, reason)


def applied(
    door: Remediation,
    conflict_id: str,
    remedy: RemedyName = RemedyName.RELEASE_KEY,
    actor: Actor = ENGINEER,
) -> Applied:
    """Preview, approve and apply, which must succeed."""
    approval = approved(previewed(door, conflict_id, remedy, actor), actor)
    outcome = door.apply(conflict_id, remedy, approval)
    assert isinstance(outcome, Applied), outcome
    return outcome


def undone(door: Remediation, remediation_id: str, actor: Actor = ENGINEER) -> Outcome:
    """Preview and approve its undo; a Refusal of either is returned."""
    preview = door.undo_preview(remediation_id, actor)
    if isinstance(preview, Refused):
        return preview
    return door.undo(remediation_id, approved(preview, actor))


def refusal(outcome: Outcome | Preview) -> Refusal:
    """Why it was refused, which it must have been."""
    assert isinstance(outcome, Refused), outcome
    return outcome.refusal
