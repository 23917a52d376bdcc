"""UNBLOCKED: the row that we saw in the way is gone or live, whatever became of its unique key.

Speaks if the key has other columns today than the Event's values are of, so that nothing can be
looked up by them, and the row was read by its id. A row that is still deleted proves nothing: what
we saw stands. LIKELY at most, for what the key holds today was not asked.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling
from collectors.linking.freed import story
from collectors.linking.memory import is_it, proof, was_tombstone
from collectors.linking.question import KeyStanding
from collectors.linking.resolve import FORMS
from collectors.linking.rules.old_snapshot import old_snapshot
from collectors.model import Confidence, Earlier, Finding, RowRef, Table, Verdict, row_id_parts

NAME = "row_itself"


def row_itself(case: Case) -> Ruling | None:
    """Follow the row where the key cannot be followed."""
    confidence, earlier = proof(case), case.earlier
    if case.question.standing is not KeyStanding.REMEMBERED or confidence is None:
        return None
    assert earlier is not None
    assert earlier.blocker is not None
    if not _is_over(case, earlier, earlier.blocker):
        return None
    behind = old_snapshot(case)
    if behind is not None:
        return behind if behind.verdict else None
    finding = Finding(NAME, story(case, earlier, earlier.blocker))
    return Ruling(
        (finding,), Verdict.UNBLOCKED, confidence.at_most(Confidence.LIKELY), earlier.blocker
    )


def _is_over(case: Case, earlier: Earlier, blocker: RowRef) -> bool:
    row, table = case.known_row, case.question.table
    if table is None or table.marker is None or not case.known_row_asked:
        return False
    if row is None:
        return _has_such_ids(table, blocker) and not table.inherited
    live = not row.deleted and not row.contradicted
    return live and is_it(case, row, blocker) and was_tombstone(case, earlier, blocker) is True


def _has_such_ids(table: Table, blocker: RowRef) -> bool:
    """Where ids are of another kind today, the row may be there under one of those."""
    parts = row_id_parts(blocker.id, len(table.primary_key)) if table.primary_key else None
    types = [column.type for name in table.primary_key if (column := table.column(name))]
    return parts is not None and all(
        kind in FORMS and FORMS[kind].fullmatch(part)
        for kind, part in zip(types, parts, strict=True)
    )
