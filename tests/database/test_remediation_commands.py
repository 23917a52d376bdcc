"""The write side from the command line: what it prints and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.evidence.reads.remediations import list_entries
from collectors.model import Confidence, Verdict
from dashboard.remediation.journal import verify
from tests import command
from tests.database.remediation_world import EMAIL, EXTERNAL, WRITER, World
from tests.factories import SECRET

DONE, FOUND, WRONG_USAGE, UNREACHABLE = 0, 1, 2, 3


def tombstone(
    world: World, *arguments: str, given: str = "", **variables: str
) -> tuple[int, dict[str, Any], str]:
    """Run it; its exit code, its one JSON document, and what it said beside."""
    own = {
        "TOMBSTONE_STORE_URL": f"sqlite:///{world.folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
        "TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": world.database.dsn,
        "TOMBSTONE_TARGETS__PRODUCTION__WRITE_DSN": world.writer_dsn or "",
        "TOMBSTONE_REMEDIATION__BULK_BATCH_ROWS": "2",
        "TOMBSTONE_REMEDIATION__BULK_PAUSE_MS": "0",
        **variables,
    }
    done = command.tombstone(world.folder, *arguments, "--json", variables=own, given=given)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def crowd(world: World, count: int) -> list[str]:
    return [
        world.conflict(world.customer(email=f"number.{n}@example.com", external_id=f"cus_{n}"))
        for n in range(count)
    ]


BULK = ("remediate", "--bulk", "--remedy", "release-key")


def test_a_bulk_is_previewed_applied_by_its_digest_and_taken_back(world: World) -> None:
    conflicts = crowd(world, 5)
    unsure = world.conflict(
        world.customer(email="un@sure.org"), EMAIL, confidence=Confidence.LIKELY
    )

    code, preview, _ = tombstone(world, *BULK, "--constraint", EMAIL)
    assert (code, preview["rows"], preview["batches"], preview["outcome"]) == (DONE, 5, 3, None)
    assert [(one["conflict_id"], one["code"]) for one in preview["exceptions"]] == [
        (unsure, "not-sure-enough")
    ]
    assert "example.com" not in json.dumps(preview)

    digest = ("--digest", preview["digest"], "--apply", "--reason", "the incident")
    code, done, said = tombstone(world, *BULK, *digest)
    assert (done["applied"], done["outcome"], done["refusal"]) == (5, "Applied", None), said
    assert code == FOUND  # one was left, and is named
    assert {world.stored(one).verdict for one in conflicts} == {Verdict.UNBLOCKED}

    assert f"journal head {len(list_entries(world.store))} {verify(world.store).head}" in said

    code, again, _ = tombstone(world, *BULK, *digest)
    assert (code, again["refusal"]["code"]) == (FOUND, "already-done")

    code, back, _ = tombstone(world, "undo", done["bulk_id"], "--apply")
    assert (code, back["applied"]) == (DONE, 5)
    assert {world.stored(one).verdict for one in conflicts} == {Verdict.BLOCKED_BY_TOMBSTONE}


def test_a_store_put_back_from_its_back_up_has_an_older_head(world: World) -> None:
    """It is whole in itself: what a command said, and a log kept, tells that lines are gone."""
    conflict = crowd(world, 1)[0]
    act = ("remediate", conflict, "--remedy", "release-key", "--apply", "--reason", "SUP-4711")
    assert tombstone(world, *act)[0] == DONE
    head = verify(world.store).head
    assert head is not None
    _, told, beside = tombstone(world, "doctor")
    assert f"its head: {head[:12]}." in json.dumps(told)
    assert "journal head" not in beside


def test_an_erased_row_is_refused_from_here_too(world: World) -> None:
    gone = world.customer(email="4f1c@anonymized.invalid", external_id="cus_0042")
    conflict = world.conflict(gone, EXTERNAL)

    code, told, _ = tombstone(world, "remediate", conflict, "--remedy", "restore-row")
    assert (code, told["refusal"]["code"]) == (FOUND, "erased")
    code, told, _ = tombstone(world, "remediate", "--bulk", "--remedy", "restore-row")
    assert (code, told["refusal"]["code"]) == (FOUND, "not-in-bulk")
    assert world.row(gone)["deleted_at"] is not None
    refused = [one.body["code"] for one in list_entries(world.store) if one.kind == "refused"]
    assert refused == ["not-in-bulk", "erased"]


def test_a_restore_takes_along_what_it_is_told_to(world: World) -> None:
    jane = world.customer()
    world.database.execute(
        f"GRANT UPDATE (deleted_at) ON subscriptions TO {WRITER};"
        "INSERT INTO subscriptions (customer_id, deleted_at) SELECT id, deleted_at FROM customers"
    )
    restore = ("remediate", world.conflict(jane), "--remedy", "restore-row", "--with")

    code, nothing, _ = tombstone(world, *restore, "orders")
    assert (code, nothing["refusal"]["code"]) == (FOUND, "nothing-to-change")
    code, preview, _ = tombstone(world, *restore, "subscriptions")
    assert (code, len(preview["statements"])) == (DONE, 2)
    digest = ("--digest", preview["digest"], "--apply", "--reason", "deleted by mistake")
    code, done, _ = tombstone(world, *restore, "subscriptions", *digest)

    assert (code, done["outcome"]) == (DONE, "Applied")
    live = "SELECT count(*) FROM subscriptions WHERE deleted_at IS NULL"
    assert world.database.execute(live) == [(1,)]
    code, back, _ = tombstone(world, "undo", done["remediation_id"], "--apply")
    assert (code, back["outcome"]) == (DONE, "Applied")
    assert world.database.execute(live) == [(0,)]


def test_a_role_that_may_not_is_refused(world: World) -> None:
    crowd(world, 1)

    for arguments in (BULK, ("forget", "number.0@example.com")):
        code, told, _ = tombstone(world, *arguments, TOMBSTONE_ACCESS__CLI_ROLE="support")
        assert (code, told["refusal"]["code"]) == (FOUND, "role-may-not")


def test_somebody_is_forgotten_by_standard_input(world: World) -> None:
    crowd(world, 2)

    _, listed, _ = tombstone(world, "forget", "-", "--list", given="Number.1@Example.com\n")
    assert (listed["conflicts"], listed["erased"]) == (1, False)
    code, told, _ = tombstone(world, "forget", "-", given="Number.1@Example.com\n")
    assert (code, told["conflicts"], told["erased"], told["in_clear"]) == (DONE, 1, True, [])
    _, left, _ = tombstone(world, "forget", "number.1@example.com")
    assert left["held"] == 0


def test_a_target_that_does_not_say_how_it_spells_a_value_leaves_somebody_half_forgotten(
    world: World,
) -> None:
    down = {"TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": "postgresql://127.0.0.1:1/x"}
    code, told, _ = tombstone(world, "forget", "number.0@example.com", **down)
    assert (code, told["erased"], told["unasked"]) == (UNREACHABLE, True, ["production"])


def test_what_did_not_end_unclear_is_not_reopened(world: World) -> None:
    code, told, _ = tombstone(world, "reopen", "0" * 32, "--reason", "looked at it")

    assert (code, told["refusal"]["code"]) == (FOUND, "nothing-to-undo")


@pytest.mark.parametrize(
    "arguments",
    [
        ("remediate", "--remedy", "release-key"),
        ("remediate", "c1", "--remedy", "release-key", "--constraint", EMAIL),
        ("remediate", "--bulk", "--remedy", "release-key", "--apply"),
        ("remediate", "--bulk", "--remedy", "no-such-remedy"),
        ("remediate", "--bulk", "--remedy", "release-key", "--with", "orders"),
    ],
    ids=["nothing-named", "a-filter-without-bulk", "no-reason", "no-such-remedy", "with-a-bulk"],
)
def test_wrong_usage_is_one_sentence(world: World, arguments: tuple[str, ...]) -> None:
    code, told, said = tombstone(world, *arguments)

    assert (code, told) == (WRONG_USAGE, {})
    assert len(said.strip().splitlines()) == 1
