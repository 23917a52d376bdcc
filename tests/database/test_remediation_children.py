"""What was deleted in the same moment: offered, and restored along only where somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from collectors.evidence.reads.remediations import list_entries, list_remediations
from dashboard.access import Actor
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, RefusalCode, Step
from dashboard.remediation.service import Approval, Preview, verify
from sample_data.postgres import Database
from tests.database.remediation_world import (
    DELETED_AT,
    ENGINEER,
    SUPPORT,
    WRITER,
    Died,
    World,
    applied,
    approved,
    dies_at,
    refusal,
    undone,
)

RESTORE = RemedyName.RESTORE_ROW
ALONG = ("subscriptions",)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        database.execute(
            "CREATE TABLE keys (id int PRIMARY KEY, code text UNIQUE, s uuid REFERENCES"
            " subscriptions);"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {WRITER};"
            f"GRANT UPDATE (deleted_at) ON subscriptions, orders TO {WRITER}"
        )
        yield made


def subscribe(world: World, customer: str, *deleted_at: Any) -> list[str]:
    insert = "INSERT INTO subscriptions (customer_id, deleted_at) VALUES (%s, %s) RETURNING id"
    return [str(world.database.execute(insert, [customer, at])[0][0]) for at in deleted_at]


def everything(world: World) -> list[tuple[Any, ...]]:
    tables = ("customers", "subscriptions", "orders")
    found = [world.database.execute(f"SELECT t::text FROM {one} t ORDER BY id") for one in tables]
    return [row for rows in found for row in rows]


def live(world: World, table: str = "subscriptions") -> set[str]:
    query = f"SELECT id::text FROM {table} WHERE deleted_at IS NULL"
    return {one for (one,) in world.database.execute(query)}


def seen(
    world: World, conflict: str, along: Sequence[str] = ALONG, actor: Actor = ENGINEER
) -> Preview:
    preview = world.door().preview(conflict, RESTORE, actor, along)
    assert isinstance(preview, Preview), preview
    return preview


def test_they_are_offered_and_not_assumed(world: World) -> None:
    jane = world.customer()
    subscribe(world, jane, DELETED_AT, DELETED_AT, DELETED_AT - timedelta(days=1), None)
    conflict = world.conflict(jane)

    preview = seen(world, conflict, ())

    assert preview.plan.offered == (("subscriptions", 2),)
    assert "An engineer can have them restored along" in " ".join(preview.plan.warnings)
    assert len(preview.statements) == 1
    applied(world.door(), conflict, RESTORE)
    assert len(live(world)) == 1


def test_those_of_the_same_moment_come_back_in_one_transaction_and_go_again(world: World) -> None:
    jane, other = world.customer(), world.customer(email="other@example.com")
    mine = subscribe(world, jane, DELETED_AT, DELETED_AT + timedelta(milliseconds=40))
    subscribe(world, jane, DELETED_AT - timedelta(days=1))
    subscribe(world, other, DELETED_AT)
    world.database.execute(
        "INSERT INTO orders (customer_id, deleted_at) VALUES (%s, %s)", [jane, DELETED_AT]
    )
    before, conflict = everything(world), world.conflict(jane)

    preview = seen(world, conflict)
    assert everything(world) == before
    assert preview.plan.offered == (("orders", 1),)
    assert "Restored with it, in the same transaction: 2 in subscriptions." in preview.plan.warnings
    assert len(preview.statements) == 3
    done = world.door().apply(conflict, RESTORE, approved(preview))

    assert isinstance(done, Applied)
    assert live(world) == set(mine)
    assert live(world, "customers") == {jane}
    assert live(world, "orders") == set()
    ((stamps,),) = world.database.execute(
        "SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM subscriptions WHERE deleted_at"
        " IS NULL UNION ALL SELECT xmin FROM customers WHERE deleted_at IS NULL) rows"
    )
    assert stamps == 1
    intent = next(
        one for one in list_entries(world.store, conflict_id=conflict) if "along" in one.body
    )
    assert {row for _, row in intent.body["along"]} == set(mine)
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert everything(world) == before
    assert verify(world.store).intact


def test_a_row_that_refers_twice_is_one_row(world: World) -> None:
    jane = world.customer()
    twice, *_ = subscribe(world, jane, DELETED_AT)
    world.database.execute(
        "ALTER TABLE subscriptions ADD payer uuid REFERENCES customers;"
        f"UPDATE subscriptions SET payer = customer_id; GRANT SELECT ON subscriptions TO {WRITER}"
    )
    conflict = world.conflict(jane)

    assert seen(world, conflict, ()).plan.offered == (("subscriptions", 1),)
    done = world.door().apply(conflict, RESTORE, approved(seen(world, conflict)))

    assert isinstance(done, Applied)
    assert live(world) == {twice}


@pytest.mark.parametrize("table", ["subscriptions", "subscription", "keys"])
def test_a_table_whose_rows_cannot_be_restored_along_is_said_to_be_one(
    world: World, table: str
) -> None:
    jane = world.customer()
    subscribe(world, jane, DELETED_AT)
    world.database.execute("ALTER TABLE subscriptions DROP CONSTRAINT subscriptions_pkey CASCADE")
    conflict = world.conflict(jane)

    refused = refusal(world.door().preview(conflict, RESTORE, ENGINEER, (table,)))

    assert refused.text.startswith(f"Of {table} no row can be restored along")
    assert seen(world, conflict, ()).plan.offered == ()


MEANWHILE = {
    "a-child-is-restored": "UPDATE subscriptions SET deleted_at = NULL",
    "a-child-has-changed": "UPDATE subscriptions SET deleted_at = deleted_at + interval '1 ms'",
    "a-child-is-gone": "DELETE FROM subscriptions",
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_a_child_that_is_not_as_it_was_seen_keeps_all_as_they_are(world: World, name: str) -> None:
    jane = world.customer()
    subscribe(world, jane, DELETED_AT)
    conflict = world.conflict(jane)
    approval = approved(seen(world, conflict))
    world.database.execute(MEANWHILE[name])
    before = everything(world)

    refused = refusal(world.door().apply(conflict, RESTORE, approval))

    assert refused.code in (
        RefusalCode.NOT_A_TOMBSTONE, RefusalCode.CHANGED_SINCE_PREVIEW, RefusalCode.ROW_GONE
    )  # fmt: skip
    assert refused.text.startswith("subscriptions: The row ")
    assert everything(world) == before


def test_those_that_refer_to_each_other_come_back_and_go_again(world: World) -> None:
    world.database.execute("ALTER TABLE customers ADD main uuid REFERENCES subscriptions")
    jane = world.customer()
    (mine,) = subscribe(world, jane, DELETED_AT)
    world.update(jane, f"main = '{mine}'")
    before = everything(world)
    conflict = world.conflict(jane)
    done = world.door().apply(conflict, RESTORE, approved(seen(world, conflict)))
    assert isinstance(done, Applied)

    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert everything(world) == before


def test_a_locked_child_is_not_waited_for(world: World) -> None:
    jane = world.customer()
    subscribe(world, jane, DELETED_AT)
    conflict = world.conflict(jane)
    approval = approved(seen(world, conflict))
    with psycopg.connect(world.database.dsn) as other:
        other.execute("SELECT FROM subscriptions FOR UPDATE")
        refused = refusal(world.door().apply(conflict, RESTORE, approval))

    assert refused.code is RefusalCode.LOCKED
    assert live(world, "customers") == set()


SINCE = {
    "a-child-has-changed": (
        "UPDATE subscriptions SET deleted_at = now()",
        {RefusalCode.REFERENCED, RefusalCode.CHANGED_SINCE_PREVIEW},
    ),
    "a-new-child": (
        "INSERT INTO subscriptions (customer_id) SELECT id FROM customers",
        {RefusalCode.REFERENCED},
    ),
    "something-new-refers-to-a-child": (
        "INSERT INTO keys SELECT 1, 'k', id FROM subscriptions",
        {RefusalCode.REFERENCED},
    ),
}


@pytest.mark.parametrize("name", SINCE)
def test_what_happened_since_refuses_the_undo_of_all(world: World, name: str) -> None:
    statement, codes = SINCE[name]
    jane = world.customer()
    subscribe(world, jane, DELETED_AT)
    conflict = world.conflict(jane)
    done = world.door().apply(conflict, RESTORE, approved(seen(world, conflict)))
    assert isinstance(done, Applied)
    world.database.execute(statement)
    before = everything(world)

    assert refusal(undone(world.door(), done.remediation_id)).code in codes
    assert everything(world) == before


def test_a_child_that_would_collide_with_a_live_row_refuses(world: World) -> None:
    world.database.execute(
        "ALTER TABLE subscriptions ADD code text DEFAULT 'x';"
        "CREATE UNIQUE INDEX one_live ON subscriptions (code) WHERE deleted_at IS NULL"
    )
    jane, other = world.customer(), world.create_again(email="other@example.com")
    subscribe(world, jane, DELETED_AT)
    subscribe(world, other, None)

    refused = refusal(world.door().preview(world.conflict(jane), RESTORE, ENGINEER, ALONG))

    assert refused.code is RefusalCode.COLLIDES
    assert "one_live" in refused.text


REFUSED: dict[str, tuple[dict[str, Any], Actor, RemedyName, tuple[str, ...], str]] = {
    "by-support": ({}, SUPPORT, RESTORE, ALONG, RefusalCode.ROLE_MAY_NOT),
    "by-the-settings": (
        {"forbid": ["restore-row/production/subscriptions"]},
        ENGINEER,
        RESTORE,
        ALONG,
        RefusalCode.FORBIDDEN,
    ),
    "with-a-release": (
        {},
        ENGINEER,
        RemedyName.RELEASE_KEY,
        ALONG,
        RefusalCode.NOTHING_TO_CHANGE,
    ),
    "with-a-release-of-what-is-not-there": (
        {},
        ENGINEER,
        RemedyName.RELEASE_KEY,
        ("orders",),
        RefusalCode.NOTHING_TO_CHANGE,
    ),
    "a-table-of-which-nothing-was-deleted": (
        {},
        ENGINEER,
        RESTORE,
        ("orders",),
        RefusalCode.NOTHING_TO_CHANGE,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_who_may_not_is_refused_in_words_and_journalled(world: World, name: str) -> None:
    limits, actor, remedy, along, code = REFUSED[name]
    world.limits |= limits
    jane = world.customer()
    subscribe(world, jane, DELETED_AT)
    conflict = world.conflict(jane)

    refused = refusal(world.door().preview(conflict, remedy, actor, along))

    assert (refused.code, bool(refused.text)) == (code, True)
    assert ("Only a restore" in refused.text) is (remedy is not RESTORE)
    assert list_entries(world.store, conflict_id=conflict)[0].body["code"] == code


def test_a_child_with_triggers_waits_until_somebody_has_read_them(world: World) -> None:
    world.database.execute(
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
        "CREATE TRIGGER own BEFORE UPDATE ON subscriptions FOR EACH ROW EXECUTE FUNCTION leave()"
    )
    jane = world.customer()
    subscribe(world, jane, DELETED_AT)
    conflict = world.conflict(jane)

    refused = refusal(world.door().preview(conflict, RESTORE, ENGINEER, ALONG))
    assert refused.code is RefusalCode.USER_TRIGGERS

    world.limits["allow_triggers"] = ["subscriptions"]
    assert "own" in seen(world, conflict).cannot_take_back[0]


def test_too_many_are_not_one_click(world: World) -> None:
    jane = world.customer()
    subscribe(world, jane, *[DELETED_AT] * 101)

    refused = refusal(world.door().preview(world.conflict(jane), RESTORE, ENGINEER, ALONG))

    assert refused.code is RefusalCode.TOO_MANY


@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name.lower())
def test_cut_off_at_any_step_all_of_them_agree_with_the_journal(world: World, step: Step) -> None:
    jane = world.customer()
    subscribe(world, jane, DELETED_AT, DELETED_AT)
    before, conflict = everything(world), world.conflict(jane)
    preview = seen(world, conflict)

    with pytest.raises(Died):
        world.door(dies_at(step)).apply(
            conflict, RESTORE, Approval(ENGINEER, preview.plan.digest, "ticket")
        )
    world.door().settle()

    (remediation,) = list_remediations(world.store)
    if remediation.state == "applied":
        assert len(live(world)) == 2
        assert isinstance(undone(world.door(), remediation.id), Applied)
    assert everything(world) == before
    assert verify(world.store).intact
