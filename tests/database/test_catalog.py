"""The catalog as it is read from a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from collectors.errors import SettingsError
from collectors.model import (
    Blocks,
    Catalog,
    Column,
    ForeignKey,
    IndexBuild,
    KeyLookup,
    KeyPart,
    MarkerKind,
    Partition,
    SoftDeleteMarker,
    Table,
    UniqueKey,
)
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.mapping import MarkerMapping, TableMapping
from collectors.postgres.outage import StatementFailed
from sample_data.postgres import Database, Postgres
from tests.database.counting_proxy import counting


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("test", database.dsn) as target:
        yield target


def catalog_of(target: ReadTarget, *schemas: str) -> Catalog:
    with target.snapshot() as snapshot:
        return read_catalog(snapshot, schemas=schemas or ("public",))


def table_of(target: ReadTarget, name: str = "t") -> Table:
    table = catalog_of(target).table("public", name)
    assert table
    return table


def key_of(target: ReadTarget, name: str) -> UniqueKey:
    (key,) = catalog_of(target).keys_named(name)
    return key


def test_polars_customers(target: ReadTarget, database: Database) -> None:
    database.execute(
        "CREATE TABLE customers (id uuid PRIMARY KEY, created_at timestamptz NOT NULL,"
        " deleted_at timestamptz, organization_id uuid NOT NULL, email varchar(320) NOT NULL,"
        " name text, user_metadata jsonb, external_id varchar,"
        " CONSTRAINT customers_organization_id_external_id_key"
        " UNIQUE (organization_id, external_id));"
        "CREATE UNIQUE INDEX ix_email ON customers (organization_id, lower(email))"
    )
    customers = table_of(target, "customers")
    assert customers.primary_key == ("id",)
    assert customers.column("email") == Column(
        "email", "character varying(320)", nullable=False, category="S"
    )
    assert customers.marker == SoftDeleteMarker(
        "deleted_at", MarkerKind.TIMESTAMP, "deleted_at IS NOT NULL", "NULL", "deleted_at"
    )
    assert customers.created_at == "created_at"
    assert customers.organization == "organization_id"
    assert customers.erased_when == "email LIKE '%@anonymized.invalid'"
    assert customers.kept_in == {"external_id": "user_metadata"}
    organization = KeyPart("organization_id", ("organization_id",), "uuid", nullable=False)
    email = KeyPart("lower(email::text)", ("email",), "text", nullable=True)
    external = KeyPart("external_id", ("external_id",), "character varying", nullable=True)
    id_ = KeyPart("id", ("id",), "uuid", nullable=False)

    def key(name: str, *parts: KeyPart, primary: bool = False) -> UniqueKey:
        return UniqueKey(
            name,
            "public",
            "customers",
            parts,
            primary=primary,
            counts_deleted=True,
            blocks=Blocks.CREATE,
        )

    assert customers.keys == (
        key("customers_organization_id_external_id_key", organization, external),
        key("customers_pkey", id_, primary=True),
        key("ix_email", organization, email),
    )


def test_each_expression_knows_the_columns_it_reads(target: ReadTarget, database: Database) -> None:
    database.execute(
        """CREATE TABLE t (a text, "select" text, "E mail" text, n int, dropped int);
        ALTER TABLE t DROP COLUMN dropped;
        ALTER TABLE t ADD COLUMN later text;
        CREATE UNIQUE INDEX t_key ON t (
            (a || 'lower {VAR :varattno 4} "n"'), n, lower("E mail"), (n + 1),
            ("select" || later || "select"), (CASE WHEN n > 0 THEN a END))"""
    )
    parts = key_of(target, "t_key").parts
    assert [part.columns for part in parts] == [
        ("a",),
        ("n",),
        ('"E mail"',),
        ("n",),
        ('"select"', "later"),
        ("a", "n"),
    ]
    assert [part.is_column for part in parts] == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("(a)", {}),
        ("(a) WHERE n > 1 AND a IS NOT NULL", {"predicate": "n > 1 AND a IS NOT NULL"}),
        ("(a) NULLS NOT DISTINCT", {"nulls_distinct": False}),
        ("(a) INCLUDE (n)", {"columns": ("a",)}),
        ("(a DESC NULLS LAST, n)", {"columns": ("a", "n")}),
        ('("Odd ""Name")', {"columns": ('"Odd ""Name"',)}),
    ],
)
def test_an_index_is_read_as_it_is(
    index: str, expected: dict[str, object], target: ReadTarget, database: Database
) -> None:
    database.execute(
        f'CREATE TABLE t (a text, n int, "Odd ""Name" text); CREATE UNIQUE INDEX k ON t {index}'
    )
    key = key_of(target, "k")
    plain = {"predicate": None, "nulls_distinct": True, "valid": True, "primary": False}
    for name, value in {**plain, **expected}.items():
        assert getattr(key, name) == value


@pytest.mark.parametrize(
    ("column", "index", "type_", "collation", "equals"),
    [
        ("varchar(20)", "a", "character varying", None, "="),
        ("char(3)", "a", "bpchar", None, "="),
        ("numeric(12, 2)", "a", "numeric", None, "="),
        ("timestamp(3)", "a", "timestamp without time zone", None, "="),
        ("bit(3)", "a", '"bit"', None, "="),
        ("name", "a", "name", 'pg_catalog."C"', "="),
        ("short", "a", "character varying", None, "="),
        ("shorter", "a", "character varying", None, "="),
        ("varchar(3)[]", "a", "character varying[]", None, "="),
        ('text COLLATE "C"', "a", "text", 'pg_catalog."C"', "="),
        ("text", 'a COLLATE "C"', "text", 'pg_catalog."C"', "="),
        ('text COLLATE "C"', 'a COLLATE "default"', "text", 'pg_catalog."default"', "="),
        ("text", "a text_pattern_ops", "text", None, "="),
        ("text", "lower(a)", "text", None, "="),
        ("ext.citext", "a", "ext.citext", None, "OPERATOR(ext.=)"),
    ],
)
def test_a_part_knows_the_bare_type_collation_and_equality_of_its_index(
    column: str,
    index: str,
    type_: str,
    collation: str | None,
    equals: str,
    target: ReadTarget,
    database: Database,
) -> None:
    database.execute(
        "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;"
        "CREATE DOMAIN short AS varchar(3); CREATE DOMAIN shorter AS short CHECK (value <> '');"
        f"CREATE TABLE t (a {column}); CREATE UNIQUE INDEX k ON t ({index})"
    )
    (part,) = key_of(target, "k").parts
    assert (part.type, part.collation, part.equals) == (type_, collation, equals)


def test_another_equality_of_just_that_type_is_not_taken_for_the_indexs(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE FUNCTION differs(varchar, varchar) RETURNS boolean LANGUAGE sql"
        " AS $$ SELECT $1::text <> $2::text $$;"
        "CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = differs);"
        "CREATE TABLE t (a varchar(9) UNIQUE); INSERT INTO t VALUES ('x'), ('y')"
    )
    key = key_of(target, "t_a_key")
    assert [part.equals for part in key.parts] == ["OPERATOR(pg_catalog.=)"]
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (answer,) = find_holders(snapshot, catalog, [KeyLookup(key, ("x",))])
    assert [holder.values for holder in answer.holders] == [("x",)]


def test_names_are_quoted_but_for_the_constraints_own(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        'CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop"."Order" ("Id" int PRIMARY KEY,'
        ' "deletedAt" timestamptz, "select" text, CONSTRAINT "The ""Key""" UNIQUE ("select"))'
    )
    (table,) = catalog_of(target, "My Shop").tables
    assert (table.schema, table.name, table.primary_key) == ('"My Shop"', '"Order"', ('"Id"',))
    assert table.label == '"My Shop"."Order"'
    assert table.marker
    assert table.marker.deleted == '"deletedAt" IS NOT NULL'
    assert [key.name for key in table.keys] == ["Order_pkey", 'The "Key"']


