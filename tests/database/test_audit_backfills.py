"""The generated backfills, run for real: they free, end, can run twice, keep nothing erased."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from collectors.audit.backfill import Freeing, backfill, freeing
from collectors.audit.backfill.statements import steps
from collectors.audit.inspect import cases
from collectors.model import Catalog, MarkerKind
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.mapping import POLAR, MarkerMapping, TableMapping
from sample_data.postgres import Database
from sample_data.postgres_home import account, binaries
from tests.database.auditing_world import audited, run

CUSTOMERS = """
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid NOT NULL, name text,
    email varchar(320) NOT NULL, external_id varchar, user_metadata jsonb NOT NULL DEFAULT '{}',
    deleted_at timestamptz
);
CREATE UNIQUE INDEX by_email ON customers (organization_id, lower(email));
CREATE UNIQUE INDEX by_external_id ON customers (organization_id, external_id);
"""
ORGANIZATION = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
MANY = f"""
INSERT INTO customers (organization_id, email, external_id, deleted_at)
SELECT '{ORGANIZATION}', 'jane' || n || '@x.org', 'crm-' || n, CASE WHEN n % 2 = 0 THEN now() END
FROM generate_series(1, 5000) n
"""


def catalog_of(database: Database, mapping: dict[str, TableMapping] | None = None) -> Catalog:
    with ReadTarget("test", database.dsn) as target, target.snapshot() as snapshot:
        return read_catalog(snapshot, mapping=POLAR if mapping is None else mapping)


def plan_of(
    database: Database, constraint: str, mapping: dict[str, TableMapping] | None = None
) -> Freeing:
    catalog = catalog_of(database, mapping)
    plan = freeing(next(c for c in cases(catalog) if c.key.name == constraint))
    assert plan is not None
    return plan


def free(database: Database, plan: Freeing) -> list[str]:
    """Run it as psql would; what the server said meanwhile."""
    said: list[str] = []
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        for step in steps(plan):
            connection.execute(step.sql.encode())
    return said


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    return database.execute(query)


def test_a_text_gives_way_to_a_value_of_the_row_s_own_and_can_be_used_again(
    database: Database,
) -> None:
    database.execute(CUSTOMERS + MANY)
    plan = plan_of(database, "by_email")
    assert free(database, plan) == ["2500 rows were changed."]
    assert rows(
        database,
        "SELECT count(DISTINCT email), bool_and(email = 'released+' || replace(id::text, '-', '')"
        " || '@tombstone.invalid') FROM customers WHERE deleted_at IS NOT NULL",
    ) == [(2500, True)]
    assert rows(database, "SELECT count(*) FROM customers WHERE email LIKE 'jane%'") == [(2500,)]
    database.execute(
        "INSERT INTO customers (organization_id, email)"
        f" SELECT '{ORGANIZATION}', 'JANE' || n * 2 || '@x.org' FROM generate_series(1, 2500) n"
    )
    assert free(database, plan) == ["0 rows were changed."]


def test_a_nullable_column_is_emptied_and_its_value_kept_where_the_mapping_says(
    database: Database,
) -> None:
    database.execute(CUSTOMERS + MANY)
    database.execute("UPDATE customers SET user_metadata = '{\"n\": 1.10}'")
    plan = plan_of(database, "by_external_id")
    assert free(database, plan) == ["2500 rows were changed."]
    assert rows(
        database,
        "SELECT count(*) FILTER (WHERE external_id IS NULL),"
        " count(*) FILTER (WHERE user_metadata ->> '__external_id' = 'crm-' ||"
        "   substr(split_part(email, '@', 1), 5)),"
        " count(*) FILTER (WHERE user_metadata::text LIKE '%1.10%')"
        " FROM customers WHERE deleted_at IS NOT NULL",
    ) == [(2500, 2500, 2500)]
    assert rows(database, "SELECT count(*) FROM customers WHERE external_id IS NULL") == [(2500,)]
    database.execute(
        "INSERT INTO customers (organization_id, email, external_id)"
        f" VALUES ('{ORGANIZATION}', 'again@x.org', 'crm-2')"
    )
    assert free(database, plan) == ["0 rows were changed."]


def test_nothing_is_kept_of_an_erased_row_neither_now_nor_from_before(database: Database) -> None:
    database.execute(
        CUSTOMERS
        + f"""
