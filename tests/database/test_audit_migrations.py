"""The generated migrations, run for real: they mend, run twice, and refuse in words."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from collectors.audit.case import KeyFacts
from collectors.audit.migration import migration
from collectors.audit.upserts import read_upserts
from sample_data.postgres import Database
from sample_data.postgres_home import account, binaries
from tests.database.auditing_world import draft_of, findings_of, run, statements_of

TABLE = """
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), org int NOT NULL, email text NOT NULL,
    external_id text, note text, deleted_at timestamptz, is_deleted boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX ix_customers_org_note ON customers (org, note) WHERE NOT is_deleted;
INSERT INTO customers (org, email, external_id, deleted_at, is_deleted)
SELECT 1, 'jane' || n || '@example.com', 'crm-' || n, CASE WHEN n % 3 = 0 THEN now() END, n % 3 = 0
FROM generate_series(1, 30) n;
"""
SHAPES = {
    "index, partial": "CREATE UNIQUE INDEX k ON customers (org, lower(email))",
    "constraint, partial": "ALTER TABLE customers ADD CONSTRAINT k UNIQUE (org, external_id)",
    "deferred constraint": (
        "ALTER TABLE customers ADD CONSTRAINT k UNIQUE (org, email) DEFERRABLE INITIALLY DEFERRED"
    ),
    "deletion in the key": "CREATE UNIQUE INDEX k ON customers (org, email, deleted_at)",
    "deletion in the constraint": (
        "ALTER TABLE customers ADD CONSTRAINT k UNIQUE (org, email, deleted_at)"
    ),
    "deletion in the key, NULLs in another part": (
        "CREATE UNIQUE INDEX k ON customers (org, external_id, deleted_at)"
    ),
    "boolean in the key": "CREATE UNIQUE INDEX k ON customers (org, email, is_deleted)",
    "inverted": "CREATE UNIQUE INDEX k ON customers (org, email) WHERE deleted_at IS NOT NULL",
    "unrelated": "CREATE UNIQUE INDEX k ON customers (org, email) WHERE email <> 'a:b %s \\ '''",
    "opclass, order, INCLUDE, options": (
        "CREATE UNIQUE INDEX k ON customers (email text_pattern_ops DESC, org) INCLUDE (note)"
        " WITH (fillfactor = 70)"
    ),
    "legacy beside the right one": (
        "CREATE UNIQUE INDEX the_right ON customers (org, lower(email)) WHERE deleted_at IS NULL;"
        "ALTER TABLE customers ADD CONSTRAINT k UNIQUE (org, email)"
    ),
}


def make(database: Database, shape: str) -> None:
    database.execute(TABLE + SHAPES[shape])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_migration_mends_and_can_be_run_again(shape: str, database: Database) -> None:
    make(database, shape)
    statements = statements_of(draft_of(database, "k"))
    for _ in range(2):
        run(database, statements)
    assert findings_of(database) == []
    again = (
        "INSERT INTO customers (org, email, external_id) VALUES (1, 'jane3@example.com', 'crm-3')"
    )
    database.execute(again)
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute(again)


@pytest.mark.parametrize("beside", ["", "CREATE UNIQUE INDEX k1 ON t (lower(email));"])
def test_what_our_own_attempt_left_is_no_key_of_its_own(beside: str, database: Database) -> None:
    """Its Finding and the old key's build the same index, under the same name."""
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text CONSTRAINT k UNIQUE,"
        f" deleted_at timestamptz);{beside}"
    )
    plan = draft_of(database, "k")
    assert plan.new is not None
    run(database, statements_of(plan)[:4])
    database.execute(
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{plan.new.name}'::regclass"
    )
    leftover = draft_of(database, plan.new.name)
    assert (leftover.new and leftover.new.name) == plan.new.name


