"""Many releases under one Approval, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from collectors.evidence import schema
from collectors.evidence.reads.activity import Act, ActFilter, list_acts
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.remediations import (
    list_entries,
)
from collectors.model import Confidence, Verdict
from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import RefusalCode
from dashboard.remediation.service import Approval, verify
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, Chosen
from sample_data.postgres import Database
from tests.database.bulk_world import (
    RELEASE,
    crowd,
    done,
    previewed,
    refused,
    taken_back,
)
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    EXTERNAL,
    SUPPORT,
    VIEWER,
    WRITER,
    World,
)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        made.limits |= {"bulk_batch_rows": 3, "bulk_pause_ms": 0}
        yield made


@pytest.mark.parametrize("constraint", [EMAIL, EXTERNAL])
def test_all_of_a_key_are_released_and_taken_back_as_they_were(
    world: World, constraint: str
) -> None:
    everybody = crowd(world, 7, constraint)
    before = {customer: world.row(customer) for customer in everybody}

    preview = previewed(world, Chosen(constraint=constraint))
    assert {c: world.row(c) for c in everybody} == before
    assert (preview.rows, preview.batches, preview.exceptions) == (7, 3, ())
    ended = done(world, preview)

    assert (ended.applied, ended.refused, ended.stopped) == (7, 0, None)
    column = "email" if constraint == EMAIL else "external_id"
    for customer, conflict in everybody.items():
        row = world.row(customer)
        assert row[column] != before[customer][column]
        stored = world.stored(conflict)
        assert (stored.verdict, stored.released_by) == (Verdict.UNBLOCKED, "release-key by erin")
    assert verify(world.store).intact

    back = taken_back(world, ended.bulk_id)

    assert (back.applied, back.refused) == (7, 0)
    assert {c: world.row(c) for c in everybody} == before
    verdicts = {world.stored(conflict).verdict for conflict in everybody.values()}
    assert verdicts == {Verdict.BLOCKED_BY_TOMBSTONE}
    assert verify(world.store).intact


def test_a_bulk_is_listed_for_whom_it_was_of(world: World) -> None:
    """Its lines name no Conflict: the filter bar's choice would leave it out."""
    crowd(world, 2)
    done(world, previewed(world))

    def bulks(of: ConflictFilter | None) -> int:
        return len(list_acts(world.store, ActFilter(acts=(Act.BULK,), conflicts=of)))

    assert bulks(ConflictFilter(constraint=EMAIL)) == bulks(None) > 0
    assert bulks(ConflictFilter(constraint=EXTERNAL)) == 0


def test_only_what_is_certain_enters_and_each_other_is_named(world: World) -> None:
    jane, joe, jill = (
        world.customer(email=f"{name}@example.com", external_id=name)
        for name in ("jane", "joe", "jill")
    )
    certain = world.conflict(jane)
    unsure = world.conflict(joe, confidence=Confidence.LIKELY)
    again = world.conflict(jane, EXTERNAL)
    restored = world.conflict(jill)
    world.update(jill, "deleted_at = NULL")

    preview = previewed(world, Chosen((certain, unsure, again, restored, "0" * 16)))

    assert preview.rows == 1
    assert {one.conflict_id: one.refusal.code for one in preview.exceptions} == {
        unsure: RefusalCode.NOT_SURE_ENOUGH,
        again: RefusalCode.ROW_CHOSEN_TWICE,
        restored: RefusalCode.NOT_A_TOMBSTONE,
        "0" * 16: RefusalCode.UNKNOWN_CONFLICT,
    }
    assert all(one.refusal.text.endswith(".") for one in preview.exceptions)
    assert (done(world, preview).applied, world.row(joe)["email"]) == (1, "joe@example.com")


def test_a_row_that_cannot_be_read_is_refused_by_itself(world: World) -> None:
    everybody = crowd(world, 5)
    world.erased_when = "name::int < 0"
    odd = [*everybody][2]
    world.update(odd, "name = 'no number'")

    preview = previewed(world)

    assert {one.conflict_id: one.refusal.code for one in preview.exceptions} == {
        everybody[odd]: RefusalCode.DATABASE_REFUSED
    }
    assert (done(world, preview).applied, world.row(odd)["external_id"]) == (4, "cus_2")


def test_an_organization_and_a_key_choose(world: World) -> None:
    crowd(world, 3)
    crowd_of_other_key = world.customer(email="x@example.com", external_id="x")
    world.conflict(crowd_of_other_key, EXTERNAL)

    assert previewed(world, Chosen(constraint=EMAIL)).rows == 3
    nobody = world.door().bulk.preview(Chosen(organization_id="another"), RELEASE, ENGINEER)
    assert refused(nobody) is RefusalCode.UNKNOWN_CONFLICT


