"""A survey from the Targets into the store, and what the pages read of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from collectors.auditing import audit_when_due
from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.counted_days import creates_by_day, recreations_by_day
from collectors.evidence.reads.exposure import (
    exposure_by_key,
    exposure_total,
    exposure_trend,
)
from collectors.evidence.reads.findings import last_audits
from collectors.evidence.reads.organizations import agreed, names_of
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.settings import Settings, SurveySettings, TargetSettings
from collectors.survey import survey
from sample_data.postgres import Database
from tests.factories import new_store

ACME = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
ANY = SurveyFilter()
UMBRELLA = "5f2b3a52-27f7-4d64-9f4f-9f2e6a3b1c11"
NOW = datetime.now(UTC)
SCHEMA = f"""
CREATE TABLE organizations (id uuid PRIMARY KEY, name text, deleted_at timestamptz);
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now() - interval '5 days',
    deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations,
    email varchar(320) NOT NULL, name varchar, external_id varchar,
    user_metadata jsonb NOT NULL DEFAULT '{{}}'
);
CREATE UNIQUE INDEX by_email ON customers (organization_id, lower(email));
CREATE UNIQUE INDEX by_external_id ON customers (organization_id, external_id);
INSERT INTO organizations VALUES ('{ACME}', 'Acme'), ('{UMBRELLA}', 'Umbrella');
INSERT INTO customers (organization_id, email, external_id, deleted_at) VALUES
    ('{ACME}', 'a@x', 'e1', now() - interval '3 days'), ('{ACME}', 'b@x', NULL, now()),
    ('{UMBRELLA}', 'a@x', NULL, now()), ('{UMBRELLA}', 'c@x', NULL, NULL);
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def settings(database: Database, **of_survey: Any) -> Settings:
    target = TargetSettings(read_dsn=SecretStr(database.dsn))
    return Settings(targets={"production": target}, survey=SurveySettings(**of_survey))


def test_before_a_survey_there_is_no_data_and_not_zero(store: Store) -> None:
    assert exposure_total(store, ANY) is None
    assert exposure_by_key(store, ANY) is None
    assert exposure_trend(store, ANY) is None
    assert creates_by_day(store, ANY) is None
    assert recreations_by_day(store, ANY) is None
    assert names_of(store) == {}


def test_one_number_may_be_two_organizations_in_two_targets(store: Store) -> None:
    called = {("production", "7"): "Acme", ("sandbox", "7"): "Globex", ("sandbox", "8"): "Acme"}
    with store.write() as connection:
        for (target, id_), name in called.items():
            line = {"target": target, "organization_id": id_, "name": name}
            connection.execute(schema.organizations.insert(), line)
    assert names_of(store) == called
    assert names_of(store, ["8"]) == {("sandbox", "8"): "Acme"}
    assert agreed(called) == {"8": "Acme"}


def test_what_was_counted_is_read_back(database: Database, store: Store) -> None:
    database.execute(SCHEMA)
    done = survey(settings(database), store)
    assert done.notes == []
    total = exposure_total(store, ANY)
    assert total is not None
    assert (total.tombstones, total.how.exact) == (3, True)
    keys = exposure_by_key(store, ANY)
    assert keys is not None
    assert [(one.constraint, one.tombstones) for one in keys.rows] == [
        ("by_email", 3),
        ("by_external_id", 1),
    ]
    trend = exposure_trend(store, ANY)
    assert trend is not None
    assert [(one.table, one.tombstones) for one in trend.rows] == [("customers", 3)]
    creates = creates_by_day(store, ANY)
    assert creates is not None
    assert [one.count for one in creates.rows] == [4]
    assert names_of(store) == {
        ("production", ACME): "Acme",
        ("production", UMBRELLA): "Umbrella",
    }


IDS = {
    "an id that the application makes": ("id text PRIMARY KEY", 0),
    "an id beside a tenant's": ("tenant text, id text, PRIMARY KEY (tenant, id)", 0),
    "a code that somebody chooses": ("code text PRIMARY KEY", 3),
    "an external ID": ("external_id text PRIMARY KEY, tenant text", 3),
}


@pytest.mark.parametrize(("columns", "asked"), IDS.values(), ids=IDS)
def test_nobody_asks_for_the_id_of_a_deleted_row_again(
    database: Database, store: Store, columns: str, asked: int
) -> None:
    database.execute(f"""
        CREATE TABLE products ({columns}, handle text, deleted_at timestamptz);
        CREATE UNIQUE INDEX by_handle ON products (handle) WHERE deleted_at IS NULL;
    """)
    row = "md5(n::text), 'acme'" if "tenant" in columns else "md5(n::text)"
    database.execute(
        f"INSERT INTO products SELECT {row}, n::text, now() FROM generate_series(1, 3) n"
    )
    survey(settings(database), store)
    total = exposure_total(store, ANY)
    assert total is not None
    assert total.tombstones == asked


FILTERS = [
    (SurveyFilter(organization_id=ACME), 2),
    (SurveyFilter(organization_id=UMBRELLA), 1),
    (SurveyFilter(constraint="by_external_id"), 1),
    (SurveyFilter(constraint="by_external_id", organization_id=UMBRELLA), 0),
    (SurveyFilter(table="customers"), 3),
    (SurveyFilter(targets=("production",)), 3),
    (SurveyFilter(targets=("sandbox",)), None),
    (SurveyFilter(targets=()), None),
    (SurveyFilter(table="orders"), None),
]
"""What is asked for, and the Tombstones that are told; None: nothing was counted."""