def test_only_the_configured_schemas_are_read(target: ReadTarget, database: Database) -> None:
    database.execute(
        "CREATE SCHEMA other; CREATE TABLE other.t (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY)"
    )
    assert [table.label for table in catalog_of(target).tables] == ["t"]
    both = catalog_of(target, "other", "public")
    assert [table.label for table in both.tables] == ["other.t", "t"]
    assert len(both.keys_named("t_pkey")) == 2


def test_a_partitioned_key_is_known_by_its_partitions_names_too(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (region text, n int, UNIQUE (region, n)) PARTITION BY LIST (region);"
        "CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu') PARTITION BY RANGE (n);"
        "CREATE TABLE t_eu_1 PARTITION OF t_eu FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE t_us PARTITION OF t FOR VALUES IN ('us');"
        "CREATE UNIQUE INDEX us_only ON t_us (n)"
    )
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO t VALUES ('eu', 1)")
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            connection.execute("INSERT INTO t VALUES ('eu', 1)")
    reported = caught.value.diag.constraint_name
    assert reported == "t_eu_1_region_n_key"
    key = key_of(target, reported)
    assert (key.name, key.table) == ("t_region_n_key", "t")
    assert key.aliases == ("t_eu_1_region_n_key", "t_eu_region_n_key", "t_us_region_n_key")
    own = key_of(target, "us_only")
    assert (own.table, own.aliases) == ("t_us", ())
    assert [table.name for table in catalog_of(target).tables] == ["t", "t_us"]


