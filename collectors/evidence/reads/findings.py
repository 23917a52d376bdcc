"""Where can it still happen? The audit's Findings as last seen, and their trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, func, null, select, tuple_

from collectors.evidence.database import Store
from collectors.evidence.schema import audits, finding_days
from collectors.evidence.schema import findings as table
from collectors.model import KeyFinding, Migration, Severity


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A Finding as stored. `gone_at` None: the last audit of its Target still found it."""

    target: str
    finding: KeyFinding
    accepted: str | None
    look_again: date | None
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingDay:
    """How many Findings of one severity a Target had at the end of a day."""

    target: str
    day: date
    severity: Severity
    findings: int


_TEXTS = ("migration_sql", "migration_alembic", "backfill_sql", "backfill_alembic")


def list_findings(
    store: Store,
    targets: Sequence[str] | None = None,
    *,
    gone: bool = False,
    texts: bool = True,
) -> list[FindingRow]:
    """Worst first, then by what hurts now; `gone` lists those that were mended, newest first.

    Without `texts` neither migrations nor backfills are read: a large schema has megabytes of them.
    """
    order = case({severity: n for n, severity in enumerate(Severity)}, value=table.c.severity)
    hurts = (table.c.failures.desc(), table.c.exposed_rows.desc())
    names = (table.c.table_name, table.c.constraint_name, table.c.rule, table.c.target)
    kept = [c if texts or c.name not in _TEXTS else null().label(c.name) for c in table.c]
    query = select(*kept).order_by(table.c.gone_at.desc() if gone else order, *hurts, *names)
    query = query.where(table.c.gone_at.is_not(None) if gone else table.c.gone_at.is_(None))
    if targets is not None:
        query = query.where(table.c.target.in_(targets))
    with store.read() as connection:
        return [_finding(row) for row in connection.execute(query)]


def with_texts(store: Store, row: FindingRow) -> FindingRow:
    """The same with its migration and backfill, where it has them."""
    finding = row.finding
    named = tuple_(table.c.target, table.c.table_name, table.c.constraint_name, table.c.rule)
    query = select(*(table.c[name] for name in _TEXTS))
    with store.read() as connection:
        found = connection.execute(query.where(named == (row.target, *finding.identity))).first()
    if found is None:
        return row
    migration = _text(found.migration_sql, found.migration_alembic)
    backfill = _text(found.backfill_sql, found.backfill_alembic)
    return replace(row, finding=replace(finding, migration=migration, backfill=backfill))


def last_audits(store: Store) -> dict[str, datetime]:
    """When each Target was last audited; one that is missing never was."""
    with store.read() as connection:
        return {row.target: row.as_of for row in connection.execute(select(audits))}


def finding_trend(
    store: Store, targets: Sequence[str] | None = None, constraint: str | None = None
) -> list[FindingDay]:
    """Every day that was audited, in order, by Target and severity; of every key or of one.

    Those that somebody accepted are among them: of the past nobody knows which were.
    """
    days = finding_days
    group = (days.c.target, days.c.day, days.c.severity)
    query = select(*group, func.count()).group_by(*group).order_by(days.c.day, *group)
    if targets is not None:
        query = query.where(days.c.target.in_(targets))
    if constraint is not None:
        query = query.where(days.c.constraint_name == constraint)
    with store.read() as connection:
        return [
            FindingDay(target, day.date(), Severity(severity), int(count))
            for target, day, severity, count in connection.execute(query)
        ]


def _finding(row: Row[Any]) -> FindingRow:
    return FindingRow(
        target=row.target,
        finding=KeyFinding(
            table=row.table_name,
            constraint=row.constraint_name,
            rule=row.rule,
            severity=Severity(row.severity),
            reason=row.reason,
            exposed_rows=row.exposed_rows,
            failures=row.failures,
            migration=_text(row.migration_sql, row.migration_alembic),
            backfill=_text(row.backfill_sql, row.backfill_alembic),
        ),
        accepted=row.accepted,
        look_again=None if row.look_again is None else date.fromisoformat(row.look_again),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        gone_at=row.gone_at,
    )


def _text(sql: str | None, alembic: str | None) -> Migration | None:
    return None if sql is None or alembic is None else Migration(sql, alembic)
