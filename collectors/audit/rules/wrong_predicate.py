"""A partial key whose predicate is inverted, leaves live rows out, or is about something else."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.standing import leaves_live_out
from collectors.model import Blocks


def wrong_predicate(case: KeyCase) -> Ruling | None:
    """Point at a predicate that looks like the cure and is none."""
    key = case.key
    is_empty = leaves_live_out(case.table, key)
    if key.predicate is None or (key.blocks is Blocks.NOTHING and not is_empty):
        return None
    if is_empty:
        reason = f"Its predicate ({key.predicate}) holds for no live row: they may repeat."
    elif key.blocks is Blocks.DELETE:
        reason = (
            f"Its predicate is the wrong way round ({key.predicate}): live rows may repeat, and "
            "the second deletion with the same values fails."
        )
    else:
        reason = (
            f"Its predicate ({key.predicate}) does not leave deleted rows out: they hold the key, "
            "and a create with their values fails."
        )
    return Ruling(reason)