INSERT INTO customers (organization_id, email, external_id, user_metadata, deleted_at, name) VALUES
    ('{ORGANIZATION}', 'a@anonymized.invalid', 'crm-a', '{{"b": 1}}', now(), 'erased'),
    ('{ORGANIZATION}', 'b@anonymized.invalid', NULL, '{{"__external_id": "b"}}', now(), 'before'),
    ('{ORGANIZATION}', 'c@anonymized.invalid', 'crm-c', '["__external_id"]', now(), 'no object'),
    ('{ORGANIZATION}', 'd@anonymized.invalid', 'crm-d', '{{}}', NULL, 'not deleted'),
    ('{ORGANIZATION}', 'e@x.org', 'crm-e', '{{}}', now(), 'gone')"""
    )
    plan = plan_of(database, "by_external_id")
    assert free(database, plan) == ["4 rows were changed."]
    assert rows(
        database, "SELECT name, external_id, user_metadata::text FROM customers ORDER BY email"
    ) == [
        ("erased", None, '{"b": 1}'),
        ("before", None, "{}"),
        ("no object", None, '["__external_id"]'),
        ("not deleted", "crm-d", "{}"),
        ("gone", None, '{"__external_id": "crm-e"}'),
    ]
    by_email = plan_of(database, "by_email")
    assert free(database, by_email) == ["1 rows were changed."]
    assert rows(
        database, "SELECT count(*) FROM customers WHERE email LIKE '%@anonymized.invalid'"
    ) == [(4,)]


def test_a_row_whose_value_has_no_place_is_left_and_told(database: Database) -> None:
    database.execute(
        CUSTOMERS + "INSERT INTO customers (organization_id, email, external_id, user_metadata,"
        f" deleted_at) VALUES ('{ORGANIZATION}', 'a@x.org', 'crm-a', '[1]', now())"
    )
    said = free(database, plan_of(database, "by_external_id"))
    assert said == ["0 rows were changed.", "1 deleted rows still hold by_external_id"]
    assert rows(database, "SELECT external_id FROM customers") == [("crm-a",)]


def test_what_somebody_else_has_locked_is_left_told_and_taken_the_next_time(
    database: Database,
) -> None:
    database.execute(CUSTOMERS + MANY)
    plan = plan_of(database, "by_email")
    with psycopg.connect(database.dsn) as other:
        other.execute("SELECT FROM customers WHERE email = 'jane2@x.org' FOR UPDATE")
        assert free(database, plan) == [
            "2499 rows were changed.",
            "1 deleted rows still hold by_email",
        ]
    assert free(database, plan) == ["1 rows were changed."]


def test_it_is_cut_off_and_run_again(database: Database) -> None:
    """A trigger that fails once half is done stands for whatever kills a session."""
    database.execute(CUSTOMERS + MANY)
    database.execute("""
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF (SELECT count(*) FROM customers WHERE email LIKE 'released%') >= 1000 THEN
            RAISE 'cut off';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER cut BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION fail();
    """)
    plan = plan_of(database, "by_email")
    with pytest.raises(psycopg.errors.RaiseException, match="cut off"):
        free(database, plan)
    done = "SELECT count(*) FROM customers WHERE email LIKE 'released%'"
    assert rows(database, done) == [(1000,)]
    database.execute("DROP TRIGGER cut ON customers")
    assert free(database, plan) == ["1500 rows were changed."]
    assert rows(database, done) == [(2500,)]


OTHERS = {
    "number, text of no e-mail": (
        "id bigint PRIMARY KEY, slug text NOT NULL UNIQUE, deleted_at timestamptz",
        "(1, 'a', NULL), (-2, 'b', now()), (3, 'c', now())",
    ),
    "composite id, quoted names, boolean": (
        '"Id" int, "Lang" text, "Slug" varchar(30) NOT NULL, is_deleted boolean NOT NULL,'
        ' PRIMARY KEY ("Id", "Lang"), CONSTRAINT "things_slug_key" UNIQUE ("Slug")',
        "(1, 'de', 'a', false), (1, 'en', 'b', true), (2, 'de', 'c', true)",
    ),
    "status": (
        "id int PRIMARY KEY, slug text UNIQUE, status text NOT NULL"
        " CHECK (status IN ('active', 'deleted'))",
        "(1, 'a', 'active'), (2, 'b', 'deleted'), (3, 'c', 'deleted')",
    ),
    "NULLs clash": (
        "id int PRIMARY KEY, slug text, deleted_at timestamptz,"
        " CONSTRAINT things_slug_key UNIQUE NULLS NOT DISTINCT (slug)",
        "(1, 'a', NULL), (2, 'b', now()), (3, NULL, now())",
    ),
    "two states": (
        "id int PRIMARY KEY, slug text UNIQUE, status text NOT NULL"
        " CHECK (status IN ('active', 'removed', 'deleted'))",
        "(1, 'a', 'active'), (2, 'b', 'deleted'), (3, 'c', 'removed')",
    ),
    "partial on something else": (
        "id int PRIMARY KEY, slug text NOT NULL, deleted_at timestamptz",
        "(1, 'a', NULL), (2, 'b', now()), (3, 'c', now())",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_schemas(database: Database, kind: str) -> None:
    columns, values = OTHERS[kind]
    database.execute(f"CREATE TABLE things ({columns})")
    if kind == "partial on something else":
        database.execute("CREATE UNIQUE INDEX things_slug_key ON things (slug) WHERE id < 3")
    database.execute(f"INSERT INTO things VALUES {values}")
    plan = plan_of(database, "things_slug_key", {})
    changed = 1 if kind == "partial on something else" else 2
    assert free(database, plan) == [f"{changed} rows were changed."]
    assert free(database, plan) == ["0 rows were changed."]
    slug = plan.column.name
    freed = f"SELECT count(*) FROM things WHERE {slug} = 'b'"
    live = f"SELECT count(*) FROM things WHERE {slug} = 'a'"
    assert (rows(database, freed), rows(database, live)) == ([(0,)], [(1,)])


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE t (email text UNIQUE, deleted_at timestamptz)",
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL UNIQUE, deleted_at timestamptz)",
        "CREATE TABLE t (id int PRIMARY KEY, slug varchar(12) NOT NULL UNIQUE, gone_at date,"
        " deleted_at timestamptz)",
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY, p int UNIQUE REFERENCES p, deleted_at timestamptz)",
        "CREATE TABLE t (id int PRIMARY KEY, code text, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX ON t ((code IS NULL))",
    ],
    ids=["no primary key", "a number", "no room", "only a reference", "only whether there is one"],
)
def test_where_no_column_can_be_given_up_there_is_none(database: Database, table: str) -> None:
    database.execute(table)
    found = audited(catalog_of(database, {}), {})
    assert found
    assert [one.backfill for one in found] == [None] * len(found)


def test_what_stands_for_null_is_freed_too(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, domain text, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX k ON t (COALESCE(domain, ''));"
        "INSERT INTO t VALUES (1, NULL, now())"
    )
    assert free(database, plan_of(database, "k", {})) == ["1 rows were changed."]
    database.execute("INSERT INTO t VALUES (2, NULL, NULL)")


def test_no_row_is_freed_of_one_key_into_another(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text, code text, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX by_email ON t (email) WHERE code IS NOT NULL;"
        "CREATE UNIQUE INDEX by_code ON t (COALESCE(code, ''))"
    )
    found = {one.constraint: one.backfill for one in audited(catalog_of(database, {}), {})}
    assert found["by_code"] is None
    assert found["by_email"] is not None


@pytest.mark.parametrize(
    ("mark", "deleted", "doubtful"),
    [
        ("deleted_at timestamptz", "'2026-03-01Z'", ("'2126-03-01Z'", "'infinity'")),
        ("delete_on date", "'2026-03-01'", ("'2126-03-01'",)),
        ("deleted bigint NOT NULL DEFAULT 0", "1770000000", ("5",)),
        ("deleted bigint NOT NULL DEFAULT 0", "1", ("4920000000",)),
        ("del_flag char(1) NOT NULL DEFAULT '0'", "'1'", ("'2'",)),
    ],
)
def test_a_row_that_may_be_live_is_left_alone(
    database: Database, mark: str, deleted: str, doubtful: tuple[str, ...]
) -> None:
    database.execute(
        f"CREATE TABLE t (id int PRIMARY KEY, nick text CONSTRAINT by_nick UNIQUE, {mark});"
        f"INSERT INTO t VALUES (1, 'gone', {deleted})"
    )
    for number, told in enumerate(doubtful, 2):
        database.execute(f"INSERT INTO t VALUES ({number}, 'doubtful {number}', {told})")
    plan = plan_of(database, "by_nick")
    assert free(database, plan)[0] == "1 rows were changed."
    assert rows(database, "SELECT nick FROM t WHERE id = 1") == [(None,)]
    assert rows(database, "SELECT count(*) FROM t WHERE nick ~ 'doubtful'") == [(len(doubtful),)]


def test_rows_of_an_inheriting_table_are_left_alone(database: Database) -> None:
    """An heir's row may have the very id of one that is freed; its value is in no key of ours."""
    database.execute(
        "CREATE TABLE parts (id int PRIMARY KEY, code text NOT NULL CONSTRAINT k UNIQUE,"
        " deleted_at timestamptz); CREATE TABLE spares () INHERITS (parts);"
        "INSERT INTO parts VALUES (1, 'a', now()); INSERT INTO spares VALUES (1, 'b', now())"
    )
    said = free(database, plan_of(database, "k"))
    assert rows(database, "SELECT code FROM ONLY parts") == [("released:1",)]
    assert rows(database, "SELECT code FROM spares") == [("b",)]
    assert said == ["1 rows were changed."]


