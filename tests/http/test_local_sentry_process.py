"""The local Sentry as a process: it answers, it stops, it comes back, and it never lingers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from sample_data.processes import command_of, wait_until_gone
from sample_data.sentry import LocalSentry, LocalSentryUnavailable

PARENT = """
import sys, time
from pathlib import Path
from sample_data.sentry import LocalSentry
sentry = LocalSentry.start(Path(sys.argv[1]))
print(sentry.pid, flush=True)
time.sleep(60)
"""


def test_a_later_start_on_the_same_folder_is_the_same_server(tmp_path: Path) -> None:
    with LocalSentry.start(tmp_path, projects=["api", "worker"]) as first:
        assert httpx.get(first.address.url).status_code == 200
        before = first.address
    with LocalSentry.start(tmp_path, projects=["api", "worker"]) as second:
        assert second.address == before
    assert set(before.dsns) == {"api", "worker"}


def test_it_ends_cleanly_when_told_to(tmp_path: Path) -> None:
    sentry = LocalSentry.start(tmp_path)
    with httpx.Client() as open_connection:
        open_connection.get(sentry.address.url)
        os.kill(sentry.pid, signal.SIGTERM)
        assert wait_until_gone(sentry.pid, command_of(sentry.pid), 5)
    sentry.stop()
    sentry.stop()
    assert sentry.exit_code == 0


def test_after_a_kill_the_next_start_finds_everything(tmp_path: Path) -> None:
    sentry = LocalSentry.start(tmp_path)
    key, _, rest = sentry.address.dsns["api"].removeprefix("http://").partition("@")
    url = f"http://{rest.replace('/', '/api/')}/store/?sentry_key={key}"
    assert httpx.post(url, json={"event_id": "a" * 32, "message": "kept"}).status_code == 200
    os.kill(sentry.pid, signal.SIGKILL)
    sentry.stop()
    with LocalSentry.start(tmp_path) as again:
        assert "kept" in httpx.get(again.address.url).text


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_it_ends_with_its_parent_however_that_ends(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    command = command_of(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert command
    assert wait_until_gone(child, command, 5)


def test_a_taken_port_is_said_and_a_remembered_one_is_given_up(tmp_path: Path) -> None:
    with LocalSentry.start(tmp_path) as sentry:
        port = int(sentry.address.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        with LocalSentry.start(tmp_path) as elsewhere:
            assert elsewhere.address.url != sentry.address.url
        with pytest.raises(LocalSentryUnavailable):
            LocalSentry.start(tmp_path, port=port)


def test_it_answers_within_seconds() -> None:
    began = time.monotonic()
    with LocalSentry.start(None):
        assert time.monotonic() - began < 10
