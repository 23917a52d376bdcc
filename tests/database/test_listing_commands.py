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


def test_json_has_them_all(folder: Path) -> None:
    conflicts = json.loads(asked(folder, "conflicts", "--json").stdout)
    failures = asked(folder, "failures", "--json").stdout.splitlines()
    assert len({one["id"] for one in conflicts}) == len(failures) == STORED
    assert json.loads(asked(folder, "conflicts", "--verdict", "UNDECIDED", "--json").stdout) == []
