"""Look-ups with a role that may only read, and what `doctor` is told of that role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.conninfo import make_conninfo

from collectors.model import Catalog, KeyLookup, LookupAnswer
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.reader import ReaderFacts, reader_facts
from sample_data.postgres import Database, Postgres
from tests.database.counting_proxy import counting

TABLES = """
CREATE TABLE owners (id int PRIMARY KEY, deleted_at timestamptz, secret text);
CREATE TABLE t (
    id int PRIMARY KEY, deleted_at timestamptz, a text CONSTRAINT t_key UNIQUE, password text,
    owner_id int NOT NULL REFERENCES owners
);
INSERT INTO owners VALUES (1, '2026-01-01Z');
INSERT INTO t VALUES (1, '2026-01-01Z', 'gone', 'pw', 1), (2, NULL, 'here', 'pw', 1);
"""


@pytest.fixture
def role(database: Database) -> Iterator[str]:
    """A role that may connect and nothing else."""
    role = f"reader_{database.name}"
    database.execute(TABLES)
    database.execute(f"CREATE ROLE {role} LOGIN NOINHERIT PASSWORD 'reader'")
    database.execute(f"CREATE ROLE {role}_team")
    yield role
    database.execute(f"DROP OWNED BY {role}, {role}_team; DROP ROLE {role}, {role}_team")


@pytest.fixture
def reader(role: str, database: Database, postgres: Postgres) -> Iterator[ReadTarget]:
    dsn = postgres.dsn(database.name, user=role, password="reader")
    with ReadTarget("test", dsn) as target:
        yield target


def look_up(reader: ReadTarget, *values: str) -> list[LookupAnswer]:
    with reader.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("t_key")
        return find_holders(snapshot, catalog, [KeyLookup(key, (value,)) for value in values])


def facts(reader: ReadTarget) -> ReaderFacts:
    with reader.snapshot() as snapshot:
        return reader_facts(snapshot, read_catalog(snapshot))


GRANTS = "GRANT SELECT (id, deleted_at, a, owner_id) ON t TO {0};"
OWNER_GRANTS = "GRANT SELECT (id, deleted_at) ON owners TO {0};"


def test_grants_on_just_the_columns_of_keys_markers_and_references_are_enough(
    reader: ReadTarget, role: str, database: Database
) -> None:
    database.execute((GRANTS + OWNER_GRANTS).format(role))
    gone, here = look_up(reader, "gone", "here")
    assert [holder.row.id for holder in (*gone.holders, *here.holders)] == ["1", "2"]
    assert facts(reader) == ReaderFacts(role, False, (), (), ())
    assert facts(reader).reads_only


def test_a_table_that_may_not_be_read_is_said_so_for_each_look_up(
    reader: ReadTarget, role: str, database: Database
) -> None:
    reason = "the reader may not read t, or row-level security hides rows from it"
    found = look_up(reader, "gone", "here")
    assert [answer.uncastable and answer.uncastable[: len(reason)] for answer in found] == [
        reason,
        reason,
    ]
    owners, table = facts(reader).unreadable
    assert owners.columns == ("id", "deleted_at", "secret")
    assert table.columns == ("id", "deleted_at", "a", "password", "owner_id")
    assert table.grants(role) == f"GRANT SELECT ON public.t TO {role};"


def test_what_doctor_says_to_grant_is_all_that_it_takes(
    reader: ReadTarget, role: str, database: Database
) -> None:
    database.execute("CREATE SCHEMA crm; ALTER TABLE t SET SCHEMA crm")
    with reader.snapshot() as snapshot:
        catalog = read_catalog(snapshot, schemas=("crm", "public"))
        found = reader_facts(snapshot, catalog, schemas=("crm", "public"))
    for one in found.unreadable:
        database.execute(one.grants(found.role))
    with reader.snapshot() as snapshot:
        mended = reader_facts(snapshot, catalog, schemas=("crm", "public", "cmr"))
    assert mended == ReaderFacts(role, False, (), (), (), ("cmr",))


def test_unreadable_parents_leave_a_doubt_only_about_live_rows(
    reader: ReadTarget, role: str, database: Database
) -> None:
    database.execute(GRANTS.format(role))
    gone, here, nobody = look_up(reader, "gone", "here", "nobody")
    assert [holder.row.id for holder in gone.holders] == ["1"]
    assert here == LookupAnswer(
        uncastable="the reader may not read a table that the live row belongs to"
    )
    assert nobody == LookupAnswer()
    owners, table = facts(reader).unreadable
    assert (owners.table, table.table, table.parents) == (
        "public.owners",
        "public.t",
        ("public.owners",),
    )
    assert owners.columns
    assert table.grants(role) == ""


def test_row_level_security_is_an_answer_refused_and_never_a_row_hidden(
    reader: ReadTarget, role: str, database: Database
) -> None:
    database.execute((GRANTS + OWNER_GRANTS).format(role))
    database.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    database.execute("CREATE POLICY none ON t USING (false)")
    (answer,) = look_up(reader, "gone")
    assert answer.uncastable
    assert "row-level security" in answer.uncastable
    assert facts(reader).filtered == ("public.t",)
    assert facts(reader).unreadable == ()


@pytest.mark.parametrize(
    ("grant", "writable"),
    [
        ("GRANT INSERT ON t TO {0}", ("public.t",)),
        ("GRANT UPDATE (a) ON t TO {0}", ("public.t",)),
        ("GRANT TRUNCATE ON owners TO {0}", ("public.owners",)),
        ("GRANT CREATE ON SCHEMA public TO {0}", ("schema public",)),
        ("GRANT pg_write_all_data TO {0}", ("public.owners", "public.t")),
        ("GRANT UPDATE ON t TO {0}_team; GRANT {0}_team TO {0}", ("public.t",)),
        ("GRANT ALL ON SCHEMA public TO {0}; ALTER TABLE t OWNER TO {0}", None),
    ],
)
def test_whatever_it_could_write_is_named(
    grant: str,
    writable: tuple[str, ...] | None,
    reader: ReadTarget,
    role: str,
    database: Database,
) -> None:
    database.execute(grant.format(role))
    assert facts(reader).writable == (writable or ("public.t", "schema public"))
    assert not facts(reader).reads_only


def test_a_superuser_does_not_pass_for_a_reader(database: Database) -> None:
    with ReadTarget("test", database.dsn) as target, target.snapshot() as snapshot:
        assert not reader_facts(snapshot, Catalog(snapshot.as_of, ())).reads_only


def test_nothing_takes_a_lock_stronger_than_access_share(
    reader: ReadTarget, role: str, database: Database
) -> None:
    database.execute((GRANTS + OWNER_GRANTS).format(role))
    with reader.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("t_key")
        find_holders(snapshot, catalog, [KeyLookup(key, ("gone",)), KeyLookup(key, ("x",), True)])
        reader_facts(snapshot, catalog)
        locks = database.execute(
            "SELECT DISTINCT mode FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE application_name = 'tombstone reader' AND locktype <> 'virtualxid'"
        )
    assert locks == [("AccessShareLock",)]


def test_what_may_be_looked_up_is_asked_of_many_tables_at_once(
    role: str, database: Database, postgres: Postgres
) -> None:
    made = "CREATE TABLE {0} (id int PRIMARY KEY REFERENCES owners, a text UNIQUE, b text UNIQUE);"
    database.execute("".join(made.format(f"many{n}") for n in range(60)))
    database.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    with counting(postgres.port) as counted:
        dsn = postgres.dsn(database.name, user=role, password="reader")
        dsn = make_conninfo(dsn, port=counted.port, sslmode="disable", gssencmode="disable")
        with ReadTarget("test", dsn) as target, target.snapshot() as snapshot:
            catalog = read_catalog(snapshot)
            before = counted.trips
            assert reader_facts(snapshot, catalog).unreadable == ()
            asked = counted.trips - before
            database.execute(f"REVOKE SELECT ON many7, many50 FROM {role}")
            found = reader_facts(snapshot, catalog).unreadable
    assert asked < 20
    assert [one.table for one in found] == ["public.many50", "public.many7"]
