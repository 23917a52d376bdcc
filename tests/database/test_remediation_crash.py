"""Killed at any step, the journal and the row agree as soon as somebody settles."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from collectors.evidence.reads.bulks import find_bulk
from collectors.evidence.reads.remediations import RemediationRow, list_remediations
from collectors.model import Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Failed, RefusalCode, Step
from dashboard.remediation.service import Approval, Preview, verify
from dashboard.remediation.service.bulk import BulkPreview, BulkRefused, Chosen
from tests.database.bulk_world import codes
from tests.database.remediation_world import (
    ENGINEER,
    EXTERNAL,
    WRITER,
    Died,
    World,
    applied,
    approved,
    dies_at,
    previewed,
    refusal,
    undone,
)
from tests.factories import SECRET

RELEASE = RemedyName.RELEASE_KEY
COMMITTED = (Step.COMMITTED, Step.VERIFIED, Step.OUTCOME)


Kill = Callable[..., None]


@pytest.fixture
def kill(world: World, doomed: subprocess.Popen[str]) -> Kill:
    """Apply a plan in a process of its own, which dies at a step."""

    def killed(conflict: str, digest: str, step: Step, undoes: str = "") -> None:
        facts = {
            "store_url": f"sqlite:///{world.folder}/store.sqlite",
            "secret": SECRET,
            "read_dsn": world.database.dsn,
            "settings": {
                "targets": {"production": {"write_dsn": world.writer_dsn}},
                "remediation": world.limits,
            },
            "step": step,
            "conflict": conflict,
            "remedy": RELEASE,
            "digest": digest,
            "undoes": undoes,
        }
        assert doomed.stdin is not None
        assert doomed.stdout is not None
        doomed.stdin.write(f"{json.dumps(facts)}\n")
        doomed.stdin.flush()
        assert int(doomed.stdout.readline()) == signal.SIGKILL

    return killed


def settle(world: World) -> list[RemediationRow]:
    """Settle until nothing runs: the server may need a moment to notice who has gone."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        world.door().settle()
        found = list_remediations(world.store)
        if all(each.state != "running" for each in found):
            return found
        time.sleep(0.1)
    raise AssertionError("a remediation is still running")


@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name.lower())
def test_a_release_killed_at_any_step_is_settled_by_what_the_database_says(
    world: World, kill: Kill, step: Step
) -> None:
    jane = world.customer(external_id="cus_0042")
    before, conflict = world.row(jane), world.conflict(jane, EXTERNAL)
    digest = previewed(world.door(), conflict).plan.digest

    kill(conflict, digest, step)
    (remediation,) = settle(world)

    if step in COMMITTED:
        assert remediation.state == "applied"
        assert world.row(jane)["external_id"] is None
        assert world.stored(conflict).verdict is Verdict.UNBLOCKED
        assert isinstance(undone(world.door(), remediation.id), Applied)
        assert world.row(jane) == before
    else:
        assert (remediation.state, remediation.code) == ("refused", RefusalCode.INTERRUPTED)
        assert world.row(jane) == before
        assert world.stored(conflict).verdict is Verdict.BLOCKED_BY_TOMBSTONE
        assert applied(world.door(), conflict)
    assert verify(world.store).intact


@pytest.mark.parametrize("step", [Step.COMMITTING, Step.COMMITTED], ids=lambda step: step.name)
def test_a_killed_undo_is_settled_too(world: World, kill: Kill, step: Step) -> None:
    jane = world.customer(external_id="cus_0042")
    before, conflict = world.row(jane), world.conflict(jane, EXTERNAL)
    done = applied(world.door(), conflict)
    preview = world.door().undo_preview(done.remediation_id, ENGINEER)
    assert isinstance(preview, Preview)
    digest = preview.plan.digest

    kill(conflict, digest, step, undoes=done.remediation_id)
    states = {each.id: each.state for each in settle(world)}

    taken_back = step is Step.COMMITTED
    assert states[done.remediation_id] == ("undone" if taken_back else "applied")
    assert (world.row(jane) == before) is taken_back
    blocked = world.stored(conflict).verdict is Verdict.BLOCKED_BY_TOMBSTONE
    assert blocked is taken_back