def test_partitions_come_with_their_parents_first(target: ReadTarget, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (region text, n int) PARTITION BY LIST (region);"
        "CREATE TABLE t_eu PARTITION OF t FOR VALUES IN ('eu') PARTITION BY RANGE (n);"
        'CREATE TABLE "T eu 1" PARTITION OF t_eu FOR VALUES FROM (0) TO (9);'
        "CREATE TABLE plain (n int)"
    )
    assert table_of(target).partitions == (
        Partition("public", "t_eu", "public", "t", partitioned=True),
        Partition("public", '"T eu 1"', "public", "t_eu", partitioned=False),
    )
    assert table_of(target).partitioned
    assert not table_of(target, "plain").partitioned


def test_a_key_tells_how_it_was_made(target: ReadTarget, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (a int NOT NULL, b int NOT NULL,"
        " CONSTRAINT c UNIQUE (a) DEFERRABLE INITIALLY DEFERRED);"
        "CREATE UNIQUE INDEX i ON t (b DESC, a) INCLUDE (a); ALTER TABLE t REPLICA IDENTITY USING"
        " INDEX i"
    )
    assert key_of(target, "c").build == IndexBuild(
        "CREATE UNIQUE INDEX c ON public.t USING btree (a)",
        constraint=True,
        deferrable="DEFERRABLE INITIALLY DEFERRED",
    )
    assert key_of(target, "i").build == IndexBuild(
        "CREATE UNIQUE INDEX i ON public.t USING btree (b DESC, a) INCLUDE (a)",
        replica_identity=True,
    )


def test_what_a_failed_concurrent_build_left_is_not_valid(
    target: ReadTarget, database: Database
) -> None:
    database.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY k ON t (a)")
    assert not key_of(target, "k").valid


def test_only_btree_keys_count(target: ReadTarget, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (a int, span int4range, EXCLUDE USING gist (span WITH &&),"
        " EXCLUDE (a WITH =)); CREATE INDEX plain ON t (a)"
    )
    assert table_of(target).keys == ()


def test_a_table_without_a_primary_key_has_none(target: ReadTarget, database: Database) -> None:
    database.execute("CREATE TABLE t (a int UNIQUE)")
    assert table_of(target).primary_key == ()


def test_columns_that_a_remedy_may_not_write_are_told(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b int,"
        " c int GENERATED ALWAYS AS (b * 2) STORED, d serial)"
    )
    assert [column.generated for column in table_of(target).columns] == [True, False, True, False]


def test_foreign_keys_come_with_columns_in_order_and_their_action(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE SCHEMA other; CREATE TABLE t (a int, b int, PRIMARY KEY (b, a));"
        'CREATE TABLE other."Child" (x int, y int,'
        ' CONSTRAINT "To T" FOREIGN KEY (y, x) REFERENCES t (b, a) ON DELETE SET NULL);'
        "CREATE TABLE c (x int, y int, FOREIGN KEY (x, y) REFERENCES t (b, a) ON DELETE CASCADE)"
    )
    assert catalog_of(target).foreign_keys == (
        ForeignKey(
            '"To T"',
            "other",
            '"Child"',
            ("y", "x"),
            "public",
            "t",
            ("b", "a"),
            "SET NULL",
            "t_pkey",
        ),
        ForeignKey(
            "c_x_y_fkey", "public", "c", ("x", "y"), "public", "t", ("b", "a"), "CASCADE", "t_pkey"
        ),
    )


def test_a_partitioned_foreign_key_is_one(target: ReadTarget, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE c (t_id int REFERENCES t) PARTITION BY RANGE (t_id);"
        "CREATE TABLE c_1 PARTITION OF c FOR VALUES FROM (0) TO (9)"
    )
    assert [(key.table, key.to_table) for key in catalog_of(target).foreign_keys] == [("c", "t")]


def test_a_reference_to_a_partition_is_one_to_its_whole_table(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);"
        "CREATE TABLE t_11 PARTITION OF t_1 FOR VALUES FROM (0) TO (5);"
        "CREATE TABLE c (t_id int REFERENCES t_11 ON UPDATE SET NULL)"
    )

    found = {key.to_table: key for key in catalog_of(target).foreign_keys}

    assert found["t"].to_columns == ("id",)
    assert found["t"].on_update == "SET NULL"
    assert found["t"].follows


def test_triggers_that_would_fire_on_a_remedy_are_named(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES t);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER on_insert AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
        'CREATE TRIGGER "On Update" BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();'
        "CREATE TRIGGER on_delete AFTER DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION f();"
        "CREATE TRIGGER off BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"
        "ALTER TABLE t DISABLE TRIGGER off"
    )
    assert table_of(target).triggers == ('"On Update"', "on_delete")


