"""What a key says of deletion, in spellings that no list has: judged by what the database does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from collectors.model import Blocks, MarkerKind, UniqueKey
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import MarkerMapping, TableMapping
from sample_data.postgres import Database, Postgres
from tests.database.auditing_world import catalog_of, draft_of, findings_of, run, statements_of

MARKS = {
    # a column, what a live row has in it, and what two deletions write
    "time": ("gone_at timestamptz", "NULL", "'2026-01-01 10:00Z'", "'2026-02-01 11:00Z'"),
    "sentinel": (
        "gone_at timestamptz NOT NULL DEFAULT 'infinity'",
        "'infinity'",
        "'2026-01-01 10:00Z'",
        "'2026-02-01 11:00Z'",
    ),
    "boolean": ("gone boolean NOT NULL DEFAULT false", "false", "true", "true"),
    "number": ("gone_at bigint NOT NULL DEFAULT 0", "0", "1770000000", "1770000009"),
    "small": ("gone smallint NOT NULL DEFAULT 0", "0", "1", "1"),
    "status": (
        "gone text NOT NULL DEFAULT 'active' CHECK (gone IN ('active', 'paused', 'deleted'))",
        "'active'",
        "'deleted'",
        "'deleted'",
    ),
}
KEYS = {
    "time": (
        "(email) WHERE (gone_at IS NULL) IS TRUE",
        "(email) WHERE COALESCE(gone_at, 'infinity') = 'infinity'",
        "(email) WHERE gone_at IS NULL OR gone_at > '2020-01-01 00:00Z'",
        "(email) WHERE num_nulls(gone_at) = 0",
        "(email, NULLIF(gone_at IS NULL, false))",
        "(email, COALESCE(gone_at, NULL))",
        "(email, (gone_at IS NULL)) NULLS NOT DISTINCT",
        "(email, COALESCE(gone_at IS NULL, false))",
        "(email, (gone_at IS NULL OR true))",
        "((CASE WHEN gone_at IS NULL THEN email END))",
        "((CASE WHEN gone_at IS NULL THEN email END)) NULLS NOT DISTINCT",
        "((CASE WHEN gone_at IS NULL THEN email ELSE id::text END))",
        "((CASE WHEN gone_at IS NULL THEN email ELSE email || 'x' END))",
        "(email, (CASE WHEN gone_at IS NULL THEN true END)) NULLS NOT DISTINCT",
        "(email, gone_at) WHERE gone_at IS NOT NULL",
    ),
    "sentinel": (
        "(email) WHERE gone_at IS NULL",
        "(email) WHERE NOT isfinite(gone_at)",
        "(email) WHERE gone_at > '9999-01-01 00:00Z'",
        "(email, NULLIF(gone_at, 'infinity'))",
    ),
    "boolean": (
        "(email) WHERE gone IS DISTINCT FROM true",
        "(email) WHERE gone::int = 0",
        "(email) WHERE gone IS NULL",
        "(email, (gone::int))",
        "(email, NULLIF(gone, true))",
        "(email, NULLIF(gone, true)) NULLS NOT DISTINCT",
        "(email, NULLIF(gone, false))",
    ),
    "number": (
        "(email) WHERE gone_at IS NULL",
        "(email) WHERE gone_at < 1",
        "(email) WHERE gone_at = ANY ('{0}')",
        "(email, NULLIF(gone_at, 0))",
        "(email, (gone_at > 0))",
        "((gone_at::text || email))",
        "((NULLIF(gone_at, 0)::text || email))",
        "((CASE WHEN gone_at = 0 THEN email ELSE '' END))",
    ),
    "small": (
        "(email) WHERE gone <> 1",
        "(email) WHERE gone = 1",
        "(email, NULLIF(gone, 1))",
    ),
    "status": (
        "(email) WHERE gone <> ALL ('{deleted}')",
        "(email) WHERE gone !~ 'delete'",
        "(email) WHERE gone LIKE '%e%'",
        "(email, NULLIF(gone, 'deleted'))",
        "(email, NULLIF(gone, 'deleted')) NULLS NOT DISTINCT",
        "(email) WHERE gone <> 'deleted' AND gone = 'deleted'",
        "((CASE WHEN gone <> 'deleted' THEN email ELSE id::text END))",
    ),
}
CASES = [(mark, key) for mark in MARKS for key in KEYS[mark]]


COLUMNS = {"boolean": "is_deleted", "small": "is_deleted", "status": "status"}


def named(mark: str, text: str) -> str:
    """With the name that a column of its kind goes by."""
    return text.replace("gone_at", "gone").replace("gone", COLUMNS.get(mark, "deleted_at"))


@pytest.fixture(scope="module")
def kinds(postgres: Postgres) -> Iterator[Database]:
    """A schema for each key."""
    name = f"meanings_{uuid.uuid4().hex}"
    postgres.create_database(name, template="template0")
    database = Database(name, postgres.dsn(name))
    for number, (mark, key) in enumerate(CASES):
        column = named(mark, MARKS[mark][0])
        database.execute(
            f"CREATE SCHEMA m{number}; SET search_path = m{number};"
            f"CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL, {column});"
            f"CREATE UNIQUE INDEX k ON t {named(mark, key)}"
        )
    yield database
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def keys(kinds: Database) -> list[UniqueKey]:
    """Each as the catalog reads it."""
    catalog = catalog_of(kinds, *(f"m{number}" for number in range(len(CASES))))
    found = [catalog.table(f"m{number}", "t") for number in range(len(CASES))]
    return [key for table in found if table for key in table.keys if key.name == "k"]


def clashes(database: Database, number: int, *statements: str) -> bool:
    with psycopg.connect(database.dsn) as connection:
        connection.execute(f"SET search_path = m{number}")
        try:
            for statement in statements:
                connection.execute(statement.encode())
        except UniqueViolation:
            return True
        finally:
            connection.rollback()
    return False


@pytest.mark.parametrize("number", range(len(CASES)), ids=[" ".join(case) for case in CASES])
def test_a_key_is_read_as_the_database_takes_it(
    kinds: Database, keys: list[UniqueKey], number: int
) -> None:
    mark, key = CASES[number][0], keys[number]
    _, live, first, second = MARKS[mark]
    column = named(mark, "gone")
    made = f"INSERT INTO t (email, {column}) VALUES ('jane', {{0}})"
    deleted = f"UPDATE t SET {column} = {second} WHERE id = (SELECT max(id) FROM t)"
    blocks = Blocks.NOTHING
    if clashes(kinds, number, made.format(first), made.format(live)):
        blocks = Blocks.CREATE
    elif clashes(kinds, number, made.format(first), made.format(live), deleted):
        blocks = Blocks.DELETE
    repeats = not clashes(kinds, number, made.format(live), made.format(live))

    assert key.blocks is blocks
    assert (key.idle is not None) == repeats or blocks is not Blocks.NOTHING


@pytest.mark.parametrize(
    ("column", "idle"),
    [
        ("deleted_at timestamptz NOT NULL DEFAULT 'infinity'", "(email) WHERE deleted_at IS NULL"),
        ("deleted_at bigint NOT NULL DEFAULT 0", "(email) WHERE deleted_at IS NULL"),
        ("deleted_at bigint NOT NULL DEFAULT 0", "(email, NULLIF(deleted_at, 0))"),
        (
            "status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted'))",
            "(email) WHERE status <> 'deleted' AND status = 'deleted'",
        ),
    ],
)
def test_the_only_key_over_live_rows_is_not_given_up_for_one_that_holds_none(
    database: Database, column: str, idle: str
) -> None:
    database.execute(
        f"CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL UNIQUE, {column});"
        f"CREATE UNIQUE INDEX k ON t {idle}"
    )
    found = [one.constraint for one in findings_of(database)]
    for name in found:
        run(database, statements_of(draft_of(database, name)))

    database.execute("INSERT INTO t (email) VALUES ('jane')")
    with pytest.raises(UniqueViolation):
        database.execute("INSERT INTO t (email) VALUES ('jane')")
    assert sorted(found) == ["k", "t_email_key"]
    assert findings_of(database) == []


SPLIT = {
    "a status": (
        "status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'deleted'))",
        "(email, NULLIF(status, 'deleted'))",
        "'paused'",
    ),
    "a status as it is": (
        "status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'deleted'))",
        "(email, status) WHERE status <> 'deleted'",
        "'paused'",
    ),
    "a flag that may be NULL": (
        "is_deleted boolean DEFAULT false",
        "(email, NULLIF(is_deleted, true))",
        "NULL",
    ),
}


@pytest.mark.parametrize("name", SPLIT)
def test_nor_for_one_that_takes_two_live_rows_in_two_states(name: str, database: Database) -> None:
    column, split, other = SPLIT[name]
    database.execute(
        f"CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL UNIQUE, {column});"
        f"CREATE UNIQUE INDEX k ON t {split}"
    )
    run(database, statements_of(draft_of(database, "t_email_key")))

    database.execute("INSERT INTO t (email) VALUES ('jane')")
    mark = column.split()[0]
    with pytest.raises(UniqueViolation):
        database.execute(f"INSERT INTO t (email, {mark}) VALUES ('jane', {other})")


@pytest.mark.parametrize("part", ["deleted_by", "COALESCE(deleted_by, 0)"])
def test_one_person_deletes_many_rows(part: str, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id serial PRIMARY KEY, email text, deleted_by int);"
        f"CREATE UNIQUE INDEX k ON t (email, {part})"
    )
    mapping = {"t": TableMapping(marker=MarkerMapping("deleted_by", MarkerKind.TIMESTAMP))}
    with ReadTarget("test", database.dsn) as target, target.snapshot() as snapshot:
        (key,) = read_catalog(snapshot, mapping=mapping).keys_named("k")
    assert key.blocks is Blocks.DELETE


@pytest.mark.parametrize(
    ("key", "blocks"),
    [
        ("(email)", Blocks.CREATE),
        ("(email) WHERE deleted_at IS NULL", Blocks.NOTHING),
        ("(email, deleted_at)", Blocks.NOTHING),
        ("(email, COALESCE(deleted_at, ''))", Blocks.NOTHING),
        ("(email) WHERE deleted_at IS NOT NULL", Blocks.DELETE),
    ],
)
def test_a_time_in_words_is_one_of_its_own_in_each_deleted_row(
    key: str, blocks: Blocks, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (id serial PRIMARY KEY, email text, deleted_at text);"
        f"CREATE UNIQUE INDEX k ON t {key}"
    )
    mapping = {"t": TableMapping(marker=MarkerMapping("deleted_at", MarkerKind.TIMESTAMP))}
    with ReadTarget("test", database.dsn) as target, target.snapshot() as snapshot:
        (found,) = read_catalog(snapshot, mapping=mapping).keys_named("k")
    assert found.blocks is blocks


def test_a_mark_that_older_rows_may_lack_is_not_taken_to_be_in_every_row(
    database: Database,
) -> None:
    """PostgreSQL 18 calls such a column NOT NULL in `pg_attribute`."""
    ((version,),) = database.execute("SHOW server_version_num")
    if int(version) < 180_000:
        pytest.skip("NOT NULL … NOT VALID came with PostgreSQL 18")
    database.execute(
        "CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL UNIQUE, is_deleted boolean);"
        "INSERT INTO t (email) VALUES ('jane');"
        "ALTER TABLE t ADD NOT NULL is_deleted NOT VALID;"
        "CREATE UNIQUE INDEX k ON t (email) WHERE NOT is_deleted"
    )
    run(database, statements_of(draft_of(database, "t_email_key")))

    with pytest.raises(UniqueViolation):
        database.execute("INSERT INTO t (email, is_deleted) VALUES ('jane', false)")
