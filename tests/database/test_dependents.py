"""What depends on a Tombstone, through every foreign key, and what had been paid."""

from __future__ import annotations

from pathlib import Path

from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.paid import payments_known
from collectors.evidence.surveyed import save_dependents
from collectors.model import Dependents, Payment
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.tombstones.dependents import count_dependents, count_payments
from sample_data.postgres import Database
from tests.database import hurt_world
from tests.factories import NOON, new_store

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, deleted_at timestamptz, email text UNIQUE);
CREATE TABLE subscriptions (id serial PRIMARY KEY, customer_id int REFERENCES customers,
    status text, amount int, currency text, deleted_at timestamptz);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int REFERENCES customers, status text,
    payer_id int REFERENCES customers, subtotal_amount int, currency text, created_at timestamptz);
INSERT INTO customers VALUES (1, now() - interval '10 days', 'a@x'), (2, now(), 'b@x');
INSERT INTO subscriptions (customer_id, status, deleted_at, amount, currency) VALUES
    (1, 'active', NULL, 1, 'usd'), (1, 'canceled', NULL, 1, 'usd'), (1, 'active', now(), 1, 'usd');
INSERT INTO orders (customer_id, status, subtotal_amount, currency, created_at) VALUES
    (1, 'paid', 500, 'usd', now() - interval '20 days'),
    (1, 'paid', 300, 'usd', now() - interval '30 days'),
    (1, 'paid', 700, 'eur', now() - interval '99 days'),
    (1, 'pending', 900, 'usd', now() - interval '20 days'),
    (1, 'paid', 999, 'usd', now() - interval '200 days'),
    (1, 'paid', 999, 'usd', now() - interval '1 day');
"""


def test_rows_that_refer_to_it_and_money(database: Database) -> None:
    database.execute(SCHEMA)
    with ReadTarget("production", database.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        table = catalog.table("public", "customers")
        assert table is not None
        rows = count_dependents(snapshot, catalog, table, ["1", "2", "3"])
        paid = count_payments(snapshot, catalog, table, dict.fromkeys(["1", "2", "3"]))
    assert set(rows) == {
        Dependents("1", "subscriptions", 3, 1),
        Dependents("1", "orders", 6, None),
        Dependents("2", "subscriptions", 0, 0),
        Dependents("2", "orders", 0, None),
    }
    assert paid is not None
    assert set(paid) == {Payment("1", "usd", 800), Payment("1", "eur", 700)}


def test_what_a_restored_customer_had_paid_before_the_deletion_stays_known(
    database: Database,
) -> None:
    database.execute(SCHEMA)
    ((deleted_at,),) = database.execute("SELECT deleted_at FROM customers WHERE id = 1")
    database.execute("UPDATE customers SET deleted_at = NULL")
    with ReadTarget("production", database.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        table = catalog.table("public", "customers")
        assert table is not None
        paid = count_payments(snapshot, catalog, table, {"1": deleted_at})
    assert paid is not None
    assert set(paid) == {Payment("1", "usd", 800), Payment("1", "eur", 700)}


def test_a_row_that_names_the_customer_twice_counts_once(database: Database) -> None:
    database.execute(SCHEMA)
    database.execute("UPDATE orders SET payer_id = customer_id WHERE currency = 'usd'")
    with ReadTarget("production", database.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        table = catalog.table("public", "customers")
        assert table is not None
        rows = count_dependents(snapshot, catalog, table, ["1"])
        paid = count_payments(snapshot, catalog, table, {"1": None})
    assert Dependents("1", "orders", 6, None) in rows
    assert paid is not None
    assert set(paid) == {Payment("1", "usd", 800), Payment("1", "eur", 700)}


def test_a_currency_is_one_however_it_is_spelled_and_no_amount_is_no_zero(
    database: Database,
) -> None:
    database.execute(SCHEMA)
    database.execute("""
        ALTER TABLE orders ALTER currency TYPE char(5), ALTER subtotal_amount TYPE numeric;
        INSERT INTO orders (customer_id, status, subtotal_amount, currency, created_at)
        SELECT customer_id, status, n, spelled, created_at FROM orders,
            (VALUES (1, 'USD'), (20, ' usd'), (NULL, 'usd'), (NULL, 'chf'), ('NaN'::numeric, 'usd'),
                ('Infinity', 'usd')) AS more (n, spelled)
        WHERE customer_id = 1 AND currency = 'eur' AND status = 'paid'
    """)
    with ReadTarget("production", database.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        table = catalog.table("public", "customers")
        assert table is not None
        paid = count_payments(snapshot, catalog, table, {"1": None})
    assert paid is not None
    assert set(paid) == {Payment("1", "usd", 821), Payment("1", "eur", 700)}


def test_money_is_not_known_where_nothing_says_what_was_paid(database: Database) -> None:
    database.execute("""
        CREATE TABLE people (id int, code int, PRIMARY KEY (id, code), deleted_at timestamptz);
        CREATE TABLE things (id int, p int, c int, FOREIGN KEY (p, c) REFERENCES people);
        INSERT INTO people VALUES (1, 2, now());
        INSERT INTO things VALUES (1, 1, 2);
    """)
    with ReadTarget("production", database.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        table = catalog.table("public", "people")
        assert table is not None
        rows = count_dependents(snapshot, catalog, table, ['["1", "2"]'])
        assert count_payments(snapshot, catalog, table, {'["1", "2"]': None}) is None
    assert rows == [Dependents('["1", "2"]', "things", 1, None)]


def test_what_was_paid_is_not_known_any_more_once_nothing_tells_it(
    database: Database, tmp_path: Path
) -> None:
    database.execute(SCHEMA)
    with ReadTarget("production", database.dsn) as target, target.snapshot() as snapshot:
        table = read_catalog(snapshot).table("public", "customers")
    assert table is not None
    store = new_store(tmp_path)
    hurt_world.fill(store)
    assert payments_known(store, ConflictFilter())
    there = [Dependents(f"row-{number}", "orders", 1, 1) for number in range(hurt_world.CUSTOMERS)]
    save_dependents(store, "production", table, NOON, there, None, paid_within_days=90)
    assert payments_known(store, ConflictFilter()) == {}