@pytest.mark.parametrize(
    ("columns", "marker"),
    [
        (
            "deleted_at timestamp(3)",
            ("deleted_at IS NOT NULL", "NULL", "deleted_at::timestamp AT TIME ZONE 'UTC'"),
        ),
        (
            "status shade NOT NULL DEFAULT 'active'",
            ("status = 'Deleted'", "'active'::shade", None),
        ),
        (
            "state varchar(9) CHECK (state IN ('open', 'removed', 'active'))",
            ("state = 'removed'", "'active'", None),
        ),
        ("is_removed truth", ("is_removed IS TRUE", "false", None)),
        ("status text", None),
        ("archived_at timestamptz, is_active boolean", None),
        ("deleted_at timestamptz NOT NULL DEFAULT now()", None),
    ],
)
def test_markers_are_found_by_name_type_and_known_values(
    columns: str,
    marker: tuple[str, str, str | None] | None,
    target: ReadTarget,
    database: Database,
) -> None:
    database.execute(
        "CREATE TYPE shade AS ENUM ('draft', 'active', 'Deleted'); CREATE DOMAIN truth AS boolean;"
        f"CREATE TABLE t (id int, {columns})"
    )
    found = table_of(target).marker
    assert (found and (found.deleted, found.live, found.since)) == marker


def test_a_text_status_is_a_marker_once_statistics_show_deleted_rows(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (id int, status text);"
        "INSERT INTO t SELECT g, CASE WHEN g % 5 = 0 THEN 'deleted' ELSE 'paid' END"
        " FROM generate_series(1, 100) g"
    )
    assert table_of(target).marker is None
    database.execute("ANALYZE t")
    marker = table_of(target).marker
    assert marker
    assert marker.deleted == "status = 'deleted'"


@pytest.mark.parametrize(("live", "told"), [("0", "0"), ("NULL", "NULL")])
def test_statistics_tell_what_a_live_row_has_where_a_number_marks_deletion(
    target: ReadTarget, database: Database, live: str, told: str
) -> None:
    database.execute(
        "CREATE TABLE t (id int, deleted_at bigint);"
        f"INSERT INTO t SELECT g, CASE WHEN g % 5 = 0 THEN 1770000000 + g ELSE {live} END"
        " FROM generate_series(1, 100) g; ANALYZE t"
    )
    marker = table_of(target).marker
    assert marker
    assert marker.live == told


