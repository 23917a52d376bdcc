"""Forgetting a person: nothing of theirs is left in any file, and the journal still verifies."""

from __future__ import annotations

import itertools
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from collectors.evidence import schema
from collectors.evidence.reads.bulks import find_bulk
from collectors.evidence.reads.conflicts import conflicts_of_values
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    key_values,
    list_entries,
    list_remediations,
)
from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Refusal, RefusalCode, Step
from dashboard.remediation.service import Approval, Preview, verify
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, Chosen
from dashboard.remediation.service.forgetting import Forgotten
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    EXTERNAL,
    SUPPORT,
    VIEWER,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

ADDRESS, EXTERNAL_ID = "Jane.Privata@Example.com", "cus_very_private"
LAST_BEFORE_THE_CLAIM = 2


def forgotten(world: World, value: str, *, erase: bool = True) -> Forgotten:
    answer = world.door().forget(value, ENGINEER, erase=erase)
    assert isinstance(answer, Forgotten), answer
    return answer


def everything_done(world: World) -> tuple[str, str]:
    """Two Conflicts of Jane's: one released, one previewed alone and in a bulk. And a stranger."""
    jane = world.customer(email=ADDRESS, external_id=EXTERNAL_ID, name="Jane")
    stranger = world.customer(email="joe@example.com", external_id="cus_joe")
    applied(world.door(), world.conflict(jane, EXTERNAL))
    conflict = world.conflict(jane, EMAIL)
    previewed(world.door(), conflict)
    kept = world.conflict(stranger, EMAIL)
    applied(world.door(), kept)
    preview = world.door().bulk.preview(Chosen((conflict,)), RemedyName.RELEASE_KEY, ENGINEER)
    assert isinstance(preview, BulkPreview)
    return jane, kept


@pytest.mark.parametrize("value", ["42", "1", "ae", "20", "customers_"])
def test_what_only_looks_like_a_value_does_not_stand_in_clear(world: World, value: str) -> None:
    everything_done(world)
    assert forgotten(world, value, erase=False).in_clear == ()


@pytest.mark.parametrize("value", [ADDRESS, "Özil.Kärner", "ЖАННЕТТА", "100%_jane"])
def test_a_value_that_stands_in_clear_is_told(world: World, value: str) -> None:
    _, kept = everything_done(world)
    words = f"asked by {value.swapcase()}, who waits"
    with world.store.write() as connection:
        connection.execute(update(schema.conflicts).values(reasons=[words]))
    assert forgotten(world, value, erase=False).in_clear == ("conflicts.reasons",)
    assert key_values(world.store, kept) is not None


