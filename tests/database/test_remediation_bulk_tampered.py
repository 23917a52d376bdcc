"""What stands of bulks beside the chain: changed or taken away, it is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Executable, delete, func, select, text, update

from collectors.evidence import schema
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.service import Approval, verify
from sample_data.postgres import Database, Postgres
from tests.database.bulk_world import crowd, done, previewed, taken_back
from tests.database.remediation_world import ENGINEER, World, applied
from tests.factories import new_store

bulks, batches, rows = schema.bulks, schema.bulk_batches, schema.bulk_rows
ledger = schema.remediations
OTHERWISE, GONE = "is told otherwise than its lines", "is not there any more"
LOST = "is not in the ledger any more"
ROW = select(func.min(rows.c.remediation_id)).scalar_subquery()

TAMPERINGS: dict[str, tuple[Executable, str]] = {
    "another-actor": (update(bulks).values(actor="mallory"), OTHERWISE),
    "another-reason": (update(bulks).values(reason="as agreed"), OTHERWISE),
    "another-target": (update(bulks).values(target="sandbox"), OTHERWISE),
    "another-remedy": (update(bulks).values(remedy=RemedyName.PURGE_ROW), OTHERWISE),
    "another-plan": (update(bulks).values(digest="0" * 64), OTHERWISE),
    "another-size": (update(bulks).values(rows=1), OTHERWISE),
    "never-begun": (update(bulks).values(state="previewed"), OTHERWISE),
    "stopped": (update(bulks).values(state="stopped", said="Too many."), OTHERWISE),
    "a-time-that-is-none": (text("UPDATE bulks SET actor = 'm', made_at = 'never'"), OTHERWISE),
    "a-bulk-taken-away": (delete(bulks), GONE),
    "another-plan-of-a-batch": (update(batches).values(digest="0" * 64), OTHERWISE),
    "a-batch-that-waits-again": (update(batches).values(state="waiting"), OTHERWISE),
    "a-batch-taken-away": (delete(batches).where(batches.c.number == 1), OTHERWISE),
    "another-row": (update(rows).where(rows.c.remediation_id == ROW).values(row_id="7"), OTHERWISE),
    "a-row-of-another-table": (update(rows).values(table_name="orders"), OTHERWISE),
    "a-refusal": (
        update(rows).where(rows.c.remediation_id == ROW).values(state="refused"),
        OTHERWISE,
    ),
    "no-refusal": (
        update(rows).where(rows.c.state == "refused").values(state="planned"),
        OTHERWISE,
    ),
    "a-row-taken-away": (delete(rows).where(rows.c.remediation_id == ROW), OTHERWISE),
    "a-line-of-the-ledger-taken-away": (delete(ledger).where(ledger.c.bulk_id.is_not(None)), LOST),
    "a-single-one-taken-away": (delete(ledger).where(ledger.c.bulk_id.is_(None)), LOST),
    "another-end-in-the-ledger": (update(ledger).values(state="undone"), OTHERWISE),
    "another-conflict-in-the-ledger": (update(ledger).values(conflict_id="0" * 16), OTHERWISE),
}


@contextmanager
def written(database: Database, folder: Path) -> Iterator[World]:
    """A bulk of three batches, one of whose rows was refused, beside a remedy of a single row."""
    with World.made(database, folder) as made:
        applied(made.door(), made.conflict(made.customer()))
        made.limits |= {"bulk_batch_rows": 2, "bulk_pause_ms": 0, "bulk_stop_percent": 100}
        first, *_ = crowd(made, 5)
        preview = previewed(made)
        made.update(first, "name = 'New'")
        ended = done(made, preview)
        assert (ended.applied, ended.refused) == (4, 1)
        yield made


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with written(database, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def kept(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The store of such a bulk, for whoever needs no more than a copy of it."""
    folder = tmp_path_factory.mktemp("written")
    postgres.create_database("written", template="template0")
    with written(Database("written", postgres.dsn("written")), folder) as made:
        made.store.close()
        yield folder / "store.sqlite"
    postgres.drop_database("written")


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_with_a_bulk_is_named(kept: Path, tmp_path: Path, how: str) -> None:
    statement, expected = TAMPERINGS[how]
    shutil.copy(kept, tmp_path)
    store = new_store(tmp_path)
    assert verify(store).problems == ()
    with store.write() as connection:
        connection.execute(statement)
    problems = verify(store).problems
    assert any(expected in problem for problem in problems), problems


def test_whatever_becomes_of_a_bulk_agrees_with_the_chain(world: World) -> None:
    """Previewed, taken back in part and as a whole, called off by one who is forgotten."""
    with world.store.read() as connection:
        finished = str(connection.scalar(select(bulks.c.id).where(bulks.c.state == "done")))
    taken_back(world, finished)
    assert verify(world.store).problems == ()
    preview = previewed(world)
    assert verify(world.store).problems == ()
    world.door().forget("number.3@example.com", ENGINEER)
    assert verify(world.store).problems == ()
    world.door().bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    assert verify(world.store).problems == ()
