"""What became of rows that we know by id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from collectors.errors import TargetUnreachable
from collectors.model import Holder, KeyLookup
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders, find_rows
from sample_data.postgres import Database

TABLE = """
CREATE TABLE t (id int PRIMARY KEY, email text, kind text, deleted_at timestamptz);
CREATE UNIQUE INDEX t_key ON t (lower(email)) WHERE kind = 'a';
INSERT INTO t VALUES (1, 'J@e.com', 'a', '2026-01-01Z'), (2, 'K@e.com', 'b', NULL);
"""


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("test", database.dsn) as target:
        yield target


def rows(target: ReadTarget, constraint: str, *ids: str) -> list[Holder | None]:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named(constraint)
        return find_rows(snapshot, catalog, key, ids)


def test_rows_come_back_in_the_order_of_their_ids_and_none_for_a_purged_one(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLE)
    found = rows(target, "t_key", "2", "99", "1", "not a number", "a\x00b", "2")
    assert [row and row.row.id for row in found] == ["2", None, "1", None, None, "2"]


def test_a_row_outside_the_index_still_tells_its_values(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLE)
    (row,) = rows(target, "t_key", "2")
    assert row
    assert (row.values, row.deleted) == (("k@e.com",), False)


def test_a_restored_and_renamed_row_shows_both(database: Database, target: ReadTarget) -> None:
    database.execute(TABLE)
    database.execute("UPDATE t SET deleted_at = NULL, email = 'L@e.com' WHERE id = 1")
    (row,) = rows(target, "t_key", "1")
    assert row
    assert (row.values, row.deleted, row.row.deleted_at) == (("l@e.com",), False, None)


def test_an_expression_that_fails_outside_its_index_has_no_value_there(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, kind text, code text);"
        "CREATE UNIQUE INDEX t_key ON t ((code::int)) WHERE kind = 'number';"
        "INSERT INTO t VALUES (1, 'number', '42'), (2, 'word', 'forty-two')"
    )
    found = rows(target, "t_key", "1", "2")
    assert [row and row.values for row in found] == [("42",), (None,)]


def test_a_composite_id_is_a_json_array(database: Database, target: ReadTarget) -> None:
    database.execute(
        "CREATE TABLE t (n int, code text, a text CONSTRAINT t_key UNIQUE, PRIMARY KEY (code, n));"
        "INSERT INTO t VALUES (1, 'a \"b\", ü', 'x')"
    )
    id_ = '["a \\"b\\", ü", "1"]'
    (row,) = rows(target, "t_key", id_)
    assert row
    assert (row.row.id, row.values) == (id_, ("x",))
    assert rows(target, "t_key", "1", "[1]", '["a", "b", "c"]', "{}") == [None] * 4


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        ("n int NOT NULL UNIQUE", True),
        ("n uuid NOT NULL UNIQUE", True),
        ("n int", False),
        ("n text NOT NULL UNIQUE", False),
        ("n text NOT NULL, m int NOT NULL DEFAULT 1, UNIQUE (m, n)", False),
    ],
    ids=["by a number", "by a uuid", "by address", "never by a text", "nor by one beside a number"],
)
def test_a_table_without_a_primary_key_names_its_rows_all_the_same(
    identity: str, named: bool, database: Database, target: ReadTarget
) -> None:
    """Ids are stored in clear, and a text that is unique may well be somebody's address."""
    ids = ["1", "2"] if " int" in identity.split(",")[0] else [str(UUID(int=n)) for n in (1, 2)]
    database.execute(
        f"CREATE TABLE t ({identity}, a text CONSTRAINT t_key UNIQUE);"
        f"INSERT INTO t (n, a) VALUES ('{ids[0]}', 'x'), ('{ids[1]}', 'y')"
    )
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("t_key")
        (answer,) = find_holders(snapshot, catalog, [KeyLookup(key, ("y",))])
        (holder,) = answer.holders
        assert find_rows(snapshot, catalog, key, [holder.row.id]) == [holder]
    assert (holder.row.id == ids[1]) == named


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ("email text PRIMARY KEY", False),
        ('"userEmail" varchar(80) PRIMARY KEY', False),
        ("external_id text, n int DEFAULT 1, PRIMARY KEY (n, external_id)", False),
        ("email text PRIMARY KEY, n uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()", True),
        ("external_id uuid PRIMARY KEY", True),
        ("id text PRIMARY KEY", True),
    ],
)
def test_no_row_is_named_by_what_people_go_by(
    columns: str, named: bool, database: Database, target: ReadTarget
) -> None:
    """Ids are stored and shown in clear; another key that tells nothing names the row as well."""
    database.execute(f"CREATE TABLE t ({columns}, a text CONSTRAINT t_key UNIQUE)")
    value = str(UUID(int=7))
    name = columns.split()[0]
    database.execute(f"INSERT INTO t ({name}, a) VALUES ('{value}', 'x')")
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("t_key")
        (answer,) = find_holders(snapshot, catalog, [KeyLookup(key, ("x",))])
        (holder,) = answer.holders
        assert find_rows(snapshot, catalog, key, [holder.row.id]) == [holder]
    assert (value in holder.row.id) == (named and "email" not in name)
    assert holder.row.id.startswith("[") != named


def test_a_table_that_may_not_be_read_is_no_purged_row(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLE)
    database.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
    (key,) = catalog.keys_named("t_key")
    role = f"reader_{database.name}"
    database.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'r'; GRANT SELECT ON t TO {role}")
    try:
        with (
            ReadTarget("shop", f"{database.dsn}?user={role}&password=r") as reader,
            reader.snapshot() as snapshot,
            pytest.raises(TargetUnreachable, match="'shop': the reader may not read t, or row"),
        ):
            find_rows(snapshot, catalog, key, ["1"])
    finally:
        database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_look_up_brings_back_only_so_many_rows_and_says_so(
    database: Database, target: ReadTarget
) -> None:
    database.execute(TABLE)
    database.execute("CREATE UNIQUE INDEX t_live ON t (email) WHERE deleted_at IS NULL")
    database.execute(
        "INSERT INTO t SELECT 1000 + n, 'again@e.com', 'c', now() FROM generate_series(1, 101) n"
    )
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        key = replace(catalog.keys_named("t_live")[0], predicate=None)
        asked = [KeyLookup(key, ("again@e.com",)), KeyLookup(key, ("K@e.com",))]
        many, one = find_holders(snapshot, catalog, asked)
        assert (len(many.holders), many.crowded) == (100, True)
        assert (len(one.holders), one.crowded) == (1, False)
        assert find_rows(snapshot, catalog, key, ["1101"])[0] is not None
