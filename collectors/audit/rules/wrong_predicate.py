"""A partial key whose predicate is inverted, or is about something else than deletion."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.model import Blocks

NAME = "wrong_predicate"


def wrong_predicate(case: KeyCase) -> Ruling | None:
    """Point at a predicate that looks like the cure and is none."""
    key = case.key
    if key.predicate is None or key.blocks is Blocks.NOTHING:
        return None
    if key.blocks is Blocks.DELETE:
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
