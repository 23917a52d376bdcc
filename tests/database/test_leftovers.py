"""What deletions left behind, on a real database: children, keys, and keys of the erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.model import Leftover, LeftoverKind, TableLeftovers
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import POLAR, TableMapping
from collectors.postgres.tombstones.leftovers import count_leftovers
from sample_data.postgres import Database

TABLES = """
CREATE TABLE customers (
    id int PRIMARY KEY, organization_id int NOT NULL, name text, email text NOT NULL,
    external_id text, user_metadata jsonb NOT NULL DEFAULT '{}', deleted_at timestamptz
);
CREATE UNIQUE INDEX by_email ON customers (organization_id, lower(email));
CREATE UNIQUE INDEX by_external_id ON customers (organization_id, external_id);
CREATE TABLE subscriptions (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE,
    status text NOT NULL, amount int, currency text, deleted_at timestamptz
);
CREATE TABLE notes (id int PRIMARY KEY, customer_id int REFERENCES customers, text text);
CREATE TABLE members (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, email text NOT NULL,
    organization_id int, name text, deleted_at timestamptz, UNIQUE (customer_id, email)
);
INSERT INTO customers (id, organization_id, email, external_id, deleted_at) VALUES
    (1, 1, 'live@x.org', 'crm-1', NULL),
    (2, 1, 'jane.doe@x.org', 'crm-2', now() - interval '40 days'),
    (3, 1, 'bob@x.org', NULL, now() - interval '2 days'),
    (4, 1, 'h@anonymized.invalid', 'crm-4', now() - interval '2 days'),
    (5, 1, 'i@anonymized.invalid', 'crm-5', NULL),
    (6, 1, 'released+6@tombstone.invalid', NULL, now());
INSERT INTO subscriptions VALUES
    (1, 1, 'active', 5, 'eur', NULL), (2, 2, 'active', 5, 'eur', NULL),
    (3, 2, 'canceled', 5, 'eur', NULL), (4, 3, 'active', 5, 'eur', now()),
    (5, 3, 'past_due', 5, 'eur', NULL);
