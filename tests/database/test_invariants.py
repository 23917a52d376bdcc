"""The Invariants on a real database: those that ship, and those that misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.errors import SettingsError
from collectors.invariants import check_invariants, load_invariants
from collectors.model import CheckedInvariant, InvariantState
from collectors.postgres.engine import ReadTarget
from sample_data.postgres import Database

TABLES = """
CREATE TABLE organizations (id int PRIMARY KEY, deleted_at timestamptz);
CREATE TABLE customers (
    id int PRIMARY KEY, created_at timestamptz DEFAULT now(), modified_at timestamptz,
    deleted_at timestamptz, organization_id int REFERENCES organizations, email text NOT NULL,
    external_id text, user_metadata jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE members (
    id int PRIMARY KEY, customer_id int REFERENCES customers, organization_id int, role text,
    deleted_at timestamptz
);
CREATE TABLE subscriptions (
    id int PRIMARY KEY, customer_id int REFERENCES customers, status text, deleted_at timestamptz
);
CREATE TABLE license_keys (
    id int PRIMARY KEY, customer_id int REFERENCES customers, status text, deleted_at timestamptz
);
INSERT INTO organizations VALUES (1, NULL), (2, now() - interval '3 days');
INSERT INTO customers (id, organization_id, email, deleted_at) VALUES
    (1, 1, 'a@x', NULL), (2, 1, 'b@x', now() - interval '2 days');
INSERT INTO members VALUES (1, 1, 1, 'owner', NULL), (2, 2, 1, 'owner', now() - interval '2 days');
INSERT INTO subscriptions VALUES (1, 1, 'active', NULL), (2, 2, 'canceled', NULL);
"""
BREAKS = {
    "live_member_of_deleted_customer": "INSERT INTO members VALUES (9, 2, 1, 'member', NULL)",
    "active_subscription_of_deleted_customer": (
        "INSERT INTO subscriptions VALUES (9, 2, 'active', NULL)"
    ),
    "granted_license_key_of_deleted_customer": (
        "INSERT INTO license_keys VALUES (9, 2, 'granted', NULL)"
    ),
    "member_deleted_after_its_customer": (
        "INSERT INTO members VALUES (9, 2, 1, 'member', now() - interval '1 day')"
    ),
    "live_customer_of_deleted_organization": (
        "INSERT INTO customers (id, organization_id, email) VALUES (9, 2, 'c@x')"
    ),
    "customer_without_owner": (
        "INSERT INTO customers (id, organization_id, email) VALUES (9, 1, 'c@x');"
        "INSERT INTO members VALUES (9, 9, 1, 'member', NULL)"
    ),
    "released_key_not_recorded": (
        "INSERT INTO customers (id, organization_id, email, deleted_at)"
        " VALUES (9, 1, 'released+9@released.invalid', now())"
    ),
    "restored_without_its_key": (
        "INSERT INTO customers (id, organization_id, email, user_metadata)"
        " VALUES (9, 1, 'c@x', '{\"__external_id\": \"crm\"}')"
    ),
    "erased_customer_not_deleted": (
        "INSERT INTO customers (id, organization_id, email) VALUES (9, 1, 'h@anonymized.invalid')"
    ),
}
HEADER = "-- title: T\n-- reason: R\n-- severity: high\n"


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("production", database.dsn, statement_timeout_ms=500) as opened:
        yield opened


def checked(target: ReadTarget, folder: Path | None = None) -> dict[str, CheckedInvariant]:
    found = check_invariants(target, ("public",), load_invariants(folder))
    return {one.invariant.name: one for one in found}


def states(found: dict[str, CheckedInvariant]) -> dict[str, InvariantState]:
    return {name: one.state for name, one in found.items()}


def test_whole_deletions_break_none(database: Database, target: ReadTarget) -> None:
    database.execute(TABLES)
    found = checked(target)
    lacking = {"benefit_granted_to_deleted_customer": InvariantState.LACKING}
    assert states(found) == dict.fromkeys(BREAKS, InvariantState.HOLDS) | lacking
    assert {one.rows for one in found.values()} == {0, None}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_not_whole_breaks_exactly_its_invariant(
    database: Database, target: ReadTarget, name: str
) -> None:
    database.execute(TABLES)
    database.execute(BREAKS[name])
    found = checked(target)
    broken = [one for one in found.values() if one.state is InvariantState.BROKEN]
    assert [(one.invariant.name, one.rows) for one in broken] == [(name, 1)]
    assert [one.row_id for one in broken[0].samples] == ["9"]


def test_on_another_schema_each_says_that_it_does_not_apply(target: ReadTarget) -> None:
    assert set(states(checked(target)).values()) == {InvariantState.LACKING}


def test_one_that_misbehaves_says_so_and_harms_nothing(
    database: Database, target: ReadTarget, tmp_path: Path
) -> None:
    database.execute(TABLES)
    database.execute("CREATE SEQUENCE counted")
    own = {
        "slow": "SELECT id, NULL AS since FROM customers, pg_sleep(5)",
        "fails": "SELECT id / 0 AS id, NULL AS since FROM customers",
        "lacks_since": "SELECT id FROM customers",
        "writes": "SELECT nextval('counted') AS id, NULL AS since",
        "breaks_out": "SELECT 1 AS id) AS x UNION SELECT 1, NULL, '1', NULL FROM (SELECT 1",
        "fine": "SELECT id, 'infinity' AS since FROM customers",
    }
    for name, sql in own.items():
        (tmp_path / f"{name}.sql").write_text(HEADER + sql, encoding="utf-8")
    (tmp_path / "odd.sql").write_bytes(b"\xff\xfe")
    (tmp_path / "untitled.sql").write_text("SELECT 1", encoding="utf-8")
    (tmp_path / "customer_without_owner.sql").write_text(
        HEADER + "SELECT 1 AS id, NULL AS since WHERE false", encoding="utf-8"
    )
    found = checked(target, tmp_path)
    state = InvariantState
    assert {name: states(found)[name] for name in (*own, "odd", "untitled")} == {
        "slow": state.SLOW,
        "fails": state.FAILED,
        "lacks_since": state.LACKING,
        "writes": state.FAILED,
        "breaks_out": state.LACKING,
        "fine": state.BROKEN,
        "odd": state.FAILED,
        "untitled": state.FAILED,
    }
    assert (found["fine"].rows, found["fine"].oldest) == (2, None)
    assert found["customer_without_owner"].invariant.title == "T"
    assert states(found)["live_member_of_deleted_customer"] is state.HOLDS
    assert database.execute("SELECT is_called FROM counted") == [(False,)]
    assert all(one.said for one in found.values() if one.rows is None)


def test_tables_are_found_in_the_schemas_that_the_target_names(database: Database) -> None:
    database.execute('CREATE SCHEMA "Billing"')
    database.execute('SET search_path = "Billing";' + TABLES)
    with ReadTarget("production", database.dsn) as target:
        found = check_invariants(target, ("Billing",), load_invariants())
    assert InvariantState.HOLDS in {one.state for one in found}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"audit\.invariants names .*gone"):
        load_invariants(tmp_path / "gone")
