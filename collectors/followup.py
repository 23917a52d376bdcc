"""After all was read: ask again about what may still change, in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.lineages import keep_lineages, known_lineages
from collectors.evidence.lines import LOOKED_UP, Judged
from collectors.evidence.looks import save_looks
from collectors.evidence.reads.followup import (
    open_conflicts,
    open_failures,
    outlived_failures,
    undecided_failures,
)
from collectors.evidence.reads.unfailed import Pending
from collectors.inquiry import Inquiry
from collectors.model import Verdict
from collectors.model.counted import counted
from collectors.postgres.lineage import lineage

_ASK_AT_ONCE = 1_000
_RESTORED = (
    "Target {} was restored, or another server or database took its place: what was unblocked "
    "there was asked about again."
)
_MOST_STANDING = 5
"""Notes of a Run on what could not be asked again, of those reasons that stand most often."""


def follow_up(
    store: Store, inquiry: Inquiry, began: datetime, progress: Callable[[str], None]
) -> list[str]:
    """Ask again about whatever may have changed and was not asked in this Run; what is to be said.

    A Conflict stands for its Failures: only where its newest one is judged otherwise than before
    are the rest judged too. What cannot be decided just now leaves the earlier Verdict as it is.
    """
    standing: Counter[tuple[str | None, str]] = Counter()
    found, restored = _lineages(store, inquiry)
    for batch in _batches(open_conflicts(store, began, restored)):
        progress(f"Asking again about {len(batch):,} open Conflicts")
        before = {one.failure.event_id: one for one in batch}
        asked = inquiry.judge(batch)
        standing.update((one.target, reason) for one in asked if (reason := _why_it_stands(one)))
        decided = [one for one in asked if _is_decided(one)]
        changed = [one for one in decided if _differs(one, before[one.failure.event_id])]
        moved = {str(one.conflict_id) for one in changed}
        looks = {str(one.conflict_id): one.looked_at for one in decided}
        same = {conflict: at for conflict, at in looks.items() if conflict not in moved}
        rest = inquiry.judge(list(open_failures(store, sorted(moved))))
        alone = [one for one in changed if one.source == LOOKED_UP]
        save_looks(store, [*alone, *(one for one in rest if _is_decided(one))], same)
    undecided = undecided_failures(store, inquiry.can_ask, began)
    for batch in _batches(chain(outlived_failures(store), undecided)):
        progress(f"Asking again about {counted(len(batch), 'more Failure')}")
        judged = inquiry.judge(batch)
        decided = [one for one in judged if _is_decided(one)]
        save_looks(store, decided, {}, [one for one in judged if not _is_decided(one)])
    kept = {one: value for one, value in found.items() if one not in inquiry.unreachable}
    keep_lineages(store, kept)
    return [*(_RESTORED.format(one) for one in restored), *_as_last_seen(standing)]


def _lineages(store: Store, inquiry: Inquiry) -> tuple[dict[str, str], list[str]]:
    """Where each Target's history stands that has something to lose, and which went another way.

    A database that was put back to before a remedy blocks again, and no Event may ever say so.
    """
    targets, found = list(inquiry.targets()), dict[str, str]()
    known = known_lineages(store, (one.name for one in targets))
    for opened in targets:
        if opened.name in known:
            with suppress(TargetUnreachable):
                told = opened.ask(lineage)
                found |= {} if told is None else {opened.name: told}
    return found, [one for one, value in found.items() if known[one] not in (None, value)]


def _as_last_seen(standing: Counter[tuple[str | None, str]]) -> Iterator[str]:
    for (target, reason), number in standing.most_common(_MOST_STANDING):
        stand = counted(number, "open Conflict stands", "open Conflicts stand")
        yield f"Target {target}: {stand} as last seen. {reason}"


def _why_it_stands(one: Judged) -> str | None:
    """Why the Target, which did answer, could not tell; that it did not is said by itself."""
    finding = next(iter(one.judgement.findings), None)
    if _is_decided(one) or finding is None or finding.rule == "no_target":
        return None
    return finding.reason


def _is_decided(one: Judged) -> bool:
    return one.judgement.verdict is not Verdict.UNDECIDED


def _differs(one: Judged, before: Pending) -> bool:
    """A key that has another name now is its Conflict's news too: remedies go by that name."""
    now, key = one.judgement, one.judgement.key
    renamed = key is not None and before.key_name not in (None, key.name)
    return renamed or (now.verdict, now.blocker) != (before.verdict, before.blocker)


def _batches(pending: Iterable[Pending]) -> Iterator[list[Pending]]:
    """Read to the end first: what is stored meanwhile must not move under the reader."""
    waiting = list(pending)
    for start in range(0, len(waiting), _ASK_AT_ONCE):
        yield waiting[start : start + _ASK_AT_ONCE]
