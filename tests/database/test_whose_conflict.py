"""The organization of a Conflict whose key does not name it: its row's, whatever became of that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from sample_data.postgres import Database
from tests.captured import captured
from tests.database.test_collect import ORGANIZATION, SCHEMA, World

OTHER = "7e0e5fa4-8d6b-4c0c-9d0f-6f1f0a4b7c55"
KEYED = f"""{SCHEMA} CREATE UNIQUE INDEX by_external_id ON customers (external_id);
INSERT INTO customers (organization_id, email, external_id, deleted_at)
VALUES ('{ORGANIZATION}', 'jane@example.com', 'x-1', now() - interval '1 day')"""
MADE = "INSERT INTO customers (organization_id, email, external_id) VALUES ('{}', 'j@e.com', 'x-1')"
MENDED = """DROP INDEX by_external_id;
CREATE UNIQUE INDEX by_external_id ON customers (external_id) WHERE deleted_at IS NULL"""
LATER = {
    "released": "UPDATE customers SET external_id = NULL",
    "purged": "DELETE FROM customers",
    "restored": "UPDATE customers SET deleted_at = NULL",
    "mended": MENDED,
    "taken by another organization": f"DELETE FROM customers; {MADE.format(OTHER)}",
}


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    database.execute(KEYED)
    return World(database, tmp_path)


def failed(world: World) -> Path:
    """Another organization's create, which met the deleted row; as a file."""
    with psycopg.connect(world.database.dsn) as session, pytest.raises(UniqueViolation) as error:
        session.execute(MADE.format(OTHER))
    at = datetime.now(UTC) - timedelta(minutes=5)
    file = world.folder / "event.json"
    file.write_text(json.dumps(captured(error.value, environment="production", at=at)))
    return file


def collected(world: World, *arguments: str) -> str | None:
    """The only Conflict's organization."""
    done = world.tombstone("collect", "--events", *arguments)
    assert done.returncode == 0, done.stderr
    (conflict,) = json.loads(world.tombstone("conflicts", "--json").stdout)
    organization: str | None = conflict["organization_id"]
    return organization


@pytest.mark.parametrize("way", LATER)
def test_it_stays_its_rows(world: World, way: str) -> None:
    event = str(failed(world))
    assert collected(world, event) == ORGANIZATION
    world.database.execute(LATER[way])
    assert collected(world, event) == ORGANIZATION
    assert collected(world, event, "--full") == ORGANIZATION


def test_it_is_its_rows_where_the_key_was_mended_before_we_looked(world: World) -> None:
    event = str(failed(world))
    world.database.execute(MENDED.replace("(external_id)", "(external_id, deleted_at)"))
    assert collected(world, event) == ORGANIZATION