@pytest.mark.parametrize("filled", ["NOT NULL", ""])
def test_every_state_that_says_deleted_lets_go(filled: str, database: Database) -> None:
    database.execute(
        f"CREATE TABLE t (id int PRIMARY KEY, email text CONSTRAINT k UNIQUE, status text {filled}"
        " CHECK (status IN ('active', 'removed', 'deleted')));"
        "INSERT INTO t VALUES (1, 'a', 'removed'), (2, 'b', 'deleted'), (3, 'c', 'active')"
    )
    run(database, statements_of(draft_of(database, "k")))
    assert findings_of(database) == []
    database.execute("INSERT INTO t VALUES (4, 'a', 'active'), (5, 'b', 'active')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("INSERT INTO t VALUES (6, 'c', 'active')")


NARROWER = {
    "a flag that may be NULL": ("deleted boolean", "(email) WHERE NOT deleted"),
    "a flag of 0 or NULL, in the key": ("deleted_at bigint DEFAULT 0", "(email, deleted_at)"),
    "one live state of two": (
        "status text DEFAULT 'new' CHECK (status IN ('new', 'active', 'deleted'))",
        "(email) WHERE status = 'active'",
    ),
    "two halves": (
        "deleted_at date",
        "(email) WHERE (deleted_at IS NULL AND id > 9) OR (deleted_at IS NULL AND id < 0)",
    ),
    "another idea of what is the same": (
        "deleted_at date",
        "(md5(email::text)) WHERE deleted_at IS NULL",
    ),
}


@pytest.mark.parametrize("shape", NARROWER)
def test_a_key_is_dropped_only_for_one_that_holds_every_live_row(
    shape: str, database: Database
) -> None:
    column, beside = NARROWER[shape]
    database.execute(
        "CREATE EXTENSION citext;"
        f"CREATE TABLE t (id int PRIMARY KEY, email citext CONSTRAINT k UNIQUE, {column});"
        f"CREATE UNIQUE INDEX the_right ON t {beside};"
        "INSERT INTO t (id, email) VALUES (1, 'jane@example.com')"
    )
    plan = draft_of(database, "k")
    assert plan.new is not None
    run(database, statements_of(plan))
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("INSERT INTO t (id, email) VALUES (2, 'Jane@example.com')")


NAMESAKES = {
    "two expressions of one column": ("(lower(email))", "(email)"),
    "two members of a document": ("((data ->> 'a'))", "((data ->> 'b'))"),
    "two predicates": ("(email) WHERE kind = 1", "(email) WHERE kind = 2"),
    "two operator classes": ("(email) WHERE kind > 0", "(email text_pattern_ops)"),
    "an order": ("(email, kind)", "(kind, email)"),
}


@pytest.mark.parametrize("keys", NAMESAKES)
def test_two_keys_of_the_same_columns_get_an_index_each(keys: str, database: Database) -> None:
    """Else the second migration takes the first one's index for its own and drops its key."""
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text, kind int, data jsonb,"
        " deleted_at timestamptz);"
        + "".join(f"CREATE UNIQUE INDEX k{n} ON t {of};" for n, of in enumerate(NAMESAKES[keys]))
    )
    plans = [draft_of(database, "k0"), draft_of(database, "k1")]
    for plan in (*plans, *plans):
        run(database, statements_of(plan))
    assert findings_of(database) == []
    assert len({plan.new.name for plan in plans if plan.new}) == 2
    assert database.execute("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass") == [
        (3,)
    ]


def test_two_tables_whose_names_run_together_get_an_index_each(database: Database) -> None:
    database.execute(
        'CREATE TABLE "user" (id int PRIMARY KEY, group_id text, deleted_at date);'
        "CREATE TABLE user_group (key int PRIMARY KEY, id text, deleted_at date);"
        'CREATE UNIQUE INDEX k0 ON "user" (group_id); CREATE UNIQUE INDEX k1 ON user_group (id)'
    )
    plans = [draft_of(database, "k0"), draft_of(database, "k1")]
    for plan in plans:
        run(database, statements_of(plan))
    assert findings_of(database) == []


