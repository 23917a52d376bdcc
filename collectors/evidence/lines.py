"""What a judged Failure looks like as lines of the store. Pure, but for the seals.

Everything that could name a person is masked, fingerprinted or sealed here, and nowhere later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.evidence.privacy import Vault, mask, mask_text, mask_title, mask_values
from collectors.evidence.reads.rows import stored_ref
from collectors.evidence.sealing import seal_key
from collectors.model import Coverage, Failure, Issue, Judgement, Verdict

LOOKED_UP = "look-up"
"""The source of what no Event told: a person asked for it, so it is no Failure."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A Failure of a source with what a look at its Target said of it, at `looked_at`.

    `conflict_id` is set exactly when the Judgement has a UniqueKey and complete KeyValues.
    `organization_id` is the Holder's or the key's own, else the Event's hint.
    """

    source: str
    failure: Failure
    target: str | None
    judgement: Judgement
    looked_at: datetime
    conflict_id: str | None = None
    organization_id: str | None = None


def failure_line(vault: Vault, one: Judged) -> dict[str, Any]:
    """A Failure as it is stored; its values sealed."""
    failure, judgement = one.failure, one.judgement
    key = judgement.key
    violated = failure.key
    return {
        "event_id": failure.event_id,
        "source": one.source,
        "project": failure.project,
        "environment": failure.environment,
        "target": one.target,
        "occurred_at": failure.occurred_at,
        "operation": failure.operation,
        "transaction": _transaction(failure, judgement),
        "release": failure.release,
        "issue_id": failure.issue_id,
        "constraint_name": key.name if key else _as_told(violated.constraint if violated else None),
        "table_name": key.table if key else _as_told(violated.table if violated else None),
        "organization_id": one.organization_id,
        "verdict": judgement.verdict,
        "confidence": judgement.confidence,
        "reasons": [mask_text(reason) for reason in judgement.reasons],
        "blocker": stored_ref(judgement.blocker),
        "candidates": [stored_ref(row) for row in judgement.candidates],
        "conflict_id": one.conflict_id,
        "judged_at": one.looked_at,
        "sealed": (sealed := seal_key(vault, failure)),
        "waits_for": None if sealed is None else waits_for(judgement),
    }


def _transaction(failure: Failure, judgement: Judgement) -> str | None:
    """What was called, not about whom: a path or a job's name may hold the very value."""
    if failure.transaction is None:
        return None
    splits = failure.key.splits if failure.key else ()
    values = {value for one in (judgement.values or (), *splits) for value in one}
    return mask_text(mask_values(failure.transaction, values))


def _as_told(name: str | None) -> str | None:
    """A name that an Event gives and no catalog knows: it may be any text."""
    return None if name is None else mask_text(name)


_WAITS = {
    "no_target": "target",
    "old_snapshot": "snapshot",
    "unknown_key": "catalog",
    "refused_lookup": "catalog",
    "odd_event": None,
}
"""What a later look must find otherwise, by the rule that could not decide; else it is the rows."""


def waits_for(judgement: Judgement) -> str | None:
    """What a Failure's Verdict hangs on while it is UNDECIDED; None where no look can decide it."""
    if judgement.verdict is not Verdict.UNDECIDED or not judgement.findings:
        return None
    return _WAITS.get(judgement.findings[0].rule, "rows")


def conflict_line(vault: Vault, one: Judged) -> dict[str, Any]:
    """A Conflict as its newest decided Failure shows it. `failures` is counted after."""
    judgement = one.judgement
    key, values = judgement.key, judgement.values
    assert key is not None
    assert values is not None
    blocked = judgement.verdict.is_blocked
    return {
        "id": one.conflict_id,
        "environment": one.failure.environment,
        "target": one.target,
        "schema_name": key.schema,
        "table_name": key.table,
        "constraint_name": key.name,
        "columns": list(key.columns),
        "organization_id": one.organization_id,
        "masked_key": [mask(value) for value in values],
        "verdict": judgement.verdict,
        "confidence": judgement.confidence,
        "reasons": [mask_text(reason) for reason in judgement.reasons],
        "blocker": stored_ref(judgement.blocker),
        "holder": stored_ref(judgement.holder.row if judgement.holder else None),
        "candidates": [stored_ref(row) for row in judgement.candidates],
        "newest_event": None if one.source == LOOKED_UP else one.failure.event_id,
        "asked_at": one.looked_at,
        **({"held_at": one.looked_at, "released_by": None, "released_at": None} if blocked else {}),
        **_creation(judgement),
        "settled_at": None if judgement.verdict.may_change else one.looked_at,
        "sealed": vault.seal(list(values)),
        "failures": 0,
    }


def _creation(judgement: Judgement) -> dict[str, Any]:
    """When the row was created that blocks, or holds; a later row's does not replace it."""
    holder, blocker = judgement.holder, judgement.blocker
    if holder is None or (blocker is not None and blocker.id != holder.row.id):
        return {}
    return {"row_created_at": holder.created_at}


def fingerprint_lines(vault: Vault, conflicts: dict[str, Judged]) -> Iterable[dict[str, Any]]:
    """Every value but the organization's own id, by which all its Conflicts would be found."""
    for conflict_id, one in conflicts.items():
        for value in set(one.judgement.values or ()) - {None, one.organization_id}:
            if value is not None:
                yield {
                    "fingerprint": vault.fingerprint(value),
                    "conflict_id": conflict_id,
                }


def issue_line(issue: Issue) -> dict[str, Any]:
    """Sentry's Issue, of its title the exception's class; one that is listed is there."""
    return {
        "issue_id": issue.issue_id,
        "project": issue.project,
        "title": mask_title(issue.title),
        "status": issue.status,
        "substatus": issue.substatus,
        "first_seen": issue.first_seen,
        "last_seen": issue.last_seen,
        "count": issue.count,
        "url": issue.url,
        "gone_at": None,
        "merged_into": None,
    }


def coverage_line(source: str, one: Coverage, at: datetime) -> dict[str, Any]:
    """How much of a project was read."""
    return {
        "source": source,
        "project": one.project,
        "read": one.read,
        "total": one.total,
        "missing": one.missing,
        "covered_from": one.covered_from,
        "noted_at": at,
    }
