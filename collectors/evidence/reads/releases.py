"""Which releases there are, and when they went live where."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from collectors.evidence.database import Store
from collectors.evidence.schema import deploys, releases
from collectors.model import Deploy, Release


def list_releases(store: Store) -> list[Release]:
    """Releases, the newest first; `deploys` is how many of them we hold."""
    table = releases.c
    newest_first = func.min(table.created_at).desc(), table.version
    query = select(
        table.version,
        func.min(table.created_at).label("created_at"),
        func.max(table.released_at).label("released_at"),
        func.min(table.first_event).label("first_event"),
        func.max(table.last_event).label("last_event"),
        func.group_concat(table.project).label("projects"),
        func.max(table.deploys).label("deploys"),
    )
    query = query.group_by(table.version).order_by(*newest_first)
    with store.read() as connection:
        return [
            Release(
                row.version,
                tuple(sorted(filter(None, row.projects.split(",")))),
                row.created_at,
                row.released_at,
                row.first_event,
                row.last_event,
                row.deploys,
            )
            for row in connection.execute(query)
        ]


def projects_of_releases(store: Store) -> dict[str, frozenset[str]]:
    """The projects of each release; one of which nobody told is missing."""
    found: dict[str, frozenset[str]] = {}
    query = select(releases.c.version, releases.c.project).where(releases.c.project != "")
    with store.read() as connection:
        for version, project in connection.execute(query):
            found[version] = found.get(version, frozenset()) | {project}
    return found


def list_deploys(store: Store, environments: Sequence[str] = ()) -> list[Deploy]:
    """When releases went live, the earliest first; no environments means all."""
    query = select(deploys).order_by(deploys.c.finished_at, deploys.c.version)
    if environments:
        query = query.where(deploys.c.environment.in_(environments))
    with store.read() as connection:
        return [
            Deploy(row.version, row.environment, row.finished_at)
            for row in connection.execute(query)
        ]
