"""A store with very many Failures, written straight: how it came about is not what is measured."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert

from collectors.evidence import schema
from collectors.evidence.lines import conflict_line, failure_line
from collectors.evidence.runs import finish_run, start_run
from collectors.model import Verdict
from tests.factories import judged, new_store, violated

DAYS, ORGANIZATIONS, ATTEMPTS = 180, 2_000, 5
_SEED = 10_000
KEYS = ("customers_email_key", "customers_external_id_key", "members_customer_id_email_key")
VERDICTS = (
    Verdict.BLOCKED_BY_TOMBSTONE,
    Verdict.UNBLOCKED,
    Verdict.LIVE_DUPLICATE,
    Verdict.CONCURRENT_CREATE,
    Verdict.HOLDER_GONE,
)
_ODDS = (30, 45, 15, 5, 5)


def fill(folder: Path, failures: int) -> None:
    """A store of half a year: ATTEMPTS Failures a Conflict, a release a week, counts a day.

    Some are made in Python; the others are copies of them.
    """
    folder.mkdir()
    store, chance = new_store(folder), random.Random(7)
    now = datetime.now(UTC)
    run = start_run(store)
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA cache_size = -500000")  # KiB: all of it fits
        _conflicts(connection, store.vault, range(_SEED // ATTEMPTS), chance, now)
        for copy in range(1, failures // _SEED):
            for table in (schema.conflicts, schema.failures):
                connection.exec_driver_sql(_copied(table, copy))
        _counts(connection, chance, now)
        _without_organizations(connection)
    finish_run(store, run, read=failures, stored=failures, unreachable=[], notes=[])
    store.close()


def _copied(table: Table, copy: int) -> str:
    """The first _SEED Failures, or their Conflicts, once more with ids of their own."""
    other = {
        "id": f"printf('%08x', {copy}) || substr(id, 9)",
        "conflict_id": f"printf('%08x', {copy}) || substr(conflict_id, 9)",
        "event_id": f"printf('%08x', {copy}) || substr(event_id, 9)",
    }
    stored = [column.name for column in table.columns if column.computed is None]
    taken = ", ".join(other.get(name, f'"{name}"') for name in stored)
    names = ", ".join(f'"{name}"' for name in stored)
    key = table.primary_key.columns[0].name
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {taken} FROM {table.name}"
        f" WHERE {key} < '00000001'"
    )


def _conflicts(
    connection: Connection, vault: Any, numbers: range, chance: random.Random, now: datetime
) -> None:
    conflicts, failures = [], []
    for number in numbers:
        conflict, of_it = _conflict(vault, number, chance, now)
        conflicts.append(conflict)
        failures += of_it
    connection.execute(insert(schema.conflicts), conflicts)
    connection.execute(insert(schema.failures), failures)


_MODEL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}


def _model(vault: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """One Conflict and one Failure as the store writes them; the others differ in a few facts."""
    if "of" not in _MODEL:
        one = judged(key=violated("o", "jane@example.com"))
        _MODEL["of"] = conflict_line(vault, one), failure_line(vault, one)
    return _MODEL["of"]


def _conflict(
    vault: Any, number: int, chance: random.Random, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    conflict, failure = _model(vault)
    verdict = chance.choices(VERDICTS, _ODDS)[0]
    first = now - timedelta(seconds=chance.uniform(3_600, DAYS * 86_400))
    times = sorted(first + timedelta(hours=chance.expovariate(1 / 6)) for _ in range(ATTEMPTS))
    freed = min(now, times[-1] + timedelta(hours=chance.expovariate(1 / 48)))
    unblocked = verdict is Verdict.UNBLOCKED
    shared = {
        "environment": "production" if number % 4 else "sandbox",
        "target": "production" if number % 4 else "sandbox",
        "constraint_name": KEYS[number % 3],
        "organization_id": _organization(number * 7 % ORGANIZATIONS),
        "verdict": verdict,
    }
    id_ = f"{number:016x}"
    whole = conflict | shared | {
        "id": id_,
        "failures": ATTEMPTS,
        "first_seen": times[0],
        "last_seen": times[-1],
        "held_at": times[-1] if verdict.is_blocked or unblocked else None,
        "settled_at": None if verdict.is_blocked else freed,
        "released_by": "release-key" if unblocked and number % 2 else None,
        "released_at": freed if unblocked and number % 2 else None,
        "newest_event": None,
    }  # fmt: skip
    return whole, [
        failure | shared | {
            "event_id": f"{number * ATTEMPTS + attempt:032x}",
            "conflict_id": id_,
            "occurred_at": at,
            "release": f"shop@1.{int((at - now).days + DAYS) // 7}.0",
            "issue_id": str(number % 300),
        }
        for attempt, at in enumerate(times)
    ]  # fmt: skip


def _organization(number: int) -> str:
    return str(UUID(int=number))


def _counts(connection: Connection, chance: random.Random, now: datetime) -> None:
    """What is counted in the Targets, and when releases went live."""
    today = datetime.combine(now.date(), time.min, UTC)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    for target in ("production", "sandbox"):
        of = {"target": target, "schema_name": "public", "table_name": "customers"}
        connection.execute(insert(schema.surveys), [
            of | {"topic": topic, "as_of": now, "covers_from": days[-1], "estimated": False,
                  "by_organization": True, "notes": []}
            for topic in ("exposure", "creates", "recreations")
        ])  # fmt: skip
        organizations = [_organization(number) for number in range(ORGANIZATIONS)]
        connection.execute(insert(schema.organizations), [
            {"target": target, "organization_id": one, "name": f"Shop {number}"}
            for number, one in enumerate(organizations)
        ])  # fmt: skip
        connection.execute(
            insert(schema.create_days), list(_day_lines(of, days, organizations, chance, "creates"))
        )
        connection.execute(insert(schema.recreation_days), [
            line | {"constraint_name": key}
            for line in _day_lines(of, days, organizations[:300], chance, "succeeded")
            for key in ("", KEYS[0])
        ])  # fmt: skip
        connection.execute(insert(schema.exposures), [
            of | {"constraint_name": key, "organization_id": one, "tombstones": 40, "oldest": now}
            for key in ("", *KEYS[:2]) for one in ("", *organizations)
        ])  # fmt: skip
        connection.execute(insert(schema.deploys), [
            {"version": f"shop@1.{number}.0", "environment": target,
             "finished_at": today - timedelta(days=DAYS - 7 * number)}
            for number in range(DAYS // 7)
        ])  # fmt: skip


def _without_organizations(connection: Connection) -> None:
    """The same counts as whole tables, as a survey stores them beside."""
    of = "target, schema_name, table_name"
    for table, topic, key, number in (
        ("create_days", "creates", "''", "creates"),
        ("recreation_days", "recreations", "constraint_name", "succeeded"),
    ):
        connection.exec_driver_sql(
            f"INSERT INTO counted_days SELECT {of}, '{topic}', {key}, day, sum({number})"
            f" FROM {table} GROUP BY {of}, {key}, day"
        )


def _day_lines(
    of: dict[str, Any],
    days: list[datetime],
    organizations: list[str],
    chance: random.Random,
    counted: str,
) -> Iterator[dict[str, Any]]:
    """Three organizations in ten have something to count on a day."""
    for day in days:
        for one in organizations:
            if chance.random() < 0.3:
                yield of | {"day": day, "organization_id": one, counted: chance.randrange(1, 20)}