def test_filters(database: Database, store: Store) -> None:
    database.execute(SCHEMA)
    survey(settings(database), store)
    totals = [(wanted, exposure_total(store, wanted)) for wanted, _ in FILTERS]
    assert [(wanted, total and total.tombstones) for wanted, total in totals] == FILTERS


def test_a_recreation_counts_where_the_key_was_mended(database: Database, store: Store) -> None:
    database.execute(SCHEMA)
    database.execute(f"""
        DROP INDEX by_email;
        CREATE UNIQUE INDEX by_email ON customers (organization_id, lower(email), deleted_at)
            NULLS NOT DISTINCT;
        INSERT INTO customers (organization_id, email, created_at) VALUES ('{ACME}', 'A@x', now());
    """)
    survey(settings(database), store)
    found = recreations_by_day(store, SurveyFilter(organization_id=ACME))
    assert found is not None
    today = datetime.now(UTC).date()
    assert [(one.table, one.day, one.count) for one in found.rows] == [("customers", today, 1)]
    assert found.how.covers_from is not None
    assert found.how.covers_from < NOW - timedelta(days=178)


def test_a_second_survey_takes_the_place_of_the_first(database: Database, store: Store) -> None:
    database.execute(SCHEMA)
    survey(settings(database), store)
    database.execute("UPDATE customers SET deleted_at = NULL")
    assert survey(settings(database), store).tables == 0
    assert survey(settings(database), store, full=True).tables > 0
    total = exposure_total(store, SurveyFilter(organization_id=ACME))
    assert total is not None
    assert total.tombstones == 0
    again = survey(settings(database, every_minutes=0), store)
    assert again.tables > 0


def test_a_clock_that_was_ahead_keeps_nothing_from_being_counted(
    database: Database, store: Store
) -> None:
    database.execute(SCHEMA)
    survey(settings(database), store)
    audit_when_due(settings(database), store)
    ahead = NOW + timedelta(days=3)
    with store.write() as connection:
        for table in (schema.surveys, schema.audits):
            connection.execute(table.update().values(as_of=ahead))
    assert survey(settings(database), store).tables > 0
    audit_when_due(settings(database), store)
    assert last_audits(store)["production"] < ahead


def test_a_table_that_is_gone_is_forgotten(database: Database, store: Store) -> None:
    database.execute(SCHEMA)
    survey(settings(database), store)
    database.execute("DROP TABLE customers")
    survey(settings(database), store, full=True)
    assert exposure_total(store, SurveyFilter(table="customers")) is None


def test_what_may_not_be_read_is_said_and_harms_nothing_else(
    database: Database, store: Store
) -> None:
    database.execute(SCHEMA)
    database.execute("""
        CREATE TABLE hidden (id serial PRIMARY KEY, email text UNIQUE, deleted_at timestamptz);
        CREATE ROLE reader_of_survey LOGIN PASSWORD 'reader';
        GRANT SELECT ON customers, organizations TO reader_of_survey;
    """)
    dsn = database.dsn.replace("postgres:", "reader_of_survey:", 1)
    host = dsn.partition("@")[2]
    reader = Database(database.name, f"postgresql://reader_of_survey:reader@{host}")
    try:
        done = survey(settings(reader), store)
    finally:
        database.execute("DROP OWNED BY reader_of_survey; DROP ROLE reader_of_survey")
    assert any("hidden, exposure: not counted, no numbers" in note for note in done.notes)
    total = exposure_total(store, ANY)
    assert total is not None
    assert total.tombstones == 3


def test_a_count_that_takes_too_long_leaves_an_estimate_and_says_so(
    database: Database, store: Store
) -> None:
    database.execute("""
        CREATE FUNCTION slow(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
        CREATE TABLE people (id serial PRIMARY KEY, email text, deleted_at timestamptz);
        INSERT INTO people (email, deleted_at)
        SELECT n || '@x', now() FROM generate_series(1, 200) n;
        CREATE UNIQUE INDEX k ON people (slow(email));
        ANALYZE people;
        CREATE OR REPLACE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN PERFORM pg_sleep(0.02); RETURN $1; END $$;
    """)
    done = survey(settings(database, statement_timeout_s=1), store)
    total = exposure_total(store, ANY)
    assert total is not None
    assert total.how.estimated or total.how.sampled
    assert done.tables == 1


def test_a_target_that_does_not_answer_is_a_note(database: Database, store: Store) -> None:
    gone = Database("gone", database.dsn.rpartition("/")[0] + "/gone")
    (note,) = survey(settings(gone), store).notes
    assert note.startswith("production was not surveyed to the end: ")


def test_the_name_is_missing_where_it_is_not_known(database: Database, store: Store) -> None:
    database.execute(SCHEMA)
    database.execute("ALTER TABLE organizations DROP COLUMN name")
    survey(settings(database), store)
    assert names_of(store) == {}
    total = exposure_total(store, SurveyFilter(organization_id=ACME))
    assert total is not None
    assert total.tombstones == 2