@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name.lower())
def test_after_a_call_that_broke_off_the_next_one_finds_the_truth(world: World, step: Step) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))

    with pytest.raises(Died):
        world.door(dies_at(step)).apply(conflict, RELEASE, approval)
    outcome = world.door().apply(conflict, RELEASE, approval)

    if step in COMMITTED:
        assert refusal(outcome).code is RefusalCode.ALREADY_DONE
    else:
        assert isinstance(outcome, Applied)
    assert verify(world.store).intact


def test_a_connection_lost_while_committing_is_settled_at_once(world: World) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))

    def cut(step: Step) -> None:
        if step is Step.COMMITTING:
            world.database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'tombstone %' AND state = 'idle in transaction' "
                "AND datname = current_database()"
            )

    outcome = world.door(cut).apply(conflict, RELEASE, approval)

    assert refusal(outcome).code is RefusalCode.INTERRUPTED
    assert world.stored(conflict).verdict is Verdict.BLOCKED_BY_TOMBSTONE


def test_a_row_that_fits_neither_image_is_closed_until_somebody_has_looked(
    world: World, kill: Kill
) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    digest = previewed(world.door(), conflict).plan.digest
    kill(conflict, digest, Step.COMMITTED)
    world.update(jane, "email = 'someone@example.com', tax_id = 'DE1'")
    forget_the_transaction(world)

    (outcome,) = world.door().settle()
    assert isinstance(outcome, Failed)
    assert {each.column for each in outcome.difference} == {"email", "tax_id"}

    world.update(jane, "email = 'Jane@Example.com'")
    earlier = Approval(ENGINEER, digest, "ticket")
    for closed in (
        world.door().preview(conflict, RELEASE, ENGINEER),
        world.door().apply(conflict, RELEASE, earlier),
    ):
        assert refusal(closed).code is RefusalCode.NEEDS_A_LOOK
    many = world.door().bulk.preview(Chosen((conflict,)), RELEASE, ENGINEER)
    assert isinstance(many, BulkPreview)
    assert codes(many) == {RefusalCode.NEEDS_A_LOOK: 1}
    assert "ended unclear" in refusal(undone(world.door(), outcome.remediation_id)).text

    telling = f"one of {world.organization}'s"
    refused = world.door().reopen(outcome.remediation_id, ENGINEER, telling)
    assert refused is not None
    assert refused.code is RefusalCode.PERSONAL_DATA
    assert world.door().reopen(outcome.remediation_id, ENGINEER, "looked at it") is None
    applied(world.door(), conflict)
    assert verify(world.store).intact


def test_a_row_that_a_back_up_took_back_is_said_to_stand_against_its_transaction(
    world: World, kill: Kill
) -> None:
    jane = world.customer()
    conflict, before = world.conflict(jane), world.row(jane)
    kill(conflict, previewed(world.door(), conflict).plan.digest, Step.COMMITTED)
    after = world.row(jane)
    changed = [name for name, text in before.items() if text != after[name]]
    for name in changed:
        text = before[name]
        world.update(jane, f"{name} = NULL" if text is None else f"{name} = '{text}'")

    (outcome,) = world.door().settle()

    assert changed
    assert isinstance(outcome, Failed)
    assert "transaction was committed, but the row is as it was before" in outcome.text


def forget_the_transaction(world: World) -> None:
    """As on a server restored from a backup: the transaction's id lies in its future."""
    from sqlalchemy import update

    from collectors.evidence.schema import remediations

    with world.store.write() as connection:
        connection.execute(update(remediations).values(xid=str(2**40)))


@pytest.mark.parametrize("step", [Step.COMMITTING, Step.COMMITTED], ids=lambda step: step.name)
def test_where_the_transaction_is_not_known_the_row_itself_tells(
    world: World, kill: Kill, step: Step
) -> None:
    conflict = world.conflict(world.customer())
    digest = previewed(world.door(), conflict).plan.digest
    kill(conflict, digest, step)
    forget_the_transaction(world)

    (remediation,) = settle(world)

    assert remediation.state == ("applied" if step is Step.COMMITTED else "refused")


def test_what_a_living_process_has_in_hand_is_left_alone(world: World) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))
    settled: list[object] = []

    def meanwhile(step: Step) -> None:
        if step in (Step.INTENT, Step.COMMITTING):
            settled.extend(world.door().settle())

    outcome = world.door(meanwhile).apply(conflict, RELEASE, approval)

    assert isinstance(outcome, Applied)
    assert settled == []


