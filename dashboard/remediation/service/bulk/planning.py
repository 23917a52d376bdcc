"""From a choice of Conflicts to a previewed bulk: planned, batched, rehearsed and sealed."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.evidence.reads.remediations import RemediationFilter, list_remediations
from dashboard.access import Actor
from dashboard.remediation import guard
from dashboard.remediation.batch import digest_of_all, form_of
from dashboard.remediation.facts import Facts, RemedyName
from dashboard.remediation.journal.bulks import keep_bulk
from dashboard.remediation.journal.ledger import needs_a_look
from dashboard.remediation.journal.orders import slot_of
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan, make_plan, refused_by_columns
from dashboard.remediation.service import rights
from dashboard.remediation.service.bulk.choosing import Candidate, Choice
from dashboard.remediation.service.bulk.lines import exception_lines
from dashboard.remediation.service.bulk.rehearsing import Planned, Rehearsal
from dashboard.remediation.service.bulk.values import BulkPreview
from dashboard.remediation.service.gather import Sources
from dashboard.remediation.service.one_database import apart
from dashboard.remediation.undo import plan_undo
from dashboard.remediation.writer import BatchWriter, Seen
from dashboard.settings import WriteSettings

RELEASE = RemedyName.RELEASE_KEY
LOOKED_AT_ONCE = 1_000

_TWICE = Refusal(
    RefusalCode.ROW_CHOSEN_TWICE,
    "Another Conflict of this bulk is about the same row: release this one afterwards.",
)
_TRIGGERS = (
    "{label} has triggers of its own ({names}): what they do is previewed a row at a time, so "
    "release its rows one by one."
)


@dataclass(frozen=True, slots=True)
class BulkPlanner:
    """Makes and keeps previewed bulks; writes nothing to a Target."""

    sources: Sources
    settings: WriteSettings
    writer: Callable[[str], BatchWriter]
    clock: Callable[[], datetime]

    def preview(self, choice: Choice, actor: Actor, undoes: str | None) -> BulkPreview | Refusal:
        """Plan and rehearse every row of the choice. Raises TargetUnreachable."""
        began = time.monotonic()
        limit = self.settings.remediation.bulk_limit
        if len(choice.candidates) > limit:
            text = f"That is {len(choice.candidates):,} rows; one bulk takes at most {limit:,}."
            return Refusal(RefusalCode.TOO_MANY, text)
        writer = self.writer(choice.target)
        reader = self.sources.readers[choice.target]
        if refusal := reader.ask(lambda snapshot: apart(snapshot, writer)):
            return refusal
        planned = list(self._planned(choice, actor, writer))
        vault, days = self.sources.store.vault, self.settings.remediation.undo_days
        done = Rehearsal(uuid.uuid4().hex, choice, vault, days, self.clock)
        for some in self._batched(planned):
            done.run(some, writer)
        return self._kept(choice, done, undoes, round((time.monotonic() - began) * 1_000))

    def _planned(self, choice: Choice, actor: Actor, writer: BatchWriter) -> Iterator[Planned]:
        taken: set[str] = set()
        failed = list_remediations(self.sources.store, RemediationFilter(state="failed"))
        unclear = {one.slot: needs_a_look(one.id) for one in failed}
        for candidate, seen in _looked_at(choice.candidates, writer):
            slot = slot_of(candidate.place)
            closed = _TWICE if slot in taken else unclear.get(slot)
            plan = closed or self._plan(candidate, seen, actor)
            if isinstance(plan, Refusal):
                choice.leave_out(candidate.place.conflict_id, plan)
                continue
            taken.add(slot)
            assert isinstance(seen, Seen)
            yield Planned(candidate, plan, *form_of(plan), seen.print)

    def _plan(
        self, candidate: Candidate, seen: Seen | Refusal | None, actor: Actor
    ) -> RemediationPlan | Refusal:
        if isinstance(seen, Refusal):
            return seen
        row = None if seen is None else seen.row
        plan = plan_of(self.settings, candidate, actor, before=row)
        if isinstance(plan, Refusal) or candidate.image is None:
            return plan
        return guard.changed_since(plan, row) or plan

    def _batched(self, planned: Sequence[Planned]) -> Iterator[list[Planned]]:
        """Rows of one table that are written alike, a bounded number at a time."""
        alike: dict[tuple[object, ...], list[Planned]] = defaultdict(list)
        for one in planned:
            place = one.plan.place
            key = place.key.name if place.key else None
            how = one.form.assignments, one.form.erased
            alike[place.table.label, key, place.values is None, *how].append(one)
        size = self.settings.remediation.bulk_batch_rows
        for group in alike.values():
            for start in range(0, len(group), size):
                yield group[start : start + size]

    def _kept(
        self, choice: Choice, done: Rehearsal, undoes: str | None, took_ms: int
    ) -> BulkPreview:
        bulk_id, now = done.bulk_id, self.clock()
        digests = [batch["digest"] for batch in done.batches]
        digest = digest_of_all(bulk_id, choice.target, undoes, digests)
        total = len(done.rows) + len(choice.exceptions)
        bulk = {
            "id": bulk_id,
            "digest": digest,
            "remedy": RELEASE,
            "target": choice.target,
            "undoes": undoes,
            "state": "previewed",
            "rows": total,
            "made_at": now,
        }
        rows = [*done.rows, *exception_lines(choice, len(done.rows), done.next_id)]
        for line in (*done.batches, *rows):
            line["bulk_id"] = bulk_id
        keep_bulk(self.sources.store, bulk, done.batches, rows, done.images)
        return BulkPreview(
            bulk_id,
            digest,
            RELEASE,
            choice.target,
            len(done.rows),
            len(done.batches),
            tuple(choice.exceptions),
            tuple(done.statements),
            tuple(done.warnings),
            done.not_undoable,
            took_ms,
            undoes,
        )


def plan_of(
    settings: WriteSettings, candidate: Candidate, actor: Actor, *, before: Any
) -> RemediationPlan | Refusal:
    """The plan for one row, by today's catalog and settings."""
    place, table = candidate.place, candidate.place.table
    refusal = (
        rights.remedy_refusal(settings, actor, RELEASE, place)
        if candidate.undoes is None
        else rights.standing_refusal(settings, actor, place)
    )
    if refusal is not None:
        return refusal
    if table.triggers:
        text = _TRIGGERS.format(label=table.label, names=", ".join(table.triggers))
        return Refusal(RefusalCode.USER_TRIGGERS, text)
    if candidate.image is not None and candidate.undoes is not None:
        return plan_undo(place, candidate.image, RELEASE, candidate.undoes)
    if before is not None and (other := refused_by_columns(table, before)):
        return other
    return make_plan(Facts(place, candidate.confidence, before), RELEASE)


def _looked_at(
    candidates: Sequence[Candidate], writer: BatchWriter
) -> Iterator[tuple[Candidate, Seen | Refusal | None]]:
    """Each candidate with its row as it is now, read many at a time."""
    alike: dict[tuple[object, ...], list[Candidate]] = defaultdict(list)
    for one in candidates:
        place = one.place
        key = place.key.name if place.key and place.values else None
        alike[place.table.schema, place.table.name, key].append(one)
    for group in alike.values():
        for start in range(0, len(group), LOOKED_AT_ONCE):
            some = group[start : start + LOOKED_AT_ONCE]
            asked = [(one.place.row_id, one.place.values) for one in some]
            yield from zip(some, writer.look(some[0].place, asked), strict=True)
