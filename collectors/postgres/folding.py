"""How the Target itself folds a value: what its unique expressions make of it.

`lower()` in Python and in PostgreSQL disagree (`İ`), so a spelling is folded by the index's own
expression before it is looked for among the stored fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collectors.model import Catalog, KeyPart
from collectors.postgres.outage import StatementFailed
from collectors.postgres.snapshot import Snapshot


def fold_values(snapshot: Snapshot, catalog: Catalog, values: Sequence[str]) -> set[str]:
    """Every spelling that a unique expression over one text column gives any of the values.

    An expression that does not take text is passed over. Raises TargetUnreachable.
    """
    found: set[str] = set()
    for part in _folding_parts(catalog):
        statement = (
            f"SELECT DISTINCT ({part.expression})::text "  # noqa: S608 - from the catalog
            f"FROM unnest($1::text[]) AS given({part.columns[0]})"
        )
        try:
            (rows,) = snapshot.attempt_each((statement, list(values)))
        except StatementFailed:
            continue
        found |= {text for (text,) in rows if text}
    return found


def _folding_parts(catalog: Catalog) -> Iterable[KeyPart]:
    parts = (part for table in catalog.tables for key in table.keys for part in key.parts)
    folding = (part for part in parts if not part.is_column and len(part.columns) == 1)
    return {(part.expression, part.columns): part for part in folding}.values()
