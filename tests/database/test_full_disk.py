"""A store that nothing more can be written to: said in words, and whatever was begun is settled."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from collectors.errors import SettingsError
from collectors.evidence.database import open_store
from collectors.evidence.reads.remediations import list_remediations
from collectors.evidence.trouble import store_trouble
from collectors.model import Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Failed, Step
from dashboard.remediation.service import verify
from sample_data.postgres import Database
from tests.command import tombstone
from tests.database.remediation_world import World, approved, previewed
from tests.factories import SECRET, new_store

FULL = "its disk is full, or at fault (disk I/O error)"


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow, as on a full disk or under a quota."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_store_that_cannot_be_opened_for_want_of_room_says_so(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    url = f"sqlite:///{tmp_path}/store.sqlite"
    with no_room(), pytest.raises(SettingsError) as told:
        open_store(url, SECRET)
    assert str(told.value) == f"The store at {url} cannot be opened: {FULL}."
    open_store(url, SECRET).close()


def test_an_audit_tells_what_it_found_where_the_store_cannot_take_it_down(
    database: Database, tmp_path: Path
) -> None:
    database.execute("CREATE TABLE t (id int PRIMARY KEY, slug text UNIQUE, deleted_at date)")
    holder = new_store(tmp_path)  # a dashboard: its log is there, and may be read
    holder.news()
    own = {
        "TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": database.dsn,
        "TOMBSTONE_SECRET_KEY": SECRET,
        "TOMBSTONE_STORE_URL": f"sqlite:///{tmp_path}/store.sqlite",
    }
    with no_room():
        ended = tombstone(tmp_path, "audit", "--json", variables=own)
    holder.close()
    (finding,) = json.loads(ended.stdout)
    assert (finding["constraint"], ended.returncode) == ("t_slug_key", 3)
    assert "Our store cannot take down what was found: " in ended.stderr


@pytest.mark.parametrize("shape", ["html", "csv"])
def test_a_report_that_finds_no_room_leaves_the_last_one_as_it_was(
    tmp_path: Path, shape: str
) -> None:
    holder = new_store(tmp_path)
    holder.news()
    own = {
        "TOMBSTONE_SECRET_KEY": SECRET,
        "TOMBSTONE_STORE_URL": f"sqlite:///{tmp_path}/store.sqlite",
    }
    file = tmp_path / "impact"
    report = "report", "--format", shape, "--output", str(file)
    assert tombstone(tmp_path, *report, variables=own).returncode == 0
    before, files = file.read_bytes(), sorted(tmp_path.iterdir())
    with no_room():
        ended = tombstone(tmp_path, *report, variables=own)
    assert (ended.returncode, file.read_bytes()) == (2, before)
    assert f"{file} cannot be written: File too large." in ended.stderr
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.parametrize("at", list(Step)[:-1])
def test_a_remedy_whose_store_is_full_from_some_step_on_is_settled_once_there_is_room(
    world: World, at: Step
) -> None:
    jane = world.customer()
    conflict, before = world.conflict(jane), world.row(jane)
    approval = approved(previewed(world.door(), conflict))
    full = no_room()

    def announce(step: Step) -> None:
        if step is at:
            full.__enter__()

    committed = at in (Step.COMMITTING, Step.COMMITTED, Step.VERIFIED)
    try:
        outcome = world.door(announce).apply(conflict, RemedyName.RELEASE_KEY, approval)
        told = outcome.text if isinstance(outcome, Failed) and outcome.settles else ""
    except OperationalError as error:
        told = str(store_trouble(error))
    finally:
        full.__exit__(None, None, None)
    assert FULL in told
    assert told.startswith("It was committed, and our store cannot take down how") is committed
    assert (world.row(jane) != before) is committed

    (settled,) = world.door().settle()

    assert isinstance(settled, Applied) is committed
    assert [one.state for one in list_remediations(world.store)] == [
        "applied" if committed else "refused"
    ]
    assert (world.stored(conflict).verdict is Verdict.UNBLOCKED) is committed
    assert verify(world.store).intact


def test_a_remedy_whose_store_is_replaced_after_its_commit_tells_that_it_was_committed(
    world: World,
) -> None:
    jane = world.customer()
    conflict, before = world.conflict(jane), world.row(jane)
    file, backup = world.folder / "store.sqlite", world.folder / "backup.sqlite"

    def announce(step: Step) -> None:
        if step is Step.COMMITTED:
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as copy:
                source.backup(copy)
            backup.replace(file)

    approval = approved(previewed(world.door(), conflict))
    outcome = world.door(announce).apply(conflict, RemedyName.RELEASE_KEY, approval)

    assert isinstance(outcome, Failed)
    assert outcome.text.startswith("It was committed, and our store cannot take down how it ended:")
    assert "was removed or replaced while it was in use" in outcome.text
    assert world.row(jane) != before