INSERT INTO notes VALUES (1, 2, 'x');
INSERT INTO members (id, customer_id, email) VALUES (1, 2, 'm@x.org'), (2, 1, 'n@x.org');
"""


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("production", database.dsn) as opened:
        yield opened


def counts(
    target: ReadTarget,
    name: str = "customers",
    mapping: dict[str, TableMapping] | None = None,
    **more: Any,
) -> TableLeftovers:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot, mapping=POLAR if mapping is None else mapping)
    table = catalog.table("public", name)
    assert table is not None
    return count_leftovers(target, catalog, table, **more)


def by_name(found: TableLeftovers) -> dict[tuple[LeftoverKind, str], Leftover]:
    return {(one.kind, one.name): one for one in found.leftovers}


def test_each_kind_is_counted_with_its_growth_and_its_oldest_rows(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLES)
    found = by_name(counts(target))
    assert {name: one.rows for name, one in found.items()} == {
        (LeftoverKind.LIVE_CHILD, "subscriptions_customer_id_fkey"): 2,
        (LeftoverKind.LIVE_CHILD, "members_customer_id_fkey"): 1,
        (LeftoverKind.HELD_KEY, "by_email"): 2,
        (LeftoverKind.HELD_KEY, "by_external_id"): 2,
        (LeftoverKind.ERASED, "by_external_id"): 2,
    }
    subscriptions = found[LeftoverKind.LIVE_CHILD, "subscriptions_customer_id_fkey"]
    assert subscriptions.table == "subscriptions"
    assert [one.row_id for one in subscriptions.samples] == ["2", "5"]
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).date()
    assert list(subscriptions.growth) == [(two_days_ago, 1)]
    assert subscriptions.oldest is not None
    assert datetime.now(UTC) - subscriptions.oldest > timedelta(days=39)
    by_email = found[LeftoverKind.HELD_KEY, "by_email"]
    assert [(one.row_id, tuple(one.values)) for one in by_email.samples] == [
        ("2", ("1", "jane.doe@x.org")),
        ("3", ("1", "bob@x.org")),
    ]


def test_of_an_erased_row_only_its_id_is_told_also_where_it_was_never_marked(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLES)
    erased = by_name(counts(target))[LeftoverKind.ERASED, "by_external_id"]
    assert [(one.row_id, one.since is None, one.values) for one in erased.samples] == [
        ("4", False, ()),
        ("5", True, ()),
    ]


def test_rows_that_nothing_tells_alive_are_not_known_and_said(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLES)
    found = counts(target)
    assert "notes_customer_id_fkey" not in {one.name for one in found.leftovers}
    (note,) = found.how.notes
    assert note.startswith("Which rows of notes are live")


def test_money_that_was_received_is_a_record_and_no_leftover(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        TABLES
        + """
        CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, status text,
            subtotal_amount int, currency text, created_at timestamptz, deleted_at timestamptz);
        INSERT INTO orders VALUES (1, 2, 'paid'), (2, 2, 'pending');
    """
    )
    orders = by_name(counts(target))[LeftoverKind.LIVE_CHILD, "orders_customer_id_fkey"]
    assert [one.row_id for one in orders.samples] == ["2"]


def test_keys_that_nobody_asks_for_again_and_mended_ones_hold_nothing_up(
    database: Database, target: ReadTarget
) -> None:
    database.execute("""
        CREATE TABLE t (id int PRIMARY KEY, token text UNIQUE, slug text, email text,
            deleted_at timestamptz);
        CREATE UNIQUE INDEX partial ON t (slug) WHERE deleted_at IS NULL;
        CREATE UNIQUE INDEX with_time ON t (email, deleted_at) NULLS NOT DISTINCT;
        INSERT INTO t VALUES (1, 'x', 'a', 'b', now());
    """)
    assert counts(target, "t", {}, never_asked=("t_token_key",)).leftovers == ()


def test_what_one_place_cannot_answer_is_said_of_it_and_harms_no_other(
    database: Database, postgres: Any
) -> None:
    database.execute(TABLES)
    database.execute("""
        CREATE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN PERFORM pg_sleep(0.3); RETURN $1; END $$;
        CREATE UNIQUE INDEX by_name ON customers (slow(name));
        UPDATE customers SET name = id;
    """)
    with ReadTarget("production", database.dsn, statement_timeout_ms=400) as target:
        found = by_name(counts(target))
    slow = found[LeftoverKind.HELD_KEY, "by_name"]
    assert slow.rows is None or slow.sampled is not None
    assert slow.rows is not None or "time limit" in (slow.said or "")
    assert found[LeftoverKind.HELD_KEY, "by_email"].rows == 2


def test_a_table_that_may_not_be_read_is_said(database: Database) -> None:
    database.execute(TABLES)
    database.execute("""
        CREATE ROLE reader_of_leftovers LOGIN PASSWORD 'reader';
        GRANT SELECT ON customers, members, notes TO reader_of_leftovers;
    """)
    host = database.dsn.partition("@")[2]
    try:
        with ReadTarget("p", f"postgresql://reader_of_leftovers:reader@{host}") as target:
            found = by_name(counts(target))
    finally:
        database.execute("DROP OWNED BY reader_of_leftovers; DROP ROLE reader_of_leftovers")
    denied = found[LeftoverKind.LIVE_CHILD, "subscriptions_customer_id_fkey"]
    assert (denied.rows, denied.said) == (None, "The reader may not read it.")
    assert found[LeftoverKind.LIVE_CHILD, "members_customer_id_fkey"].rows == 1


def test_a_large_table_is_sampled_and_says_so(database: Database, target: ReadTarget) -> None:
    database.execute("""
        CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, deleted_at timestamptz);
        INSERT INTO t SELECT n, n || '@x.org', now() FROM generate_series(1, 60000) n;
        ANALYZE t;
    """)
    (found,) = counts(target, "t", {}, sample_above=20_000).leftovers
    assert found.sampled == pytest.approx(1 / 3, rel=0.01)
    assert found.rows == pytest.approx(60_000, rel=0.35)


@pytest.mark.parametrize(
    ("column", "gone"),
    [
        ("is_deleted boolean NOT NULL DEFAULT false", "true"),
        ("deleted bigint NOT NULL DEFAULT 0", "1700000000"),
        ('"deletedAt" timestamp', "now()"),
    ],
)
def test_every_kind_of_marker_and_quoted_names(
    database: Database, target: ReadTarget, column: str, gone: str
) -> None:
    name = column.partition(" ")[0]
    database.execute(f"""
        CREATE TABLE "Parents" ("Id" int PRIMARY KEY, {column}, "Mail" text UNIQUE);
        CREATE TABLE "Kids" ("Id" int PRIMARY KEY, "Of" int REFERENCES "Parents", {column});
        INSERT INTO "Parents" ("Id", "Mail", {name}) VALUES (1, 'a@x.org', {gone});
        INSERT INTO "Parents" ("Id", "Mail") VALUES (2, 'b@x.org');
        INSERT INTO "Kids" ("Id", "Of") VALUES (1, 1), (2, 2);
    """)
    found = by_name(counts(target, '"Parents"', {}))
    assert {kind.value: one.rows for (kind, _), one in found.items()} == {
        "live_child": 1,
        "held_key": 1,
    }
