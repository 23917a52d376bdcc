"""`remediate --bulk` and the `undo` of a bulk: many rows, one Preview, one reason, one way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from collectors.errors import Unreachable, UsageError
from collectors.evidence.reads.bulks import find_bulk
from collectors.model.counted import counted
from dashboard.access import Actor, cli_actor
from dashboard.commands.ending import DONE, FOUND, UNREACHABLE
from dashboard.commands.opening import our_store
from dashboard.commands.remedying import UNDO_REASON, open_door
from dashboard.output import err, print_json, say, tell
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.remedies import REMEDIES
from dashboard.remediation.service import Approval
from dashboard.remediation.service.bulk import (
    Bulk,
    BulkEnded,
    BulkPreview,
    BulkRefused,
    Chosen,
    Excepted,
)
from dashboard.remediation.service.bulk import Progress as Told
from dashboard.settings import load_write_settings

EXCEPTIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a bulk's command ended; `applying`: it was to be done, not only previewed.

    digest  what was approved, by which a bulk that has stopped goes on
    """

    remedy: str
    applying: bool
    preview: BulkPreview | None = None
    answer: BulkEnded | BulkRefused | None = None
    digest: str | None = None

    @property
    def refusal(self) -> Refusal | None:
        """Why nothing was begun."""
        return self.answer.refusal if isinstance(self.answer, BulkRefused) else None

    @property
    def exceptions(self) -> tuple[Excepted, ...]:
        """The Conflicts that were, or would be, left as they are."""
        told = self.answer if isinstance(self.answer, BulkEnded) else self.preview
        return told.exceptions if told else ()


def remediate(
    chosen: Chosen, remedy: str, *, apply: bool, reason: str | None, digest: str | None
) -> Ended:
    """Preview all as one; with `apply`, do it. A digest applies that Preview, or goes on."""
    if remedy not in REMEDIES:
        raise UsageError(f"There is no remedy {remedy!r}; there are {', '.join(REMEDIES)}.")
    bulk, actor = open_door().bulk, cli_actor(load_write_settings())
    if apply and digest is not None:
        return _applied(bulk, Approval(actor, digest, reason or ""), Ended(remedy, True))
    answer = _answered(lambda: bulk.preview(chosen, RemedyName(remedy), actor))
    return _then(bulk, answer, actor, remedy, reason or "", apply=apply)


def is_bulk(remediation: str) -> bool:
    """Whether this is a bulk's id and not a single remediation's."""
    return find_bulk(our_store(), remediation) is not None


def undo(bulk_id: str, *, apply: bool, reason: str | None) -> Ended:
    """Preview the way back of every row, and take it if told to."""
    bulk, actor = open_door().bulk, cli_actor(load_write_settings())
    answer = _answered(lambda: bulk.undo_preview(bulk_id, actor))
    return _then(bulk, answer, actor, RemedyName.RELEASE_KEY, reason or UNDO_REASON, apply=apply)


def show(ended: Ended, as_json: bool) -> int:
    """The result; 3 if the Target could not be reached, 1 if anything was refused or left."""
    if as_json:
        print_json(_json(ended))
    else:
        for line in _sentences(ended):
            tell(line)
    if ended.refusal is not None:
        return UNREACHABLE if ended.refusal.code is RefusalCode.UNREACHABLE else FOUND
    if ended.answer is None:
        return DONE if ended.preview and ended.preview.rows else FOUND
    assert isinstance(ended.answer, BulkEnded)
    if ended.answer.unreachable:
        return UNREACHABLE
    left = ended.answer.refused + ended.answer.failed + ended.answer.waiting
    return FOUND if left else DONE


def _then(
    bulk: Bulk,
    answer: BulkPreview | BulkRefused,
    actor: Actor,
    remedy: str,
    reason: str,
    *,
    apply: bool,
) -> Ended:
    if isinstance(answer, BulkRefused):
        return Ended(remedy, apply, answer=answer)
    ended = Ended(remedy, apply, answer)
    if not apply or not answer.rows:
        return ended
    return _applied(bulk, Approval(actor, answer.digest, reason), ended)