def test_a_primary_key_that_holds_addresses_names_no_row_whatever_it_is_called(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE users (name text PRIMARY KEY, nick text UNIQUE);"
        "CREATE TABLE images (tenant int, ref text, PRIMARY KEY (tenant, ref));"
        "INSERT INTO users SELECT 'u' || n || '@Example.com', n FROM generate_series(1, 200) n;"
        "INSERT INTO images SELECT 1, 'shop@sha256:' || md5(n::text) FROM generate_series(1, 99) n;"
        "ANALYZE users, images"
    )
    with target.snapshot() as snapshot:
        tables = {table.name: table for table in read_catalog(snapshot).tables}
    assert tables["users"].personal_key == ("name",)
    assert tables["users"].row_key == ()
    assert tables["images"].row_key == ("tenant", "ref")


def test_keys_say_whether_deleted_rows_still_hold_them(
    target: ReadTarget, database: Database
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX live ON t (email) WHERE (deleted_at IS NULL) AND email <> '';"
        "CREATE UNIQUE INDEX timed ON t (email, deleted_at) NULLS NOT DISTINCT;"
        "CREATE UNIQUE INDEX idle ON t (email, deleted_at);"
        "CREATE TABLE u (id int PRIMARY KEY, email text UNIQUE)"
    )
    keys = {key.name: key.counts_deleted for t in catalog_of(target).tables for key in t.keys}
    assert keys == {
        "t_pkey": True,
        "t_email_key": True,
        "live": False,
        "timed": False,
        "idle": False,
        "u_pkey": False,
        "u_email_key": False,
    }


MAPPED = (
    "CREATE TABLE t (id int PRIMARY KEY, shop int, email text, gone_since bigint, note json,"
    " here tstzrange, total numeric(12,2))"
)


def read_mapped(target: ReadTarget, mapping: TableMapping, name: str = "t") -> Table:
    with target.snapshot() as snapshot:
        (table,) = read_catalog(snapshot, mapping={name: mapping}).tables
    return table


@pytest.mark.parametrize("name", ["t", "public.t"])
def test_the_mapping_tells_what_the_catalog_cannot(
    name: str, target: ReadTarget, database: Database
) -> None:
    database.execute(MAPPED)
    mapping = TableMapping(
        organization="shop",
        erased_when="email LIKE '%:x'",
        kept_in={"email": "note"},
        marker=MarkerMapping("gone_since", MarkerKind.EPOCH),
    )
    table = read_mapped(target, mapping, name)
    assert (table.organization, table.erased_when) == ("shop", "email LIKE '%:x'")
    assert table.kept_in == {"email": "note"}
    assert table.marker
    assert table.marker.deleted == "COALESCE(gone_since, 0) <> 0"
    assert table.keys[0].counts_deleted


@pytest.mark.parametrize(
    ("mapping", "wrong"),
    [
        (TableMapping(organization="tenant"), "has no column tenant"),
        (TableMapping(marker=MarkerMapping("gone", MarkerKind.BOOLEAN)), "has no column gone"),
        (
            TableMapping(marker=MarkerMapping("email", MarkerKind.BOOLEAN)),
            "cannot be asked its marker",
        ),
        (
            TableMapping(marker=MarkerMapping("gone_since", MarkerKind.STATUS, ("removed",))),
            "cannot be asked its marker",
        ),
        (
            TableMapping(marker=MarkerMapping("here", MarkerKind.TIMESTAMP)),
            "cannot be asked its marker",
        ),
        (TableMapping(kept_in={"email": "meta"}), "has no column meta"),
        (TableMapping(money="total"), "has total in whole units"),
        (TableMapping(money="totals * 100"), "cannot be asked its money"),
        (TableMapping(erased_when="e_mail = ''"), "cannot be asked its erased_when"),
        (TableMapping(erased_when="email = "), "cannot be asked its erased_when"),
    ],
)
def test_a_mapping_that_does_not_fit_is_an_error_unless_it_was_shipped(
    mapping: TableMapping, wrong: str, target: ReadTarget, database: Database
) -> None:
    database.execute(MAPPED)
    with pytest.raises(SettingsError, match=f"table t does not fit: the table {wrong}"):
        read_mapped(target, mapping)


