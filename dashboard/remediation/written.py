"""Which columns the Remedies may write, table by table: what a writer's role has to be granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collectors.model import Catalog, Column, ForeignKey, Table, UniqueKey
from collectors.model.releasable import null_frees, null_is_free, releasable_columns
from dashboard.remediation.facts import foreign_keys_of
from dashboard.remediation.remedies.released_value import released_value


def written_columns(catalog: Catalog, table: Table) -> tuple[str, ...]:
    """What release-key and restore-row write in it, in the table's order.

    Nothing where no deleted row of it can stand in anybody's way.
    """
    marked = {marker.column for marker in table.markers}
    keys = [key for key in table.keys if key.counts_deleted and not key.primary]
    if not marked or not keys:
        return ()
    links = foreign_keys_of(catalog, table)
    written = marked.union(*(_released(table, key, links) for key in keys))
    return tuple(c.name for c in table.columns if c.name in written and not c.generated)


def _released(table: Table, key: UniqueKey, links: Sequence[ForeignKey]) -> Iterator[str]:
    """The column that a release of this key changes, with the one that keeps its value."""
    columns = releasable_columns(table, key, links)
    emptied = [one for one in columns if null_is_free(table, key, one)]
    texts = sorted(filter(_takes_text, columns), key=lambda one: not one.holds_email)
    if not (emptied or texts):
        emptied = [one for one in columns if one.takes_null and null_frees(table, one)]
    for column in (emptied or texts)[:1]:
        yield column.name
        if emptied and column.name in table.kept_in:
            yield table.kept_in[column.name]


def _takes_text(column: Column) -> bool:
    return released_value(column, None, "") is not None
