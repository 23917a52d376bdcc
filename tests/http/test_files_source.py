"""Event files on disk."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.errors import UsageError
from collectors.model import Event
from collectors.sentry.sources import Files
from tests.nobody import nobody


def body(letter: str) -> str:
    return json.dumps({"event_id": letter * 32, "timestamp": "2026-05-30T10:00:00Z"})


def read(*paths: Path) -> list[Event]:
    source = Files([str(path) for path in paths])
    return [event for page in source.pages(None, None) for event in page.events]


def letters(*paths: Path) -> str:
    return "".join(event.event_id[0] for event in read(*paths))


def test_a_folder_is_read_by_name_and_below(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name, letter in (
        ("b.json", "b"),
        ("a.jsonl", "a"),
        ("deep/er/c.NDJSON", "c"),
        (".hidden.json", "d"),
        ("notes.txt", "e"),
        (".git/f", "f"),
    ):
        (tmp_path / name).write_text(body(letter))
    (tmp_path / "readme.txt").write_text("Recorded on a Tuesday.")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = events\n")
    assert letters(tmp_path) == "abce"


def test_what_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the named nor a folder below it; root may read all but what leads nowhere."""
    monkeypatch.chdir(tmp_path)
    Path("shown", "shut").mkdir(parents=True)
    for path, mode in ((Path("shown/shut"), 0), (Path("shown"), 0o755), (tmp_path, 0o755)):
        path.chmod(mode)
    Path("loop.json").symlink_to("loop.json")
    with pytest.raises(UsageError, match=r"^loop\.json cannot be read: Too many"):
        read(Path("loop.json"))
    with nobody(), pytest.raises(UsageError, match=r"^shown/shut cannot be read"):
        read(Path("shown"))


def test_files_are_read_in_the_order_they_are_named_whatever_their_names(tmp_path: Path) -> None:
    for name, letter in (("z.txt", "a"), ("a.json", "b")):
        (tmp_path / name).write_text(body(letter))
    assert letters(tmp_path / "z.txt", tmp_path / "a.json") == "ab"


def test_a_path_that_is_not_there_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(body("a"))
    pages = Files([str(tmp_path / "a.json"), str(tmp_path / "missing.json")]).pages(None, None)
    with pytest.raises(UsageError, match=r"missing\.json"):
        next(pages)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_an_event_without_a_time_has_the_files_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"event_id": "a" * 32}))
    written = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    os.utime(file, (written, written))
    assert read(file) == read(file)
    assert read(file)[0].occurred_at == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_file_from_the_future_or_from_1970_counts_as_read_now(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"event_id": "a" * 32}))
    for written in (0.0, datetime(2090, 1, 1, tzinfo=UTC).timestamp()):
        os.utime(file, (written, written))
        age = datetime.now(UTC) - read(file)[0].occurred_at
        assert abs(age.total_seconds()) < 60


def test_a_damaged_file_does_not_keep_the_next_from_being_read(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(b"")
    (tmp_path / "2.json").write_bytes(body("a").encode()[:-9])
    (tmp_path / "3.json").write_bytes(b"\xff\xfe\x00\x00")
    (tmp_path / "4.json").write_bytes(b"[" * 200_000)
    (tmp_path / "5.json").write_text(body("e"))
    events = read(tmp_path)
    assert len(events) == 5
    assert [bool(event.oddity) for event in events] == [True, True, True, True, False]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.JSONL"])
@pytest.mark.parametrize("nothing", [b"", b"\n \n"])
def test_a_file_of_no_lines_holds_no_event(tmp_path: Path, name: str, nothing: bytes) -> None:
    (tmp_path / name).write_bytes(nothing)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(nothing))
    assert read(tmp_path) == []


def test_what_is_packed_is_read_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(body("a").encode()))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(f"{body('b')}\n{body('c')}".encode()))
    (tmp_path / "backup.tar.gz").write_bytes(gzip.compress(b"another thing"))
    assert letters(tmp_path) == "abc"
    cut = tmp_path / "cut"
    cut.write_bytes(gzip.compress(body("a").encode())[:-9])
    with pytest.raises(UsageError, match="cut is packed with gzip"):
        read(cut)
