"""Whether an index serves a look-up by parts that are no index's own, and what it would cost.

A key's own parts are its index's. A key that was changed since, or that is known only in part, is
asked by other parts, and without an index each such look-up reads the whole table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from collectors.model import KeyPart, Table
from collectors.postgres.snapshot import Snapshot

MOST_COST = 1_000.0
"""What one look-up may cost, in the planner's units: a pass over some 20,000 narrow rows."""

COST_AT_ONCE = 100_000.0
"""What a statement may cost: a second at most, far below its time limit."""


def has_index(table: Table, parts: Sequence[KeyPart]) -> bool:
    """The parts are just those of a unique index that can be entered."""
    return any(key.valid and key.parts == tuple(parts) for key in table.keys)


def computable(table: Table, parts: Sequence[KeyPart]) -> tuple[KeyPart, ...]:
    """Indexed parts besides these that the values of these determine.

    Rows with this `email` have this `lower(email)` as well, by which an index may find them. Only
    where every row is in that index: elsewhere its expression may fail.
    """
    known = {part.expression for part in parts if part.is_column}
    whole = (key for key in table.keys if key.valid and key.predicate is None)
    indexed = (part for key in whole for part in key.parts)
    return tuple(
        dict.fromkeys(p for p in indexed if p not in parts and known.issuperset(p.columns))
    )


def cost_of_one(snapshot: Snapshot, statement: str, arrays: Sequence[str]) -> float:
    """What the planner thinks that one look-up of `statement` costs.

    Of the scans alone and in full: it hopes that the LIMIT above them ends them early, which it
    does not where there is nothing to be found.
    """
    return sum(float(node["Total Cost"]) for node in _scans(plan_of(snapshot, statement, *arrays)))


def plan_of(snapshot: Snapshot, statement: str, *parameters: object) -> dict[str, Any]:
    """The topmost node of the plan that the server makes for it; no row is read."""
    (((plan,),),) = snapshot.rows(f"EXPLAIN (FORMAT JSON) {statement}", *parameters)
    top: dict[str, Any] = plan["Plan"]
    return top


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in node:
        yield node
    for child in node.get("Plans", ()):
        yield from _scans(child)