def test_a_process_taken_for_dead_is_kept_from_committing(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict))

    def tomorrow() -> datetime:
        return datetime.now(UTC) + timedelta(days=1)

    def meanwhile(step: Step) -> None:
        if step is Step.WRITTEN:
            disown(world)
            (settled,) = world.door(clock=tomorrow).settle()
            assert refusal(settled).code is RefusalCode.INTERRUPTED

    outcome = world.door(meanwhile).apply(conflict, RELEASE, approval)

    assert refusal(outcome).code is RefusalCode.INTERRUPTED
    assert world.row(jane)["email"] == "Jane@Example.com"


def disown(world: World) -> None:
    """As if another machine were at work on it."""
    from dashboard.remediation.service import run

    run._at_work.clear()
    world.store.engine.dispose()


@pytest.mark.parametrize("step", ["begun", "committing", "committed", "outcome"])
def test_a_bulk_whose_process_was_killed_goes_on_where_it_was(
    world: World, doomed: subprocess.Popen[str], step: str
) -> None:
    world.limits |= {"bulk_batch_rows": 2, "bulk_pause_ms": 0}
    everybody = [world.customer(email=f"number.{n}@example.com") for n in range(5)]
    conflicts = [world.conflict(customer) for customer in everybody]
    preview = world.door().bulk.preview(Chosen(), RELEASE, ENGINEER)
    assert isinstance(preview, BulkPreview)
    kill_bulk(world, doomed, preview.digest, step)

    world.door().settle()
    stored = find_bulk(world.store, preview.bulk_id)
    assert stored is not None
    released = [c for c in everybody if "tombstone" in str(world.row(c)["email"])]
    assert stored.applied == len(released)
    assert verify(world.store).intact
    approval = Approval(ENGINEER, preview.digest, "the incident")
    answer = world.door().bulk.apply(approval)

    if isinstance(answer, BulkRefused):
        assert answer.refusal.code is RefusalCode.ALREADY_DONE
    assert all("tombstone" in str(world.row(c)["email"]) for c in everybody)
    assert len(list_remediations(world.store)) == 5
    assert {world.stored(conflict).verdict for conflict in conflicts} == {Verdict.UNBLOCKED}
    assert verify(world.store).intact


def kill_bulk(world: World, doomed: subprocess.Popen[str], digest: str, step: str) -> None:
    facts = {
        "store_url": f"sqlite:///{world.folder}/store.sqlite",
        "secret": SECRET,
        "read_dsn": world.database.dsn,
        "settings": {
            "targets": {"production": {"write_dsn": world.writer_dsn}},
            "remediation": world.limits,
        },
        "step": "",
        "digest": digest,
        "bulk": [step, 1],
    }
    assert doomed.stdin is not None
    assert doomed.stdout is not None
    doomed.stdin.write(f"{json.dumps(facts)}\n")
    doomed.stdin.flush()
    assert int(doomed.stdout.readline()) == signal.SIGKILL


def test_a_settlement_that_may_not_ask_leaves_it_for_later_and_lets_others_work(
    world: World, kill: Kill
) -> None:
    conflict = world.conflict(world.customer())
    other = world.conflict(world.customer(email="o@x.io"))
    digest = previewed(world.door(), conflict).plan.digest
    kill(conflict, digest, Step.COMMITTED)
    world.database.execute("REVOKE EXECUTE ON FUNCTION pg_xact_status FROM public")

    assert world.door().settle() == []
    applied(world.door(), other)
    world.database.execute("GRANT EXECUTE ON FUNCTION pg_xact_status TO public")

    assert [type(one) for one in world.door().settle()] == [Applied]


def test_a_bulk_whose_rows_may_not_be_asked_for_is_left_for_later(world: World) -> None:
    conflict = world.conflict(world.customer())
    preview = world.door().bulk.preview(Chosen((conflict,)), RELEASE, ENGINEER)
    assert isinstance(preview, BulkPreview)

    def announce(step: str, _: int) -> None:
        if step == "committed":
            raise KeyboardInterrupt

    door = world.door(announce_batch=announce)
    with pytest.raises(KeyboardInterrupt):
        door.bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    world.database.execute(f"REVOKE SELECT ON customers FROM {WRITER}")

    assert world.door().settle() == []
    world.database.execute(f"GRANT SELECT ON customers TO {WRITER}")
    world.door().settle()
    assert world.stored(conflict).verdict is Verdict.UNBLOCKED
