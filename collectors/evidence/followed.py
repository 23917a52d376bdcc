"""Issues followed to what became of them, and the releases and deploys that went live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, exists, func, select, update

from collectors.evidence.database import Store
from collectors.evidence.lines import issue_line
from collectors.evidence.schema import deploys, failures, issues, releases
from collectors.evidence.writing import insert_new, next_generation, upsert
from collectors.model import Deploy, Issue, Release


def stalest_issues(store: Store, most: int) -> list[str]:
    """Issues with Failures that are still there, those first that were asked for longest ago."""
    there = issues.c.gone_at.is_(None), issues.c.merged_into.is_(None)
    told = exists().where(failures.c.issue_id == issues.c.issue_id)
    query = select(issues.c.issue_id).where(*there, told).order_by(issues.c.asked_at).limit(most)
    with store.read() as connection:
        return list(connection.scalars(query))


def save_issues(store: Store, found: Mapping[str, Issue | None]) -> None:
    """Keep each Issue as it is now. What we hold of one that is gone stays.

    The Failures of a merged one belong to the Issue that took it in.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        changed = [_save(connection, *one, now) for one in found.items()]
        if any(changed):
            next_generation(connection)


def _save(connection: Connection, issue_id: str, issue: Issue | None, now: datetime) -> bool:
    old = update(issues).where(issues.c.issue_id == issue_id)
    if issue is None:
        connection.execute(old.values(asked_at=now, gone_at=now))
        return True
    row = connection.execute(select(issues).where(issues.c.issue_id == issue_id)).one()
    line = issue_line(issue)
    upsert(connection, issues, [line | {"asked_at": now}])
    if issue.issue_id != issue_id:
        connection.execute(old.values(asked_at=now, merged_into=issue.issue_id))
        of_old = update(failures).where(failures.c.issue_id == issue_id)
        connection.execute(of_old.values(issue_id=issue.issue_id))
        return True
    return any(getattr(row, name) != value for name, value in line.items())


def known_releases(store: Store) -> dict[str, int]:
    """The versions that are stored, each with how many deploys of it were read."""
    query = select(releases.c.version, func.max(releases.c.deploys)).group_by(releases.c.version)
    with store.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def save_releases(
    store: Store, found: Sequence[Release], went_live: Mapping[str, Iterable[Deploy]]
) -> None:
    """Keep releases, and the deploys of those for which they were read."""
    known = known_releases(store)
    lines = [
        {
            "version": one.version,
            "project": project,
            "created_at": one.created_at,
            "released_at": one.released_at,
            "first_event": one.first_event,
            "last_event": one.last_event,
            "deploys": one.deploys if one.version in went_live else known.get(one.version, 0),
        }
        for one in found
        for project in one.projects or ("",)
    ]
    live = [
        {"version": one.version, "environment": one.environment, "finished_at": one.finished_at}
        for some in went_live.values()
        for one in some
    ]
    with store.write() as connection:
        upsert(connection, releases, lines)
        if live:
            insert_new(connection, deploys, live)
            next_generation(connection)
