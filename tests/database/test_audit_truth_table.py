"""The known traps on a real PostgreSQL, each caught by exactly its rule; and the right shapes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import product

import psycopg
import pytest

from collectors.audit.case import KeyFacts
from collectors.audit.upserts import read_upserts
from collectors.model import Severity
from sample_data.postgres import Database, Postgres
from tests.database.auditing_world import findings_of

MARKERS = {
    "timestamp": ("deleted_at timestamptz", "deleted_at IS NULL", "deleted_at IS NOT NULL"),
    "camel case": (
        '"deletedAt" timestamp(3)',
        '"deletedAt" IS NULL',
        '"deletedAt" IS NOT NULL',
    ),
    "removed_at": ("removed_at date", "removed_at IS NULL", "removed_at IS NOT NULL"),
    "sentinel": (
        "deleted_at timestamptz NOT NULL DEFAULT 'infinity'",
        "deleted_at = 'infinity'",
        "deleted_at <> 'infinity'",
    ),
    "nullable sentinel": (
        "deleted_at timestamptz DEFAULT 'infinity'",
        "(deleted_at = 'infinity' OR deleted_at IS NULL)",
        "deleted_at <> 'infinity'",
    ),
    "boolean": ("is_deleted boolean NOT NULL DEFAULT false", "NOT is_deleted", "is_deleted"),
    "nullable boolean": ("deleted boolean", "deleted IS NOT TRUE", "deleted IS TRUE"),
    "flag of text": ("deleted char(1) NOT NULL DEFAULT 'N'", "deleted = 'N'", "deleted = 'Y'"),
    "epoch": ("deleted_at bigint NOT NULL DEFAULT 0", "deleted_at = 0", "deleted_at <> 0"),
    "flag of integer": ("is_deleted int NOT NULL DEFAULT 0", "is_deleted = 0", "is_deleted <> 0"),
    "status enum": (
        "status state NOT NULL DEFAULT 'active'",
        "status <> 'deleted'",
        "status = 'deleted'",
    ),
    "status text": (
        "status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted'))",
        "status <> 'deleted'",
        "status = 'deleted'",
    ),
}
FLAWED = {
    # trap: (the rule that must speak, the key)
    "ignores deletion": ("ignores_deletion", "CREATE UNIQUE INDEX k ON t (shop, lower(email))"),
    "ignores deletion, constraint": (
        "ignores_deletion",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (shop, email)",
    ),
    "inverted predicate": (
        "wrong_predicate",
        "CREATE UNIQUE INDEX k ON t (shop, email) WHERE {gone}",
    ),
    "unrelated predicate": (
        "wrong_predicate",
        "CREATE UNIQUE INDEX k ON t (shop, email) WHERE email <> ''",
    ),
    "legacy beside the right one": (
        "beside_the_right_one",
        "CREATE UNIQUE INDEX right_one ON t (shop, lower(email)) WHERE {live};"
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (shop, email)",
    ),
    "unique foreign key": ("unique_foreign_key", "CREATE UNIQUE INDEX k ON t (parent_id)"),
}
RIGHT = {
    "partial": "CREATE UNIQUE INDEX k ON t (shop, lower(email)) WHERE {live}",
    "partial and more": "CREATE UNIQUE INDEX k ON t (shop, email) WHERE email <> '' AND {live}",
    "live rows told by a computed column": (
        "ALTER TABLE t ADD here boolean GENERATED ALWAYS AS (CASE WHEN {live} THEN true END) STORED"
        "; CREATE UNIQUE INDEX k ON t (shop, email, here)"
    ),
    "only live rows have a computed value": (
        "ALTER TABLE t ADD own text GENERATED ALWAYS AS (CASE WHEN {live} THEN email END) STORED;"
        " CREATE UNIQUE INDEX k ON t (shop, own)"
    ),
    "a predicate on a computed column": (
        "ALTER TABLE t ADD here boolean GENERATED ALWAYS AS ({live}) STORED;"
        " CREATE UNIQUE INDEX k ON t (shop, email) WHERE here"
    ),
    "an expression of a computed column": (
        "ALTER TABLE t ADD here boolean GENERATED ALWAYS AS (({live}) IS TRUE) STORED;"
        " CREATE UNIQUE INDEX k ON t (shop, (CASE WHEN here THEN email END))"
    ),
    "the row's id beside others": "CREATE UNIQUE INDEX k ON t (id, shop)",
    "not unique": "CREATE INDEX k ON t (email)",
}


COMPUTED = (
    "ALTER TABLE t ADD gone boolean GENERATED ALWAYS AS (({gone}) IS TRUE) STORED;"
    "CREATE UNIQUE INDEX k ON t (shop, email, gone)"
)
STATE = "CREATE TYPE state AS ENUM ('active', 'deleted');"


def tables(marker: str, statements: str) -> str:
    column, live, gone = MARKERS[marker]
    return (
        "CREATE TABLE parents (id int PRIMARY KEY);"
        "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), shop int NOT NULL,"
        f" email text NOT NULL, parent_id int REFERENCES parents, {column});"
        f"{statements.format(live=live, gone=gone)};"
    )


def make(database: Database, marker: str, statements: str) -> None:
    database.execute(STATE + tables(marker, statements))


Said = list[tuple[str, str]]


@pytest.fixture(scope="module")
def told(postgres: Postgres) -> Iterator[dict[tuple[str, str], Said]]:
    """What is said under each marker of each statement: in one database, a schema for each."""
    every = (*(statements for _, statements in FLAWED.values()), *RIGHT.values(), COMPUTED)
    schemas = {f"s{n}": case for n, case in enumerate(product(MARKERS, every))}
    name = f"traps_{uuid.uuid4().hex}"
    postgres.create_database(name, template="template0")
    database = Database(name, postgres.dsn(name))
    database.execute(
        STATE
        + "".join(
            f"CREATE SCHEMA {schema}; SET search_path = {schema}, public; {tables(*case)}"
            for schema, case in schemas.items()
        )
    )
    found: dict[tuple[str, str], Said] = {case: [] for case in schemas.values()}
    for finding in findings_of(database, *schemas):
        schema, _, _ = finding.table.partition(".")
        found[schemas[schema]].append((finding.constraint, finding.rule))
    yield found
    postgres.drop_database(name)


def said(database: Database) -> Said:
    return [(finding.constraint, finding.rule) for finding in findings_of(database)]


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("trap", FLAWED)
def test_a_trap_is_caught_by_exactly_its_rule(
    marker: str, trap: str, told: dict[tuple[str, str], Said]
) -> None:
    rule, statements = FLAWED[trap]
    assert told[marker, statements] == [("k", rule)]


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("shape", RIGHT)
def test_a_right_shape_is_left_alone(
    marker: str, shape: str, told: dict[tuple[str, str], Said]
) -> None:
    assert told[marker, RIGHT[shape]] == []


@pytest.mark.parametrize("marker", MARKERS)
def test_a_computed_state_in_the_key_is_a_state(
    marker: str, told: dict[tuple[str, str], Said]
) -> None:
    assert told[marker, COMPUTED] == [("k", "boolean_in_key")]


def test_a_computed_column_that_is_null_in_every_live_row_enforces_nothing(
    database: Database,
) -> None:
    computed = "ALTER TABLE t ADD gone bigint GENERATED ALWAYS AS (NULLIF(deleted_at, 0)) STORED;"
    make(database, "epoch", f"{computed} CREATE UNIQUE INDEX k ON t (email, gone)")
    (finding,) = findings_of(database)
    assert (finding.constraint, finding.rule) == ("k", "nulls_are_distinct")
    assert finding.reason.startswith("gone is in the key")


@pytest.mark.parametrize("statements", [s for _, s in FLAWED.values()][:2])
def test_a_table_without_soft_deletion_is_left_alone(statements: str, database: Database) -> None:
    make(database, "timestamp", "ALTER TABLE t DROP COLUMN deleted_at;" + statements)
    assert said(database) == []


@pytest.mark.parametrize(
    ("marker", "key", "rule"),
    [
        ("timestamp", "(email, deleted_at)", "nulls_are_distinct"),
        ("camel case", '(email, "deletedAt")', "nulls_are_distinct"),
        ("timestamp", "(email, deleted_at) WHERE deleted_at IS NULL", "nulls_are_distinct"),
        (
            "timestamp",
            "(email, date_trunc('second', deleted_at AT TIME ZONE 'UTC'))",
            "nulls_are_distinct",
        ),
        ("boolean", "(email, is_deleted)", "boolean_in_key"),
        ("boolean", "(email, is_deleted) WHERE shop > 0 AND email <> ''", "boolean_in_key"),
        ("nullable boolean", "(email, deleted)", "boolean_in_key"),
        ("flag of integer", "(email, is_deleted)", "boolean_in_key"),
        ("status enum", "(email, status)", "boolean_in_key"),
        ("status text", "(email, status)", "boolean_in_key"),
        ("timestamp", "(email, (deleted_at IS NULL))", "boolean_in_key"),
        ("epoch", "(email, NULLIF(deleted_at, 0))", "nulls_are_distinct"),
    ],
)
def test_a_mark_of_deletion_in_the_key_that_does_not_help(
    marker: str, key: str, rule: str, database: Database
) -> None:
    make(database, marker, f"CREATE UNIQUE INDEX k ON t {key}")
    assert said(database) == [("k", rule)]


@pytest.mark.parametrize(
    ("marker", "key"),
    [
        ("timestamp", "(email, deleted_at) NULLS NOT DISTINCT"),
        ("timestamp", "(email, COALESCE(deleted_at, 'infinity'))"),
        ("timestamp", "((CASE WHEN deleted_at IS NULL THEN email END))"),
        ("sentinel", "(email, deleted_at)"),
        ("epoch", "(email, deleted_at)"),
    ],
)
def test_a_mark_of_deletion_in_the_key_that_helps(
    marker: str, key: str, database: Database
) -> None:
    make(database, marker, f"CREATE UNIQUE INDEX k ON t {key}")
    assert said(database) == []


def test_a_failed_concurrent_build_is_a_leftover(database: Database) -> None:
    make(database, "timestamp", "INSERT INTO t (shop, email) VALUES (1, 'a'), (1, 'a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY k ON t (email) WHERE deleted_at IS NULL")
    (finding,) = findings_of(database)
    assert (finding.constraint, finding.rule) == ("k", "invalid_leftover")
    assert "live rows may repeat" in finding.reason


def test_a_partitioned_key_that_lacks_a_partition_is_a_leftover(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int, email text, deleted_at timestamptz)"
        " PARTITION BY HASH (email);"
        "CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        "CREATE UNIQUE INDEX k ON ONLY t (email) WHERE deleted_at IS NULL"
    )
    assert said(database) == [("k", "invalid_leftover")]


PARTITIONED = """
CREATE TABLE t (id int NOT NULL, region text NOT NULL, email text NOT NULL, deleted_at timestamptz)
PARTITION BY LIST (region);
CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu') PARTITION BY RANGE (region);
CREATE TABLE t_eu_1 PARTITION OF t_eu FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE TABLE t_us PARTITION OF t FOR VALUES IN ('us');
"""


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("UNIQUE INDEX k ON t (region, email)", "ignores_deletion"),
        ("UNIQUE INDEX k ON t (region, email, deleted_at)", "nulls_are_distinct"),
        ("UNIQUE INDEX k ON t (region, email) WHERE deleted_at IS NOT NULL", "wrong_predicate"),
        ("UNIQUE INDEX k ON t (region, email) WHERE deleted_at IS NULL", None),
        ("UNIQUE INDEX k ON t (region, email, deleted_at) NULLS NOT DISTINCT", None),
        ("UNIQUE INDEX k ON t_us (email)", "ignores_deletion"),
    ],
)
def test_partitioned_tables_are_seen_once(key: str, rule: str | None, database: Database) -> None:
    database.execute(f"{PARTITIONED} CREATE {key}")
    assert said(database) == ([("k", rule)] if rule else [])


def test_quoted_names_and_other_schemas(database: Database) -> None:
    database.execute(
        'CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop"."Order" ("Id" int PRIMARY KEY,'
        ' "E Mail" text NOT NULL, "deletedAt" timestamptz);'
        'CREATE UNIQUE INDEX "The ""Key""" ON "My Shop"."Order" (lower("E Mail"));'
        'CREATE UNIQUE INDEX "Right" ON "My Shop"."Order" ("E Mail") WHERE "deletedAt" IS NULL'
    )
    (finding,) = findings_of(database, "My Shop")
    assert (finding.table, finding.constraint, finding.rule) == (
        '"My Shop"."Order"',
        'The "Key"',
        "beside_the_right_one",
    )


