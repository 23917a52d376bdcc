"""A real Bugsink from PyPI, in an environment of its own: its dependencies contradict ours.

The environment and an empty, migrated database are made once a machine, in the user's cache.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import sentry_sdk
import uv
from sentry_sdk.types import Event

VERSION = "2.6.1"

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tombstone-tests"
_SETTINGS = """
import os
from bugsink.settings.default import *
SECRET_KEY = "only for the tests, and for nothing that anybody else can reach"
FOLDER = os.environ["BUGSINK_FOLDER"]
DATABASES["default"]["NAME"] = FOLDER + "/db.sqlite3"
DATABASES["snappea"]["NAME"] = FOLDER + "/snappea.sqlite3"
SNAPPEA = {"TASK_ALWAYS_EAGER": True}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
BUGSINK = {"BASE_URL": "http://127.0.0.1", "SINGLE_USER": True, "SINGLE_TEAM": True,
           "PHONEHOME": False}
"""
_SETUP = """
import django, json, sys
django.setup()
from bsmain.models import AuthToken
from projects.models import Project
names, grants = json.loads(sys.argv[1]), json.loads(sys.argv[2])
projects = [Project.objects.create(name=name) for name in names]
tokens = [AuthToken.create_full_access()]
tokens += [AuthToken.objects.create(**{name: True for name in grant}) for grant in grants]
keys = {p.name: [p.id, p.sentry_key.hex] for p in projects}
print(json.dumps({"keys": keys, "tokens": [t.token for t in tokens]}))
"""


@dataclass(frozen=True, slots=True)
class Bugsink:
    """A running one. `tokens`: one that may do everything, then one for each grant."""

    url: str
    tokens: Sequence[str]
    keys: dict[str, tuple[int, str]]

    def dsn(self, project: str) -> str:
        """What an SDK sends to."""
        number, key = self.keys[project]
        return f"http://{key}@{self.url.removeprefix('http://')}/{number}"

    def send(self, *events: dict[str, Any], project: str = "api") -> None:
        """Deliver these bodies with the real SDK, and wait until they are there."""
        client = sentry_sdk.Client(
            dsn=self.dsn(project), default_integrations=False, transport_queue_size=len(events) + 1
        )
        for event in events:
            client.capture_event(cast("Event", event))
        client.flush(timeout=600)
        client.close()


@contextmanager
def bugsink(
    folder: Path, projects: Sequence[str] = ("api",), grants: Sequence[Sequence[str]] = ()
) -> Iterator[Bugsink]:
    """A Bugsink with these projects, and with tokens of these capabilities ("issues_read", …)."""
    home = _home()
    for file in home.glob("*.sqlite3"):
        shutil.copy(file, folder)
    variables = _variables(home, folder)
    python = str(home / "venv" / "bin" / "python")
    arguments = [json.dumps(list(projects)), json.dumps([list(grant) for grant in grants])]
    made = _run([python, "-c", _SETUP, *arguments], variables)
    told = json.loads(made.splitlines()[-1])
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        command = [python, "-m", "gunicorn", "--no-control-socket", "--threads", "4"]
        command += ["--graceful-timeout", "1", "--bind", f"fd://{listening.fileno()}"]
        command += ["bugsink.wsgi"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                command, env=variables, cwd=folder, stderr=log, pass_fds=[listening.fileno()]
            )
    try:
        _await(url, server)
        yield Bugsink(url, told["tokens"], {name: tuple(key) for name, key in told["keys"].items()})
    finally:
        server.terminate()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _home() -> Path:
    """The environment with an empty database beside it, made if nobody has yet."""
    home = _CACHE / f"bugsink-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            _make(home)
            (home / "ready").touch()
    return home


def _make(home: Path) -> None:
    for left in home.glob("*.sqlite3"):
        left.unlink()
    (home / "bugsink_settings.py").write_text(_SETTINGS)
    python = str(home / "venv" / "bin" / "python")
    _run([uv.find_uv_bin(), "venv", "--clear", "-q", "-p", sys.executable, str(home / "venv")])
    _run([uv.find_uv_bin(), "pip", "install", "-q", "-p", python, f"bugsink=={VERSION}"])
    for arguments in (["migrate"], ["migrate", "--database=snappea", "snappea"]):
        _run([python, "-m", "django", *arguments], _variables(home, home))


def _variables(home: Path, folder: Path) -> dict[str, str]:
    own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return own | {
        "DJANGO_SETTINGS_MODULE": "bugsink_settings",
        "PYTHONPATH": str(home),
        "BUGSINK_FOLDER": str(folder),
    }


def _run(command: Sequence[str], variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until it answers; the socket takes calls from the start."""
    answer = httpx.get(f"{url}/health/ready", timeout=60)
    assert answer.status_code == 200, server.poll()
