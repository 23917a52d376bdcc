"""What a follow-up found: the Conflicts that changed, those that stand, and what still waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from collectors.evidence import schema
from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.judged import note_outlived, save_judged
from collectors.evidence.lines import Judged, failure_line, waits_for
from collectors.evidence.writing import next_generation
from collectors.model import BLOCKED_VERDICTS, Verdict

_WAITING = (
    "target",
    "constraint_name",
    "table_name",
    "confidence",
    "reasons",
    "candidates",
    "judged_at",
    "waits_for",
)
"""What another look at an UNDECIDED Failure tells anew, though it stays so."""


def save_looks(
    store: Store,
    judged: Sequence[Judged],
    unchanged: Mapping[str, datetime],
    undecided: Sequence[Judged] = (),
) -> None:
    """Store a follow-up: what changed, and the Conflicts that stand as they did.

    `unchanged` gives for each the time of the Snapshot that showed it: a standby shows the past.
    `undecided` cannot be decided now either; of them only what stands in the way is new.
    """
    with store.write() as connection:
        save_judged(store, connection, judged)
        _touch(connection, unchanged)
        if _keep_waiting(store, connection, undecided) or judged:
            next_generation(connection)


def _touch(connection: Connection, looks: Mapping[str, datetime]) -> None:
    """Each Conflict was seen as it stands at that time; those seen at once are noted at once."""
    table = schema.conflicts
    for at in set(looks.values()):
        ids = [conflict_id for conflict_id, seen in looks.items() if seen == at]
        for some in chunks(ids):
            these = table.c.id.in_(some)
            connection.execute(update(table).where(these).values(asked_at=at))
            held = these & table.c.verdict.in_(BLOCKED_VERDICTS)
            connection.execute(update(table).where(held).values(held_at=at))
    note_outlived(connection, list(looks))


def _keep_waiting(store: Store, connection: Connection, undecided: Sequence[Judged]) -> bool:
    """Whether what is said of any of them changed. A Target that was not asked changes nothing."""
    asked = [one for one in undecided if waits_for(one.judgement) != "target"]
    if not asked:
        return False
    table = schema.failures
    now = (failure_line(store.vault, one) for one in asked)
    lines = [
        {"id": line["event_id"], **{f"new_{name}": line[name] for name in _WAITING}} for line in now
    ]
    same = table.c.event_id == bindparam("id"), table.c.verdict == Verdict.UNDECIDED
    told = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _WAITING}
    before = _said(connection, asked)
    connection.execute(update(table).where(*same).values(told), lines)
    return _said(connection, asked) != before


def _said(connection: Connection, failures: Sequence[Judged]) -> set[tuple[str, str]]:
    """What the store says of these Failures while they are UNDECIDED, by event id."""
    seen, said = schema.failures.c, set[tuple[str, str]]()
    query = select(seen.event_id, seen.reasons, seen.candidates)
    for ids in chunks(one.failure.event_id for one in failures):
        rows = connection.execute(query.where(seen.event_id.in_(ids)))
        said |= {(row.event_id, repr((row.reasons, row.candidates))) for row in rows}
    return said
