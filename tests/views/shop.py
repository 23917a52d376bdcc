"""A real application database with one customer who was deleted and cannot be created again."""

from __future__ import annotations

import json

from collectors.evidence.database import Store
from collectors.evidence.store import save_page
from collectors.model import Verdict
from collectors.settings import Settings, validated
from collectors.targets import read_targets
from dashboard.access import Actor, Role
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied
from dashboard.remediation.service import Approval, Preview
from dashboard.remediation.service.opening import open_remediation
from dashboard.remediation.service.revealing import Revealed
from dashboard.settings import WriteSettings
from sample_data.postgres import Database
from tests.factories import violated
from tests.views import story

TABLES = """
CREATE TABLE organizations (id uuid PRIMARY KEY, name text NOT NULL, deleted_at timestamptz);
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations,
    email varchar(320) NOT NULL,
    external_id varchar,
    name varchar,
    user_metadata jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX ix_customers_organization_id_email_case_insensitive
    ON customers (organization_id, lower(email));
CREATE UNIQUE INDEX customers_organization_id_external_id_key
    ON customers (organization_id, external_id);
"""
JANE = "jane.doe@example.com"


def open_shop(database: Database, store: Store) -> str:
    """Make the shop and Jane's Conflict; returns the Conflict's id."""
    database.execute(TABLES)
    database.execute("INSERT INTO organizations VALUES (%s, 'Acme', NULL)", [story.organization(1)])
    row = story.row(1, 9 * story.DAY)
    database.execute(
        "INSERT INTO customers VALUES (%s, %s, %s, %s, %s, NULL, 'Jane Doe')",
        [row.id, story.now() - 40 * story.DAY, row.deleted_at, story.organization(1), JANE],
    )
    page = [
        story.judged(
            store,
            story.failure(number, number * story.HOUR, key=violated(story.organization(1), JANE)),
            Verdict.BLOCKED_BY_TOMBSTONE,
            JANE,
        )
        for number in range(1, 4)
    ]
    save_page(store, "test", page)
    return str(page[0].conflict_id)


def work(database: Database, store: Store, conflict_id: str) -> None:
    """What people leave in the journal: a look at the values, a release, and its undo."""
    reading = validated(Settings, {"targets": {"production": {"read_dsn": database.dsn}}})
    writing = validated(WriteSettings, {"targets": {"production": {"write_dsn": database.dsn}}})
    readers = read_targets(reading)
    door = open_remediation(reading, writing, store, readers)
    ann = Actor("ann@acme.test", Role.ENGINEER, verified=True)
    assert isinstance(door.reveal(conflict_id, ann), Revealed)
    preview = door.preview(conflict_id, RemedyName.RELEASE_KEY, ann)
    assert isinstance(preview, Preview), preview
    approval = Approval(ann, preview.plan.digest, "The customer is kept out", "SUP-4711")
    done = door.apply(conflict_id, RemedyName.RELEASE_KEY, approval)
    assert isinstance(done, Applied), done
    back = door.undo_preview(done.remediation_id, ann)
    assert isinstance(back, Preview), back
    approval = Approval(ann, back.plan.digest, "It was the wrong one", None)
    assert isinstance(door.undo(done.remediation_id, approval), Applied)
    for reader in readers.values():
        reader.close()


def create_again(database: Database) -> None:
    """What the customer's developer has been trying to do."""
    database.execute(
        "INSERT INTO customers VALUES (gen_random_uuid(), now(), NULL, %s, %s)",
        [story.organization(1), JANE],
    )


def settings(database: Database) -> dict[str, str]:
    """The variables that name the shop, with a writer and an engineer before the page."""
    return {
        "TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": database.dsn,
        "TOMBSTONE_TARGETS__PRODUCTION__WRITE_DSN": database.dsn,
        "TOMBSTONE_ACCESS__LOCAL_ROLE": "engineer",
    }


def rows(database: Database) -> str:
    """Every customer, to compare before and after."""
    found = database.execute("SELECT to_jsonb(customers) FROM customers ORDER BY id")
    return json.dumps(found)
