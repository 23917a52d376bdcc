"""What a previewed bulk is stored as, beside its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dashboard.remediation.journal.orders import slot_of
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.service.bulk.choosing import Candidate, Choice


def lead_line(candidate: Candidate, plan: RemediationPlan) -> dict[str, Any]:
    """What the batch's statement is made from again when it is to run."""
    place, image = plan.place, candidate.image
    return {
        "conflict_id": place.conflict_id,
        "row_id": place.row_id,
        "values": None if place.values is None else list(place.values),
        "row": plan.before.as_json(),
        "image": None if image is None else image.as_json(),
        "undoes": candidate.undoes,
    }


def exception_lines(
    choice: Choice, start: int, next_id: Callable[[], str]
) -> Iterator[dict[str, Any]]:
    """The rows that stay as they are, with their reasons."""
    places = {one.place.conflict_id: one.place for one in choice.candidates}
    for number, one in enumerate(choice.exceptions, start=start):
        place = places.get(one.conflict_id)
        yield {
            "remediation_id": next_id(),
            "conflict_id": one.conflict_id,
            "table_name": place.table.label if place else "",
            "row_id": place.row_id if place else "",
            "slot": slot_of(place) if place else "",
            "digest": None,
            "undoes": None,
            "batch": None,
            "number": number,
            "state": "refused",
            "code": one.refusal.code,
            "said": one.refusal.text,
            "image_digest": None,
        }