@pytest.mark.parametrize("name", ["Member", '"Member"', "crm.Member", '"crm"."Member"'])
@pytest.mark.parametrize("column", ["workspaceId", '"workspaceId"'])
def test_a_mapping_names_things_as_their_author_did_or_as_sql_does(
    name: str, column: str, target: ReadTarget, database: Database
) -> None:
    database.execute(
        'CREATE SCHEMA crm; CREATE TABLE crm."Member" (id int PRIMARY KEY, "workspaceId" text,'
        ' "ssoId" text, meta jsonb, "State" text, "totalAmount" numeric(12,2))'
    )
    mapping = TableMapping(
        organization=column,
        kept_in={"ssoId": "meta"},
        money='"totalAmount" * 100',
        marker=MarkerMapping("State", MarkerKind.STATUS, ("gone",)),
        erased_when="\"ssoId\" = 'x'",
    )
    with target.snapshot() as snapshot:
        (table,) = read_catalog(snapshot, schemas=("crm",), mapping={name: mapping}).tables
    assert table.organization == '"workspaceId"'
    assert table.kept_in == {'"ssoId"': "meta"}
    assert table.money == '"totalAmount" * 100'
    assert table.marker
    assert table.marker.column == '"State"'
    assert table.erased_when == "\"ssoId\" = 'x'"


def test_what_is_told_of_a_table_that_is_nowhere_is_an_error(
    target: ReadTarget, database: Database
) -> None:
    database.execute('CREATE TABLE "Member" (id int PRIMARY KEY)')
    told = {"member": TableMapping(erased_when="true")}
    wrong = "names a table member, which schema public does not have; there is Member"
    with target.snapshot() as snapshot, pytest.raises(SettingsError, match=wrong):
        read_catalog(snapshot, mapping=told)


def test_polars_mapping_keeps_off_another_products_customers(
    target: ReadTarget, database: Database
) -> None:
    database.execute("CREATE TABLE customers (id int PRIMARY KEY, organization_id int, name text)")
    customers = table_of(target, "customers")
    assert (customers.organization, customers.erased_when) == (None, None)


def test_a_whole_schema_with_a_mapping_takes_three_round_trips(
    postgres: Postgres, database: Database
) -> None:
    database.execute(
        "DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format("
        "'CREATE TABLE t%s (id int PRIMARY KEY, a text UNIQUE, deleted_at timestamptz)', i);"
        " END LOOP; END $$"
    )
    mapping = {f"t{i}": TableMapping(live_when="a IS NOT NULL") for i in range(1, 31)}
    with counting(postgres.port) as counted:
        dsn = make_conninfo(
            database.dsn, port=counted.port, sslmode="disable", gssencmode="disable"
        )
        with ReadTarget("test", dsn) as target, target.snapshot() as snapshot:
            before = counted.trips
            catalog = read_catalog(snapshot, mapping=mapping)
            trips = counted.trips - before
    assert len(catalog.tables) == 60
    assert trips == 3


def test_a_look_is_opened_in_one_round_trip(postgres: Postgres, database: Database) -> None:
    with counting(postgres.port) as counted:
        dsn = make_conninfo(
            database.dsn, port=counted.port, sslmode="disable", gssencmode="disable"
        )
        with ReadTarget("test", dsn) as target:
            with target.snapshot():
                first = counted.trips
            with target.snapshot() as snapshot:
                assert counted.trips - first == 2  # the rollback before it, the look
                assert snapshot.rows("SELECT current_setting('row_security')") == [("off",)]


def test_many_together_may_each_take_as_long_as_one_may(target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        hasty = replace(snapshot, patience_s=1.0)
        assert len(hasty.attempt_each(*[("SELECT pg_sleep(0.4)",)] * 4)) == 4


def test_a_refusal_among_many_says_nothing_to_any_log(
    target: ReadTarget, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    questions = [("SELECT 1/0",), *[("SELECT 1",)] * 3_000]
    with target.snapshot() as snapshot:
        with pytest.raises(StatementFailed):
            snapshot.attempt_each(*questions)
        assert snapshot.attempt_each(("SELECT 2",), ("SELECT $1::int", 3)) == [[(2,)], [(3,)]]
    assert caplog.records == []
