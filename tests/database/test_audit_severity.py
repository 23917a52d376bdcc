"""How urgent a flawed key is: whether anybody can ask for a deleted row's value again."""

from __future__ import annotations

import pytest

from collectors.audit.case import KeyFacts
from collectors.model import Severity
from sample_data.postgres import Database
from tests.database.auditing_world import findings_of

FOREVER = [
    ("a sequence", "n bigserial NOT NULL"),
    ("an identity", "n bigint GENERATED ALWAYS AS IDENTITY"),
    ("a random id", "public_id uuid NOT NULL DEFAULT gen_random_uuid()"),
    ("a token", "reset_token text"),
    ("a hash", '"passwordHash" text'),
    ("a key's digest", "key_sha256 bytea"),
    ("an invoice number", "invoice_number text"),
    ("a licence key", "license_key text"),
    ("an invoice number, camel case", '"invoiceNumber" text'),
]
ASKED = [
    (
        "an e-mail address as the database folds it",
        "folded text GENERATED ALWAYS AS (lower(email)) STORED, email text",
    ),
    ("a hash of one, from the application", "email_hash text"),
    ("a digest of one", "email_md5 text GENERATED ALWAYS AS (md5(email)) STORED, email text"),
    ("an e-mail address", "email text"),
    ("an e-mail address, camel case", '"userEmail" text'),
    ("a slug", "slug text"),
    ("somebody's own id", "external_id text"),
    ("a phone number", "phone_number text"),
    ("a domain", "custom_domain text"),
    ("a name", "name text"),
    ("a case-insensitive text", "word citext"),
]
UNKNOWN = [
    ("a code", "code text"),
    ("a key", "key text"),
    ("another system's id", "stripe_customer_id text"),
    ("a uuid without a default", "thing uuid"),
    ("a checksum of what was uploaded", "checksum bytea"),
    ("a hash of nobody knows what", "hash text"),
]


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        *(pytest.param(column, Severity.INFO, id=what) for what, column in FOREVER),
        *(pytest.param(column, Severity.HIGH, id=what) for what, column in ASKED),
        *(pytest.param(column, Severity.MEDIUM, id=what) for what, column in UNKNOWN),
    ],
)
def test_severity_follows_from_whether_the_value_can_be_asked_for_again(
    column: str, severity: Severity, database: Database
) -> None:
    name = column.split()[0]
    database.execute(
        "CREATE EXTENSION citext;"
        f"CREATE TABLE t (id int PRIMARY KEY, tenant_id int, {column}, deleted_at timestamptz,"
        f" UNIQUE (tenant_id, {name}))"
    )
    (finding,) = findings_of(database)
    assert finding.severity is severity
    assert (finding.migration is None) is (severity is Severity.INFO)


def test_a_row_s_id_beside_its_primary_key_is_asked_for_by_nobody(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (record_id serial PRIMARY KEY, id varchar(36) UNIQUE, deleted_at date)"
    )
    assert [finding.severity for finding in findings_of(database)] == [Severity.INFO]


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("users_history", Severity.INFO),
        ("archived_users", Severity.INFO),
        ("watch_history", Severity.HIGH),
    ],
)
def test_a_copy_of_another_s_rows_is_created_by_nobody(
    name: str, severity: Severity, database: Database
) -> None:
    database.execute(
        "CREATE TABLE users (id int PRIMARY KEY);"
        f"CREATE TABLE {name} (entry int PRIMARY KEY, id int, email text, deleted_at timestamptz,"
        " UNIQUE (id, email))"
    )
    assert [finding.severity for finding in findings_of(database)] == [severity]


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        ("deletion_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'", Severity.INFO),
        ('"deletedId" bigint NOT NULL DEFAULT 0', Severity.INFO),
        ("removed_token text NOT NULL DEFAULT ''", Severity.INFO),
        ("deleted varchar(36)", Severity.INFO),
        ('"isDeleted" text NOT NULL', Severity.INFO),
        ("deleted varchar(5)", Severity.HIGH),
        ("deleted_by_owner boolean NOT NULL DEFAULT false", Severity.HIGH),
        ("deletion_reason text", Severity.HIGH),
        ("shelf bigint NOT NULL DEFAULT 0", Severity.HIGH),
    ],
)
def test_a_column_that_tells_deletions_apart_frees_the_key(
    column: str, severity: Severity, database: Database
) -> None:
    """`SET deleted_at = now(), deletion_id = id`: live rows alone meet in the default."""
    name = column.split()[0]
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL, deleted_at timestamptz,"
        f" {column}, CONSTRAINT k UNIQUE (email, {name}))"
    )
    (finding,) = findings_of(database)
    assert finding.severity is severity
    assert (finding.migration is None) is (severity is Severity.INFO)
    (failed,) = findings_of(database, facts={("public", "t", "k"): KeyFacts(failures=1)})
    assert failed.severity is Severity.HIGH


def test_what_somebody_asked_for_is_not_called_what_nobody_asks_for(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, token text, deleted_at timestamptz,"
        " CONSTRAINT k UNIQUE (token))"
    )
    (finding,) = findings_of(database, facts={("public", "t", "k"): KeyFacts(failures=1)})
    assert "but somebody did. 1 Failure seen." in finding.reason
    assert "should stay unique" not in finding.reason


def test_a_pair_of_references_can_be_tied_again(database: Database) -> None:
    database.execute(
        "CREATE TABLE people (id int PRIMARY KEY); CREATE TABLE teams (id int PRIMARY KEY);"
        "CREATE TABLE members (id int PRIMARY KEY, person int REFERENCES people,"
        " team int REFERENCES teams, deleted_at timestamptz, UNIQUE (team, person))"
    )
    (finding,) = findings_of(database)
    assert (finding.rule, finding.severity) == ("ignores_deletion", Severity.HIGH)
