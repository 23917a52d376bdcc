"""Writing down what an audit found in one Target, in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, tuple_, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.writing import midnight, next_generation, upsert
from collectors.model import KeyFinding, KeyName

Acceptance = tuple[str, str]
"""Why somebody lives with a Finding, and the day to look again."""


def save_audit(
    store: Store,
    target: str,
    as_of: datetime,
    findings: Sequence[KeyFinding],
    accepted: Mapping[KeyFinding, Acceptance],
) -> None:
    """Everything that was found, the accepted ones among it; what was not found again is gone."""
    lines = [_line(target, as_of, one, accepted.get(one)) for one in findings]
    with store.write() as connection:
        upsert(connection, schema.audits, [{"target": target, "as_of": as_of}])
        upsert(connection, schema.findings, lines, keep=("first_seen",))
        upsert(connection, schema.finding_days, [_day(line, as_of) for line in lines])
        _part_with(connection, target, as_of)
        next_generation(connection)


def failures_by_key(store: Store, target: str, verdicts: Sequence[str]) -> dict[KeyName, int]:
    """Failures with these Verdicts by (schema, table, constraint): what a key has done so far.

    Each by its own Verdict: a Conflict also counts what failed before its row was deleted. Told by
    the daily counts, which know neither Target nor schema: only where an environment's Conflicts
    lie in several of those under one name are their Failures counted themselves.
    """
    days = schema.failure_days.c
    name = (days.environment, days.table_name, days.constraint_name)
    counts = select(*name, func.sum(days.failures)).where(days.verdict.in_(verdicts))
    found: Counter[KeyName] = Counter()
    with store.read() as connection:
        homes = _homes(connection)
        for environment, table, constraint, count in connection.execute(counts.group_by(*name)):
            there = homes[environment, table, constraint]
            for namespace in (one for owner, one in there if owner == target):
                place = (namespace, table, constraint)
                alone = len(there) == 1
                found[place] += (
                    count if alone else _counted(connection, target, environment, place, verdicts)
                )
    return dict(found)


def _homes(connection: Connection) -> defaultdict[tuple[str, str, str], set[tuple[str, str]]]:
    """The Targets and schemas of an environment's Conflicts by table and constraint."""
    key = schema.conflicts.c
    name = (key.environment, key.table_name, key.constraint_name)
    homes: defaultdict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
    query = select(*name, key.target, key.schema_name).distinct()
    for environment, table, constraint, *home in connection.execute(query):
        homes[environment, table, constraint].add((home[0], home[1]))
    return homes


def _counted(
    connection: Connection,
    target: str,
    environment: str,
    place: KeyName,
    verdicts: Sequence[str],
) -> int:
    """The same by the Failures themselves, of one environment and key."""
    key, failed = schema.conflicts.c, schema.failures
    query = select(func.count()).select_from(failed)
    query = query.join(schema.conflicts, failed.c.conflict_id == key.id).where(
        failed.c.verdict.in_(verdicts),
        key.target == target,
        key.environment == environment,
        tuple_(key.schema_name, key.table_name, key.constraint_name) == place,
    )
    return int(connection.scalar(query) or 0)


def exposed_by_key(store: Store, target: str) -> dict[Any, int]:
    """What the last survey counted, by (schema, table, constraint)."""
    table = schema.exposures
    query = select(
        table.c.schema_name, table.c.table_name, table.c.constraint_name, table.c.tombstones
    )
    whole = tuple_(table.c.target, table.c.organization_id) == (target, "")
    with store.read() as connection:
        rows = connection.execute(query.where(whole, table.c.constraint_name != ""))
        return {tuple(names): int(count) for *names, count in rows}


def _part_with(connection: Connection, target: str, as_of: datetime) -> None:
    table = schema.findings
    missing = (table.c.target == target) & (table.c.last_seen < as_of) & table.c.gone_at.is_(None)
    connection.execute(update(table).where(missing).values(gone_at=as_of))


def _line(
    target: str, as_of: datetime, finding: KeyFinding, accepted: Acceptance | None
) -> dict[str, Any]:
    migration, backfill = finding.migration, finding.backfill
    return {
        "target": target,
        "table_name": finding.table,
        "constraint_name": finding.constraint,
        "rule": finding.rule,
        "severity": finding.severity,
        "reason": finding.reason,
        "exposed_rows": finding.exposed_rows,
        "failures": finding.failures,
        "migration_sql": migration.sql if migration else None,
        "migration_alembic": migration.alembic if migration else None,
        "backfill_sql": backfill.sql if backfill else None,
        "backfill_alembic": backfill.alembic if backfill else None,
        "accepted": accepted[0] if accepted else None,
        "look_again": accepted[1] if accepted else None,
        "first_seen": as_of,
        "last_seen": as_of,
        "gone_at": None,
    }


def _day(line: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    kept = ("target", "table_name", "constraint_name", "rule", "severity", "exposed_rows")
    return {name: line[name] for name in (*kept, "failures")} | {"day": midnight(as_of)}