def _applied(bulk: Bulk, approval: Approval, ended: Ended) -> Ended:
    try:
        with _bar() as told:
            answer = _answered(lambda: bulk.apply(approval, told))
    except KeyboardInterrupt:
        way_on = _way_on(ended.preview, approval.digest)
        say(f"Interrupted: the batches in hand came to their end, the others wait: {way_on}")
        raise
    return Ended(ended.remedy, ended.applying, ended.preview, answer, approval.digest)


def _answered(ask: Any) -> Any:
    try:
        return ask()
    except Unreachable as error:
        return BulkRefused(Refusal(RefusalCode.UNREACHABLE, str(error)))


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on a terminal, silence anywhere else."""
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        task = progress.add_task("rows", total=None)

        def told(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        yield told


def _json(ended: Ended) -> dict[str, Any]:
    preview, refusal = ended.preview, ended.refusal
    done = ended.answer if isinstance(ended.answer, BulkEnded) else None
    return {
        "bulk_id": done.bulk_id if done else preview.bulk_id if preview else None,
        "remedy": ended.remedy,
        "digest": ended.digest or (preview.digest if preview else None),
        "rows": preview.rows if preview else None,
        "batches": preview.batches if preview else None,
        "statements": list(preview.statements) if preview else [],
        "exceptions": [
            {"conflict_id": one.conflict_id, "code": one.refusal.code, "text": one.refusal.text}
            for one in ended.exceptions
        ],
        "outcome": _outcome(ended) if ended.applying else None,
        "applied": done.applied if done else None,
        "refused": done.refused if done else None,
        "failed": done.failed if done else None,
        "waiting": done.waiting if done else None,
        "stopped": done.stopped if done else None,
        "refusal": {"code": refusal.code, "text": refusal.text} if refusal else None,
    }


def _outcome(ended: Ended) -> str:
    done = ended.answer
    if not isinstance(done, BulkEnded):
        return "Refused"
    return "Stopped" if done.waiting else "Applied" if done.applied else "Refused"


def _sentences(ended: Ended) -> Iterable[str]:
    if ended.refusal is not None:
        yield f"Refused: {ended.refusal.text}"
        return
    if isinstance(ended.answer, BulkEnded):
        yield from _ending(ended.answer, ended)
    elif ended.preview is not None:
        yield from _preview(ended.preview)
    yield from _exceptions(ended.exceptions)


def _ending(done: BulkEnded, ended: Ended) -> Iterable[str]:
    """An undo has none itself; cut off, it begins anew with what is left to take back."""
    undoes = ended.preview.undoes if ended.preview else None
    yield f"{done.applied:,} applied and verified, {done.refused:,} refused."
    if done.failed:
        yield f"{done.failed:,} ended unclear: somebody must look at them."
    if done.stopped:
        waiting = counted(done.waiting, "row waits", "rows wait")
        yield f"{done.stopped} {waiting}: {_way_on(ended.preview, ended.digest)}"
    if done.applied and undoes is None:
        yield f"To take it back: tombstone undo {done.bulk_id}"


def _way_on(preview: BulkPreview | None, digest: str | None) -> str:
    if preview and preview.undoes:
        return f"go on with tombstone undo {preview.undoes} --apply"
    return f"go on with --digest {digest}"


def _preview(preview: BulkPreview) -> Iterable[str]:
    yield "A Preview: every row was run for real and rolled back, nothing was changed."
    rows, batches = counted(preview.rows, "row"), counted(preview.batches, "batch", "batches")
    yield f"{rows} in {batches}; {len(preview.exceptions):,} left."
    for statement in preview.statements:
        yield f"  {statement}"
    for warning in preview.warnings:
        yield f"  Note: {warning}"
    if preview.not_undoable and preview.undoes is None:
        erased = counted(preview.not_undoable, "row was", "rows were")
        yield f"  Note: {erased} erased, so there is no undo."
    if preview.rows:
        yield f"Digest {preview.digest}; add --apply --reason TEXT to do it."


def _exceptions(exceptions: Sequence[Excepted]) -> Iterable[str]:
    for one in exceptions[:EXCEPTIONS_SHOWN]:
        yield f"  {one.conflict_id} is left as it is: {one.refusal.text}"
    if len(exceptions) > EXCEPTIONS_SHOWN:
        yield f"  … and {len(exceptions) - EXCEPTIONS_SHOWN:,} more; --json lists all."
