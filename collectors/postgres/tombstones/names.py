"""What organizations are called: names of businesses, which the store may hold."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collectors.model import Catalog, Table
from collectors.postgres.printing import text_of
from collectors.postgres.rows import source
from collectors.postgres.snapshot import Snapshot


def organization_names(snapshot: Snapshot, catalog: Catalog) -> dict[str, str]:
    """By id, from the table of organizations: the one whose rows are their own organization.

    Raises StatementFailed and TargetUnreachable.
    """
    names: dict[str, str] = {}
    for table in filter(_is_of_organizations, catalog.tables):
        owner = table.column(str(table.organization))
        assert owner is not None
        statement = f"""
SELECT {text_of(owner.name, owner.type)}, {table.title}::text
FROM {source(table)} WHERE {table.title} IS NOT NULL"""
        names |= dict(snapshot.rows(statement))
    return names


def _is_of_organizations(table: Table) -> bool:
    return table.title is not None and table.primary_key == (table.organization,)