@pytest.mark.parametrize("value", [ADDRESS, ADDRESS.upper(), EXTERNAL_ID])
def test_nothing_of_the_person_is_left_and_the_chain_verifies(
    world: World, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    jane, strangers = everything_done(world)

    found = forgotten(world, value)

    assert found.erased
    assert min(found.conflicts, found.fingerprints, found.images) >= 1
    assert found.in_clear == ()
    assert verify(world.store).intact
    assert conflicts_of_values(world.store, [value, value.lower()]) == []
    assert forgotten(world, value).held == 0
    assert key_values(world.store, strangers) is not None
    for path in world.folder.iterdir():  # the store, its write-ahead log, its shared memory
        content = path.read_bytes().lower()
        for private in (value, value.encode().hex()):
            assert private.lower().encode() not in content, path
    assert value.lower() not in caplog.text.lower()
    newest = list_entries(world.store)[0]
    assert newest.kind == "forget"
    assert jane in str(list_entries(world.store))
    assert value.lower() not in str(newest.body).lower()


def test_a_log_that_somebody_is_reading_is_told_of_and_emptied_the_next_time(world: World) -> None:
    applied(world.door(), world.conflict(world.customer(email=ADDRESS)))
    log = world.folder / "store.sqlite-wal"
    with closing(sqlite3.connect(world.folder / "store.sqlite")) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM conflicts").fetchone()
        assert forgotten(world, ADDRESS).lingers
        assert log.stat().st_size
    assert not forgotten(world, ADDRESS).lingers
    assert not log.stat().st_size


def test_a_value_that_json_escapes_is_found_as_well(world: World) -> None:
    quoted = '"jane \\ doe"@example.com'
    row = world.customer(email=quoted, external_id="cus_quoted", name="Jane")
    applied(world.door(), world.conflict(row, EMAIL))
    answer = forgotten(world, quoted.upper())
    assert (answer.conflicts, answer.images, answer.in_clear) == (1, 1, ())


def test_the_row_in_which_a_remedy_keeps_the_value_is_named(world: World) -> None:
    jane, _ = everything_done(world)

    found = forgotten(world, EXTERNAL_ID)

    (row,) = found.rows
    assert (row.table, row.row_id, row.remedy) == ("customers", jane, "release-key")
    assert set(row.wrote) == {"external_id", "user_metadata"}
    assert row.now_in == ("user_metadata",)
    again = forgotten(world, EXTERNAL_ID)
    assert again.rows == ()


def test_what_was_forgotten_cannot_be_taken_back_and_a_strangers_can(world: World) -> None:
    _, strangers = everything_done(world)
    with world.store.read() as connection:
        done = {
            line.conflict_id: line.id for line in connection.execute(select(schema.remediations))
        }
    forgotten(world, EXTERNAL_ID)

    (mine,) = (one for conflict, one in done.items() if conflict != strangers)
    refused = refusal(world.door().undo_preview(mine, ENGINEER))
    assert refused.code is RefusalCode.NOTHING_TO_UNDO
    assert not isinstance(world.door().undo_preview(done[strangers], ENGINEER), Refusal)


def test_a_copy_that_an_upgrade_has_left_is_named(world: World) -> None:
    everything_done(world)
    copy = world.folder / "store.sqlite.0001"
    ours, other = sqlite3.connect(world.folder / "store.sqlite"), sqlite3.connect(copy)
    with closing(ours) as source, closing(other) as target:
        source.backup(target)
    (world.folder / "store.sqlite.txt").write_text("a note of somebody's")

    assert forgotten(world, ADDRESS).copies == (str(copy),)


def test_a_list_erases_nothing(world: World) -> None:
    everything_done(world)

    first = forgotten(world, ADDRESS, erase=False)

    assert (first.erased, first.previews, first.batches) == (False, 2, 1)
    assert forgotten(world, ADDRESS, erase=False).held == first.held > 0


def test_a_value_that_only_resembles_is_left_alone(world: World) -> None:
    everything_done(world)

    assert forgotten(world, "cus_very_priv").held == 0
    assert forgotten(world, "example.com").held == 0


@pytest.mark.parametrize("actor", [SUPPORT, VIEWER], ids=["support", "viewer"])
def test_others_may_not_and_that_is_journalled(world: World, actor: Actor) -> None:
    answer = world.door().forget(ADDRESS, actor)

    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.ROLE_MAY_NOT
    newest = list_entries(world.store)[0]
    assert (newest.kind, newest.actor) == ("refused", actor.name)
    assert "privata" not in str(newest.body).lower()


@pytest.mark.parametrize("undo", [False, True], ids=["release", "its undo"])
@pytest.mark.parametrize("at", [Step.INTENT, Step.WRITTEN, Step.COMMITTING])
def test_whoever_is_forgotten_while_a_remedy_runs_is_not_written_or_named(
    world: World, at: Step, undo: bool
) -> None:
    jane = world.customer(email=ADDRESS, external_id=EXTERNAL_ID)
    conflict = world.conflict(jane, EXTERNAL)
    released = applied(world.door(), conflict).remediation_id if undo else ""
    before = world.row(jane)
    found: list[Forgotten] = []

    def announce(step: Step) -> None:
        if step is at:
            found.append(forgotten(world, EXTERNAL_ID))

    door = world.door(announce)
    if undo:
        done = undone(door, released)
    else:
        approval = approved(previewed(door, conflict))
        done = door.apply(conflict, RemedyName.RELEASE_KEY, approval)

    committed = at is Step.COMMITTING
    assert isinstance(done, Applied) is committed
    if not committed:
        assert "was forgotten before it was committed" in refusal(done).text
        assert world.row(jane) == before
    named = [(row.row_id, row.now_in) for row in found[0].rows]
    assert named == ([(jane, ("user_metadata",))] if undo or committed else [])
    assert forgotten(world, EXTERNAL_ID, erase=False).held == 0
    assert verify(world.store).intact


@pytest.mark.parametrize("undo", [False, True], ids=["release", "its undo"])
def test_what_was_planned_before_somebody_was_forgotten_does_not_begin(
    world: World, undo: bool
) -> None:
    jane = world.customer(email=ADDRESS, external_id=EXTERNAL_ID)
    conflict = world.conflict(jane, EXTERNAL)
    released = applied(world.door(), conflict).remediation_id if undo else ""
    before = world.row(jane)
    preview = world.door().undo_preview(released, ENGINEER) if undo else None
    preview = preview or previewed(world.door(), conflict)
    assert isinstance(preview, Preview)
    calls = itertools.count(1)

    def clock() -> datetime:
        """The last thing that is asked for before the row is claimed is the time."""
        if next(calls) == LAST_BEFORE_THE_CLAIM:
            forgotten(world, EXTERNAL_ID)
        return datetime.now(UTC)

    door, approval = world.door(clock=clock), approved(preview)
    if undo:
        done = door.undo(released, approval)
    else:
        done = door.apply(conflict, RemedyName.RELEASE_KEY, approval)

    assert next(calls) > LAST_BEFORE_THE_CLAIM
    assert "erased or has expired in the meantime" in refusal(done).text
    assert world.row(jane) == before
    assert forgotten(world, EXTERNAL_ID, erase=False).held == 0
    assert verify(world.store).intact


def test_where_a_value_is_whose_image_has_expired_is_not_made_up(world: World) -> None:
    jane = world.customer(email=ADDRESS, external_id=EXTERNAL_ID)
    applied(world.door(), world.conflict(jane, EXTERNAL))
    world.time_passes(days=31)
    world.door().settle()

    (row,) = forgotten(world, EXTERNAL_ID, erase=False).rows

    assert (row.row_id, row.now_in) == (jane, None)


def test_whoever_is_forgotten_while_a_bulk_runs_is_not_written(world: World) -> None:
    world.limits |= {"bulk_batch_rows": 1, "bulk_pause_ms": 0, "bulk_stop_percent": 100}
    jane = world.customer(email=ADDRESS, external_id=EXTERNAL_ID)
    joe = world.customer(email="joe@example.com", external_id="cus_joe")
    chosen = Chosen((world.conflict(jane, EXTERNAL), world.conflict(joe, EXTERNAL)))
    preview = world.door().bulk.preview(chosen, RemedyName.RELEASE_KEY, ENGINEER)
    assert isinstance(preview, BulkPreview)

    def announce(step: str, batch: int) -> None:
        if (step, batch) == ("begun", 0):
            forgotten(world, EXTERNAL_ID)

    door = world.door(announce_batch=announce)
    ended = door.bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))

    assert isinstance(ended, BulkEnded)
    assert (ended.applied, ended.waiting, ended.stopped) == (1, 0, None)
    assert ["was forgotten" in one.refusal.text for one in ended.exceptions] == [True]
    assert (world.row(jane)["external_id"], world.row(joe)["external_id"]) == (EXTERNAL_ID, None)
    assert verify(world.store).intact


