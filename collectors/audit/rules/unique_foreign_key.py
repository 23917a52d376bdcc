"""A unique foreign key: a parent whose one child was soft-deleted can never have another."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.model import Blocks


def unique_foreign_key(case: KeyCase) -> Ruling | None:
    """Point at a one-to-one relation that counts deleted children."""
    if case.key.blocks is not Blocks.CREATE or case.key.predicate is not None:
        return None
    columns = {part.expression for part in case.own if part.is_column}
    references = case.schema.references_of(case.table)
    parent = next((fk for fk in references if set(fk.columns) == columns), None)
    if parent is None or len(columns) < len(case.own):
        return None
    reason = (
        f"It allows one row for each row of {parent.to_table}, and counts deleted ones: once that "
        "row was soft-deleted, a second can never be made."
    )
    return Ruling(reason)
