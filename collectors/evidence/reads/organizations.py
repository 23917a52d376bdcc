"""Which organizations a person may mean by an id or by what they are called."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import known_organizations
from collectors.evidence.schema import organizations as table


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