def test_a_partitioned_table(database: Database) -> None:
    database.execute("""
        CREATE TABLE t (id int, year int, email text NOT NULL, deleted_at timestamptz,
            PRIMARY KEY (id, year), CONSTRAINT k UNIQUE (email, year)) PARTITION BY LIST (year);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
        CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);
        INSERT INTO t SELECT n, 1 + n % 2, 'e' || n, now() FROM generate_series(1, 10) n;
    """)
    plan = plan_of(database, "k", {})
    assert free(database, plan) == ["10 rows were changed."]
    assert free(database, plan) == ["0 rows were changed."]


def test_alembic_runs_the_same(database: Database, tmp_path: Path) -> None:
    database.execute(CUSTOMERS + MANY)
    file = tmp_path / "revision.py"
    file.write_text(backfill(plan_of(database, "by_external_id")).alembic, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("revision", file)
    assert spec is not None
    assert spec.loader is not None
    revision = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revision)
    dsn = database.dsn.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(dsn)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context), context.begin_transaction():
            revision.upgrade()
    engine.dispose()
    left = "SELECT count(*) FROM customers WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL"
    assert rows(database, left) == [(0,)]
    with pytest.raises(RuntimeError, match="not taken back"):
        revision.downgrade()


@pytest.mark.parametrize(
    ("column", "marked"),
    [
        ("deleted_at date", "deleted_at = now()"),
        ("is_deleted smallint NOT NULL DEFAULT 0", "is_deleted = …"),
        ("deleted_at bigint NOT NULL DEFAULT 0", "deleted_at = …"),
        ("deleted_by int", "deleted_by = …"),
        ("gone date, is_deleted bool GENERATED ALWAYS AS (gone IS NOT NULL) STORED", "gone = …"),
    ],
)
def test_the_change_for_every_delete_path_marks_the_row_as_far_as_anybody_can_tell(
    column: str, marked: str, database: Database
) -> None:
    """Milliseconds and seconds look alike in the catalog, and so do a flag and a count."""
    database.execute(f"CREATE TABLE t (id int PRIMARY KEY, nick text UNIQUE, {column})")
    who = TableMapping(marker=MarkerMapping("deleted_by", MarkerKind.TIMESTAMP))
    mapping = {"t": who} if "deleted_by" in column else {}
    plan = plan_of(database, "t_nick_key", mapping)
    assert f"UPDATE public.t SET {marked}, nick = NULL WHERE id = …;" in backfill(plan).sql


