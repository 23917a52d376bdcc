"""Telling the Issues of what was done: after the Outcome, and never instead of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from collectors.evidence.database import Store
from collectors.evidence.reads.met_issues import issues_met
from collectors.evidence.reads.remediations import RemediationRow
from dashboard.remediation.journal import Kind, Line, recording
from dashboard.remediation.writeback import Answer, Comment, WriteBack

MOST_ISSUES = 20
"""So many of the Issues that were met most often are told."""


def tell_issues(
    store: Store, writeback: WriteBack | None, done: Sequence[RemediationRow], now: datetime
) -> list[Answer]:
    """Comment on the Issues whose Failures met these rows, each with how many of them; journalled.

    What was done is one remediation, or what a bulk applied. Raises nothing that a server may do: a
    comment that was not written is a line of the journal, and the Outcome stays what it is.
    """
    if writeback is None or not done:
        return []
    first = done[0]
    met = issues_met(store, [one.undoes or one.id for one in done])
    name, undone = first.bulk_id or first.id, first.undoes is not None
    comments = {
        issue_id: Comment(first.remedy, name, rows, undone)
        for issue_id, rows in islice(met.items(), MOST_ISSUES)
    }
    answers = list(writeback.tell(comments)) if comments else []
    for answer in answers:
        body = {"issue": answer.issue_id, "told": answer.told, "said": answer.said}
        with recording(store) as line:
            line.append(
                Line(Kind.TOLD, now, first.actor, first.role, body, first.conflict_id, first.id)
            )
    return answers
