"""A bulk that meets others, is cut off, stops, goes on, and is taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from os import getppid
from pathlib import Path
from socket import gethostname

import pytest
from sqlalchemy import update

from collectors.errors import TargetUnreachable
from collectors.evidence import schema
from collectors.evidence.reads.bulks import find_bulk
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    list_remediations,
)
from collectors.model import Verdict
from dashboard.access import Actor, Role
from dashboard.remediation.outcomes import Applied, RefusalCode
from dashboard.remediation.service import Approval, verify
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, BulkRefused, Chosen
from sample_data.postgres import Database
from tests.database.bulk_world import (
    RELEASE,
    codes,
    crowd,
    done,
    previewed,
    refused,
    taken_back,
)
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    WRITER,
    Died,
    World,
    applied,
    approved,
    refusal,
    undone,
)
from tests.database.remediation_world import (
    previewed as previewed_one,
)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        made.limits |= {"bulk_batch_rows": 3, "bulk_pause_ms": 0}
        yield made


def test_a_second_person_hears_who_did_it(world: World) -> None:
    crowd(world, 3)
    first, second = previewed(world), previewed(world)
    done(world, first)

    again = world.door().bulk.apply(Approval(ENGINEER, first.digest, "the incident"))
    assert refused(again) is RefusalCode.ALREADY_DONE
    late = done(world, second)
    assert late.applied == 0
    assert {one.refusal.code for one in late.exceptions} == {RefusalCode.ALREADY_DONE}
    assert all("already done by erin at 20" in one.refusal.text for one in late.exceptions)


def test_a_bulk_of_which_nothing_was_written_is_not_said_to_be_done(world: World) -> None:
    """Its role has lost a grant since the Preview, and has it back."""
    crowd(world, 3)
    preview = previewed(world)
    world.database.execute(f"REVOKE UPDATE (email) ON customers FROM {WRITER}")
    assert done(world, preview).applied == 0
    world.database.execute(f"GRANT UPDATE (email) ON customers TO {WRITER}")

    again = world.door().bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    assert isinstance(again, BulkRefused)
    assert "tried by erin" in again.refusal.text
    assert again.refusal.text.endswith(
        "nothing was written. Refused: 3 rows; a new Preview asks about them again."
    )
    assert done(world, previewed(world)).applied == 3


def test_in_a_batch_that_is_written_in_part_each_row_says_who_did_it(world: World) -> None:
    world.limits["bulk_stop_percent"] = 100
    everybody = crowd(world, 3)
    released, changed, written = everybody
    preview = previewed(world)
    applied(world.door(), everybody[released])
    world.update(changed, "name = 'changed'")

    ended = done(world, preview)

    assert ended.applied == 1
    assert str(world.row(written)["email"]).startswith("released+")
    told = {one.conflict_id: one.refusal for one in ended.exceptions}
    by_erin = told.pop(everybody[released])
    assert by_erin.text.startswith("This was already done by erin at 20")
    assert [one.code for one in told.values()] == [RefusalCode.CHANGED_SINCE_PREVIEW]


def test_twice_at_once_is_done_once(world: World) -> None:
    crowd(world, 9)
    approval = Approval(ENGINEER, previewed(world).digest, "the incident")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: world.door().bulk.apply(approval), range(4)))

    ended = [one for one in answers if isinstance(one, BulkEnded)]
    told = {refused(one) for one in answers if isinstance(one, BulkRefused)}
    assert [one.applied for one in ended] == [9]
    assert told <= {RefusalCode.ALREADY_DONE, RefusalCode.BEING_DONE}
    assert verify(world.store).intact


def test_it_stops_by_itself_when_too_many_are_refused_and_can_go_on(world: World) -> None:
    everybody = list(crowd(world, 40))
    preview = previewed(world)
    for customer in everybody[:30]:
        world.update(customer, "name = 'changed'")

    ended = done(world, preview)

    assert ended.stopped is not None
    assert "stopped by itself" in ended.stopped
    assert ended.waiting > 0
    stored = find_bulk(world.store, ended.bulk_id)
    assert stored is not None
    assert stored.state == "stopped"
    rest = done(world, preview)
    assert (rest.applied + rest.refused + rest.waiting, rest.refused) == (40, 30)


@pytest.mark.parametrize("step", ["begun", "committing", "committed", "outcome"])
def test_cut_off_at_any_step_it_goes_on_and_journal_and_rows_agree(world: World, step: str) -> None:
    everybody = crowd(world, 7)
    preview = previewed(world)
    approval = Approval(ENGINEER, preview.digest, "the incident")

    def die(now: str, batch: int) -> None:
        if (now, batch) == (step, 1):
            raise Died

    with pytest.raises(Died):
        world.door(announce_batch=die).bulk.apply(approval)
    world.door().settle()
    assert verify(world.store).intact
    stored = find_bulk(world.store, preview.bulk_id)
    assert stored is not None
    written = [c for c in everybody if "tombstone" in str(world.row(c)["email"])]
    assert stored.state == ("done" if len(written) == 7 else "stopped")
    assert stored.applied == len(written)

    answer = world.door().bulk.apply(approval)

    if stored.state == "done":
        assert refused(answer) is RefusalCode.ALREADY_DONE
    else:
        assert isinstance(answer, BulkEnded)
        assert (answer.applied, answer.stopped) == (7, None)
    done_once = list_remediations(world.store, RemediationFilter(bulk_id=preview.bulk_id))
    assert len({one.row_id for one in done_once}) == len(done_once) == 7
    verdicts = {world.stored(conflict).verdict for conflict in everybody.values()}
    assert verdicts == {Verdict.UNBLOCKED}
    assert verify(world.store).intact


@pytest.mark.parametrize("step", ["begun", "committing", "committed", "outcome"])
def test_a_lost_connection_costs_no_row_its_release(world: World, step: str) -> None:
    world.limits |= {"bulk_batch_rows": 2, "bulk_pause_ms": 0}
    everybody = crowd(world, 8)
    preview = previewed(world)
    lost: list[int] = []

    def lose(now: str, batch: int) -> None:
        if now == step and not lost:
            lost.append(batch)
            world.database.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                f" WHERE usename = '{WRITER}' AND datname = current_database()"
            )

    told = world.door(announce_batch=lose).bulk.apply(Approval(ENGINEER, preview.digest, "it"))
    assert isinstance(told, BulkEnded), told
    assert told.unreachable
    assert told.waiting > 0
    assert told.applied + told.waiting == len(everybody)
    assert str(told.stopped).startswith(("Target 'production'", "The connection to 'production'"))

    rest = done(world, preview)
    assert (rest.applied, rest.refused, rest.failed) == (8, 0, 0)
    assert all("tombstone" in str(world.row(customer)["email"]) for customer in everybody)
    assert verify(world.store).intact


def test_who_was_taken_back_meanwhile_is_not_called_released_when_it_goes_on(world: World) -> None:
    world.limits |= {"bulk_batch_rows": 2, "bulk_pause_ms": 0}
    everybody = crowd(world, 8)
    preview = previewed(world)

    begun: list[int] = []

    def lose(now: str, batch: int) -> None:
        if now == "begun":
            begun.append(batch)
        if now == "begun" and len(begun) > 1:
            raise TargetUnreachable("The server is shutting down.")

    world.door(announce_batch=lose).bulk.apply(Approval(ENGINEER, preview.digest, "it"))
    first = list_remediations(world.store, RemediationFilter(bulk_id=preview.bulk_id))[0]
    assert isinstance(undone(world.door(), first.id), Applied)

    assert done(world, preview).waiting == 0
    blocked = {c for c in everybody.values() if world.stored(c).verdict.is_blocked}
    assert blocked == {first.conflict_id}


def test_a_connection_lost_after_the_last_batch_has_cost_nothing(world: World) -> None:
    world.limits |= {"bulk_batch_rows": 8, "bulk_pause_ms": 0}
    crowd(world, 8)
    preview = previewed(world)

    def lose(now: str, _batch: int) -> None:
        if now == "outcome":
            raise TargetUnreachable("The server is shutting down.")

    told = world.door(announce_batch=lose).bulk.apply(Approval(ENGINEER, preview.digest, "it"))
    assert isinstance(told, BulkEnded), told
    assert (told.applied, told.waiting, told.stopped, told.unreachable) == (8, 0, None, False)


def test_a_database_without_room_costs_no_row_its_release(world: World) -> None:
    everybody = crowd(world, 8)
    preview = previewed(world)
    single = previewed_one(world.door(), everybody[next(iter(everybody))])
    world.database.execute(
        "CREATE FUNCTION fits(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
        "ALTER TABLE customers ADD CONSTRAINT room CHECK (fits(email)) NOT VALID"
    )
    words = r"no room or no means for a change just now \(DiskFull, 53100\)"

    told = done(world, preview)
    assert (told.applied, told.waiting, told.unreachable) == (0, len(everybody), True)
    assert re.search(words, str(told.stopped))
    one = world.door().apply(single.plan.place.conflict_id, RELEASE, approved(single))
    assert refusal(one).code is RefusalCode.UNREACHABLE

    world.database.execute("ALTER TABLE customers DROP CONSTRAINT room")
    assert done(world, preview).applied == len(everybody)


def test_what_is_forbidden_now_can_still_be_taken_back(world: World) -> None:
    everybody = crowd(world, 2)
    preview = previewed(world)
    done(world, preview)
    world.limits["forbid"] = ["release-key"]

    assert taken_back(world, preview.bulk_id).applied == 2
    assert not any("tombstone" in str(world.row(customer)["email"]) for customer in everybody)


def test_the_undo_of_all_leaves_out_whoever_was_created_again(world: World) -> None:
    everybody = list(crowd(world, 5))
    ended = done(world, previewed(world))
    world.create_again(email="NUMBER.0@example.com")
    world.update(everybody[1], "name = 'Janet'")

    back = taken_back(world, ended.bulk_id)

    assert (back.applied, back.refused) == (3, 2)
    assert {one.refusal.code for one in back.exceptions} == {
        RefusalCode.RECREATED,
        RefusalCode.CHANGED_SINCE_PREVIEW,
    }
    again = world.door().bulk.undo_preview(ended.bulk_id, ENGINEER)
    assert isinstance(again, BulkPreview)
    assert codes(again)[RefusalCode.ALREADY_DONE] == 3


def test_one_row_of_a_bulk_can_be_taken_back_alone(world: World) -> None:
    everybody = list(crowd(world, 3))
    before = world.row(everybody[0])
    ended = done(world, previewed(world))
    mine = next(
        one
        for one in list_remediations(world.store, RemediationFilter(bulk_id=ended.bulk_id))
        if one.row_id == everybody[0]
    )

    assert isinstance(undone(world.door(), mine.id), Applied)

    assert world.row(everybody[0]) == before
    assert taken_back(world, ended.bulk_id).applied == 2
    assert verify(world.store).intact


def test_a_changed_table_is_not_what_was_approved(world: World) -> None:
    crowd(world, 2)
    preview = previewed(world)
    world.database.execute(
        f"DROP INDEX {EMAIL}; CREATE UNIQUE INDEX {EMAIL} ON customers "
        "(organization_id, lower(email)) WHERE deleted_at IS NULL"
    )

    answer = world.door().bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))

    assert refused(answer) is RefusalCode.KEY_MENDED


def test_a_table_with_triggers_is_done_one_by_one(world: World) -> None:
    world.limits["allow_triggers"] = ["customers"]
    world.database.execute(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.modified_at = now(); RETURN NEW; END $$; "
        "CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    crowd(world, 2)

    preview = previewed(world)

    assert codes(preview) == {RefusalCode.USER_TRIGGERS: 2}


@pytest.mark.parametrize(
    "reason", ["for number.1@example.com", "", "it is about NUMBER.1@EXAMPLE.COM"]
)
def test_the_one_reason_for_all_says_nobodys_name(world: World, reason: str) -> None:
    crowd(world, 3)
    preview = previewed(world)

    answer = world.door().bulk.apply(Approval(ENGINEER, preview.digest, reason))

    assert refused(answer) in (RefusalCode.PERSONAL_DATA, RefusalCode.REASON_MISSING)


def test_settings_forbid_it_and_bound_it(world: World) -> None:
    crowd(world, 3)
    preview = previewed(world)
    world.limits["forbid"] = ["release-key/production/customers"]
    answer = world.door().bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    assert refused(answer) is RefusalCode.FORBIDDEN

    world.limits["bulk_limit"] = 2
    too_many = world.door().bulk.preview(Chosen(), RELEASE, ENGINEER)
    assert refused(too_many) is RefusalCode.TOO_MANY


def test_a_changed_row_of_a_bulk_is_named_by_the_journals_check(world: World) -> None:
    crowd(world, 3)
    done(world, previewed(world))
    with world.store.write() as connection:
        connection.execute(update(schema.bulk_rows).values(image_digest="0" * 64))

    assert any("was changed" in problem for problem in verify(world.store).problems)


@pytest.mark.parametrize("told", [{"row_id": "7"}, {"table_name": "orders"}])
def test_another_row_of_a_bulk_in_the_ledger_is_named_by_the_journals_check(
    world: World, told: dict[str, str]
) -> None:
    crowd(world, 3)
    bulk_id = done(world, previewed(world)).bulk_id
    taken_back(world, bulk_id)
    assert verify(world.store).intact
    with world.store.write() as connection:
        connection.execute(update(schema.remediations).values(told))

    assert len(verify(world.store).problems) == 6


def test_a_row_of_a_composite_key_and_odd_texts_is_released(world: World) -> None:
    world.database.execute(
        'CREATE TABLE "Price List" ("Region" text, no int, code text NOT NULL UNIQUE, '
        '"deletedAt" timestamptz, "seen" text, PRIMARY KEY ("Region", no)); '
        "INSERT INTO \"Price List\" VALUES ('a\"{,}\\%s', 7, 'A\\\"1,{}', now(), NULL); "
        'GRANT SELECT, UPDATE ON "Price List" TO tombstone_test_writer'
    )
    row_id = json.dumps(['a"{,}\\%s', "7"])
    world.conflict_of("Price List_code_key", '"Price List"', row_id, "no = 7")

    ended = done(world, previewed(world))
    assert ended.applied == 1
    assert taken_back(world, ended.bulk_id).applied == 1
    assert world.database.execute('SELECT code FROM "Price List"') == [('A\\"1,{}',)]


def test_a_preview_lasts_a_day(world: World) -> None:
    """Also where nothing has cleaned up since."""
    crowd(world, 2)
    approval = Approval(ENGINEER, previewed(world).digest, "the incident")
    late = approval.at + timedelta(days=1)
    assert refused(world.door(clock=lambda: late).bulk.apply(approval)) is RefusalCode.NOT_PREVIEWED


def test_a_preview_that_finds_nothing_to_do_can_be_made_twice(world: World) -> None:
    done_once = done(world, previewed(world)) if crowd(world, 2) else None
    assert done_once is not None
    taken_back(world, done_once.bulk_id, Actor("ada", Role.ENGINEER, verified=True))

    world.door().bulk.undo_preview(done_once.bulk_id, ENGINEER)
    again = world.door().bulk.undo_preview(done_once.bulk_id, ENGINEER)
    assert isinstance(again, BulkPreview)
    assert (again.rows, codes(again)) == (0, {RefusalCode.ALREADY_DONE: 2})
    assert all("already undone by ada at 20" in one.refusal.text for one in again.exceptions)
    nothing = world.door().bulk.apply(Approval(ENGINEER, again.digest, "the incident"))
    assert refused(nothing) is RefusalCode.NOT_PREVIEWED


@pytest.mark.parametrize("owner", ["a-container-that-is-no-more 7", f"{gethostname()} {getppid()}"])
def test_a_bulk_of_a_process_that_cannot_be_looked_at_goes_on_once_it_is_silent_for_long(
    world: World, owner: str
) -> None:
    crowd(world, 7)
    preview = previewed(world)
    approval = Approval(ENGINEER, preview.digest, "the incident")
    cut_off_by(world, approval, owner)

    assert refused(world.door().bulk.apply(approval)) is RefusalCode.BEING_DONE
    late = datetime.now(UTC) + timedelta(hours=1)
    world.door(clock=lambda: late).settle()
    stored = find_bulk(world.store, preview.bulk_id)
    assert stored is not None
    assert (stored.state, stored.owner) == ("stopped", None)

    ended = world.door().bulk.apply(approval)
    assert isinstance(ended, BulkEnded)
    assert (ended.applied, ended.waiting) == (7, 0)
    assert verify(world.store).intact


def test_who_was_silent_for_long_does_not_let_go_of_what_others_have_gone_on_with(
    world: World,
) -> None:
    crowd(world, 3)
    preview = previewed(world)
    others = "another-machine 7"

    def taken_over(now: str, _batch: int) -> None:
        if now == "committed":
            with world.store.write() as connection:
                connection.execute(update(schema.bulks).values(owner=others))

    approval = Approval(ENGINEER, preview.digest, "the incident")
    world.door(announce_batch=taken_over).bulk.apply(approval)

    stored = find_bulk(world.store, preview.bulk_id)
    assert stored is not None
    assert (stored.state, stored.owner, stored.applied) == ("running", others, 3)


def cut_off_by(world: World, approval: Approval, owner: str) -> None:
    """The bulk as that process leaves it when it is killed."""

    def die(now: str, batch: int) -> None:
        if (now, batch) == ("committing", 1):
            raise Died

    with pytest.raises(Died):
        world.door(announce_batch=die).bulk.apply(approval)
    with world.store.write() as connection:
        connection.execute(update(schema.bulks).values(state="running", owner=owner))
