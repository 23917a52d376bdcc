"""What a database administrator asks: locks, waiting, round trips, and twenty at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from collectors.evidence.reads.remediations import list_remediations
from collectors.postgres.engine import ReadTarget
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Outcome, RefusalCode, Step
from dashboard.remediation.service import Approval, verify
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, Chosen
from sample_data.postgres import Postgres
from tests.database.counting_proxy import counting
from tests.database.remediation_world import (
    ENGINEER,
    EXTERNAL,
    WRITER,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

RELEASE, RESTORE = RemedyName.RELEASE_KEY, RemedyName.RESTORE_ROW

OURS = """
SELECT l.mode, l.granted, l.locktype FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE a.application_name LIKE 'tombstone%' AND a.datname = current_database()
  AND l.relation IS NOT NULL
"""
VERSIONS = "SELECT id::text, ctid::text FROM customers"
WAITING_OURSELVES = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND a.application_name LIKE 'tombstone%'
"""
WAITING_FOR_US = """
SELECT count(*) FROM pg_stat_activity waiting
WHERE EXISTS (
    SELECT 1 FROM pg_stat_activity a
    WHERE a.pid = ANY (pg_blocking_pids(waiting.pid)) AND a.application_name LIKE 'tombstone%'
)
"""


def test_twenty_who_apply_the_same_plan_at_once_apply_it_once(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    world.customer(email="other@example.com", external_id="cus_0043")
    conflict = world.conflict(jane, EXTERNAL)
    preview = previewed(world.door(), conflict)
    versions = world.database.execute(VERSIONS)
    start = threading.Barrier(20)

    def one(number: int) -> Outcome:
        approval = approved(preview, Actor(f"person {number}", Role.SUPPORT, verified=True))
        start.wait()
        return world.door().apply(conflict, RELEASE, approval)

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(one, range(20)))

    done = [outcome for outcome in outcomes if isinstance(outcome, Applied)]
    told = [refusal(outcome) for outcome in outcomes if not isinstance(outcome, Applied)]
    assert len(done) == 1
    assert Counter(each.code for each in told) == {RefusalCode.ALREADY_DONE: 19}
    assert all(each.text.startswith("This was already done by person ") for each in told)
    assert [each.state for each in list_remediations(world.store)] == ["applied"]
    now = world.database.execute(VERSIONS)
    assert [one for one, _ in {*now} - {*versions}] == [jane]
    assert verify(world.store).intact


def test_two_remedies_for_one_row_never_run_at_once(world: World) -> None:
    conflict = world.conflict(world.customer())
    release = approved(previewed(world.door(), conflict, RELEASE))
    restore = approved(previewed(world.door(), conflict, RESTORE))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(world.door().apply, conflict, RELEASE, release)
        second = pool.submit(world.door().apply, conflict, RESTORE, restore)
        outcomes = [first.result(), second.result()]

    assert sum(isinstance(outcome, Applied) for outcome in outcomes) == 1
    assert verify(world.store).intact


def test_the_second_person_hears_who_did_it(world: World) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))
    applied(world.door(), conflict)

    late = refusal(world.door().apply(conflict, RELEASE, approval))
    later = refusal(world.door().preview(conflict, RELEASE, Actor("sue", Role.SUPPORT, True)))

    for told in (late, later):
        assert told.code is RefusalCode.ALREADY_DONE
        assert "already done by erin at 20" in told.text


@pytest.mark.parametrize("in_bulk", [False, True], ids=["alone", "in-a-bulk"])
def test_the_other_key_of_a_row_is_not_said_to_be_released(world: World, in_bulk: bool) -> None:
    jane = world.customer(external_id="cus_1")
    conflict = world.conflict(jane)
    bulk = world.door().bulk.preview(Chosen((conflict,)), RELEASE, ENGINEER)
    assert isinstance(bulk, BulkPreview)
    applied(world.door(), world.conflict(jane, EXTERNAL))
    world.update(jane, "email = 'new@example.com'")

    if in_bulk:
        ended = world.door().bulk.apply(Approval(ENGINEER, bulk.digest, "why"))
        assert isinstance(ended, BulkEnded)
        (said,) = (one.refusal for one in ended.exceptions)
        assert said.code is RefusalCode.CHANGED_SINCE_PREVIEW
    else:
        said = refusal(world.door().preview(conflict, RELEASE, ENGINEER))
        assert said.code is RefusalCode.KEY_NOT_HELD
    assert "already done" not in said.text


