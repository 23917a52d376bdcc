"""Purging a row, and everything that forbids it, on a real database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from collectors.evidence.reads.remediations import find_remediation, list_remediations
from collectors.model import Verdict
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.journal.images import open_image
from dashboard.remediation.outcomes import Applied, Outcome, RefusalCode, Refused, Step
from dashboard.remediation.service import verify
from sample_data.postgres import Database
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    EXTERNAL,
    SUPPORT,
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

PURGE, RELEASE = RemedyName.PURGE_ROW, RemedyName.RELEASE_KEY
COMMITTED = (Step.COMMITTED, Step.VERIFIED, Step.OUTCOME)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        database.execute(f"GRANT DELETE ON customers TO {WRITER}")
        yield made


def customers(world: World) -> list[str]:
    return [customer for (customer,) in world.database.execute("SELECT id::text FROM customers")]


def refused_preview(world: World, conflict: str, actor: Actor = ENGINEER) -> tuple[str, str]:
    found = refusal(world.door().preview(conflict, PURGE, actor))
    return found.code, found.text


def test_it_deletes_exactly_one_row_and_the_key_is_free(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    others = [world.customer(email="other@example.com"), world.create_again(email="j@example.org")]
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.create_again(email="jane@example.com")
    conflict = world.conflict(jane)

    preview = previewed(world.door(), conflict, PURGE)
    assert {*customers(world)} == {jane, *others}
    outcome = applied(world.door(), conflict, PURGE)

    assert {*customers(world)} == {*others}
    assert "no undo" in preview.plan.undo
    assert world.stored(conflict).verdict is Verdict.UNBLOCKED
    assert world.stored(conflict).released_by == "purge-row by erin"
    assert "erin purged the row" in world.stored(conflict).reasons[0]
    assert world.create_again(email="jane@example.com", external_id="cus_0042")
    done = find_remediation(world.store, outcome.remediation_id)
    assert done is not None
    assert (done.state, done.remedy) == ("applied", "purge-row")
    assert verify(world.store).intact


def test_there_is_no_undo_and_the_row_as_it_was_is_kept_sealed(world: World) -> None:
    jane = world.customer(name="Jane")
    seen = world.row(jane)
    done = applied(world.door(), world.conflict(jane), PURGE)

    stored = find_remediation(world.store, done.remediation_id)
    assert stored is not None
    assert not stored.can_be_undone
    image = open_image(world.store, done.remediation_id, datetime.now(UTC))
    assert image is not None
    assert (dict(image.before.columns), image.after) == (seen, None)
    refused = refusal(undone(world.door(), done.remediation_id))
    assert refused.code is RefusalCode.NOTHING_TO_UNDO
    assert "A purge has no undo" in refused.text
    assert customers(world) == []


def test_an_erased_row_is_purged_and_nothing_of_it_is_kept(world: World) -> None:
    jane = world.customer(email="0b6f@anonymized.invalid", external_id="cus_0042")
    done = applied(world.door(), world.conflict(jane, EXTERNAL), PURGE)

    assert customers(world) == []
    assert open_image(world.store, done.remediation_id, datetime.now(UTC)) is None


REFERENCES: dict[str, tuple[str, str, list[str]]] = {
    "direct": ("", "INSERT INTO orders (customer_id) VALUES ('{jane}')", ["1 in orders ("]),
    "softly-deleted-too": (
        "",
        "INSERT INTO orders (customer_id, deleted_at) VALUES ('{jane}', now())",
        ["1 in orders (orders_customer_id_fkey, NO ACTION)"],
    ),
    "cascade": (
        "",
        "INSERT INTO subscriptions (customer_id) VALUES ('{jane}'), ('{jane}')",
        ["2 in subscriptions (subscriptions_customer_id_fkey, CASCADE would delete them too)"],
    ),
    "several": (
        "",
        "INSERT INTO subscriptions (customer_id) VALUES ('{jane}');"
        "INSERT INTO orders (customer_id) VALUES ('{jane}'), ('{jane}'), ('{jane}')",
        ["1 in subscriptions", "3 in orders"],
    ),
    "set-null": (
        "CREATE TABLE checkouts (c uuid REFERENCES customers ON DELETE SET NULL)",
        "INSERT INTO checkouts VALUES ('{jane}')",
        ["1 in checkouts (checkouts_c_fkey, SET NULL would cut them off)"],
    ),
    "restrict": (
        'CREATE TABLE "Members" ("the id" uuid REFERENCES customers ON DELETE RESTRICT)',
        """INSERT INTO "Members" VALUES ('{jane}')""",
        ['1 in "Members" ("Members_the id_fkey", RESTRICT)'],
    ),
    "composite": (
        "ALTER TABLE customers ADD CONSTRAINT twice UNIQUE (organization_id, id);"
        "CREATE TABLE refunds (o uuid, c uuid, CONSTRAINT two FOREIGN KEY (o, c)"
        " REFERENCES customers (organization_id, id) ON DELETE CASCADE)",
        "INSERT INTO refunds VALUES ('{organization}', '{jane}'), ('{organization}', NULL)",
        ["1 in refunds (two, CASCADE would delete them too)"],
    ),
    "by-a-text-column": (
        "CREATE TABLE notes (o uuid, e varchar, CONSTRAINT by_text FOREIGN KEY (o, e)"
        " REFERENCES customers (organization_id, external_id) ON UPDATE CASCADE)",
        "INSERT INTO notes VALUES ('{organization}', 'cus_0042')",
        ["1 in notes (by_text, NO ACTION)"],
    ),
    "another-schema": (
        "CREATE SCHEMA billing; CREATE TABLE billing.refunds (c uuid REFERENCES customers);"
        f"GRANT USAGE ON SCHEMA billing TO {WRITER};",
        "INSERT INTO billing.refunds VALUES ('{jane}')",
        ["1 in billing.refunds (refunds_c_fkey, NO ACTION)"],
    ),
    "a-partitioned-child": (
        "CREATE TABLE events (c uuid REFERENCES customers ON DELETE CASCADE, n int)"
        " PARTITION BY RANGE (n); CREATE TABLE events_1 PARTITION OF events"
        " FOR VALUES FROM (0) TO (9); CREATE TABLE events_2 PARTITION OF events DEFAULT",
        "INSERT INTO events VALUES ('{jane}', 1), ('{jane}', 2), ('{jane}', 99)",
        ["3 in events (events_c_fkey, CASCADE would delete them too)"],
    ),
    "itself": (
        "ALTER TABLE customers ADD parent_id uuid REFERENCES customers",
        "INSERT INTO customers (organization_id, email, parent_id)"
        " VALUES ('{organization}', 'child@example.com', '{jane}')",
        ["1 in customers (customers_parent_id_fkey, NO ACTION)"],
    ),
    "three-tables-away": (
        "CREATE TABLE items (id int PRIMARY KEY, c uuid REFERENCES subscriptions"
        " ON DELETE CASCADE); CREATE TABLE grants (i int REFERENCES items ON DELETE CASCADE)",
        "WITH s AS (INSERT INTO subscriptions (customer_id) VALUES ('{jane}') RETURNING id)"
        " INSERT INTO items SELECT 1, id FROM s; INSERT INTO grants VALUES (1)",
        ["1 in subscriptions"],
    ),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_row_that_is_referred_to_is_refused_and_each_table_counted(
    world: World, name: str
) -> None:
    tables, rows, words = REFERENCES[name]
    jane = world.customer(external_id="cus_0042")
    world.database.execute(
        f"{tables}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {WRITER};"
        "DO $$ BEGIN IF to_regnamespace('billing') IS NOT NULL THEN"
        f" GRANT SELECT ON ALL TABLES IN SCHEMA billing TO {WRITER}; END IF; END $$"
    )
    conflict = world.conflict(jane)
    assert previewed(world.door(), conflict, PURGE)  # nothing refers to it yet
    world.database.execute(rows.format(jane=jane, organization=world.organization))

    code, text = refused_preview(world, conflict)

    assert code == RefusalCode.REFERENCED
    assert [word for word in words if word not in text] == []
    assert text.count(" in ") == len(words)
    assert jane in customers(world)


def test_a_row_of_another_customer_does_not_hinder(world: World) -> None:
    jane, john = world.customer(), world.customer(email="john@example.com")
    world.database.execute(f"INSERT INTO subscriptions (customer_id) VALUES ('{john}')")

    applied(world.door(), world.conflict(jane), PURGE)

    assert customers(world) == [john]
    assert world.database.execute("SELECT count(*) FROM subscriptions") == [(1,)]


def test_names_that_the_database_always_quotes_are_known_again(world: World) -> None:
    name = world.database.name
    world.database.execute(f"ALTER DATABASE {name} SET quote_all_identifiers = on")
    conflict = world.conflict(jane := world.customer())
    world.database.execute(f"INSERT INTO orders (customer_id) VALUES ('{jane}')")

    told = refused_preview(world, conflict)[1]
    assert told.endswith("not purged: 1 in orders (orders_customer_id_fkey, NO ACTION).")
    world.database.execute("DELETE FROM orders")
    applied(world.door(), conflict, PURGE)
    assert not customers(world)


def test_a_partition_is_not_purged_past_a_reference_to_its_whole_table(world: World) -> None:
    world.database.execute(
        "CREATE TABLE parts (id int, deleted_at timestamptz, code text NOT NULL,"
        " UNIQUE (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (9);"
        "ALTER TABLE parts_1 ADD PRIMARY KEY (id);"
        "CREATE UNIQUE INDEX parts_1_code ON parts_1 (code);"
        "CREATE TABLE lines (part int REFERENCES parts (id) ON DELETE CASCADE);"
        "INSERT INTO parts VALUES (7, now(), 'x'); INSERT INTO lines VALUES (7);"
        f"GRANT SELECT, UPDATE, DELETE ON parts, parts_1, lines TO {WRITER}"
    )
    conflict = world.conflict_of("parts_1_code", "parts_1", "7", "id = 7")

    code, text = refused_preview(world, conflict)

    assert code == RefusalCode.REFERENCED, text
    assert "1 in lines (lines_part_fkey, CASCADE would delete them too)" in text
    assert world.database.execute("SELECT count(*) FROM lines") == [(1,)]


def test_a_dependent_that_appears_after_the_preview_refuses(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE))
    world.database.execute(f"INSERT INTO subscriptions (customer_id) VALUES ('{jane}')")

    found = refusal(world.door().apply(conflict, PURGE, approval))

    assert found.code is RefusalCode.REFERENCED
    assert "1 in subscriptions" in found.text
    assert customers(world) == [jane]
    assert [each.state for each in list_remediations(world.store)] == ["refused"]


def test_a_dependent_that_is_being_written_is_not_taken_along(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE))
    with psycopg.connect(world.database.dsn) as other:
        other.execute("INSERT INTO subscriptions (customer_id) VALUES (%s)", [jane])
        locked = refusal(world.door().apply(conflict, PURGE, approval))
        other.commit()

    assert locked.code is RefusalCode.LOCKED
    assert refused_preview(world, conflict)[0] == RefusalCode.REFERENCED
    assert world.database.execute("SELECT count(*) FROM subscriptions") == [(1,)]


def test_nobody_can_refer_to_the_row_between_the_count_and_the_commit(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    late: list[str] = []

    def refer(step: Step) -> None:
        if step is Step.CHECKED:
            with psycopg.connect(world.database.dsn) as other:
                other.execute("SET lock_timeout = '50ms'")
                try:
                    other.execute("INSERT INTO subscriptions (customer_id) VALUES (%s)", [jane])
                except psycopg.errors.LockNotAvailable as error:
                    late.append(error.sqlstate or "")

    approval = approved(previewed(world.door(), conflict, PURGE))
    assert isinstance(world.door(refer).apply(conflict, PURGE, approval), Applied)
    assert late == ["55P03"]


def test_a_live_row_is_refused(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE))
    world.update(jane, "deleted_at = NULL")

    assert refused_preview(world, conflict)[0] == RefusalCode.NOT_A_TOMBSTONE
    found = refusal(world.door().apply(conflict, PURGE, approval))
    assert found.code is RefusalCode.NOT_A_TOMBSTONE
    assert customers(world) == [jane]


def test_a_row_that_has_changed_since_the_preview_is_refused(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE))
    world.update(jane, "name = 'Janet'")

    found = refusal(world.door().apply(conflict, PURGE, approval))

    assert found.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert "name" in str(found.difference[0])
    assert customers(world) == [jane]


def test_support_may_not(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE), SUPPORT)

    assert refused_preview(world, conflict, SUPPORT)[0] == RefusalCode.ROLE_MAY_NOT
    found = refusal(world.door().apply(conflict, PURGE, approval))
    assert found.code is RefusalCode.ROLE_MAY_NOT
    assert customers(world) == [jane]


def test_it_is_never_the_first_offer(world: World) -> None:
    conflict = world.conflict(world.customer())
    offers = world.door().offers(conflict, ENGINEER)
    assert [(each.remedy, each.first) for each in offers if each.possible][-1] == (PURGE, False)

    world.limits["forbid"] = ["release-key", "restore-row"]
    alone = world.door().offers(conflict, ENGINEER)

    assert [each.remedy for each in alone if each.possible] == [PURGE]
    assert not any(each.first for each in alone)


def test_the_settings_can_forbid_it(world: World) -> None:
    world.limits["forbid"] = ["purge-row/production/customers"]
    conflict = world.conflict(world.customer())

    assert refused_preview(world, conflict)[0] == RefusalCode.FORBIDDEN


@pytest.mark.parametrize(
    "revoked", ["DELETE ON customers", "SELECT ON subscriptions"], ids=["delete", "select-a-child"]
)
def test_a_writer_that_lacks_a_grant_is_refused_in_words(world: World, revoked: str) -> None:
    jane = world.customer()
    world.database.execute(f"REVOKE {revoked} FROM {WRITER}")
    conflict = world.conflict(jane)

    code, text = refused_preview(world, conflict)

    assert code == RefusalCode.WRITER_MAY_NOT
    assert "DELETE on customers" in text
    assert customers(world) == [jane]


def test_row_level_security_on_a_referring_table_refuses(world: World) -> None:
    jane = world.customer()
    world.database.execute(
        f"INSERT INTO subscriptions (customer_id) VALUES ('{jane}');"
        "ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY"
    )

    assert refused_preview(world, world.conflict(jane))[0] == RefusalCode.WRITER_MAY_NOT
    assert world.database.execute("SELECT count(*) FROM subscriptions") == [(1,)]


TRIGGERS = {
    "keeps-it": "CREATE TRIGGER t BEFORE DELETE ON customers FOR EACH ROW EXECUTE FUNCTION keep()",
    "puts-it-back": "CREATE TRIGGER t AFTER DELETE ON customers FOR EACH ROW"
    " EXECUTE FUNCTION put_back()",
}
FUNCTIONS = """
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION put_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN INSERT INTO customers SELECT OLD.*; RETURN NULL; END $$;
"""


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_that_keeps_the_row_is_noticed(world: World, name: str) -> None:
    world.limits["allow_triggers"] = ["customers"]
    world.database.execute(FUNCTIONS + TRIGGERS[name])
    jane = world.customer()

    found = world.door().preview(world.conflict(jane), PURGE, ENGINEER)

    assert isinstance(found, Refused)
    assert found.refusal.code is RefusalCode.DATABASE_REFUSED
    assert customers(world) == [jane]


def test_those_who_apply_it_at_once_apply_it_once(world: World) -> None:
    conflict = world.conflict(world.customer())
    preview = previewed(world.door(), conflict, PURGE)
    start = threading.Barrier(8)

    def one(number: int) -> Outcome:
        approval = approved(preview, Actor(f"person {number}", Role.ENGINEER, verified=True))
        start.wait()
        return world.door().apply(conflict, PURGE, approval)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(one, range(8)))

    told = [refusal(outcome) for outcome in outcomes if not isinstance(outcome, Applied)]
    assert Counter(each.code for each in told) == {RefusalCode.ALREADY_DONE: 7}
    assert all(each.text.startswith("This was already done by person ") for each in told)
    assert customers(world) == []
    assert verify(world.store).intact


def test_who_comes_later_hears_who_did_it(world: World) -> None:
    conflict = world.conflict(world.customer())
    applied(world.door(), conflict, PURGE)

    told = {
        PURGE: "This was already done by erin at ",
        RELEASE: "Another remedy was applied to this row: purge-row by erin at ",
    }
    for remedy, words in told.items():
        late = refusal(world.door().preview(conflict, remedy, ENGINEER))
        assert late.code is RefusalCode.ALREADY_DONE
        assert late.text.startswith(words)


def test_a_row_that_the_application_restored_is_not_said_to_be_our_doing(world: World) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    applied(world.door(), conflict, RemedyName.RELEASE_KEY)
    world.update(jane, "deleted_at = NULL")

    refused = refusal(world.door().preview(conflict, RemedyName.RELEASE_KEY, ENGINEER))

    assert refused.code is RefusalCode.NOT_A_TOMBSTONE


def test_a_row_that_the_application_deleted_is_not_said_to_be_our_doing(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    applied(world.door(), world.conflict(jane), RELEASE)
    conflict = world.conflict(jane, EXTERNAL)
    world.database.execute("DELETE FROM customers")

    assert refused_preview(world, conflict)[0] == RefusalCode.ROW_GONE


@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name.lower())
def test_cut_off_at_any_step_the_journal_and_the_row_agree(world: World, step: Step) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE))
    with pytest.raises(Died):
        world.door(dies_at(step)).apply(conflict, PURGE, approval)

    world.door().settle()

    gone = step in COMMITTED
    assert customers(world) == ([] if gone else [jane])
    assert [one.state for one in list_remediations(world.store)] == [
        "applied" if gone else "refused"
    ]
    assert (world.stored(conflict).verdict is Verdict.UNBLOCKED) is gone
    assert verify(world.store).intact


def test_the_other_key_of_a_purged_row_is_free_as_well(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    world.conflict(jane, EMAIL)
    applied(world.door(), world.conflict(jane, EXTERNAL), PURGE)

    assert world.create_again(email="jane@example.com", external_id="cus_0042")


def test_a_foreign_key_that_is_added_after_the_count_refuses(world: World) -> None:
    """Its CASCADE would have taken the row that refers to ours along."""
    jane = world.customer()
    world.database.execute(
        f"CREATE TABLE late (customer_id uuid); INSERT INTO late VALUES ('{jane}')"
    )
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict, PURGE))

    def alter(step: Step) -> None:
        if step is Step.CHECKED:
            world.database.execute(
                "ALTER TABLE late ADD CONSTRAINT late_fk FOREIGN KEY (customer_id)"
                " REFERENCES customers ON DELETE CASCADE"
            )

    found = refusal(world.door(alter).apply(conflict, PURGE, approval))

    assert found.code is RefusalCode.REFERENCED
    assert "late_fk" in found.text
    assert customers(world) == [jane]
    assert world.database.execute("SELECT count(*) FROM late") == [(1,)]