@pytest.mark.parametrize("cut", ["committing", "committed"])
def test_a_batch_that_was_cut_off_is_settled_although_somebody_of_it_was_forgotten(
    world: World, cut: str
) -> None:
    jane = world.customer(email=ADDRESS, external_id=EXTERNAL_ID)
    joe = world.customer(email="joe@example.com", external_id="cus_joe")
    theirs = world.conflict(joe, EXTERNAL)
    chosen = Chosen((world.conflict(jane, EXTERNAL), theirs))
    preview = world.door().bulk.preview(chosen, RemedyName.RELEASE_KEY, ENGINEER)
    assert isinstance(preview, BulkPreview)

    def announce(step: str, _: int) -> None:
        if step == cut:
            raise KeyboardInterrupt

    door = world.door(announce_batch=announce)
    with pytest.raises(KeyboardInterrupt):
        door.bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    (named,) = forgotten(world, EXTERNAL_ID).rows
    assert (named.row_id, named.now_in) == (jane, ("user_metadata",))
    world.door().settle()

    done = list_remediations(world.store, RemediationFilter(conflict_id=theirs, state="applied"))
    bulk = find_bulk(world.store, preview.bulk_id)
    assert bulk is not None
    assert (bulk.state, len(done)) == ("done", 1 if cut == "committed" else 0)
    assert (world.row(joe)["external_id"] is None) is (cut == "committed")
    if done:
        assert isinstance(undone(world.door(), done[0].id), Applied)
    assert verify(world.store).intact
