"""The whole demo, started once by its own command, and a real Chromium to look at it with."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.command import Done, tombstone

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ARTEFACTS = Path("artefacts")

expect.set_options(timeout=60_000)  # a page that asks a database may be slow on a busy machine


@dataclass(frozen=True)
class Demo:
    """A running demo; `said` is the JSON line it printed."""

    process: subprocess.Popen[str]
    said: Mapping[str, Any]

    @property
    def data(self) -> Path:
        """Its data folder."""
        return Path(self.said["data"])

    @property
    def dashboard(self) -> str:
        """The dashboard's address."""
        return str(self.said["dashboard"])

    def tombstone(self, *arguments: str, **variables: str) -> Done:
        """Run a command over the demo's settings, and these."""
        own = {"TOMBSTONE_CONFIG": str(self.data / "tombstone.toml")}
        return tombstone(self.data, *arguments, variables=own | variables)

    def collect_failure_of(self, email: str) -> None:
        """Collect until it is known: the application sends Sentry its Events in its own time."""
        ticket = self.data / "ticket.txt"
        ticket.write_text(email)
        deadline = time.monotonic() + 60
        while not self._failures_in(ticket):
            assert time.monotonic() < deadline, f"no Failure of {email} was collected"
            assert self.tombstone("collect").returncode == 0
            time.sleep(0.1)

    def _failures_in(self, ticket: Path) -> list[str]:
        found: list[str] = json.loads(self.tombstone("explain", str(ticket), "--json").stdout)[
            "failures"
        ]
        return found

    def call(self, organization: str, method: str, path: str, **body: Any) -> httpx.Response:
        """A request of an organization ("production/alder-ash") to the shop's API."""
        token = self.said["tokens"][organization]
        return httpx.request(
            method,
            f"{self.said['api']}/v1/customers/{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body or None,
            timeout=60,
        )


def start_demo(data: Path) -> Demo:
    """Start it as a user does, and wait until it says that it stands."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from dashboard.cli import main; main()",
            *("demo", "--data", str(data), "--headless", "--json"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the demo did not start"
    return Demo(process, json.loads(line))


def stop_demo(demo: Demo, number: int = signal.SIGINT) -> int:
    """Send it a signal and wait for its end; its exit code."""
    demo.process.send_signal(number)
    code = demo.process.wait(timeout=120)
    if demo.process.stdout is not None:
        demo.process.stdout.close()
    return code


class Stage:
    """The demo's one data folder, played once; started again for whoever finds it stopped."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._running: Demo | None = None

    def running(self) -> Demo:
        """The demo as it runs."""
        if self._running is None or self._running.process.poll() is not None:
            self._running = start_demo(self._data)
        return self._running

    def stop(self) -> None:
        """Stop it if it runs."""
        if self._running is not None and self._running.process.poll() is None:
            stop_demo(self._running)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where the demo is played, for all tests of a process."""
    folder = tmp_path_factory.mktemp("demo")
    stage = Stage(folder)
    yield stage
    stage.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def demo(stage: Stage) -> Demo:
    """The demo, with its scenario played and collected."""
    return stage.running()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Not kept for longer: Playwright leaves an event loop running."""
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if path is None:
        pytest.fail("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """What keeps Streamlit's scripts from one test to the next."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that nobody is signed in on; a picture is kept of how it looked in the end."""
    page = window.new_page()
    yield page
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{request.node.name}.png", full_page=True)
    for opened in window.pages:
        opened.close()
    window.clear_cookies()
