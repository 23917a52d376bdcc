"""Restoring a row, and taking that back, on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.evidence.reads.remediations import list_entries
from collectors.model import Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Refusal, RefusalCode
from tests.database.remediation_world import (
    DELETED_AT,
    EMAIL,
    ENGINEER,
    EXTERNAL,
    SUPPORT,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

RESTORE = RemedyName.RESTORE_ROW


def mend_the_email_key(world: World, how: str) -> None:
    """Let a live customer stand beside a deleted one with the same address."""
    world.database.execute(f"DROP INDEX {EMAIL}; {how}")


def test_a_restored_row_is_live_and_otherwise_as_it_was(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    before, conflict = world.row(jane), world.conflict(jane)

    applied(world.door(), conflict, RESTORE)

    assert world.row(jane) == {**before, "deleted_at": None}
    assert world.stored(conflict).verdict is Verdict.UNBLOCKED


def test_the_preview_says_what_does_not_come_back(world: World) -> None:
    preview = previewed(world.door(), world.conflict(world.customer()), RESTORE)

    said = " ".join(preview.plan.warnings)
    assert "What else refers to it and is deleted stays deleted: orders, subscriptions." in said
    assert "billing" in said


def test_an_undo_marks_it_deleted_as_it_was(world: World) -> None:
    jane = world.customer()
    before, conflict = world.row(jane), world.conflict(jane)
    done = applied(world.door(), conflict, RESTORE)

    assert isinstance(undone(world.door(), done.remediation_id), Applied)

    assert world.row(jane) == before
    assert world.stored(conflict).verdict is Verdict.BLOCKED_BY_TOMBSTONE


def test_an_undo_is_refused_once_something_newer_refers_to_the_row(world: World) -> None:
    jane = world.customer()
    order = "INSERT INTO orders (customer_id) VALUES (%s)"
    world.database.execute(order, [jane])
    done = applied(world.door(), world.conflict(jane), RESTORE)
    world.database.execute(order, [jane])

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.REFERENCED
    assert "orders" in refused.text


def test_an_undo_is_refused_once_the_live_row_has_changed(world: World) -> None:
    jane = world.customer()
    done = applied(world.door(), world.conflict(jane), RESTORE)
    world.update(jane, "name = 'Jane'")

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert world.row(jane)["deleted_at"] is None


@pytest.mark.parametrize(
    "mended",
    [
        f"CREATE UNIQUE INDEX {EMAIL} ON customers (organization_id, lower(email)) "
        "WHERE deleted_at IS NULL",
        f"CREATE UNIQUE INDEX {EMAIL} ON customers (organization_id, lower(email), deleted_at) "
        "NULLS NOT DISTINCT",
        f"CREATE UNIQUE INDEX {EMAIL} ON customers (organization_id, lower(email), deleted_at)",
    ],
    ids=["partial", "with-the-marker", "with-the-marker-and-no-effect"],
)
def test_a_restore_beside_a_live_twin_on_another_key_is_refused(world: World, mended: str) -> None:
    mend_the_email_key(world, mended)
    jane = world.customer(external_id="cus_0042")
    conflict = world.conflict(jane, EXTERNAL)
    world.create_again(email="jane@example.com")

    refused = refusal(world.door().preview(conflict, RESTORE, ENGINEER))

    assert refused.code is RefusalCode.COLLIDES
    assert EMAIL in refused.text
    assert "jane" not in refused.text.lower()
    assert world.row(jane)["deleted_at"] is not None


def test_a_twin_that_appears_after_the_preview_is_met_too(world: World) -> None:
    mend_the_email_key(
        world,
        f"CREATE UNIQUE INDEX {EMAIL} ON customers (organization_id, lower(email)) "
        "WHERE deleted_at IS NULL",
    )
    conflict = world.conflict(world.customer(external_id="cus_0042"), EXTERNAL)
    door = world.door()
    approval = approved(previewed(door, conflict, RESTORE))
    world.create_again(email="jane@example.com")

    refused = refusal(door.apply(conflict, RESTORE, approval))

    assert refused.code is RefusalCode.COLLIDES


def test_an_erased_row_is_never_restored(world: World) -> None:
    gone = world.customer(email="4f1c@anonymized.invalid", external_id="cus_0042")
    conflict = world.conflict(gone, EXTERNAL)

    refused = refusal(world.door().preview(conflict, RESTORE, ENGINEER))

    assert refused.code is RefusalCode.ERASED
    assert list_entries(world.store, conflict_id=conflict)[0].body["code"] == RefusalCode.ERASED
    offers = {offer.remedy: offer for offer in world.door().offers(conflict, ENGINEER)}
    assert not offers[RESTORE].possible
    assert offers[RemedyName.RELEASE_KEY].first


def test_support_does_not_restore_what_belongs_to_something_deleted(world: World) -> None:
    conflict = world.conflict(world.customer())
    assert world.door().preview(conflict, RESTORE, SUPPORT)
    world.database.execute("UPDATE organizations SET deleted_at = now()")

    refused = refusal(world.door().preview(conflict, RESTORE, SUPPORT))

    assert refused.code is RefusalCode.ROLE_MAY_NOT
    assert "was deleted as well" in refused.text
    warnings = previewed(world.door(), conflict, RESTORE).plan.warnings
    assert "What it belongs to is deleted and stays so." in warnings


def test_support_does_not_restore_where_erasure_cannot_be_told(world: World) -> None:
    world.database.execute(
        "CREATE TABLE teams (id bigint PRIMARY KEY, slug text UNIQUE, is_deleted boolean NOT NULL);"
        "INSERT INTO teams VALUES (7, 'acme', true); "
        "GRANT SELECT, UPDATE (slug, is_deleted) ON teams TO tombstone_test_writer"
    )
    conflict = world.conflict("7", "teams_slug_key", table="teams")

    refused = refusal(world.door().preview(conflict, RESTORE, SUPPORT))
    assert refused.code is RefusalCode.ROLE_MAY_NOT

    done = applied(world.door(), conflict, RESTORE)
    assert world.database.execute("SELECT is_deleted FROM teams") == [(False,)]
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.database.execute("SELECT is_deleted, slug FROM teams") == [(True, "acme")]


def test_a_row_of_a_composite_primary_key_is_restored(world: World) -> None:
    world.database.execute(
        'CREATE TABLE "Price List" ("Region" text, no int, code text UNIQUE, '
        "status text NOT NULL CHECK (status IN ('active', 'deleted')), "
        'PRIMARY KEY ("Region", no)); '
        "INSERT INTO \"Price List\" VALUES ('de%s', 7, 'A-1', 'deleted'); "
        'GRANT SELECT, UPDATE ON "Price List" TO tombstone_test_writer'
    )
    conflict = world.conflict_of("Price List_code_key", '"Price List"', '["de%s", "7"]', "no = 7")

    applied(world.door(), conflict, RESTORE)

    assert world.database.execute('SELECT status FROM "Price List"') == [("active",)]


def released_then_again_blocked(world: World) -> tuple[str, str]:
    """A row whose external ID a release has kept, and its Conflict about the e-mail."""
    jane = world.customer(external_id="cus_0042", user_metadata='{"rate": 1.10}')
    applied(world.door(), world.conflict(jane, EXTERNAL))
    return jane, world.conflict(jane)


def test_an_external_id_that_a_release_has_kept_comes_back(world: World) -> None:
    jane, conflict = released_then_again_blocked(world)
    kept = world.row(jane)

    preview = previewed(world.door(), conflict, RESTORE)
    done = applied(world.door(), conflict, RESTORE)

    assert "is put back: external_id" in " ".join(preview.plan.warnings)
    row = world.row(jane)
    assert (row["external_id"], row["user_metadata"]) == ("cus_0042", '{"rate": 1.10}')
    assert row["deleted_at"] is None
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.row(jane) == kept


@pytest.mark.parametrize("deleted", [False, True], ids=["live", "deleted"])
def test_a_kept_external_id_that_another_row_has_stays_where_it_is(
    world: World, deleted: bool
) -> None:
    jane, conflict = released_then_again_blocked(world)
    world.customer(email="other@example.com", external_id="cus_0042", deleted=deleted)

    preview = previewed(world.door(), conflict, RESTORE)
    applied(world.door(), conflict, RESTORE)

    assert "is not put back, for another row holds it now" in " ".join(preview.plan.warnings)
    row = world.row(jane)
    assert (row["external_id"], row["deleted_at"]) == (None, None)
    assert "__external_id" in str(row["user_metadata"])


def test_a_kept_external_id_that_is_taken_after_the_preview_refuses(world: World) -> None:
    _, conflict = released_then_again_blocked(world)
    door = world.door()
    approval = approved(previewed(door, conflict, RESTORE))
    world.create_again(email="other@example.com", external_id="cus_0042")

    refused = refusal(door.apply(conflict, RESTORE, approval))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW


def test_what_was_deleted_in_the_same_moment_is_counted_and_left(world: World) -> None:
    jane = world.customer()
    insert = "INSERT INTO subscriptions (customer_id, deleted_at) VALUES (%s, %s)"
    for moment in (DELETED_AT, DELETED_AT, DELETED_AT - timedelta(days=1)):
        world.database.execute(insert, [jane, moment])

    preview = previewed(world.door(), world.conflict(jane), RESTORE)

    assert "not restored with it: 2 in subscriptions" in " ".join(preview.plan.warnings)


@pytest.mark.parametrize("remedy", list(RemedyName))
@pytest.mark.parametrize(
    ("primary", "why"),
    [("", "has no primary key"), ("email text PRIMARY KEY DEFAULT 'x@y.org',", "go by (email)")],
    ids=["none", "an address"],
)
def test_a_table_whose_rows_cannot_be_named_is_refused_in_our_own_words(
    world: World, remedy: RemedyName, primary: str, why: str
) -> None:
    world.database.execute(
        f"CREATE TABLE notes ({primary} code text UNIQUE, deleted_at timestamptz);"
        "INSERT INTO notes (code, deleted_at) VALUES ('a', now());"
        "GRANT ALL ON notes TO tombstone_test_writer"
    )
    conflict = world.conflict_of("notes_code_key", "notes", "a", "code = 'a'")

    refused = refusal(world.door().preview(conflict, remedy, ENGINEER))

    assert refused.code is RefusalCode.NO_PRIMARY_KEY
    assert why in refused.text
    assert {
        one.refusal and one.refusal.code for one in world.door().offers(conflict, ENGINEER)
    } == {RefusalCode.NO_PRIMARY_KEY}


def test_an_erasure_that_is_pending_counts(world: World) -> None:
    """The mapping says when: here a column that the application sets when somebody asks for it."""
    world.database.execute("ALTER TABLE customers ADD erasure_requested_at timestamptz")
    jane = world.customer(erasure_requested_at=DELETED_AT)
    conflict = world.conflict(jane)
    world.erased_when = "erasure_requested_at IS NOT NULL"

    assert refusal(world.door().preview(conflict, RESTORE, ENGINEER)).code is RefusalCode.ERASED
    shown = world.door().reveal(conflict, ENGINEER)
    assert isinstance(shown, Refusal)
    assert shown.code is RefusalCode.ERASED
    preview = previewed(world.door(), conflict)
    assert "not kept anywhere" in " ".join(preview.plan.warnings)
    assert not preview.plan.keeps_image


def test_a_row_with_a_made_up_value_is_not_made_live_with_it(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    by_external = world.conflict(jane, EXTERNAL)
    done = applied(world.door(), world.conflict(jane))

    refused = refusal(world.door().preview(by_external, RESTORE, ENGINEER))

    assert refused.code is RefusalCode.ALREADY_DONE
    assert "made-up value into email" in refused.text
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert isinstance(applied(world.door(), by_external, RESTORE), Applied)


def test_what_a_release_has_emptied_and_kept_nowhere_is_said_to_stay_so(world: World) -> None:
    jane = world.customer(external_id="cus_0042", user_metadata="[1]")
    by_email = world.conflict(jane)
    done = applied(world.door(), world.conflict(jane, EXTERNAL))

    said = " ".join(previewed(world.door(), by_email, RESTORE).plan.warnings)

    assert "external_id stays empty: a release took the value away by erin" in said
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert "stays empty" not in str(previewed(world.door(), by_email, RESTORE).plan.warnings)


def test_an_undo_that_a_later_remedy_stands_before_names_it(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    by_email, by_external = world.conflict(jane), world.conflict(jane, EXTERNAL)
    first = applied(world.door(), by_email)
    second = applied(world.door(), by_external)

    refused = refusal(undone(world.door(), first.remediation_id))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert "release-key was applied to it by erin" in refused.text
    assert isinstance(undone(world.door(), second.remediation_id), Applied)
    assert isinstance(undone(world.door(), first.remediation_id), Applied)