def test_a_row_somebody_has_locked_is_refused_and_nobody_waits_behind_us(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    door = world.door()
    approval = approved(previewed(door, conflict))
    waiting: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            waiting.append(world.database.execute(WAITING_FOR_US)[0][0])
            waiting.append(world.database.execute(WAITING_OURSELVES)[0][0])

    with psycopg.connect(world.database.dsn) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT 1 FROM customers WHERE id = %s FOR UPDATE", [jane])
        watching = threading.Thread(target=watch)
        behind = threading.Thread(target=world.update, args=(jane, "name = 'Jane'"))
        began = time.monotonic()
        ours = pool.submit(door.apply, conflict, RELEASE, approval)
        time.sleep(world.limits["lock_timeout_ms"] / 2_000)
        watching.start()
        behind.start()
        refused = refusal(ours.result())
        took = time.monotonic() - began
        over.set()
        watching.join()
    behind.join()

    assert refused.code is RefusalCode.LOCKED
    assert took < world.limits["lock_timeout_ms"] / 1_000 + 2
    assert waiting
    assert set(waiting) == {0}
    assert world.row(jane)["email"] == "Jane@Example.com"


def test_a_refused_plan_can_be_approved_again(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict))
    with psycopg.connect(world.database.dsn) as other:
        other.execute("SELECT 1 FROM customers WHERE id = %s FOR UPDATE", [jane])
        assert refusal(world.door().apply(conflict, RELEASE, approval)).code is RefusalCode.LOCKED

    assert isinstance(world.door().apply(conflict, RELEASE, approval), Applied)


def test_no_lock_on_a_table_is_stronger_than_row_exclusive(world: World) -> None:
    conflict = world.conflict(world.customer(external_id="cus_0042"), EXTERNAL)
    seen: list[tuple[str, bool, str]] = []

    def look(step: Step) -> None:
        if step is Step.COMMITTING:
            seen.extend(world.database.execute(OURS))

    done = applied(world.door(look), conflict)
    undone(world.door(look), done.remediation_id)

    assert {mode for mode, _, _ in seen} <= {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
    assert {kind for _, _, kind in seen} == {"relation"}
    assert all(granted for _, granted, _ in seen)


def test_the_session_names_the_tool_and_the_remediation(world: World) -> None:
    conflict = world.conflict(world.customer())
    names: list[str] = []

    def look(step: Step) -> None:
        if step is Step.WRITTEN:
            query = "SELECT application_name FROM pg_stat_activity WHERE usename = %s"
            names.extend(name for (name,) in world.database.execute(query, [WRITER]))

    done = applied(world.door(look), conflict)

    assert names == [f"tombstone {done.remediation_id}"]


def test_a_database_that_takes_too_long_is_not_waited_for(world: World) -> None:
    world.limits["statement_timeout_ms"] = 100
    world.limits["allow_triggers"] = ["customers"]
    world.database.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(5); RETURN NEW; END $$; "
        "CREATE TRIGGER dawdle BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )
    conflict = world.conflict(world.customer())

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.TIMED_OUT


@pytest.mark.slow
def test_a_process_that_hangs_between_two_statements_lets_go_of_the_row(world: World) -> None:
    world.limits["statement_timeout_ms"] = 500
    jane = world.customer()
    conflict = world.conflict(jane)
    freed_after: list[float] = []

    def hang(step: Step) -> None:
        if step is Step.WRITTEN:
            began = time.monotonic()
            world.update(jane, "name = 'Jane'")
            freed_after.append(time.monotonic() - began)

    approval = approved(previewed(world.door(), conflict))
    outcome = world.door(hang).apply(conflict, RELEASE, approval)

    assert refusal(outcome).code in (RefusalCode.TIMED_OUT, RefusalCode.INTERRUPTED)
    assert freed_after[0] < 7
    assert world.row(jane)["email"] == "Jane@Example.com"
    assert verify(world.store).intact


def test_one_apply_takes_at_most_fifteen_round_trips(world: World, postgres: Postgres) -> None:
    conflict = world.conflict(world.customer(external_id="cus_0042"), EXTERNAL)
    with counting(postgres.port) as counted:
        writer, reader = (
            make_conninfo(dsn or "", port=counted.port, sslmode="disable", gssencmode="disable")
            for dsn in (world.writer_dsn, world.database.dsn)
        )
        world.writer_dsn = writer
        with ReadTarget("production", reader) as world.reader:
            approval = approved(previewed(world.door(), conflict))
            before = counted.trips
            outcome = world.door().apply(conflict, RELEASE, approval)

    assert isinstance(outcome, Applied)
    assert 12 <= counted.trips - before <= 15  # the reader's and the writer's