def test_one_conflict_chooses_those_of_its_own_key_and_organization(world: World) -> None:
    """Where each tenant has a schema, the same index name is in every one of them."""
    one, _, anothers, of_another_schema = crowd(world, 4).values()
    stored = schema.conflicts
    with world.store.write() as connection:
        for conflict, change in (
            (anothers, {"organization_id": "another"}),
            (of_another_schema, {"schema_name": "west"}),
        ):
            connection.execute(update(stored).where(stored.c.id == conflict).values(change))

    preview = previewed(world, Chosen(like=one))

    assert (preview.rows, preview.exceptions) == (2, ())
    nobody = world.door().bulk.preview(Chosen(like="0" * 16), RELEASE, ENGINEER)
    assert refused(nobody) is RefusalCode.UNKNOWN_CONFLICT


@pytest.mark.parametrize("actor", [SUPPORT, VIEWER], ids=["support", "viewer"])
def test_it_is_an_engineers_and_the_refusal_is_journalled(world: World, actor: Actor) -> None:
    everybody = crowd(world, 2)
    digest = previewed(world).digest

    for answer in (
        world.door().bulk.preview(Chosen(), RELEASE, actor),
        world.door().bulk.apply(Approval(actor, digest, "the incident")),
    ):
        assert refused(answer) is RefusalCode.ROLE_MAY_NOT
        newest = list_entries(world.store)[0]
        assert (newest.kind, newest.actor, newest.body["code"]) == (
            "refused",
            actor.name,
            RefusalCode.ROLE_MAY_NOT,
        )
    assert all("@Example.com" in str(world.row(customer)["email"]) for customer in everybody)


@pytest.mark.parametrize("remedy", [RemedyName.RESTORE_ROW, RemedyName.PURGE_ROW])
def test_what_cannot_be_undone_or_must_be_weighed_is_done_one_by_one(
    world: World, remedy: RemedyName
) -> None:
    crowd(world, 1)

    assert refused(world.door().bulk.preview(Chosen(), remedy, ENGINEER)) is RefusalCode.NOT_IN_BULK


def test_an_erased_row_gives_up_its_key_and_nothing_of_it_is_kept(world: World) -> None:
    gone = world.customer(email="4f1c@anonymized.invalid", external_id="cus_0042")
    world.conflict(gone, EXTERNAL)

    preview = previewed(world)
    ended = done(world, preview)

    assert preview.not_undoable == 1
    assert (world.row(gone)["external_id"], world.row(gone)["user_metadata"]) == (None, "{}")
    back = world.door().bulk.undo_preview(ended.bulk_id, ENGINEER)
    assert isinstance(back, BulkPreview)
    assert [one.refusal.code for one in back.exceptions] == [RefusalCode.NOTHING_TO_UNDO]


