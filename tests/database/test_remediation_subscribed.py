"""A Target that is itself filled from another database, by logical replication."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.remediation.facts import RemedyName
from dashboard.remediation.service import Preview
from dashboard.remediation.service.bulk import BulkPreview, Chosen
from sample_data.postgres import Database, Postgres
from tests.database.remediation_world import ENGINEER, WRITER, World, applied, previewed

SAYS = "customers is filled by a subscription"


@pytest.fixture
def world(database: Database, postgres: Postgres, tmp_path: Path) -> Iterator[World]:
    """Customers come from a database of the same server; nothing is running that brings them."""
    source = f"{database.name}_source"
    postgres.create_database(source, template="template0")
    Database(source, postgres.dsn(source)).execute(
        "CREATE TABLE customers (id uuid PRIMARY KEY); CREATE PUBLICATION p FOR TABLE customers"
    )
    with World.made(database, tmp_path) as made:
        database.execute(f"GRANT DELETE ON customers TO {WRITER}")
        database.execute(
            f"CREATE SUBSCRIPTION s CONNECTION '{postgres.dsn(source)}' PUBLICATION p"
            " WITH (create_slot = false, slot_name = NONE, enabled = false, copy_data = false)"
        )
        yield made
        database.execute("DROP SUBSCRIPTION s")
    postgres.drop_database(source)


@pytest.mark.parametrize("remedy", list(RemedyName))
def test_that_a_remedy_does_not_reach_where_the_rows_come_from_is_said(
    world: World, remedy: RemedyName
) -> None:
    conflict = world.conflict(world.customer())

    warnings = previewed(world.door(), conflict, remedy).plan.warnings

    assert SAYS in " ".join(warnings)


def test_it_is_said_of_an_undo_and_of_a_bulk_too(world: World) -> None:
    one, other = world.customer(), world.customer(email="joe@example.com")
    done = applied(world.door(), world.conflict(one))

    back = world.door().undo_preview(done.remediation_id, ENGINEER)
    assert isinstance(back, Preview)
    chosen = Chosen((world.conflict(other),))
    bulk = world.door().bulk.preview(chosen, RemedyName.RELEASE_KEY, ENGINEER)

    assert isinstance(bulk, BulkPreview)
    assert SAYS in " ".join(bulk.warnings)
    assert SAYS in " ".join(back.plan.warnings)
