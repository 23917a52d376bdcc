"""A legacy key beside the right one: the models know of one, the database enforces both."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.standing import covering, is_idle, own_parts
from collectors.model import Blocks, KeyPart, Severity, UniqueKey


def beside_the_right_one(case: KeyCase) -> Ruling | None:
    """Point at a key that still counts deleted rows although another does it right."""
    idle = is_idle(case.table, case.key)
    if case.key.primary or (case.key.blocks is Blocks.NOTHING and not idle):
        return None
    right = _twin(case)
    if right is None:
        return None
    if idle:
        reason = f"{right.name} keeps live rows unique; this key beside it enforces nothing."
        return Ruling(reason, Severity.LOW)
    more = (
        ""
        if covering(case.table, case.key, case.right)
        else " It also holds more than that one does."
    )
    reason = (
        f"{right.name} on the same columns knows about deletion; this key beside it does not, and "
        f"{case.key.blocks} still fails.{more}"
    )
    return Ruling(reason)


def _twin(case: KeyCase) -> UniqueKey | None:
    """One of the table's right keys, on the same columns: what the models mean, beside a relic."""
    others = [other for other in case.right if other.name != case.key.name and not other.primary]
    columns = _inputs(case.own) if others else set[str]()
    of_each = ((other, _inputs(own_parts(case.table, other))) for other in others)
    return next((other for other, its in of_each if its == columns), None)


def _inputs(parts: Sequence[KeyPart]) -> set[str]:
    return {column for part in parts for column in part.columns}
