"""`UNIQUE (key, is_deleted)`: one live row and one deleted row fit, and the second delete fails."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.standing import marked_columns, states_in_key
from collectors.model import Blocks


def boolean_in_key(case: KeyCase) -> Ruling | None:
    """Point at a state (a flag, a status, a day) that cannot tell two deleted rows apart.

    Or at an expression that comes to the same for both.
    """
    marked = marked_columns(case.table)
    state = states_in_key(case.table, case.key) or [
        part for part in case.key.parts if not marked.isdisjoint(part.columns)
    ]
    if case.key.blocks is not Blocks.DELETE or not state or case.key.speaks_of_deletion:
        return None
    reason = (
        f"{state[0].expression} is in the key and does not tell two deleted rows apart: after "
        "delete, create, delete with the same values, the second delete fails."
    )
    return Ruling(reason)
