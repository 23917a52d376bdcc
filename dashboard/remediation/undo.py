"""The way back: a plan that puts back every column that an applied plan wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors.model import KeyValues
from collectors.model.releasable import keys_reading
from dashboard.remediation.changes import Write
from dashboard.remediation.facts import Place, RemedyName, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan, assemble
from dashboard.remediation.references import Since
from dashboard.remediation.remedies import Draft, Goal
from dashboard.remediation.statements import marks


@dataclass(frozen=True, slots=True)
class BeforeImage:
    """The row as a plan found it and as it left it.

    written  the columns the plan wrote
    values   the Conflict's KeyValues
    horizon  the oldest transaction that was still running when the plan did
    xid      the plan's own transaction
    children the rows that it wrote along, each with its schema, table and id
    """

    before: Row
    written: tuple[str, ...]
    values: KeyValues | None = field(repr=False)
    after: Row | None = None
    horizon: str | None = None
    xid: str | None = None
    children: tuple[tuple[tuple[str, str, str], BeforeImage], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form that is sealed."""
        return {
            "before": self.before.as_json(),
            "written": list(self.written),
            "values": None if self.values is None else list(self.values),
            "after": None if self.after is None else self.after.as_json(),
            "horizon": self.horizon,
            "xid": self.xid,
            "children": [[*name, image.as_json()] for name, image in self.children],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> BeforeImage:
        """The reverse of `as_json`."""
        after, values = stored["after"], stored["values"]
        return cls(
            before=Row.from_json(stored["before"]),
            written=tuple(stored["written"]),
            values=None if values is None else tuple(values),
            after=None if after is None else Row.from_json(after),
            horizon=stored["horizon"],
            xid=stored.get("xid"),
            children=tuple(
                ((schema, table, row), cls.from_json(image))
                for schema, table, row, image in stored.get("children", ())
            ),
        )


def plan_undo(
    place: Place,
    image: BeforeImage,
    remedy: RemedyName,
    remediation_id: str,
    children: Sequence[tuple[Place, BeforeImage]] = (),
) -> RemediationPlan | Refusal:
    """The plan that takes this remediation back, and what it restored along.

    It expects the row as the remediation left it, column by column: whatever has changed since is
    somebody else's, and is not ours to overwrite.
    """
    after = image.after
    if after is None or place.table.marker is None:
        return Refusal(RefusalCode.NOTHING_TO_UNDO, "What the plan left behind was not recorded.")
    missing = [name for name in image.written if place.table.column(name) is None]
    if missing or after.columns.keys() != {column.name for column in place.table.columns}:
        return Refusal(
            RefusalCode.CHANGED_SINCE_PREVIEW,
            f"The columns of {place.table.label} have changed since: an engineer must look.",
        )
    restored = remedy is RemedyName.RESTORE_ROW
    changes = tuple(_put_back(place, image, name) for name in image.written)
    draft = Draft(
        changes=changes,
        goal=Goal(deleted=image.before.deleted, holds=_held_again(place, image)),
        checked=() if restored else keys_reading(place.table, {*image.written}),
        preconditions=_preconditions(restored=restored),
        undo="None of its own: run the remedy again.",
        undoable=False,
        warnings=("Whoever was kept out before is kept out again.",),
    )
    along = _taken_back(children, remedy, remediation_id)
    if isinstance(along, Refusal):
        return along
    return assemble(
        place,
        after,
        draft,
        remedy,
        undoes=remediation_id,
        since=Since(image.horizon, image.xid) if restored and image.horizon else None,
        children=along,
    )


def _taken_back(
    children: Sequence[tuple[Place, BeforeImage]], remedy: RemedyName, remediation_id: str
) -> tuple[RemediationPlan, ...] | Refusal:
    """The way back of each row that was restored along."""
    plans = []
    for place, image in children:
        plan = plan_undo(place, image, remedy, remediation_id)
        if isinstance(plan, Refusal):
            return plan
        plans.append(plan)
    return tuple(plans)


def _held_again(place: Place, image: BeforeImage) -> bool | None:
    """Whether the row holds the key as before; of a key mended since, that is nobody's loss."""
    mended = place.key is None or (image.before.deleted and not place.key.counts_deleted)
    return None if mended else image.before.holds


def _put_back(place: Place, image: BeforeImage, name: str) -> Write:
    column = place.table.column(name)
    assert column is not None
    clear = name in marks(place.table)
    return Write(name, column.type, image.before.columns[name], clear=clear)


def _preconditions(*, restored: bool) -> tuple[str, ...]:
    if restored:
        return (
            "the row is as the restore left it",
            "nothing newer refers to it",
        )
    return (
        "the row is still deleted, and as the release left it",
        "nobody holds the value that is put back",
    )
