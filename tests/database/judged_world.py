"""A shop whose history is known, and what a look at it may and must say of each failed write.

Time passes by pushing everything that has happened an hour back, in the shop and in the store, so
that clocks stay real. The history remembers of each failed write which row held the key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from pydantic import SecretStr
from sqlalchemy import Connection, select, update

from collectors import pipeline
from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.failures import FailureRow, list_failures
from collectors.evidence.reads.rows import row_ref, stored_ref
from collectors.model import RowRef, Verdict
from collectors.settings import Settings, TargetSettings
from sample_data.postgres import Database
from tests.captured import captured
from tests.factories import new_store

HOUR = timedelta(hours=1)
TABLE = """
CREATE TABLE customers (
    id serial PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at timestamptz, team int NOT NULL, email text NOT NULL, touched int NOT NULL DEFAULT 0
)
"""
INDEXES = {
    "counting": "(team, lower(email))",
    "partial": "(team, lower(email)) WHERE deleted_at IS NULL",
    "marked": "(team, lower(email), deleted_at) NULLS NOT DISTINCT",
}
"""Deleted rows count under the first; the others are the two ways to mend that."""


@dataclass(frozen=True)
class Held:
    """What the history knows of a failed write: who held the key then, and how it was."""

    row: int
    deleted: bool
    touched: int
    index: str


@dataclass
class JudgedWorld:
    """The shop, its failed writes, and our own looks at them."""

    database: Database
    folder: Path
    index: str = "counting"
    held: dict[str, Held] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    seen_blocked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.store: Store = new_store(self.folder)
        self.database.execute("DROP TABLE IF EXISTS customers")
        self.database.execute(TABLE)
        self.database.execute(
            f"CREATE UNIQUE INDEX customers_key ON customers {INDEXES['counting']}"
        )
        target = TargetSettings(read_dsn=SecretStr(self.database.dsn))
        self.settings = Settings(targets={"production": target})

    # --- what happens in the shop -----------------------------------------------------------------

    def create(self, team: int, email: str) -> None:
        """A create; it fails where a row of the index has the key."""
        self._write("INSERT INTO customers (team, email) VALUES (%s, %s)", (team, email), email)

    def rename(self, row: int, email: str) -> None:
        """A live row takes another e-mail, or fails to."""
        self._write(
            "UPDATE customers SET email = %s, touched = touched + 1"
            " WHERE id = %s AND deleted_at IS NULL",
            (email, row),
            email,
        )

    def delete(self, row: int) -> None:
        """Softly."""
        self.database.execute(
            "UPDATE customers SET deleted_at = clock_timestamp(), touched = touched + 1"
            " WHERE id = %s AND deleted_at IS NULL",
            (row,),
        )

    def restore(self, row: int) -> None:
        """Back to life, unless the key is taken meanwhile: nobody reports that one to Sentry."""
        try:
            self.database.execute(
                "UPDATE customers SET deleted_at = NULL, touched = touched + 1"
                " WHERE id = %s AND deleted_at IS NOT NULL",
                (row,),
            )
        except psycopg.errors.UniqueViolation:
            return

    def purge(self, row: int) -> None:
        """For good."""
        self.database.execute("DELETE FROM customers WHERE id = %s", (row,))

    def mend(self, index: str) -> None:
        """Deleted rows count no more; nothing could tell later that they did not, and then did."""
        if self.index == "counting":
            self.database.execute("DROP INDEX customers_key")
            self.database.execute(
                f"CREATE UNIQUE INDEX customers_key ON customers {INDEXES[index]}"
            )
            self.index = index

    def pass_an_hour(self) -> None:
        """Everything that has happened so far is an hour longer ago."""
        self.database.execute(
            "UPDATE customers SET created_at = created_at - interval '1 hour',"
            " deleted_at = deleted_at - interval '1 hour'"
        )
        for event in self.waiting:
            at = datetime.fromisoformat(event["timestamp"]) - HOUR
            event["timestamp"] = at.isoformat()
        with self.store.write() as connection:
            _age(connection)

    def look(self) -> list[FailureRow]:
        """One Run of ours: what is new is read, what may have changed is asked again."""
        inbox = self.folder / f"inbox-{uuid4().hex}"
        inbox.mkdir()
        for event in self.waiting:
            (inbox / f"{event['event_id']}.json").write_text(json.dumps(event))
        self.waiting.clear()
        pipeline.run(self.settings, self.store, paths=[str(inbox)])
        return list_failures(self.store)

    def _write(self, statement: str, values: tuple[object, ...], email: str) -> None:
        try:
            self.database.execute(statement, values)
        except psycopg.errors.UniqueViolation as error:
            event = captured(error, environment="production", at=datetime.now(UTC))
            self.waiting.append(event)
            self.held[event["event_id"]] = self._holder(statement, values, email)

    def _holder(self, statement: str, values: tuple[object, ...], email: str) -> Held:
        team: object = values[0]
        if statement.startswith("UPDATE"):
            ((team,),) = self.database.execute(
                "SELECT team FROM customers WHERE id = %s", values[1:]
            )
        live = "" if self.index == "counting" else "AND deleted_at IS NULL"
        ((row, deleted, touched),) = self.database.execute(
            "SELECT id, deleted_at IS NOT NULL, touched FROM customers"
            f" WHERE team = %s AND lower(email) = lower(%s) {live}",
            (team, email),
        )
        return Held(row, deleted, touched, self.index)

    # --- what a look may and must say -------------------------------------------------------------

    def check(self, found: list[FailureRow]) -> None:
        """Every Verdict against the history."""
        assert {one.event_id for one in found} == set(self.held)
        for one in found:
            held = self.held[one.event_id]
            now = self.database.execute(
                "SELECT deleted_at IS NOT NULL, touched FROM customers WHERE id = %s", (held.row,)
            )
            self._check_what_is_said(one, held, now)
            self._check_what_must_be_said(one, held, now)
            if one.verdict is Verdict.BLOCKED_BY_TOMBSTONE:
                self.seen_blocked.add(one.event_id)

    def _check_what_is_said(self, one: FailureRow, held: Held, now: list[tuple[Any, ...]]) -> None:
        """Nothing that is said of a row is other than it was."""
        deleted_now = bool(now and now[0][0])
        if one.blocker is not None:
            assert (one.blocker.id, held.deleted) == (str(held.row), True), (one, held)
        if one.verdict is Verdict.BLOCKED_BY_TOMBSTONE:
            assert one.blocker is not None
            assert deleted_now, (one, held)
            assert self.index == "counting", (one, held)
        if one.verdict is Verdict.LIVE_DUPLICATE and one.confidence == "CERTAIN":
            assert not held.deleted, (one, held)
        if one.verdict is Verdict.HOLDER_GONE:
            untouched = now and now[0][1] == held.touched
            assert not (untouched and (self.index == "counting" or not deleted_now)), (one, held)

    def _check_what_must_be_said(
        self, one: FailureRow, held: Held, now: list[tuple[Any, ...]]
    ) -> None:
        """What the row, our own looks and the times determine is found."""
        untouched = bool(now) and now[0][1] == held.touched
        if not held.deleted:
            if untouched:
                assert one.verdict is Verdict.LIVE_DUPLICATE, (one, held)
            return
        seen = one.event_id in self.seen_blocked
        if untouched and self.index == "counting":
            assert one.verdict is Verdict.BLOCKED_BY_TOMBSTONE, (one, held)
            assert one.confidence == "CERTAIN", (one, held)
        elif untouched and (seen or self.index == "marked"):
            assert one.verdict is Verdict.UNBLOCKED, (one, held)
        elif seen and not (now and now[0][0]):
            assert one.verdict is Verdict.UNBLOCKED, (one, held)
            assert one.blocker is not None, (one, held)


def _age(connection: Connection) -> None:
    """Every time in the store that a judgement rests on."""
    times = {
        schema.conflicts: ("held_at", "asked_at", "first_seen", "last_seen", "row_created_at"),
        schema.failures: ("occurred_at", "judged_at"),
    }
    refs = {schema.conflicts: ("blocker", "holder"), schema.failures: ("blocker",)}
    for table, names in times.items():
        key = next(iter(table.primary_key.columns))
        for row in connection.execute(select(table)).mappings().all():
            changed = {n: row[n] - HOUR for n in names if row[n] is not None}
            changed |= {n: _older(row[n]) for n in refs[table]}
            connection.execute(update(table).where(key == row[key.name]).values(**changed))


def _older(stored: Any) -> Any:
    ref = row_ref(stored)
    if ref is None or ref.deleted_at is None:
        return stored
    return stored_ref(RowRef(ref.table, ref.id, ref.deleted_at - HOUR))
