"""The canary against APIs that misbehave, and against its own death."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse

from collectors.canary import Color, Ruling, walk
from collectors.canary.leftovers import Leftovers
from collectors.errors import Busy, SettingsError
from collectors.evidence.database import open_store
from collectors.evidence.reads.walks import list_walks
from collectors.settings import CanarySettings
from tests.command import Done, tombstone
from tests.http.canary_api import create_app
from tests.http.serving import serving

ROOT = Path(__file__).parents[2]


def settings_at(url: str, folder: Path, **more: object) -> CanarySettings:
    return CanarySettings.model_validate(
        {
            "base_url": url,
            "environment": "sandbox",
            "timeout_s": 20,
            "leftovers": folder / "canary.json",
            **more,
        }
    )


KEPT = [
    pytest.param("", id="an-api-that-keeps-its-contract"),
    pytest.param("idempotent", id="a-duplicate-answers-the-live-one"),
    pytest.param("unfiltered", id="a-list-that-ignores-the-filter"),
    pytest.param("late list", id="a-list-that-lags-behind"),
]


@pytest.mark.parametrize("fault", KEPT)
def test_what_is_right_is_green_and_harms_nobody(fault: str, tmp_path: Path) -> None:
    with serving(create_app(fault)) as served:
        seen = walk(settings_at(served.url, tmp_path))
        assert seen.color is Color.GREEN, [s for s in seen.steps if s.ruling is not Ruling.RIGHT]
        assert httpx.get(f"{served.url}/everything").json() == ["1"]
    assert seen.left_behind == 0


FAULTS = [
    # fault, color, the last step, what is said of it
    ("hangs", Color.GREY, "create", "did not answer within"),
    ("hangs at the re-creation", Color.GREY, "re-create", "did not answer within"),
    ("html", Color.RED, "create", "200 text/html names no id"),
    ("broken json", Color.RED, "create", "names no id"),
    ("refused", Color.GREY, "create", "refuses the canary's token"),
    ("elsewhere", Color.GREY, "create", "sends us elsewhere"),
    ("busy", Color.GREY, "create", "takes up no more requests just now (429)"),
    ("huge", Color.GREY, "create", "is over 1,000,000 bytes"),
    ("case matters", Color.RED, "create again", "second live customer"),
    ("second deletion", Color.RED, "delete again", "could not be deleted: 500"),
]


@pytest.mark.parametrize(("fault", "color", "step", "said"), FAULTS)
def test_each_fault_is_told_from_the_others(
    fault: str, color: Color, step: str, said: str, tmp_path: Path
) -> None:
    patience_s = 2 if fault.startswith("hangs") else 20  # the others answer, however busy we are
    with serving(create_app(fault)) as served:
        seen = walk(settings_at(served.url, tmp_path, timeout_s=patience_s))
    assert seen.color is color
    odd = [one for one in seen.steps if one.ruling is not Ruling.RIGHT]
    assert odd[0].name == step
    assert said in odd[0].said


def test_of_what_was_not_taken_up_nothing_is_left_and_nobody_asks_for_each_of_the_others(
    tmp_path: Path,
) -> None:
    """An API that is down for days costs each walk a few tries, and leaves no longer list."""
    left: dict[str, list[str]] = {f"{number}@example.com": [] for number in range(100)}
    (tmp_path / "canary.json").write_text(json.dumps(left))
    with serving(JSONResponse({}, 429)) as served:
        seen = walk(settings_at(served.url, tmp_path))
    assert "no more requests just now (429)" in seen.steps[0].said
    assert (seen.color, seen.left_behind) == (Color.GREY, len(left))
    assert len(served.calls) < 10


def test_an_api_that_takes_no_connection_is_said_to(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    seen = walk(settings_at(url, tmp_path))
    assert (seen.color, seen.left_behind) == (Color.GREY, 0)
    assert "No connection to the API" in seen.steps[0].said


@pytest.mark.parametrize(
    ("more", "variables", "said"),
    [
        ({"token": "tökén"}, {}, "TOMBSTONE_CANARY__TOKEN"),
        ({"token": "two\nlines"}, {}, "TOMBSTONE_CANARY__TOKEN"),
        ({"headers": {"X-Key": "tökén"}}, {}, "canary.headers"),
        ({}, {"ALL_PROXY": "socks5://127.0.0.1:1"}, "ALL_PROXY"),
        ({}, {"SSL_CERT_FILE": "/nowhere"}, "SSL_CERT_FILE"),
    ],
)
def test_what_cannot_be_sent_or_kept_is_a_setting_to_mend(
    more: dict[str, object],
    variables: dict[str, str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        walk(settings_at("https://127.0.0.1:1", tmp_path, **more))


def test_a_list_of_leftovers_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "canary.json").mkdir()
    with pytest.raises(SettingsError, match=r"canary\.json cannot be read: Is a directory"):
        walk(settings_at("http://127.0.0.1:1", tmp_path))
    (tmp_path / "canary.json").rmdir()
    (tmp_path / "canary.json.new").mkdir()
    with pytest.raises(SettingsError, match=r"canary\.json cannot be written: Is a directory"):
        walk(settings_at("http://127.0.0.1:1", tmp_path))


def test_an_address_whose_case_matters_is_walked_without_that_probe(tmp_path: Path) -> None:
    with serving(create_app("case matters")) as served:
        seen = walk(settings_at(served.url, tmp_path, letter_case=False))
    assert seen.color is Color.GREEN
    assert {step.probe for step in seen.steps} == {"same e-mail", "external ID"}


def test_without_an_external_id_in_the_body_there_is_no_such_probe(tmp_path: Path) -> None:
    with serving(create_app()) as served:
        seen = walk(settings_at(served.url, tmp_path, body={"email": "{email}"}))
    assert {step.probe for step in seen.steps} == {"same e-mail", "other letter case"}


def test_an_api_that_dies_between_delete_and_recreate_is_not_called_broken(tmp_path: Path) -> None:
    with process("dies after a deletion") as (url, _):
        seen = walk(settings_at(url, tmp_path))
    assert seen.color is Color.GREY
    assert [step.name for step in seen.steps][-2:] == ["delete", "list after the deletion"]
    assert seen.left_behind == 1


def test_the_next_walk_cleans_up_after_one_that_was_killed(tmp_path: Path) -> None:
    with process("hangs at the re-creation") as (url, _):
        config = tmp_path / "tombstone.toml"
        config.write_text(
            f'[canary]\nbase_url = "{url}"\nenvironment = "sandbox"\ntimeout_s = 30\n'
            f'leftovers = "{tmp_path / "canary.json"}"\n'
        )
        killed = walking(config)
        wait_for(lambda: "[]" in (tmp_path / "canary.json").read_text())  # deleted, asks again
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    with serving(create_app()) as served:
        seen = walk(settings_at(served.url, tmp_path))
        assert httpx.get(f"{served.url}/everything").json() == ["1"]
    assert (seen.color, seen.cleaned, seen.left_behind) == (Color.GREEN, 1, 0)


def test_what_a_broken_off_walk_created_is_deleted_by_the_next(tmp_path: Path) -> None:
    with serving(create_app()) as served:
        email = "tombstone-canary-0000@example.com"
        made = httpx.post(f"{served.url}/v1/customers/", json={"email": email}).json()
        with Leftovers.held(tmp_path / "canary.json") as leftovers:
            leftovers.expect(email)  # it died before it heard the id
        assert walk(settings_at(served.url, tmp_path)).cleaned == 1
        assert made["id"] not in httpx.get(f"{served.url}/everything").json()


def test_a_creation_without_a_clear_answer_is_looked_for_again(tmp_path: Path) -> None:
    """The gateway gave up; the row comes about after the walk has looked for it."""
    with serving(create_app("late creation")) as served:
        assert walk(settings_at(served.url, tmp_path)).left_behind == 1
        assert len(httpx.get(f"{served.url}/everything").json()) == 2
        again = walk(settings_at(served.url, tmp_path))
        assert (again.cleaned, again.left_behind) == (1, 0)
        assert httpx.get(f"{served.url}/everything").json() == ["1"]


def test_a_deletion_that_deletes_nothing_leaves_something_behind(tmp_path: Path) -> None:
    with serving(create_app("deaf to deletions")) as served:
        seen = walk(settings_at(served.url, tmp_path, letter_case=False, body={"email": "{email}"}))
        assert len(httpx.get(f"{served.url}/everything").json()) == 2
    assert (seen.color, seen.left_behind) == (Color.RED, 1)


@pytest.mark.parametrize("environment", ["production", "Prod", "live", "eu-production", "prod.2"])
def test_production_is_refused_unless_the_settings_allow_it(
    environment: str, tmp_path: Path
) -> None:
    with serving(create_app()) as served:
        with pytest.raises(SettingsError, match="ALLOW_PRODUCTION"):
            walk(settings_at(served.url, tmp_path, environment=environment))
        assert served.take_calls() == []
        allowed = settings_at(served.url, tmp_path, environment=environment, allow_production=True)
        assert walk(allowed).color is Color.GREEN


def test_two_walks_at_once_are_one_too_many(tmp_path: Path) -> None:
    with Leftovers.held(tmp_path / "canary.json"), pytest.raises(Busy):
        walk(settings_at("http://127.0.0.1:9", tmp_path))


@pytest.mark.parametrize(
    ("fault", "code"), [("", 0), ("second deletion", 1), ("refused", 3), ("unset", 2)]
)
def test_the_command_ends_with_the_right_code(fault: str, code: int, tmp_path: Path) -> None:
    config = tmp_path / "tombstone.toml"
    with serving(create_app(fault)) as served:
        config.write_text(
            f'[canary]\nbase_url = "{served.url}"\nleftovers = "{tmp_path / "canary.json"}"\n'
            + ("" if fault == "unset" else 'environment = "sandbox"\n')
        )
        ended = canary(config, "--json")
    assert ended.returncode == code, ended.stderr
    if code == 2:
        assert ended.stdout == ""
        return
    said = json.loads(ended.stdout)
    assert set(said) == {
        "environment", "started_at", "finished_at", "result", "steps", "cleaned", "left_behind",
    }  # fmt: skip
    assert {0: "green", 1: "red", 3: "grey"}[code] == said["result"]


def test_where_there_is_a_store_the_walk_joins_its_history(tmp_path: Path) -> None:
    config, secret = tmp_path / "tombstone.toml", "s" * 40
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with serving(create_app()) as served:
        config.write_text(
            f'store_url = "{url}"\nsecret_key = "{secret}"\n[canary]\n'
            f'base_url = "{served.url}"\nenvironment = "sandbox"\n'
        )
        for _ in range(2):
            canary(config)
    store = open_store(url, secret)
    walks = list_walks(store, ("sandbox",), each=9)
    store.close()
    assert [one.color for one in walks] == ["green", "green"]
    assert {step["ruling"] for step in walks[0].steps} == {"right"}


def canary(config: Path, *arguments: str) -> Done:
    """`tombstone canary` with these settings."""
    named = {"TOMBSTONE_CONFIG": str(config)}
    return tombstone(config.parent, "canary", *arguments, variables=named)


def walking(config: Path) -> subprocess.Popen[str]:
    """The same in a process of its own, which can be killed."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("TOMBSTONE_")}
    return subprocess.Popen(
        [sys.executable, "-c", "from dashboard.cli import main; main()", "canary"],
        env=own | {"TOMBSTONE_CONFIG": str(config), "PYTHONPATH": str(ROOT)},
        cwd=config.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def process(fault: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The small API as a process of its own, for what only a process can do."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "tests.http.canary_api", str(port), fault]
    running = subprocess.Popen(arguments, env=env, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(url))
    try:
        yield url, running
    finally:
        running.kill()
        running.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/everything").status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except FileNotFoundError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")
