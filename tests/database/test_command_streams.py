"""The command in a process of its own: streams that are closed, full, gone, or of another encoding.

Whoever listens, the result is the same, and so is the exit code; what cannot be said is one line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from collectors.evidence.store import save_page
from tests.command import tombstone
from tests.factories import SECRET, judged, new_store

DONE, WRONG_USAGE = 0, 2
COMMAND = f"{sys.executable} -c 'from dashboard.cli import main; main()'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a store lies that has a Failure."""
    store = new_store(tmp_path)
    save_page(store, "web", [judged()])
    store.close()
    return tmp_path


def shell(folder: Path, line: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """`line` in bash, where `$T` is the command; the exit code is the first one's of a pipe."""
    ours = ("TOMBSTONE_", "PYTHONUNBUFFERED")
    own = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    own |= {"TOMBSTONE_STORE_URL": "sqlite:///store.sqlite", "TOMBSTONE_SECRET_KEY": SECRET}
    own |= {"PYTHONPATH": str(Path(__file__).parents[2])}
    line = line.replace("$T", COMMAND)
    return subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        cwd=folder,
        env=own | variables,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param("$T conflicts --json | true", DONE, id="a list for nobody"),
        pytest.param("$T doctor | true", 1, id="what doctor finds, for nobody"),
        pytest.param("$T explain nowhere 2> >(true)", WRONG_USAGE, id="no reader of stderr"),
        pytest.param("$T explain nowhere 2>/dev/full", WRONG_USAGE, id="stderr is full"),
        pytest.param("$T failures --environment nowhere 2>/dev/full", DONE, id="no room"),
        pytest.param("$T explain nowhere 2>&-", WRONG_USAGE, id="stderr is closed"),
        pytest.param("$T conflicts >&-", DONE, id="stdout is closed"),
        pytest.param("$T explain --json <&-", DONE, id="stdin is closed"),
        pytest.param("$T conflicts <&- >&- 2>&-", DONE, id="all are closed"),
    ],
)
def test_who_listens_does_not_change_the_exit_code(folder: Path, line: str, code: int) -> None:
    (folder / "store.sqlite").chmod(0o644 if "doctor" in line else 0o600)
    done = shell(folder, line)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr.decode()


@pytest.mark.parametrize("command", ["conflicts", "conflicts --json", "failures --json", "doctor"])
def test_a_result_that_finds_no_room_is_said_in_a_line(folder: Path, command: str) -> None:
    done = shell(folder, f"$T {command} >/dev/full")
    assert done.returncode == WRONG_USAGE
    assert (
        done.stderr == b"tombstone: Standard output cannot be written: No space left on device.\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_is_piped_is_the_same_in_every_locale(folder: Path, encoding: str) -> None:
    as_table = shell(folder, "$T conflicts", PYTHONIOENCODING=encoding)
    assert "j…@e….com" in as_table.stdout.decode(), as_table.stderr.decode()
    as_json = shell(folder, "$T conflicts --json", PYTHONIOENCODING=encoding)
    assert json.loads(as_json.stdout)[0]["masked_key"][-1] == "j…@e….com"


def test_the_module_is_the_command_too(folder: Path) -> None:
    done = shell(folder, f"{sys.executable} -m dashboard.cli conflicts --json")
    assert len(json.loads(done.stdout)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(r"failures --environment $'\xff'", id="an option"),
        pytest.param(r"forget --list $'a\xffb'", id="a value"),
        pytest.param(r"forget --list - < <(printf 'a\xffb\n')", id="a value on stdin"),
        pytest.param(r"forget --list - < <(printf 'a\0b\n')", id="NUL on stdin"),
    ],
)
def test_what_is_no_text_is_wrong_usage(folder: Path, arguments: str) -> None:
    done = shell(folder, f"$T {arguments}")
    assert (done.returncode, done.stdout) == (WRONG_USAGE, b"")
    assert done.stderr.startswith(b"tombstone: What was given ")


def answered(folder: Path, lines: str, encoding: str = "utf-8") -> list[dict[str, Any]]:
    """What `explain --jsonl` answers to a file; nothing where it is refused."""
    (folder / "many").write_bytes(lines.encode(encoding))
    done = tombstone(folder, "explain", "--jsonl", "many", variables={})
    assert done.returncode == (DONE if done.stdout else WRONG_USAGE), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


DUPLICATE = r"duplicate key value violates unique constraint \"u\" Key (a)=(%s) already exists."


@pytest.mark.parametrize("between", ["\u2028", "\u2029", "\x85"])
def test_a_line_ends_where_json_lines_end(tmp_path: Path, between: str) -> None:
    line = json.dumps({"id": f"a{between}b", "text": f"c{between}d"}, ensure_ascii=False)
    found = answered(tmp_path, f"{line}\r\n{line}\n")
    assert [one["id"] for one in found] == [f"a{between}b"] * 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_many_are_read_as_windows_writes_them(tmp_path: Path, encoding: str) -> None:
    assert [one["id"] for one in answered(tmp_path, '{"id": 1, "text": "é"}\r\n', encoding)] == [1]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        pytest.param(f'"{DUPLICATE % "x"}"', "unique_violation", "x", id="a text"),
        pytest.param(
            f'{{"exception": {{"values": [{{"type": "X", "value": "{DUPLICATE % "x"}"}}]}}}}',
            "unique_violation",
            "x",
            id="an event as it is",
        ),
        pytest.param("null", "not_recognised", None, id="a ticket without a text"),
        pytest.param(
            f'"{DUPLICATE}"' % r"\ud83ex", "unique_violation", "\ufffdx", id="half a character"
        ),
    ],
)
def test_a_line_s_text_is_read(tmp_path: Path, text: str, kind: str, value: str | None) -> None:
    [found] = answered(tmp_path, f'{{"id": "\\ud800", "text": {text}}}')
    assert (found["id"], found["kind"]) == ("\ud800", kind)
    assert found["values"] == (None if value is None else [value])


@pytest.mark.parametrize("identity", ["NaN", "1e999", "[-Infinity]"])
def test_an_id_that_json_cannot_say_is_refused(tmp_path: Path, identity: str) -> None:
    assert answered(tmp_path, f'{{"id": {identity}, "text": "a"}}') == []
