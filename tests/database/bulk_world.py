"""A crowd of blocked customers, and bulks over them."""

from __future__ import annotations

from collections import Counter

from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import RefusalCode
from dashboard.remediation.service import Approval
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, BulkRefused, Chosen
from tests.database.remediation_world import EMAIL, ENGINEER, World

RELEASE = RemedyName.RELEASE_KEY


def crowd(world: World, count: int, constraint: str = EMAIL) -> dict[str, str]:
    """Deleted customers, each with the Conflict it causes."""
    made = {}
    for number in range(count):
        customer = world.customer(email=f"Number.{number}@Example.com", external_id=f"cus_{number}")
        made[customer] = world.conflict(customer, constraint)
    return made


def previewed(world: World, chosen: Chosen | None = None, actor: Actor = ENGINEER) -> BulkPreview:
    preview = world.door().bulk.preview(chosen or Chosen(), RELEASE, actor)
    assert isinstance(preview, BulkPreview), preview
    return preview


def codes(preview: BulkPreview) -> Counter[RefusalCode]:
    """How many exceptions there are of each kind."""
    return Counter(one.refusal.code for one in preview.exceptions)


def done(world: World, preview: BulkPreview, actor: Actor = ENGINEER) -> BulkEnded:
    ended = world.door().bulk.apply(Approval(actor, preview.digest, "the incident"))
    assert isinstance(ended, BulkEnded), ended
    return ended


def taken_back(world: World, bulk_id: str, actor: Actor = ENGINEER) -> BulkEnded:
    preview = world.door().bulk.undo_preview(bulk_id, actor)
    assert isinstance(preview, BulkPreview), preview
    return done(world, preview, actor)


def refused(answer: object) -> RefusalCode:
    assert isinstance(answer, BulkRefused), answer
    return answer.refusal.code