def test_the_same_class_in_every_sibling_table_is_found(database: Database) -> None:
    """All of them at once: the class comes back in tables that nobody thought of."""
    names = [f"t{number}" for number in range(30)]
    for name in names:
        database.execute(
            f"CREATE TABLE {name} (id int PRIMARY KEY, slug text UNIQUE, deleted_at timestamptz)"
        )
    assert sorted(finding.table for finding in findings_of(database)) == sorted(names)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ('(tenant, "Id")', []),
        ("(id, made_on)", []),
        ("(tenant, user_id)", [("t_pkey", "ignores_deletion")]),
        ("(tenant, slug)", [("t_pkey", "ignores_deletion")]),
    ],
)
def test_a_row_s_id_in_a_primary_key_beside_others_is_never_asked_for_again(
    key: str, found: list[tuple[str, str]], database: Database
) -> None:
    database.execute(
        'CREATE TABLE t (id uuid, "Id" int, tenant int, made_on date, user_id int, slug text,'
        f" deleted_at timestamptz, PRIMARY KEY {key})"
    )
    assert said(database) == found


def test_a_primary_key_that_people_choose_is_found_and_cannot_be_migrated(
    database: Database,
) -> None:
    database.execute("CREATE TABLE t (slug text PRIMARY KEY, deleted_at timestamptz)")
    (finding,) = findings_of(database)
    assert (finding.rule, finding.severity) == ("ignores_deletion", Severity.HIGH)
    assert finding.migration is None
    assert "primary key counts every row" in finding.reason


