"""Seeing a key's values in clear: who may, what is never shown, and what the journal says first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.evidence.reads.remediations import list_entries
from dashboard.access import Actor, Role
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.service import verify
from dashboard.remediation.service.revealing import Revealed
from tests.database.remediation_world import EMAIL, ENGINEER, EXTERNAL, SUPPORT, VIEWER, World


def code(answer: object) -> RefusalCode:
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_the_values_are_shown_and_who_saw_them_is_journalled(world: World) -> None:
    conflict = world.conflict(world.customer())

    shown = world.door().reveal(conflict, SUPPORT)

    assert isinstance(shown, Revealed)
    assert dict(shown.values) == {
        "organization_id": world.organization,
        "email": "Jane@Example.com",
    }
    assert "jane" not in repr(shown).lower()
    (line,) = list_entries(world.store, conflict_id=conflict)
    assert (line.kind, line.actor, line.role) == ("reveal", "sam", "support")
    assert "jane" not in str(line.body).lower()
    assert verify(world.store).intact


def test_it_is_journalled_before_it_is_read(world: World) -> None:
    """A Target that refuses just then has been journalled as asked."""
    conflict = world.conflict(world.customer())

    def at_the_line() -> datetime:
        world.database.execute("ALTER TABLE customers RENAME COLUMN tax_id TO vat_id")
        return datetime.now(UTC)

    calls = iter([at_the_line])

    def clock() -> datetime:
        return next(calls, lambda: datetime.now(UTC))()

    answer = world.door(clock=clock).reveal(conflict, ENGINEER)

    assert code(answer) is RefusalCode.DATABASE_REFUSED
    kinds = [line.kind for line in list_entries(world.store, conflict_id=conflict)]
    assert kinds == ["refused", "reveal"]


def test_a_viewer_sees_masks_and_the_setting_decides_who_sees_more(world: World) -> None:
    conflict = world.conflict(world.customer())

    assert code(world.door().reveal(conflict, VIEWER)) is RefusalCode.ROLE_MAY_NOT
    newest = list_entries(world.store, conflict_id=conflict)[0]
    assert (newest.kind, newest.actor, newest.body["asked"]) == ("refused", "vic", "reveal")

    world.access["reveal_role"] = "admin"
    assert code(world.door().reveal(conflict, ENGINEER)) is RefusalCode.ROLE_MAY_NOT
    admin = Actor("ada", Role.ADMIN, verified=True)
    assert isinstance(world.door().reveal(conflict, admin), Revealed)


@pytest.mark.parametrize("actor", [SUPPORT, ENGINEER], ids=["support", "engineer"])
def test_an_erased_row_is_never_shown(world: World, actor: Actor) -> None:
    gone = world.customer(email="4f1c@anonymized.invalid", external_id="cus_0042")
    conflict = world.conflict(gone, EXTERNAL)

    answer = world.door().reveal(conflict, actor)

    assert code(answer) is RefusalCode.ERASED
    newest = list_entries(world.store, conflict_id=conflict)[0]
    assert (newest.kind, newest.body["code"]) == ("refused", RefusalCode.ERASED)
    assert "cus_0042" not in str(newest.body)


def test_support_sees_nothing_where_erasure_cannot_be_told(world: World) -> None:
    world.database.execute(
        "CREATE TABLE teams (id bigint PRIMARY KEY, slug text UNIQUE, is_deleted boolean NOT NULL);"
        "INSERT INTO teams VALUES (7, 'acme', true)"
    )
    conflict = world.conflict("7", "teams_slug_key", table="teams")

    assert code(world.door().reveal(conflict, SUPPORT)) is RefusalCode.ROLE_MAY_NOT
    assert isinstance(world.door().reveal(conflict, ENGINEER), Revealed)


def test_a_row_that_is_gone_and_a_conflict_that_is_none(world: World) -> None:
    conflict = world.conflict(world.customer(), EMAIL)
    world.database.execute("DELETE FROM customers")

    assert code(world.door().reveal(conflict, ENGINEER)) is RefusalCode.ROW_GONE
    assert code(world.door().reveal("jane@example.com", ENGINEER)) is RefusalCode.UNKNOWN_CONFLICT
    assert "jane" not in str([line.body for line in list_entries(world.store)])