MEANWHILE = {
    "changed": ("name = 'Janet'", RefusalCode.CHANGED_SINCE_PREVIEW),
    "restored": ("deleted_at = NULL", RefusalCode.NOT_A_TOMBSTONE),
    "erased": ("email = 'x@anonymized.invalid'", RefusalCode.ERASED),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_a_row_that_is_no_longer_as_seen_is_an_exception_and_the_others_are_done(
    world: World, name: str
) -> None:
    assignment, code = MEANWHILE[name]
    everybody = crowd(world, 5)
    one, *others = everybody
    preview = previewed(world)
    world.update(one, assignment)
    as_it_was = world.row(one)

    ended = done(world, preview)

    assert (ended.applied, ended.refused) == (4, 1)
    assert [(each.conflict_id, each.refusal.code) for each in ended.exceptions] == [
        (everybody[one], code)
    ]
    assert world.row(one) == as_it_was
    assert all("tombstone.invalid" in str(world.row(other)["email"]) for other in others)
    assert world.stored(everybody[one]).verdict is Verdict.BLOCKED_BY_TOMBSTONE
    assert verify(world.store).intact


def applied_beside(world: World, preview: BulkPreview, sql: str) -> BulkEnded:
    """How it ends where somebody does this as a batch begins."""

    def announce(step: str, _: int) -> None:
        if step == "begun":
            world.database.execute(sql)

    door = world.door(announce_batch=announce)
    ended = door.bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    assert isinstance(ended, BulkEnded)
    return ended


def test_a_batch_that_is_written_otherwise_than_previewed_is_rolled_back(world: World) -> None:
    everybody = crowd(world, 2)
    before = {customer: world.row(customer) for customer in everybody}
    preview = previewed(world)
    trigger = """CREATE FUNCTION marks() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.email := 'x' || NEW.email; RETURN NEW; END $$;
        CREATE TRIGGER marks BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION marks()"""

    ended = applied_beside(world, preview, trigger)

    assert (ended.applied, ended.refused) == (0, 2)
    assert all("otherwise than in the preview" in one.refusal.text for one in ended.exceptions)
    assert {customer: world.row(customer) for customer in everybody} == before


def test_rows_that_are_not_as_they_were_left_once_committed_wait_for_a_look(world: World) -> None:
    everybody = crowd(world, 2)
    preview = previewed(world)
    trigger = """CREATE FUNCTION marks() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN UPDATE customers SET email = 'x' || email WHERE id = NEW.id; RETURN NULL; END $$;
        CREATE TRIGGER marks AFTER UPDATE ON customers
        FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION marks()"""

    ended = applied_beside(world, preview, trigger)

    assert (ended.applied, ended.refused, ended.failed) == (0, 0, 2)
    verdicts = {world.stored(conflict).verdict for conflict in everybody.values()}
    assert verdicts == {Verdict.BLOCKED_BY_TOMBSTONE}
    assert verify(world.store).intact


def test_a_row_that_is_gone_or_locked_is_left_out_without_waiting(world: World) -> None:
    everybody = list(crowd(world, 4))
    preview = previewed(world)
    world.database.execute(f"DELETE FROM customers WHERE id = '{everybody[0]}'")
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    seen: list[int] = []

    with psycopg.connect(world.database.dsn) as other:
        other.execute("SELECT 1 FROM customers WHERE id = %s FOR UPDATE", [everybody[1]])
        door = world.door(
            announce_batch=lambda *_: seen.append(world.database.execute(waiting)[0][0])
        )
        ended = door.bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))

    assert isinstance(ended, BulkEnded)
    assert {one.refusal.code for one in ended.exceptions} == {
        RefusalCode.ROW_GONE,
        RefusalCode.LOCKED,
    }
    assert (ended.applied, set(seen)) == (2, {0})


def test_a_new_value_that_is_taken_is_refused_in_words(world: World) -> None:
    everybody = crowd(world, 3)
    one, *_ = everybody
    preview = previewed(world)
    world.create_again(email=f"Released+{one.replace('-', '')}@tombstone.invalid")

    ended = done(world, preview)

    (exception,) = ended.exceptions
    assert exception.refusal.code is RefusalCode.VALUE_TAKEN
    assert "Another row holds the new value already" in exception.refusal.text
    assert (ended.applied, exception.conflict_id) == (2, everybody[one])
    (refused_again,) = previewed(world, Chosen((everybody[one],))).exceptions
    assert refused_again.refusal.code is RefusalCode.VALUE_TAKEN


def test_an_erasure_that_another_table_asks_for_since_the_preview_keeps_its_row_out(
    world: World,
) -> None:
    """The row's own print is as it was; what was to be kept of it must not be any more."""
    world.database.execute("CREATE TABLE erasures (customer uuid)")
    world.database.execute(f"GRANT SELECT ON erasures TO {WRITER}")
    world.erased_when = "id IN (SELECT customer FROM erasures)"
    jane, john = crowd(world, 2, EXTERNAL)
    preview = previewed(world)
    world.database.execute(f"INSERT INTO erasures VALUES ('{jane}')")

    ended = done(world, preview)

    assert [one.refusal.code for one in ended.exceptions] == [RefusalCode.ERASED]
    assert (world.row(jane)["external_id"], world.row(jane)["user_metadata"]) == ("cus_0", "{}")
    assert world.row(john)["external_id"] is None

    erased = done(world, previewed(world))  # now that it is known, nothing is kept of it

    assert erased.applied == 1
    assert (world.row(jane)["external_id"], world.row(jane)["user_metadata"]) == (None, "{}")
    world.database.execute(f"INSERT INTO erasures VALUES ('{john}')")
    back = world.door().bulk.undo_preview(ended.bulk_id, ENGINEER)
    assert isinstance(back, BulkPreview)
    assert [one.refusal.code for one in back.exceptions] == [RefusalCode.ERASED]


def test_what_the_database_computes_from_what_is_written_is_told(world: World) -> None:
    world.database.execute(
        "ALTER TABLE customers ADD host text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED"
    )
    crowd(world, 2)

    assert "Computed from what is written, and changed with it: host." in previewed(world).warnings
