"""From facts to a RemediationPlan: one Remedy made exact for one row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

from collectors.model import Confidence, Table, row_id_parts
from dashboard.remediation import references, statements
from dashboard.remediation.changes import Change, Statement
from dashboard.remediation.facts import Facts, Place, RemedyName, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.remedies import REMEDIES, Draft, Goal


@dataclass(frozen=True, slots=True)
class RemediationPlan:
    """What will be written to which row, on what conditions, and how it is taken back.

    before     the row as it was seen; the plan runs only if it still is
    statements each must change exactly one row, or everything is rolled back
    checked    the keys that nobody else may hold once it is written
    referenced asks who refers to the row, `along` which rows the database would write along
    evidence   the row as it was is kept sealed although there is no way back
    children   a plan of its own for each row that is written in the same transaction
    offered    how many rows of which tables could be restored along, if somebody asked for it
    undoes     the remediation that this takes back, if it does
    digest     SHA-256 of the statements and the row as seen: what an Approval is given for
    """

    remedy: RemedyName
    place: Place
    before: Row = field(repr=False)
    changes: tuple[Change, ...]
    goal: Goal
    statements: tuple[Statement, ...]
    checked: tuple[str, ...]
    preconditions: tuple[str, ...]
    warnings: tuple[str, ...]
    undo: str
    undoable: bool
    digest: str
    referenced: Statement | None = None
    along: Statement | None = None
    undoes: str | None = None
    evidence: bool = False
    children: tuple[RemediationPlan, ...] = ()
    offered: tuple[tuple[str, int], ...] = ()

    @property
    def occupied(self) -> Statement | None:
        """What would be met under each checked key; a bulk asks that of all its rows at once."""
        keys = {key.name: key for key in self.table.keys}
        return statements.occupied(self.place, [keys[one] for one in self.checked], self.changes)

    @property
    def every_statement(self) -> tuple[Statement, ...]:
        """Its own, then its children's."""
        return (*self.statements, *(one for child in self.children for one in child.statements))

    @property
    def keeps_image(self) -> bool:
        """Whether a BeforeImage is kept of it."""
        return self.undoable or self.evidence

    @property
    def table(self) -> Table:
        """The row's table."""
        return self.place.table

    @property
    def after(self) -> dict[str, str]:
        """What each written column will hold, without customer data."""
        return {change.column: change.shown for change in self.changes}

    @property
    def cannot_take_back(self) -> tuple[str, ...]:
        """What running it for a Preview leaves behind although it is rolled back."""
        tables = (self.table, *(child.table for child in self.children))
        triggers = dict.fromkeys(name for table in tables for name in table.triggers)
        if not triggers:
            return ("Nothing but a dead row version, which vacuum removes.",)
        names = ", ".join(triggers)
        return (
            f"The table has triggers: {names}. Where they ran, a sequence they advanced stays "
            "advanced, and what they sent out of the database is sent.",
        )


def make_plan(facts: Facts, remedy: RemedyName) -> RemediationPlan | Refusal:
    """The plan, or the first reason why there is none."""
    refusal = standing_refusal(facts)
    if refusal is not None:
        return refusal
    draft = REMEDIES[remedy].draft(facts)
    if isinstance(draft, Refusal):
        return draft
    children = _children(facts, remedy)
    if isinstance(children, Refusal):
        return children
    assert facts.row is not None
    plan = assemble(facts.place, facts.row, draft, remedy, children=children)
    restores = remedy is RemedyName.RESTORE_ROW
    return replace(plan, offered=facts.same_moment) if restores else plan


def _children(facts: Facts, remedy: RemedyName) -> tuple[RemediationPlan, ...] | Refusal:
    """The same remedy for each row that is to be restored along, or why one of them may not be."""
    plans = []
    for child in facts.children:
        known = Facts(child.place, facts.confidence, child.row, triggers_known=child.triggers_known)
        draft = _refused_by_child(known) or REMEDIES[remedy].draft(known)
        if isinstance(draft, Refusal):
            return Refusal(draft.code, f"{child.place.table.label}: {draft.text}")
        assert child.row is not None
        plans.append(assemble(child.place, child.row, draft, remedy))
    return tuple(plans)


def _refused_by_child(facts: Facts) -> Refusal | None:
    row = facts.row
    if row is None or not row.deleted:
        return Refusal(
            RefusalCode.CHANGED_SINCE_PREVIEW, "A row is no longer deleted, or no longer there."
        )
    table = facts.place.table
    return refused_by_columns(table, row) or refused_by_triggers(table, known=facts.triggers_known)


