"""Which organizations there are, and which a person means by an id or a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import known_organizations
from collectors.evidence.schema import conflicts
from collectors.evidence.schema import organizations as table

LISTED = 2_000


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization with Conflicts; `name` is None where it is not known."""

    id: str
    name: str | None


def organizations_met(store: Store) -> list[Organization]:
    """The LISTED organizations with the most Conflicts, most first."""
    met = conflicts.c.organization_id
    most = select(met, func.count().label("conflicts")).where(met.is_not(None)).group_by(met)
    top = most.order_by(func.count().desc(), met).limit(LISTED).subquery()
    named = select(table.c.organization_id, func.min(table.c.name).label("name")).group_by(
        table.c.organization_id
    )
    names = named.subquery()
    query = (
        select(top.c.organization_id, names.c.name)
        .outerjoin(names, names.c.organization_id == top.c.organization_id)
        .order_by(top.c.conflicts.desc(), top.c.organization_id)
    )
    with store.read() as connection:
        return [Organization(id_, name) for id_, name in connection.execute(query)]


def organizations_meant(store: Store, told: Sequence[str]) -> dict[str, set[str]]:
    """For each text that means any, the ids of the organizations it means."""
    lower = {text.lower() for text in told}
    name = func.lower(table.c.name)
    query = select(table.c.organization_id, name.label("name"))
    query = query.where(or_(name.in_(lower), table.c.organization_id.in_(told)))
    met = known_organizations(store, told)
    with store.read() as connection:
        rows = connection.execute(query).all()
    found = {
        text: {row.organization_id for row in rows if text in row or text.lower() == row.name}
        | ({text} & met)
        for text in told
    }
    return {text: ids for text, ids in found.items() if ids}
