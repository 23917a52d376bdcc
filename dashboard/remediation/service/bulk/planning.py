"""From a choice of Conflicts to a previewed bulk: planned, batched, rehearsed and sealed."""

from __future__ import annotations

import itertools
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.access import Actor
from dashboard.remediation import guard
from dashboard.remediation.batch import (
    BatchRow,
    Form,
    Values,
    batch_digest,
    digest_of_all,
    form_of,
    packed,
)
from dashboard.remediation.facts import Facts, RemedyName
from dashboard.remediation.journal.bulks import keep_bulk
from dashboard.remediation.journal.images import seal_image
from dashboard.remediation.journal.orders import slot_of
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan, make_plan
from dashboard.remediation.service import rights
from dashboard.remediation.service.bulk.choosing import Candidate, Choice
from dashboard.remediation.service.bulk.lines import exception_lines, lead_line
from dashboard.remediation.service.bulk.values import BulkPreview
from dashboard.remediation.service.gather import Sources
from dashboard.remediation.service.planning import telling_values
from dashboard.remediation.undo import BeforeImage, plan_undo
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
class Planned:
    """One row's plan, how it writes, and the row as it was seen."""

    candidate: Candidate
    plan: RemediationPlan
    form: Form
    values: Values
    seen: str
    """The row's print."""

    @property
    def conflict_id(self) -> str:
        """The Conflict it is for."""
        return self.candidate.place.conflict_id


@dataclass
class Rehearsed:
    """Batches that were run for real and rolled back, as lines of the store, images sealed."""

    bulk_id: str
    batches: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    statements: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    not_undoable: int = 0

    def next_id(self) -> str:
        """A remediation's id: those of one bulk lie side by side, so that they are stored fast."""
        return f"{self.bulk_id[:24]}{next(self.numbers):08x}"


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
        planned = list(self._planned(choice, actor, writer))
        done = Rehearsed(uuid.uuid4().hex)
        for some in self._batched(planned):
            self._rehearse(some, choice, writer, done)
        return self._kept(choice, done, undoes, round((time.monotonic() - began) * 1_000))

    def _planned(self, choice: Choice, actor: Actor, writer: BatchWriter) -> Iterator[Planned]:
        taken: set[str] = set()
        for candidate, seen in _looked_at(choice.candidates, writer):
            slot = slot_of(candidate.place)
            plan = _TWICE if slot in taken else self._plan(candidate, seen, actor)
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
            alike[place.table.label, key, place.values is None, one.form.assignments].append(one)
        size = self.settings.remediation.bulk_batch_rows
        for group in alike.values():
            for start in range(0, len(group), size):
                yield group[start : start + size]

    def _rehearse(
        self, some: Sequence[Planned], choice: Choice, writer: BatchWriter, done: Rehearsed
    ) -> None:
        lead = some[0]
        rows = [_row(one, done.next_id()) for one in some]
        written = writer.rehearse(
            lead.form, lead.plan, rows, [one.plan.place.values for one in some]
        )
        kept: list[tuple[Planned, BatchRow, Seen]] = []
        for number, one in enumerate(some):
            seen = written.seen.get(number)
            refusal = written.refused.get(number) or guard.missed(
                one.plan, None if seen is None else seen.row
            )
            if refusal is not None or seen is None:
                assert refusal is not None
                choice.leave_out(one.conflict_id, refusal)
            else:
                after = tuple(seen.row.columns[change.column] for change in one.plan.changes)
                kept.append((one, rows[number].left(after), seen))
        if kept:
            self._add_batch(kept, done)

    def _add_batch(self, kept: list[tuple[Planned, BatchRow, Seen]], done: Rehearsed) -> None:
        lead, number = kept[0][0], len(done.batches)
        rows = [row for _, row, _ in kept]
        text = packed(rows)
        telling = {value for one, _, _ in kept for value in telling_values(one.plan)}
        content = {
            "lead": lead_line(lead.candidate, lead.plan),
            "rows": text,
            "telling": sorted(telling),
        }
        done.batches.append(
            {
                "number": number,
                "state": "waiting",
                "digest": batch_digest(lead.form, rows, text),
                "rows": len(rows),
                "sealed": self.sources.store.vault.seal(content),
            }
        )
        for one, row, seen in kept:
            line = self._line(one, row, seen, done)
            line |= {"batch": number, "number": len(done.rows)}
            done.rows.append(line)
        shown = lead.plan.statements[0].shown
        if shown not in done.statements and number < 5:
            done.statements.append(shown)
        for warning in lead.plan.warnings:
            if warning not in done.warnings:
                done.warnings.append(warning)

    def _line(self, one: Planned, row: BatchRow, seen: Seen, done: Rehearsed) -> dict[str, Any]:
        plan = one.plan
        digest = self._sealed(plan, row, seen, done) if plan.keeps_image else None
        done.not_undoable += digest is None
        return {
            "remediation_id": row.remediation_id,
            "conflict_id": row.conflict_id,
            "table_name": plan.table.label,
            "row_id": row.row_id,
            "slot": slot_of(plan.place),
            "digest": plan.digest,
            "undoes": one.candidate.undoes,
            "state": "planned",
            "code": None,
            "said": None,
            "image_digest": digest,
        }

    def _sealed(self, plan: RemediationPlan, row: BatchRow, seen: Seen, done: Rehearsed) -> str:
        """The row before and after, sealed beside the bulk; the digest of what is sealed."""
        written = tuple(change.column for change in plan.changes)
        image = BeforeImage(plan.before, written, plan.place.values, seen.row)
        days = timedelta(days=self.settings.remediation.undo_days)
        done.images.append(
            {
                "remediation_id": row.remediation_id,
                "expires_at": self.clock() + days,
                "forgotten": False,
                **seal_image(self.sources.store.vault, image),
            }
        )
        return str(done.images[-1]["digest"])

    def _kept(
        self, choice: Choice, done: Rehearsed, undoes: str | None, took_ms: int
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
    refusal = rights.remedy_refusal(settings, actor, RELEASE, place)
    if refusal is not None:
        return refusal
    if table.triggers:
        text = _TRIGGERS.format(label=table.label, names=", ".join(table.triggers))
        return Refusal(RefusalCode.USER_TRIGGERS, text)
    if candidate.image is not None and candidate.undoes is not None:
        return plan_undo(place, candidate.image, RELEASE, candidate.undoes)
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
            if not some[0].place.table.primary_key:
                yield from ((one, None) for one in some)
                continue
            asked = [(one.place.row_id, one.place.values) for one in some]
            found = writer.look(some[0].place, asked)
            rows = [found] * len(some) if isinstance(found, Refusal) else found
            yield from zip(some, rows, strict=True)


def _row(one: Planned, remediation_id: str) -> BatchRow:
    return BatchRow(
        remediation_id,
        one.conflict_id,
        one.plan.place.row_id,
        one.values,
        one.seen,
    )