@pytest.mark.parametrize("live", ["DEFAULT", "NULL"])
def test_both_of_a_live_row_s_marks_stay_unique(live: str, database: Database) -> None:
    """A default of `infinity` in a column that takes NULL: live rows have the one or the other."""
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text CONSTRAINT k UNIQUE,"
        " deleted_at timestamptz DEFAULT 'infinity');"
        f"INSERT INTO t VALUES (1, 'jane@example.com', {live}), (2, 'joe@example.com', now())"
    )
    run(database, statements_of(draft_of(database, "k")))
    database.execute("INSERT INTO t VALUES (3, 'joe@example.com')")
    for mark in ("NULL", "DEFAULT"):
        with pytest.raises(psycopg.errors.UniqueViolation):
            database.execute(f"INSERT INTO t VALUES (4, 'jane@example.com', {mark})")


@pytest.mark.parametrize("shape", SHAPES)
def test_alembic_runs_the_same_statements(shape: str, database: Database, tmp_path: Path) -> None:
    make(database, shape)
    file = tmp_path / "revision.py"
    file.write_text(migration(draft_of(database, "k")).alembic, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("revision", file)
    assert spec is not None
    assert spec.loader is not None
    revision = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revision)
    engine = create_engine(database.dsn.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            revision.upgrade()
    engine.dispose()
    assert findings_of(database) == []
    with pytest.raises(RuntimeError, match="cannot be built again"):
        revision.downgrade()


@pytest.mark.parametrize("shape", ["constraint, partial", "unrelated"])
def test_psql_runs_the_file_as_it_is(shape: str, database: Database, tmp_path: Path) -> None:
    make(database, shape)
    file = tmp_path / "migration.sql"
    file.write_text(migration(draft_of(database, "k")).sql, encoding="utf-8")
    psql = binaries(account()) / "psql"
    command = [str(psql), "-X", "-v", "ON_ERROR_STOP=1", "-d", database.dsn, "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, done.stderr), done.stderr
    assert findings_of(database) == []


def test_no_migration_puts_a_virtual_mark_into_an_index(database: Database) -> None:
    ((version,),) = database.execute("SHOW server_version_num")
    if int(version) < 180_000:
        pytest.skip("virtual columns came with PostgreSQL 18")
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL UNIQUE, gone date,"
        " deleted_at timestamp GENERATED ALWAYS AS (gone::timestamp) VIRTUAL)"
    )
    (finding,) = findings_of(database)
    assert (finding.rule, finding.migration) == ("ignores_deletion", None)
    assert "deleted_at is a virtual column" in finding.reason
    assert finding.backfill is not None


def test_quoted_names_are_written_as_they_are(database: Database) -> None:
    database.execute(
        'CREATE SCHEMA "My Shop"; SET search_path TO public;'
        'CREATE TABLE "Order" ("Id" int PRIMARY KEY, "E Mail" text NOT NULL,'
        ' "deletedAt" timestamptz);'
        'CREATE UNIQUE INDEX "k" ON "Order" (lower("E Mail"))'
    )
    plan = draft_of(database, "k")
    run(database, statements_of(plan))
    assert plan.new is not None
    assert plan.new.name == "Order_E_Mail_live_idx"
    assert findings_of(database) == []


def test_live_duplicates_stop_it_before_anything_is_built(database: Database) -> None:
    make(database, "deletion in the key")
    database.execute(
        "INSERT INTO customers (org, email) SELECT 9, 'twice' FROM generate_series(1, 2)"
    )
    before = indexes(database)
    with pytest.raises(psycopg.errors.RaiseException, match="1 values are held"):
        run(database, statements_of(draft_of(database, "k")))
    assert indexes(database) == before


def test_so_do_two_rows_that_are_live_by_two_marks(database: Database) -> None:
    """The old key blocks a create, and yet lets one live row have NULL and another false."""
    database.execute(
        "CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL, deleted boolean);"
        "CREATE UNIQUE INDEX k ON t (email, NULLIF(deleted, true)) NULLS NOT DISTINCT;"
        "INSERT INTO t (email, deleted) VALUES ('twice', NULL), ('twice', false)"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="1 values are held"):
        run(database, statements_of(draft_of(database, "k")))


def test_deleted_rows_that_the_old_key_leaves_alone_stay_so(database: Database) -> None:
    """Two that one transaction deleted have one time: with it in the key they would clash."""
    database.execute(
        "CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX k ON t (email, deleted_at) WHERE deleted_at IS NULL;"
        "INSERT INTO t (email, deleted_at) VALUES ('jane', now()), ('jane', now())"
    )
    run(database, statements_of(draft_of(database, "k")))
    assert findings_of(database) == []


def test_rows_of_an_inheriting_table_are_no_duplicates(database: Database) -> None:
    make(database, "deletion in the key")
    database.execute(
        "CREATE TABLE heirs () INHERITS (customers);"
        "INSERT INTO heirs (org, email) SELECT 9, 'twice' FROM generate_series(1, 2)"
    )
    run(database, statements_of(draft_of(database, "k")))
    assert findings_of(database) == []


def test_what_an_interrupted_build_left_is_built_anew(database: Database) -> None:
    make(database, "index, partial")
    plan = draft_of(database, "k")
    assert plan.new is not None
    database.execute(f"CREATE UNIQUE INDEX {plan.new.name} ON customers (id)")
    database.execute(
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{plan.new.name}'::regclass"
    )
    run(database, statements_of(plan))
    assert findings_of(database) == []


@pytest.mark.parametrize(
    ("key", "target", "after"),
    [
        ("(org, email)", "(org, email)", "(org, email, deleted_at)"),
        ("(org, external_id)", "(org, external_id)", "(org, external_id) WHERE deleted_at IS NULL"),
    ],
    ids=["columns alone still name it", "NULLs may repeat, so it needs the predicate"],
)
def test_it_waits_before_the_drop_until_on_conflict_is_deployed(
    key: str, target: str, after: str, database: Database
) -> None:
    database.execute(TABLE + f"CREATE UNIQUE INDEX k ON customers {key}")
    old = (
        f"INSERT INTO customers (org, email, external_id) VALUES (8, 'x', 'y') ON CONFLICT {target}"
    )
    facts = KeyFacts(upserts=tuple(read_upserts(f"{old} DO NOTHING", calls=3)))
    plan = draft_of(database, "k", facts)
    with pytest.raises(psycopg.errors.RaiseException, match="old one was not dropped"):
        run(database, statements_of(plan, upserts_changed=False))
    database.execute(f"{old} DO NOTHING")
    new = old.replace(f"ON CONFLICT {target}", f"ON CONFLICT {after}")
    database.execute(f"{new} DO NOTHING")
    run(database, statements_of(plan))
    assert f"ON CONFLICT {after}" in migration(plan).sql
    database.execute(f"{new} DO NOTHING")
    with pytest.raises(psycopg.errors.InvalidColumnReference):
        database.execute(f"{old} DO NOTHING")


def test_it_cannot_be_rolled_back_and_says_so(database: Database) -> None:
    make(database, "index, partial")
    plan = draft_of(database, "k")
    run(database, statements_of(plan))
    database.execute("INSERT INTO customers (org, email) VALUES (1, 'jane3@example.com')")
    with pytest.raises(psycopg.errors.UniqueViolation, match="could not create unique index"):
        database.execute(SHAPES["index, partial"])
    assert "Not to be rolled back" in migration(plan).sql


def indexes(database: Database) -> list[tuple[str]]:
    return database.execute("SELECT indexdef FROM pg_indexes ORDER BY 1")
