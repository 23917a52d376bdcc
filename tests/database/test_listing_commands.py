"""`conflicts` and `failures` over more than a person reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collectors.evidence.store import save_page
from dashboard.commands.listing import LISTED
from tests.command import Done, tombstone
from tests.factories import ORGANIZATION, SECRET, judged, new_store, violated

STORED = LISTED + 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a store lies with that many Failures, each of a Conflict of its own."""
    folder = tmp_path_factory.mktemp("listed")
    store = new_store(folder)
    keys = (violated(ORGANIZATION, f"jane{n}@example.com") for n in range(STORED))
    save_page(store, "web", [judged(event_id=f"{n:032x}", key=key) for n, key in enumerate(keys)])
    store.close()
    return folder


def asked(folder: Path, *arguments: str) -> Done:
    variables = {"TOMBSTONE_STORE_URL": "sqlite:///store.sqlite", "TOMBSTONE_SECRET_KEY": SECRET}
    done = tombstone(folder, *arguments, variables=variables)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("command", ["conflicts", "failures"])
def test_a_table_ends_where_nobody_reads_on_and_says_so(folder: Path, command: str) -> None:
    done = asked(folder, command)
    assert len(done.stdout.splitlines()) == LISTED + 1
    assert f"the newest {LISTED}, and there are more" in done.stderr


@pytest.mark.parametrize("command", ["conflicts", "failures"])
def test_a_whole_table_says_nothing_of_more(folder: Path, command: str) -> None:
    done = asked(folder, command, "--verdict", "UNDECIDED")
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


@pytest.mark.parametrize("command", ["conflicts", "failures"])
def test_an_environment_of_which_nothing_is_stored_is_named(folder: Path, command: str) -> None:
    done = asked(folder, command, "--environment", "prodution")
    assert done.stderr == "Nothing of the environment prodution was ever stored.\n"


@pytest.mark.parametrize("shape", [(), ("--json",)])
def test_a_conflict_that_is_not_there_is_named(folder: Path, shape: tuple[str, ...]) -> None:
    done = asked(folder, "failures", "--conflict", "c0ffee", *shape)
    assert done.stderr == "There is no Conflict c0ffee.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((), "Name the Conflicts", id="no Conflict"),
        pytest.param(("1", "--constraint", "k"), "are for --bulk", id="a choice beside a name"),
        pytest.param(
            ("1", "--bulk", "--constraint", "k"),
            "or choose them",
            id="a bulk's choice beside names",
        ),
    ],
)
def test_one_by_one_takes_names_and_a_bulk_takes_choices(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    named = ("remediate", *arguments, "--remedy", "release-key")
    done = tombstone(folder, *named, variables={"TOMBSTONE_SECRET_KEY": SECRET})
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_demo_that_has_no_room_says_so(folder: Path) -> None:
    done = tombstone(folder, "demo", "--data", "store.sqlite/demo", variables={})
    assert (done.returncode, done.stdout) == (2, "")
    assert "store.sqlite/demo cannot hold the demo's data: Not a directory." in done.stderr


def test_json_has_them_all(folder: Path) -> None:
    conflicts = json.loads(asked(folder, "conflicts", "--json").stdout)
    failures = asked(folder, "failures", "--json").stdout.splitlines()
    assert len({one["id"] for one in conflicts}) == len(failures) == STORED
    assert json.loads(asked(folder, "conflicts", "--verdict", "UNDECIDED", "--json").stdout) == []
