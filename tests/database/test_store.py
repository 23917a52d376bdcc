"""The store on a real SQLite: pages, Conflicts, history, versions, and what its bytes give away."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DatabaseError

from collectors.errors import Busy, SettingsError, StoreVersionError, WrongSecretKey
from collectors.evidence import schema
from collectors.evidence.database import open_store, upgrade_store
from collectors.evidence.lease import collecting
from collectors.evidence.looks import save_looks
from collectors.evidence.migrations.run import upgrade
from collectors.evidence.reads.conflicts import (
    ConflictFilter,
    conflicts_of_values,
    count_by_verdict,
    find_conflict,
    list_conflicts,
    verdict_changes,
)
from collectors.evidence.reads.failures import FailureFilter, list_failures
from collectors.evidence.reads.followup import earlier_looks, open_conflicts
from collectors.evidence.remedied import mark_blocked_again, mark_unblocked
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import known_events, load_cursor, save_page
from collectors.evidence.trouble import store_trouble
from collectors.model import Issue, Verdict
from tests.factories import NOON, SECRET, judged, new_store, violated

HOUR = timedelta(hours=1)


def contents(store: object) -> dict[str, list[tuple[object, ...]]]:
    """Every line of every table but the generation and the seals, which are random by design."""
    from collectors.evidence.database import Store

    assert isinstance(store, Store)
    found = {}
    with store.read() as connection:
        for table in schema.metadata.sorted_tables:
            if table.name in ("meta", "cursors"):
                continue
            columns = [column for column in table.c if column.name != "sealed"]
            rows = connection.execute(table.select().with_only_columns(*columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


def test_a_page_read_twice_changes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    page = [judged(occurred_at=NOON + n * HOUR) for n in range(3)]
    issue = Issue("1", "shop", "IntegrityError: Key (email)=(jane@example.com) already exists")
    save_page(store, "web", page, issues=[issue], cursor="c1")
    once = contents(store)
    save_page(store, "web", page, issues=[issue], cursor="c1")
    assert contents(store) == once
    assert len(once["failures"]) == 3
    assert len(once["conflicts"]) == 1


def test_a_conflict_counts_its_failures_and_takes_the_newest_verdict(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    newest = judged(Verdict.LIVE_DUPLICATE, occurred_at=NOON + 2 * HOUR)
    save_page(store, "web", [newest, judged(occurred_at=NOON + HOUR)])
    save_page(store, "web", [judged(occurred_at=NOON)])
    (conflict,) = list_conflicts(store)
    assert (conflict.failures, conflict.verdict) == (3, Verdict.LIVE_DUPLICATE)
    assert (conflict.first_seen, conflict.last_seen) == (NOON, NOON + 2 * HOUR)
    assert [change.verdict for change in verdict_changes(store, conflict.id)] == [
        Verdict.LIVE_DUPLICATE
    ]


def test_what_nobody_can_decide_hides_no_later_news_of_an_earlier_time(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    save_page(store, "web", [judged(Verdict.LIVE_DUPLICATE, occurred_at=NOON)])
    save_page(store, "web", [judged(Verdict.UNDECIDED, occurred_at=NOON + 2 * HOUR)])
    save_page(store, "web", [newest := judged(occurred_at=NOON + HOUR)])
    save_page(store, "web", [judged(Verdict.LIVE_DUPLICATE, occurred_at=NOON + HOUR / 2)])
    (conflict,) = list_conflicts(store)
    assert (conflict.failures, conflict.verdict) == (4, Verdict.BLOCKED_BY_TOMBSTONE)
    assert [one.failure.event_id for one in open_conflicts(store)] == [newest.failure.event_id]


def test_a_page_and_its_cursor_are_stored_together_or_not_at_all(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    save_page(store, "web", [], cursor="before")
    broken = judged()
    object.__setattr__(broken.failure, "environment", None)
    with pytest.raises(Exception, match="NOT NULL"):
        save_page(store, "web", [judged(), broken], cursor="after")
    assert load_cursor(store, "web") == "before"
    assert list_failures(store) == []


def test_known_events_are_told_from_new_ones(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    stored = judged()
    save_page(store, "web", [stored])
    asked = [stored.failure.event_id, "f" * 32]
    assert set(known_events(store, asked)) == {stored.failure.event_id}


def test_pages_of_the_list_follow_each_other_without_gap_or_repeat(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    page = [judged(key=violated("o", f"{n}@example.com"), occurred_at=NOON) for n in range(7)]
    save_page(store, "web", page)
    seen: list[str] = []
    after = None
    while lines := list_conflicts(store, after=after, limit=3):
        seen += [line.id for line in lines]
        after = (lines[-1].last_seen, lines[-1].id)
    assert sorted(seen) == sorted(str(one.conflict_id) for one in page)


def test_filters_narrow_lists_and_counts_alike(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    save_page(
        store,
        "web",
        [
            judged(key=violated("o", "a@example.com")),
            judged(Verdict.HOLDER_GONE, key=violated("o", "b@example.com"), environment="sandbox"),
        ],
    )
    assert count_by_verdict(store, ConflictFilter()) == {
        Verdict.BLOCKED_BY_TOMBSTONE: 1,
        Verdict.HOLDER_GONE: 1,
    }
    only = ConflictFilter(environments=("sandbox",))
    assert [line.verdict for line in list_conflicts(store, only)] == [Verdict.HOLDER_GONE]
    assert len(list_failures(store, FailureFilter(verdicts=(Verdict.HOLDER_GONE,)))) == 1
    assert list_failures(store, FailureFilter(since=NOON + HOUR)) == []


def test_a_value_finds_its_conflict_without_being_stored(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    save_page(store, "web", [judged(key=violated("o", "jane.doe@example.com"))])
    assert len(conflicts_of_values(store, ["jane.doe@example.com"])) == 1
    assert conflicts_of_values(store, ["jane.do@example.com"]) == []
    store.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"jane.doe" not in files


def test_no_value_of_the_key_stands_in_what_an_event_calls_itself(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    tried = violated("acme-7", columns=("external_id",))
    one = judged(key=tried, transaction="POST /v1/customers/ACME-7")
    unknown = replace(tried, constraint="uq_jane@example.com", table="of jane@example.com")
    nowhere = replace(judged().judgement, key=None, values=None)
    other = replace(judged(key=unknown, transaction="sync acme-7"), judgement=nowhere)
    save_page(store, "test", [one, replace(other, conflict_id=None)])
    told = str(contents(store)["failures"]).lower()
    assert "post /v1/customers/a…" in told
    assert "sync a…" in told
    assert "acme-7" not in told
    assert "jane" not in told


def test_a_remedy_closes_a_conflict_and_its_undo_opens_it(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    one = judged()
    save_page(store, "web", [one])
    conflict_id = str(one.conflict_id)
    with store.write() as line:
        mark_unblocked(
            line, conflict_id, by="release-key by alice", at=NOON + HOUR, reason="Freed."
        )
    closed = find_conflict(store, conflict_id)
    assert closed is not None
    assert (closed.verdict, closed.released_by) == (Verdict.UNBLOCKED, "release-key by alice")
    assert list_failures(store)[0].verdict is Verdict.UNBLOCKED
    assert earlier_looks(store, [conflict_id])[conflict_id].released_by == "release-key by alice"
    assert [pending.conflict_id for pending in open_conflicts(store)] == [conflict_id]
    with store.write() as line:
        mark_blocked_again(line, conflict_id, at=NOON + 2 * HOUR, reason="Undone.")
    assert [change.verdict for change in verdict_changes(store, conflict_id)] == [
        Verdict.BLOCKED_BY_TOMBSTONE,
        Verdict.UNBLOCKED,
        Verdict.BLOCKED_BY_TOMBSTONE,
    ]


def test_a_look_that_found_nothing_new_only_notes_when(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    one = judged()
    save_page(store, "web", [one])
    generation = store.generation()
    save_looks(store, [], {str(one.conflict_id): NOON + HOUR})
    conflict = find_conflict(store, str(one.conflict_id))
    assert conflict is not None
    assert conflict.asked_at == conflict.held_at == NOON + HOUR
    assert store.generation() == generation


def test_a_run_that_found_nothing_new_is_no_news(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    run = start_run(store)
    save_page(store, "web", [judged()])
    told, generation = store.news(), store.generation()
    assert told > 0
    save_page(store, "web", [], cursor="further", passed=["f" * 32])
    finish_run(store, run, read=1, stored=0, unreachable=[], notes=[])
    assert store.news() == told
    assert store.generation() > generation  # what is kept of answers tells of Runs too
    save_page(store, "web", [judged(occurred_at=NOON + HOUR)])
    assert store.news() > told


def test_key_values_are_erased_thirty_days_after_the_verdict_settled(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    old = judged(Verdict.LIVE_DUPLICATE, key=violated("o", "old@example.com"))
    object.__setattr__(old, "looked_at", NOON - timedelta(days=400))
    save_page(store, "web", [old, judged()])
    finish_run(store, start_run(store), read=1, stored=1, unreachable=[], notes=[])
    with store.read() as connection:
        kept = connection.execute(
            text("SELECT verdict FROM failures WHERE sealed IS NOT NULL")
        ).all()
    assert [line.verdict for line in kept] == [Verdict.BLOCKED_BY_TOMBSTONE]


def test_another_secret_is_refused(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    with pytest.raises(WrongSecretKey, match="another TOMBSTONE_SECRET_KEY"):
        new_store(tmp_path, secret="another secret, also long enough!!")


def of_version(folder: Path, version: str) -> str:
    """The URL of a store that claims to be of this version."""
    store = new_store(folder)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    store.close()
    return f"sqlite:///{folder}/store.sqlite"


@pytest.mark.parametrize("version", ["0005", "9999"])
def test_a_store_of_another_version_names_the_upgrade(tmp_path: Path, version: str) -> None:
    with pytest.raises(StoreVersionError, match="tombstone store upgrade"):
        open_store(of_version(tmp_path, version), SECRET)


def test_a_store_that_a_newer_program_upgrades_under_a_running_one_stops_it(tmp_path: Path) -> None:
    running = new_store(tmp_path)
    save_page(running, "web", [judged()])
    of_version(tmp_path, "9999")
    for _ in range(2):
        with pytest.raises(StoreVersionError, match="a newer Tombstone wrote it"):
            save_page(running, "web", [judged()])
        with pytest.raises(StoreVersionError, match="a newer Tombstone wrote it"):
            running.news()
    with closing(sqlite3.connect(tmp_path / "store.sqlite", timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody is left with the store in hand
        assert other.execute("SELECT count(*) FROM failures").fetchone() == (1,)


def test_upgrading_copies_an_older_sqlite_store_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    older = create_engine(url)
    event.listen(older, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    upgrade(older, "0005")
    older.dispose()
    part = tmp_path / "store.sqlite.0005.part"
    part.write_bytes(b"of an upgrade that was ended while it copied")
    copy = upgrade_store(url)
    assert copy == tmp_path / "store.sqlite.0005"
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as copied:
        assert copied.execute("SELECT version_num FROM alembic_version").fetchone() == ("0005",)
    assert not part.exists()
    open_store(url, SECRET).close()


def test_of_an_older_store_s_runs_those_were_whole_that_nothing_kept_from_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    older = create_engine(url)
    event.listen(older, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    upgrade(older, "0006")
    runs = [(7, "[]", "[]"), (7, '["Sentry is silent."]', "[]"), (None, "[]", "[]")]
    runs += [(7, "[]", '["Read all.", "This Run was ended before it was done."]')]
    with older.begin() as connection:
        for run in runs:
            connection.exec_driver_sql(
                "INSERT INTO runs (started_at, read, stored, finished_at, unreachable, notes)"
                " VALUES (1, 0, 0, ?, ?, ?)",
                run,
            )
    older.dispose()
    upgrade_store(url)
    with new_store(tmp_path).read() as connection:
        assert list(connection.scalars(text("SELECT whole FROM runs"))) == [1, 0, 0, 0]


def test_a_newer_store_is_left_as_it_is(tmp_path: Path) -> None:
    url = of_version(tmp_path, "9999")
    with pytest.raises(StoreVersionError, match="a newer Tombstone wrote it"):
        upgrade_store(url)
    assert not (tmp_path / "store.sqlite.9999").exists()


def test_a_store_of_this_version_is_not_copied(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    save_page(store, "web", [judged()])
    store.close()
    assert upgrade_store(f"sqlite:///{tmp_path}/store.sqlite") is None
    assert len(list_failures(new_store(tmp_path))) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param("nonsense", "not a database URL", id="not a URL"),
        pytest.param("sqlite:////nowhere/at/all/store.sqlite", "does not exist", id="no folder"),
        pytest.param("postgresql://u:geheim@h/d", "SQLite file for now", id="another engine"),
        pytest.param("sqlite+aiosqlite:///x", "SQLite file for now", id="another driver"),
        pytest.param("sqlite://u:geheim@h/x", "SQLite file for now", id="a host"),
        pytest.param("sqlite://", "SQLite file for now", id="kept in memory, and gone at the end"),
    ],
)
def test_a_store_that_cannot_be_is_refused_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as caught:
        open_store(url, "x" * 40)
    assert "geheim" not in str(caught.value)


def scribbled(file: Path) -> None:
    file.write_bytes(b"no database at all" * 1_000)


def damaged(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4_096)
        opened.write(b"\xff" * 40_000)


def cut(file: Path) -> None:
    os.truncate(file, 9_000)


def replaced(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA journal_mode = WAL")  # as we set it, before anything is looked at
        other.execute("CREATE TABLE theirs (id)")


@pytest.mark.parametrize("harm", [scribbled, damaged, cut, replaced])
def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    new_store(tmp_path).close()
    file = tmp_path / "store.sqlite"
    harm(file)
    before = file.read_bytes()
    for opening in (lambda url: open_store(url, SECRET), upgrade_store):
        with pytest.raises(SettingsError, match=r"cannot be opened|another program's"):
            opening(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_place_where_no_store_can_be_is_said(tmp_path: Path) -> None:
    """What the operating system says, where SQLite has not come to say anything."""
    for opening in (lambda url: open_store(url, SECRET), upgrade_store):
        with pytest.raises(SettingsError, match="cannot be opened: File name too long"):
            opening(f"sqlite:///{tmp_path}/{'x' * 300}")
    new_store(tmp_path).close()
    file = tmp_path / "store.sqlite"
    file.with_name("store.sqlite.lease").mkdir()
    with pytest.raises(SettingsError, match="lease cannot be written"), collecting(file):
        pass


def test_the_restore_that_readme_prints_stops_what_was_left_running(tmp_path: Path) -> None:
    """A copy over the file would be written on by it, into a log that is no more."""
    printed = (
        (Path(__file__).parents[2] / "README.md")
        .read_text(encoding="utf-8")
        .partition("**Back-up.**")[2]
    )
    lines = printed.partition("```sh\n")[2].partition("```")[0].splitlines()
    restore = [line for line in lines if line.startswith(("umask ", "cp ", "rm ", "mv "))]
    running = new_store(tmp_path)
    save_page(running, "web", [judged()])
    (tmp_path / "backup").mkdir()
    with (
        closing(sqlite3.connect(tmp_path / "store.sqlite")) as source,
        closing(sqlite3.connect(tmp_path / "backup" / "store.sqlite")) as copy,
    ):
        source.backup(copy)
    (tmp_path / "backup" / "store.sqlite").chmod(0o644)
    save_page(running, "web", [judged()])
    script = "\n".join(restore).replace("tombstone.sqlite", "store.sqlite")
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    assert (tmp_path / "store.sqlite").stat().st_mode & 0o077 == 0, "others can read it"
    with pytest.raises(SettingsError, match="removed or replaced while it was in use"):
        save_page(running, "web", [judged()])
    assert len(list_failures(new_store(tmp_path))) == 1


@pytest.mark.parametrize("another", [False, True], ids=["removed", "replaced"])
def test_a_file_that_is_no_longer_there_is_not_written_on(tmp_path: Path, another: bool) -> None:
    """SQLite would go on, and whatever it wrote would be lost with the process."""
    store = new_store(tmp_path)
    path = tmp_path / "store.sqlite"
    path.rename(tmp_path / "moved.sqlite")
    if another:
        new_store(tmp_path).close()
    with pytest.raises(SettingsError, match="removed or replaced while it was in use"):
        store.generation()
    with pytest.raises(SettingsError, match="start this program again"), store.write():
        pass


def test_trouble_with_the_file_is_told_from_a_fault_of_our_own(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DatabaseError) as full:
            connection.execute(text("CREATE TABLE more AS SELECT zeroblob(1000000)"))
        with pytest.raises(DatabaseError) as ours:
            connection.execute(text("SELECT nothing"))
    assert store_trouble(full.value) == "database or disk is full"
    assert store_trouble(ours.value) is None
    assert store_trouble(ValueError("x")) is None


def test_only_one_collects_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    with collecting(file), pytest.raises(Busy, match="Another"), collecting(file, patience_s=0.2):
        pass
    with collecting(file):
        pass


def test_the_migrations_lead_to_the_schema(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from collectors.evidence.migrations.run import configuration

    store = new_store(tmp_path)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, schema.metadata) == []
    assert ScriptDirectory.from_config(configuration()).get_current_head() == schema.VERSION


def test_a_fault_of_the_store_quotes_no_value(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    asked = text("SELECT 1 FROM nowhere WHERE value = :value")

    with pytest.raises(DatabaseError) as error, store.read() as connection:
        connection.execute(asked, {"value": "jane@example.com"})

    assert "jane" not in str(error.value)
