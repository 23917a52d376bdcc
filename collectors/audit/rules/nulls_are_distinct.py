"""`UNIQUE (key, deleted_at)` without NULLS NOT DISTINCT enforces nothing for live rows."""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.standing import is_idle, leaves_live_out, states_in_key


def nulls_are_distinct(case: KeyCase) -> Ruling | None:
    """Point at a key that looks strict and lets live rows repeat."""
    if not is_idle(case.table, case.key) or leaves_live_out(case.table, case.key):
        return None
    part = case.key.idle or states_in_key(case.table, case.key)[0].expression
    reason = (
        f"{part} is in the key, and NULLs are distinct: it is NULL in every live row, so no two of "
        "them ever clash, and the key lets live rows repeat."
    )
    return Ruling(reason)
