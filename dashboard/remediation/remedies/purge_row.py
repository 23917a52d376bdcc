"""Purge the row: it is deleted for good, and nothing of it is left to hold the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dashboard.remediation.facts import Facts, RemedyName
from dashboard.remediation.outcomes import Refusal
from dashboard.remediation.remedies.remedy import Draft, Goal

_NO_UNDO = "It is not: a purge has no undo."
_KEPT = "The row as it was is kept sealed for a while (remediation.undo_days), as evidence only."
_NOT_KEPT = "The row was erased, so nothing of it is kept."


@dataclass(frozen=True, slots=True)
class PurgeRow:
    """DELETE of the one row, as long as nothing refers to it.

    Every foreign key that points at the row is counted, whatever its action: a CASCADE would take
    the referring rows along, SET NULL would cut them off. One single reference refuses. That covers
    every chain: what a CASCADE reaches at any distance hangs on a row that refers to ours, and
    there is none.

    A row that was erased may be purged: erasure wins over the remedies that keep or bring back
    something of a person, and this one finishes what erasure is for. Then no image is kept.
    """

    name: ClassVar[RemedyName] = RemedyName.PURGE_ROW
    title: ClassVar[str] = "Purge the row"
    advice: ClassVar[str] = (
        "Only for a row that nothing refers to and nobody needs, such as a left-over of a test: "
        "it is deleted for good and cannot be brought back."
    )
    has_undo: ClassVar[bool] = False

    def draft(self, facts: Facts) -> Draft | Refusal:
        """What it would delete."""
        place, row = facts.place, facts.row
        assert row is not None
        kept = not row.erased
        return Draft(
            changes=(),
            goal=Goal(deleted=True, gone=True),
            checked=(),
            preconditions=(
                "the row is still deleted, and as it was seen",
                f"it still holds {place.key.name if place.key else 'the key'}",
                f"nothing refers to it: {_counted(facts)}",
            ),
            undo=f"{_NO_UNDO} {_KEPT if kept else _NOT_KEPT}",
            undoable=False,
            evidence=kept,
            warnings=(
                "The row is deleted for good, with all that it holds. There is no undo.",
                "Only foreign keys are counted: what names the row without one is not seen.",
            ),
        )

    def not_for_support(self, facts: Facts) -> str | None:  # noqa: ARG002
        """Never: it cannot be taken back."""
        return "a purge cannot be taken back"


def _counted(facts: Facts) -> str:
    names = [fk.name for fk in facts.place.referring]
    return f"counted by {', '.join(names)}" if names else "no foreign key points at its table"
