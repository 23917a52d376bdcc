"""Batches run for real and rolled back, and kept as lines of our store with their images sealed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors.evidence.privacy import Vault
from dashboard.remediation import guard
from dashboard.remediation.batch import BatchRow, Form, Values, batch_digest, packed
from dashboard.remediation.journal.images import seal_image
from dashboard.remediation.journal.orders import slot_of
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.service.bulk.choosing import Candidate, Choice
from dashboard.remediation.service.bulk.lines import lead_line
from dashboard.remediation.service.planning import telling_values
from dashboard.remediation.showing import changed_beside
from dashboard.remediation.undo import BeforeImage
from dashboard.remediation.writer import BatchWriter, Seen

STATEMENTS_SHOWN = 5


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
class Rehearsal:
    """Runs one batch after another, and gathers what is to be kept of each."""

    bulk_id: str
    choice: Choice
    vault: Vault
    undo_days: int
    clock: Callable[[], datetime]
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

    def run(self, some: Sequence[Planned], writer: BatchWriter) -> None:
        """Rehearse one batch; what is refused is left out. Raises TargetUnreachable."""
        lead = some[0]
        rows = [_row(one, self.next_id()) for one in some]
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
                self.choice.leave_out(one.conflict_id, refusal)
            else:
                after = tuple(seen.row.columns[change.column] for change in one.plan.changes)
                kept.append((one, rows[number].left(after), seen))
        if kept:
            self._add_batch(kept)

    def _add_batch(self, kept: list[tuple[Planned, BatchRow, Seen]]) -> None:
        lead, number = kept[0][0], len(self.batches)
        rows = [row for _, row, _ in kept]
        text = packed(rows)
        telling = {value for one, _, _ in kept for value in telling_values(one.plan)}
        content = {
            "lead": lead_line(lead.candidate, lead.plan),
            "rows": text,
            "telling": sorted(telling),
        }
        self.batches.append(
            {
                "number": number,
                "state": "waiting",
                "digest": batch_digest(lead.form, rows, text),
                "rows": len(rows),
                "sealed": self.vault.seal(content),
            }
        )
        for one, row, seen in kept:
            line = self._line(one, row, seen)
            line |= {"batch": number, "number": len(self.rows)}
            self.rows.append(line)
        shown = lead.plan.statements[0].shown
        if shown not in self.statements and number < STATEMENTS_SHOWN:
            self.statements.append(shown)
        beside = changed_beside((lead.plan,), (kept[0][2].row,))
        for warning in (*lead.plan.warnings, *beside):
            if warning not in self.warnings:
                self.warnings.append(warning)

    def _line(self, one: Planned, row: BatchRow, seen: Seen) -> dict[str, Any]:
        plan = one.plan
        digest = self._sealed(plan, row, seen) if plan.keeps_image else None
        self.not_undoable += digest is None
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

    def _sealed(self, plan: RemediationPlan, row: BatchRow, seen: Seen) -> str:
        """The row before and after, sealed beside the bulk; the digest of what is sealed."""
        written = tuple(change.column for change in plan.changes)
        image = BeforeImage(plan.before, written, plan.place.values, seen.row)
        days = timedelta(days=self.undo_days)
        self.images.append(
            {
                "remediation_id": row.remediation_id,
                "expires_at": self.clock() + days,
                "forgotten": False,
                **seal_image(self.vault, image),
            }
        )
        return str(self.images[-1]["digest"])


def _row(one: Planned, remediation_id: str) -> BatchRow:
    return BatchRow(
        remediation_id,
        one.conflict_id,
        one.plan.place.row_id,
        one.values,
        one.seen,
    )