def assemble(
    place: Place,
    row: Row,
    draft: Draft,
    remedy: RemedyName,
    *,
    undoes: str | None = None,
    since: references.Since | None = None,
    children: tuple[RemediationPlan, ...] = (),
) -> RemediationPlan:
    """A Draft as statements. `since` asks what was written since that refers to the row."""
    referenced = references.referenced_since(place, row, since) if since else None
    along = None
    if draft.goal.gone:
        written = (statements.purge(place, row),)
        referenced = references.still_referring(place, row)
    else:
        written = (statements.change(place, row, draft.changes),)
        along = references.written_along(place, row, [one.column for one in draft.changes])
    return RemediationPlan(
        remedy=remedy,
        place=place,
        before=row,
        changes=draft.changes,
        goal=draft.goal,
        statements=written,
        checked=tuple(key.name for key in draft.checked),
        preconditions=draft.preconditions,
        warnings=(*draft.warnings, *_subscribed(place.table)),
        undo=draft.undo,
        undoable=draft.undoable,
        digest=_digest(place, row, remedy, written, undoes, children),
        referenced=referenced,
        along=along,
        undoes=undoes,
        evidence=draft.evidence,
        children=children,
    )


def _subscribed(table: Table) -> tuple[str, ...]:
    if not table.subscribed:
        return ()
    return (
        f"{table.label} is filled by a subscription: what is written here does not reach the "
        "database that its rows come from, whose next change of the row may undo it here.",
    )


def refused_by_columns(table: Table, row: Row) -> Refusal | None:
    """The table has other columns than the row that was seen: a plan would be of another table."""
    if row.columns.keys() == {column.name for column in table.columns}:
        return None
    return Refusal(
        RefusalCode.CHANGED_SINCE_PREVIEW,
        f"The columns of {table.label} have changed since the preview: preview it again.",
    )


def standing_refusal(facts: Facts) -> Refusal | None:
    """Why no Remedy at all can be thought of for this row."""
    return _refused_by_catalog(facts) or _refused_by_row(facts.place, facts.row)


def _refused_by_catalog(facts: Facts) -> Refusal | None:
    place = facts.place
    table = place.table
    if table.marker is None:
        return Refusal(
            RefusalCode.NOT_A_TOMBSTONE, f"{table.label} has no mark of deletion that we know."
        )
    if place.key is None:
        return Refusal(
            RefusalCode.KEY_MENDED,
            "The unique key is no longer there as it was: it was renamed, rebuilt or dropped. The "
            "next collect finds one that has another name now; of one over other columns the next "
            "failure tells.",
        )
    if not place.key.counts_deleted:
        return Refusal(
            RefusalCode.KEY_MENDED,
            "The unique key no longer counts deleted rows: nothing needs to be done.",
        )
    if (unnamed := refused_by_row_key(table, place.row_id)) is not None:
        return unnamed
    if facts.confidence not in (Confidence.CERTAIN, Confidence.LIKELY):
        return Refusal(
            RefusalCode.NOT_SURE_ENOUGH, "It is not sure enough that this row is the cause."
        )
    return refused_by_triggers(facts.place.table, known=facts.triggers_known)


def refused_by_row_key(table: Table, row_id: str) -> Refusal | None:
    """Why this row of the table cannot be named, if it cannot."""
    if table.row_key and row_id_parts(row_id, len(table.row_key)):
        return None
    why = "has no primary key of its own, so no statement can name exactly one row of it."
    if table.row_key:
        why = (
            f"has another primary key than when the row was seen ({', '.join(table.row_key)} now), "
            "so its row cannot be named. The next collect asks what it is called."
        )
    if table.personal_key:
        why = (
            f"has a primary key that people go by ({', '.join(table.personal_key)}): to name a "
            "row, the journal would keep somebody's own for ever, so its rows are left alone."
        )
    return Refusal(RefusalCode.NO_PRIMARY_KEY, f"{table.label} {why}")


def refused_by_triggers(table: Table, *, known: bool) -> Refusal | None:
    """What would run unread, were a row of this table written; `known`: the settings allow it."""
    if table.triggers and not known:
        names = ", ".join(table.triggers)
        return Refusal(
            RefusalCode.USER_TRIGGERS,
            f"{table.label} has triggers of its own ({names}). Once somebody has read them and "
            "found them harmless, name the table in remediation.allow_triggers.",
        )
    return None


def _refused_by_row(place: Place, row: Row | None) -> Refusal | None:
    if row is None:
        return Refusal(RefusalCode.ROW_GONE, "The row is no longer there.")
    if not row.deleted:
        return Refusal(
            RefusalCode.NOT_A_TOMBSTONE, "The row is not deleted: only a Tombstone may be touched."
        )
    if place.values is None:
        return Refusal(
            RefusalCode.NOT_SURE_ENOUGH,
            "The values that the failed request asked for are no longer kept, so it cannot be told "
            "whether the row still holds them. A new failure brings them back.",
        )
    if not row.holds:
        return Refusal(
            RefusalCode.KEY_NOT_HELD, "The row no longer holds this key: it blocks nobody."
        )
    return None


def _digest(
    place: Place,
    row: Row,
    remedy: RemedyName,
    written: tuple[Statement, ...],
    undoes: str | None,
    children: tuple[RemediationPlan, ...],
) -> str:
    bound: dict[str, Any] = {
        "target": place.target,
        "conflict": place.conflict_id,
        "remedy": remedy,
        "undoes": undoes,
        "statements": [[one.sql, list(one.params)] for one in written],
        "row": dict(row.columns),
    }
    if children:
        bound["children"] = [child.digest for child in children]
    text = json.dumps(bound, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