def test_a_key_that_a_foreign_key_rests_on_says_so(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, slug text UNIQUE, deleted_at timestamptz);"
        "CREATE TABLE child (slug text CONSTRAINT to_t REFERENCES t (slug))"
    )
    (finding,) = findings_of(database)
    assert finding.migration is None
    assert "to_t of child rests on it" in finding.reason


KEY = ("public", "t", "k")


def test_failures_make_even_a_token_urgent(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, token text, deleted_at timestamptz,"
        " CONSTRAINT k UNIQUE (token))"
    )
    (finding,) = findings_of(database, facts={KEY: KeyFacts(failures=3, exposed=9)})
    assert (finding.severity, finding.failures, finding.exposed_rows) == (Severity.HIGH, 3, 9)
    assert finding.migration


def test_live_duplicates_are_a_finding_of_their_own(database: Database) -> None:
    make(database, "timestamp", "CREATE UNIQUE INDEX k ON t (email, deleted_at)")
    found = findings_of(database, facts={KEY: KeyFacts(live_duplicates=2)})
    assert [(one.rule, one.severity) for one in found] == [
        ("live_duplicates", Severity.HIGH),
        ("nulls_are_distinct", Severity.HIGH),
    ]


@pytest.mark.parametrize(
    ("key", "upsert", "rules"),
    [
        ("(email)", "(email)", ["ignores_deletion", "upserts_break"]),
        ("(email) WHERE deleted_at IS NULL", "(email)", ["upserts_break"]),
        ("(email) WHERE deleted_at IS NULL", "(email) WHERE deleted_at IS NULL", []),
        ("(email, deleted_at) NULLS NOT DISTINCT", "(email, deleted_at)", []),
    ],
)
def test_statements_that_a_partial_key_breaks_are_named(
    key: str, upsert: str, rules: list[str], database: Database
) -> None:
    make(database, "timestamp", f"CREATE UNIQUE INDEX k ON t {key}")
    statement = f"INSERT INTO t (email) VALUES ($1) ON CONFLICT {upsert} DO NOTHING"
    facts = KeyFacts(upserts=tuple(read_upserts(statement, calls=7)))
    assert [one.rule for one in findings_of(database, facts={KEY: facts})] == rules


def test_a_key_that_stays_breaks_no_statement(database: Database) -> None:
    make(database, "timestamp", "ALTER TABLE t ADD token text; CREATE UNIQUE INDEX k ON t (token)")
    statement = "INSERT INTO t (token) VALUES ($1) ON CONFLICT (token) DO NOTHING"
    facts = KeyFacts(upserts=tuple(read_upserts(statement)))
    (finding,) = findings_of(database, facts={KEY: facts})
    assert (finding.rule, finding.severity) == ("ignores_deletion", Severity.INFO)
