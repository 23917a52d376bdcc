"""One PostgreSQL cluster on disk and the server process on it."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from sample_data.files import write_private
from sample_data.postgres_home import (
    DATA_FOLDER_FILE,
    Account,
    PostgresUnavailable,
    account,
    binaries,
    cluster_home,
    distant_homes,
)
from sample_data.processes import command_of, end_with_parent, wait_until_gone

_PATIENCE_SECONDS = 30.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


class PortTaken(PostgresUnavailable):
    """Somebody else listens there."""


@dataclass(slots=True)
class Cluster:
    """`home` holds the cluster and the server's log; the data folder the password and the port."""

    data: Path
    home: Path
    programs: Path
    account: Account
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, data: Path, *, in_memory: bool = False) -> Cluster:
        """The cluster of this data folder, made or not."""
        who = account()
        remove_orphans()
        return cls(data, cluster_home(data, who, in_memory=in_memory), binaries(who), who)

    @property
    def folder(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "cluster"

    @property
    def password(self) -> str:
        """The superuser's."""
        return (self.data / "postgres.password").read_text()

    @property
    def last_port(self) -> int | None:
        """The port of the last start."""
        kept = self.data / "postgres.port"
        return int(kept.read_text()) if kept.exists() else None

    def make(self) -> bool:
        """Run initdb unless there is a complete cluster whose password we know; whether it ran.

        A cluster is made beside its place and renamed into it: a half-made one is never used.
        """
        kept = self.data / "postgres.password"
        if self.folder.exists() and kept.exists():
            return False
        making = self.home / "making"
        for old in (self.folder, making):
            shutil.rmtree(old, ignore_errors=True)
        write_private(kept, secrets.token_urlsafe(24))
        self._initdb(making)
        making.rename(self.folder)
        return True

    def launch(self, port: int) -> None:
        """Start the server and wait until it takes connections. Raises PortTaken."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while said := self._try_launch(port, deadline):
            if "could not bind" in said:
                raise PortTaken(f"Port {port} of 127.0.0.1 is taken.")
            # The backends of a server that was killed hold its shared memory a moment longer.
            if "still in use" not in said or time.monotonic() > deadline:
                raise PostgresUnavailable(f"PostgreSQL did not start: {_last_line(said)}")
            time.sleep(0.1)
        (self.data / "postgres.port").write_text(str(port))

    def stop(self) -> None:
        """Fast shutdown of the server that we started, then wait for it."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None

    def end_leftover(self) -> None:
        """End a server that outlived its owner, and remove the pid file of one that did not.

        The pid alone proves nothing, for it may belong to somebody else by now, and PostgreSQL
        would refuse to start because of it: only a process whose command line names our cluster
        is our server. The caller holds the folder's lock, so no living owner has it.
        """
        if (pid := _server_of(self.folder)) is not None:
            command = command_of(pid)
            os.kill(pid, signal.SIGINT)
            if not wait_until_gone(pid, command, _PATIENCE_SECONDS):
                raise PostgresUnavailable(f"The PostgreSQL of an earlier start (pid {pid}) hangs.")
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _initdb(self, target: Path) -> None:
        password_file = self.home / "password"
        write_private(password_file, self.password)
        os.chown(password_file, self.account.uid, self.account.gid)
        program = str(self.programs / "initdb")
        place = [f"--pgdata={target}", "--username=postgres", "--encoding=UTF8", "--no-sync"]
        access = ["--auth=scram-sha-256", f"--pwfile={password_file}"]
        done = subprocess.run(
            [program, *place, *access, *self._newer_options()],
            cwd=self.home,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            user=self.account.user,
            group=self.account.group,
            extra_groups=self.account.extra_groups,
        )
        password_file.unlink()
        if done.returncode:
            raise PostgresUnavailable(f"initdb failed: {_last_line(done.stderr)}")

    def _newer_options(self) -> list[str]:
        """What depends on the version: who gives us C.UTF-8, and how a password is checked.

        Ours are generated: nobody guesses one, so stretching it makes every connection dearer
        (by two thirds of what it costs the client) and none safer.
        """
        version = self._version()
        locale = ["--locale=C.UTF-8"]
        if version >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return [*locale, "--set=scram_iterations=1"] if version >= 16 else locale

    def _version(self) -> int:
        said = subprocess.run(
            [str(self.programs / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd=self.home,
            user=self.account.user,
            group=self.account.group,
            extra_groups=self.account.extra_groups,
        )
        return int(said.stdout.split()[2].split(".")[0])

    def _try_launch(self, port: int, deadline: float) -> str:
        """Empty once the server is ready; what it said if it ended instead."""
        log = self.home / "server.log"
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                self._command(port),
                cwd=self.home,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C in the terminal is for our parent to handle
                preexec_fn=functools.partial(end_with_parent, signal.SIGINT, os.getpid()),
                user=self.account.user,
                group=self.account.group,
                extra_groups=self.account.extra_groups,
            )
        while self._server.poll() is None:
            if self._ready():
                return ""
            if time.monotonic() > deadline:
                self.stop()
                return "it was not ready in time"
            time.sleep(0.01)
        self._server = None
        return log.read_text(errors="replace") or "it said nothing"

    def _command(self, port: int) -> list[str]:
        settings = {**_SETTINGS, "port": str(port)}
        if next(self.programs.parent.glob("lib/**/pg_stat_statements.[sd]*"), None):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.folder), *options]

    def _ready(self) -> bool:
        """The server's pid file names our process, and says "ready" in its eighth line."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        ours = self._server is not None and lines[:1] == [str(self._server.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"


def remove_orphans() -> None:
    """Remove the clusters that lie apart from their data folder when that has been deleted."""
    for home in distant_homes():
        note = home / DATA_FOLDER_FILE
        orphaned = note.exists() and not Path(note.read_text()).exists()
        if orphaned and _server_of(home / "cluster") is None:
            shutil.rmtree(home, ignore_errors=True)


def _server_of(folder: Path) -> int | None:
    """The pid of the server that runs on this cluster; its pid file alone proves nothing."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if str(folder) in " ".join(command_of(pid)) else None


def _environment() -> dict[str, str]:
    """Nothing of the caller's PG… settings may reach the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LANG": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