def test_the_change_for_every_delete_path_is_sql_that_frees_the_key(database: Database) -> None:
    """What the text tells each path to run: as it stands, it deletes and frees in one."""
    database.execute(CUSTOMERS + MANY)
    text = backfill(plan_of(database, "by_external_id")).sql
    deletes, forgets = (line[3:] for line in text.splitlines() if line.startswith("--   UPDATE"))
    one = rows(database, "SELECT id FROM customers WHERE email = 'jane1@x.org'")[0][0]
    run(database, [deletes.replace("id = …", f"id = '{one}'")])
    row = "SELECT external_id, user_metadata::text, deleted_at IS NULL FROM customers WHERE id = %s"
    assert database.execute(row, [one]) == [(None, '{"__external_id": "crm-1"}', False)]
    run(database, [forgets.replace("id = …", f"id = '{one}'")])
    assert database.execute(row, [one]) == [(None, "{}", False)]


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ("by_email", "is left as it is: its email was made up when it was erased."),
        ("by_external_id", "nothing is kept: neither now nor where an earlier release kept it."),
    ],
)
def test_what_becomes_of_the_erased_is_said(database: Database, constraint: str, said: str) -> None:
    database.execute(CUSTOMERS)
    text = backfill(plan_of(database, constraint)).sql
    assert said in " ".join(text.replace("\n-- ", " ").split())


def test_psql_runs_the_file_as_it_is(database: Database, tmp_path: Path) -> None:
    database.execute(CUSTOMERS + MANY)
    file = tmp_path / "backfill.sql"
    file.write_text(backfill(plan_of(database, "by_external_id")).sql, encoding="utf-8")
    psql = binaries(account()) / "psql"
    command = [str(psql), "-X", "-v", "ON_ERROR_STOP=1", "-d", database.dsn, "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    left = "SELECT count(*) FROM customers WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL"
    assert rows(database, left) == [(0,)]
