"""`remediate` and `undo`: the same door as the dashboard's, from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collectors.errors import Unreachable, UsageError
from collectors.evidence.reads.remediations import find_remediation
from dashboard.access import Actor, cli_actor
from dashboard.commands.ending import DONE, FOUND, UNREACHABLE
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import print_json, say, tell
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import (
    Applied,
    Failed,
    Outcome,
    Refusal,
    RefusalCode,
    Refused,
)
from dashboard.remediation.remedies import REMEDIES
from dashboard.remediation.service import Approval, Preview, Remediation
from dashboard.remediation.service.opening import open_remediation
from dashboard.settings import load_write_settings

UNDO_REASON = "undone on the command line"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one Conflict's command ended. `applying`: it was to be done, not only previewed."""

    conflict_id: str | None
    remedy: str
    applying: bool
    preview: Preview | None = None
    outcome: Outcome | None = None

    @property
    def refusal(self) -> Refusal | None:
        """Why it may not run."""
        return self.outcome.refusal if isinstance(self.outcome, Refused) else None

    @property
    def remediation_id(self) -> str | None:
        """The remediation, once one began."""
        return self.outcome.remediation_id if self.outcome is not None else None


def remediate(
    conflicts: Sequence[str],
    remedy: str,
    *,
    apply: bool,
    reason: str | None,
    digest: str | None,
    along: Sequence[str] = (),
) -> Iterable[Ended]:
    """Each Conflict in turn; previewed first, and applied only if that went well."""
    if remedy not in REMEDIES:
        raise UsageError(f"There is no remedy {remedy!r}; there are {', '.join(REMEDIES)}.")
    name = RemedyName(remedy)
    door, actor = open_door(), cli_actor(load_write_settings())
    for conflict in conflicts:
        try:
            preview = door.preview(conflict, name, actor, along)
            yield _remedied(door, actor, Ended(conflict, name, apply), preview, reason, digest)
        except Unreachable as error:  # the other Conflicts may be another Target's
            yield Ended(conflict, remedy, apply, outcome=_unasked(error))


def _remedied(
    door: Remediation,
    actor: Actor,
    asked: Ended,
    preview: Preview | Refused,
    reason: str | None,
    digest: str | None,
) -> Ended:
    if isinstance(preview, Refused):
        return replace(asked, outcome=preview)
    if not asked.applying:
        return replace(asked, preview=preview)
    approval = Approval(actor, digest or preview.plan.digest, reason or "")
    outcome = door.apply(str(asked.conflict_id), RemedyName(asked.remedy), approval)
    return replace(asked, preview=preview, outcome=outcome)


def _unasked(error: Unreachable) -> Refused:
    return Refused(Refusal(RefusalCode.UNREACHABLE, str(error)))


def undo(remediation: str, *, apply: bool, reason: str | None) -> Ended:
    """Preview the way back, and take it if told to."""
    door, actor = open_door(), cli_actor(load_write_settings())
    done = find_remediation(our_store(), remediation)
    conflict, remedy = (done.conflict_id, done.remedy) if done else (None, "undo")
    try:
        preview = door.undo_preview(remediation, actor)
        if isinstance(preview, Refused):
            return Ended(conflict, remedy, apply, outcome=preview)
        if not apply:
            return Ended(conflict, remedy, apply, preview)
        approval = Approval(actor, preview.plan.digest, reason or UNDO_REASON)
        return Ended(conflict, remedy, apply, preview, door.undo(remediation, approval))
    except Unreachable as error:
        return Ended(conflict, remedy, apply, outcome=_unasked(error))


def show(ended: Iterable[Ended], as_json: bool) -> int:
    """Each as it ends. 3 if any Target could not be reached, 1 if any was refused or failed."""
    code = DONE
    for one in ended:
        code = max(code, _code(one))
        if as_json:
            print_json(_json(one))
        if not as_json or isinstance(one.outcome, Failed):  # of which the document says no more
            for line in _sentences(one):
                (say if as_json else tell)(line)
    return code


def _code(one: Ended) -> int:
    if one.refusal is not None and one.refusal.code is RefusalCode.UNREACHABLE:
        return UNREACHABLE
    return FOUND if isinstance(one.outcome, Refused | Failed) else DONE


def open_door() -> Remediation:
    """The one door; what a crash left behind is settled first."""
    door = open_remediation(our_settings(), load_write_settings(), our_store())
    door.settle()
    return door


def _json(one: Ended) -> dict[str, Any]:
    refusal = one.refusal
    return {
        "remediation_id": one.remediation_id,
        "conflict_id": one.conflict_id,
        "remedy": one.remedy,
        "digest": one.preview.plan.digest if one.preview else None,
        "statements": list(one.preview.statements) if one.preview else [],
        "outcome": type(one.outcome).__name__ if one.applying else None,
        "refusal": {"code": refusal.code, "text": refusal.text} if refusal else None,
    }


def _sentences(one: Ended) -> Iterable[str]:
    if isinstance(one.outcome, Refused):
        yield f"Refused: {one.outcome.refusal.text}"
        for difference in one.outcome.refusal.difference:
            yield f"  {difference}"
    elif isinstance(one.outcome, Failed):
        yield f"{'Not settled yet' if one.outcome.settles else 'Failed'}: {one.outcome.text}"
    elif isinstance(one.outcome, Applied):
        yield f"Applied and verified. {_way_back(one)}"
    elif one.preview is not None:
        yield from _preview(one.preview)


def _way_back(one: Ended) -> str:
    if one.preview is None or one.preview.plan.undoable:
        return f"To take it back: tombstone undo {one.remediation_id}"
    return f"How it is taken back: {one.preview.plan.undo}"


def _preview(preview: Preview) -> Iterable[str]:
    yield "A Preview: run for real and rolled back, nothing was changed."
    for change in preview.changes:
        yield f"  {change.column}: {change.before} → {change.after}"
    for statement in preview.statements:
        yield f"  {statement}"
    for warning in (*preview.plan.warnings, *preview.cannot_take_back):
        yield f"  Note: {warning}"
    yield f"Digest {preview.plan.digest}; add --apply --reason TEXT to do it."
