"""The demo from start to stop: each part in its order, said with the time it took.

Everything it starts listens on loopback and ends with it, also when it is killed. What is played
once is kept in the data folder, and a second start uses it.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TextIO

import httpx

from sample_data.api.process import ApiProcess
from sample_data.api.settings import Settings
from sample_data.demo.commands import CommandFailed, start_tombstone, tombstone
from sample_data.demo.place import DATABASES, Place, toml
from sample_data.demo.roles import READER, WRITER, make_roles
from sample_data.files import write_private
from sample_data.postgres import Postgres
from sample_data.processes import stop
from sample_data.scenario import Play, play, tokens
from sample_data.scenario.timeline import SANDBOX, Deploy, Timeline
from sample_data.sentry.address import Address
from sample_data.sentry.local import LocalSentry

USUAL_PORT = 8501
FOLLOW_EVERY = "60s"


@dataclass(frozen=True, slots=True)
class Standing:
    """The demo's addresses; `tokens` by `environment/organization`."""

    dashboard: str
    api: str
    sentry: str
    tokens: dict[str, str]
    data: str


class Steps:
    """Says each step with the time it took, and the whole at the end."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self._began = time.monotonic()

    def say(self, sentence: str) -> None:
        """A line."""
        self._to.write(f"{sentence}\n")
        self._to.flush()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """A line when it is done."""
        began = time.monotonic()
        yield
        self.say(f"  {time.monotonic() - began:5.1f} s  {what}")

    def total(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began


def run(data: Path, *, headless: bool, exit_after_ready: bool, as_json: bool) -> int:
    """Start everything, say where it stands, and wait for Ctrl-C. Returns the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    steps = Steps(sys.stderr)
    steps.say(f"Starting the demo in {data} (nothing leaves this machine).")
    with ExitStack() as stack:
        standing = _start(Place.at(data), stack, steps)
        steps.say(f"  {steps.total():5.1f} s  in all")
        _show(standing, as_json=as_json)
        if exit_after_ready:
            return 0
        if not headless:
            webbrowser.open(standing.dashboard)
        return _wait(steps)


def _start(place: Place, stack: ExitStack, steps: Steps) -> Standing:
    with steps.step("PostgreSQL"):
        postgres = stack.enter_context(Postgres.start(place.postgres))
    if postgres.fresh or not place.played:
        place.forget_the_play()
        _empty_databases(postgres)
    with steps.step("a local Sentry"):
        sentry = stack.enter_context(LocalSentry.start(place.folder / "sentry", projects=["shop"]))
    with steps.step("the shop's API"):
        settings = _api_settings(place, postgres, sentry)
        api = stack.enter_context(ApiProcess.start(settings, place.folder / "api"))
    kept = place.played
    if not kept:
        with steps.step("eight weeks of the shop, played over HTTP"):
            _play(place, settings, api, sentry.address, steps)
        passwords = make_roles(postgres, DATABASES)
        write_private(place.folder / "roles.json", json.dumps(passwords))
        place.mark_played()
    _write_config(place, postgres, sentry.address, api.url, _tokens(settings))
    if kept:  # perhaps by an older version
        with steps.step("tombstone store upgrade"):
            tombstone(place.config, "store", "upgrade")
    with steps.step("tombstone collect"):
        tombstone(place.config, "collect")
    with steps.step("the dashboard"):
        dashboard = _start_dashboard(place, stack)
    follower = start_tombstone(
        place.config, place.folder / "follow.log", "follow", "--every", FOLLOW_EVERY
    )
    stack.callback(stop, follower)
    return Standing(dashboard, api.url, sentry.address.url, _tokens(settings), str(place.folder))


def _empty_databases(postgres: Postgres) -> None:
    for name in DATABASES.values():
        postgres.drop_database(name)
        postgres.create_database(name)


def _api_settings(place: Place, postgres: Postgres, sentry: LocalSentry) -> Settings:
    return Settings(
        databases={env: postgres.dsn(name) for env, name in DATABASES.items()},
        secret=place.secrets["api"],
        control_token=place.secrets["control"],
        sentry_dsn=sentry.address.dsns["shop"],
    )


def _play(place: Place, settings: Settings, api: ApiProcess, sentry: Address, steps: Steps) -> None:
    wanted = Play(
        api_url=api.url,
        settings=settings,
        now=datetime.now(UTC),
        record_path=place.record,
        progress=lambda sentence: steps.say(f"           {sentence}"),
    )
    asyncio.run(play(wanted))
    for environment in DATABASES:
        for deploy in Timeline(wanted.now).deploys(environment):
            _tell(sentry, deploy, environment)


def _tell(sentry: Address, deploy: Deploy, environment: str) -> None:
    """That a release went live: what a deployment's own script tells Sentry."""
    httpx.post(
        f"{sentry.url}/api/0/organizations/{sentry.organization}/releases/{deploy.release}/deploys/",
        headers={"Authorization": f"Bearer {sentry.write_token}"},
        json={"environment": environment, "dateFinished": deploy.at.isoformat()},
        trust_env=False,
        timeout=30,
    ).raise_for_status()


def _write_config(
    place: Place, postgres: Postgres, sentry: Address, api_url: str, api_tokens: dict[str, str]
) -> None:
    passwords = json.loads((place.folder / "roles.json").read_text(encoding="utf-8"))

    def dsn(database: str, role: str) -> str:
        return postgres.dsn(database, user=role, password=passwords[role])

    targets = {
        environment: {"read_dsn": dsn(name, READER), "write_dsn": dsn(name, WRITER)}
        for environment, name in DATABASES.items()
    }
    settings = {
        "store_url": f"sqlite:///{place.folder / 'store' / 'tombstone.sqlite'}",
        "secret_key": place.secrets["tombstone"],
        "sentry": {
            "base_url": sentry.url,
            "organization": sentry.organization,
            "projects": ["shop"],
            "token": sentry.token,
        },
        "targets": targets,
        "canary": {
            "base_url": api_url,
            "environment": SANDBOX,
            "token": next(t for name, t in api_tokens.items() if name.startswith(SANDBOX)),
            "leftovers": str(place.folder / "canary.json"),
        },
        "access": {"local_role": "engineer", "cli_role": "engineer"},
    }
    write_private(place.config, toml(settings) + "\n")


def _start_dashboard(place: Place, stack: ExitStack) -> str:
    """On the usual port; on any, if somebody has that one."""
    log = place.folder / "dashboard.log"
    for port in (USUAL_PORT, 0):
        process = start_tombstone(place.config, log, "dashboard", "--port", str(port))
        assert process.stdout is not None
        if line := process.stdout.readline():
            stack.callback(stop, process)
            return next(word for word in line.split() if word.startswith("http"))
        stop(process)
    raise CommandFailed(f"The dashboard did not start; {log} says why.")


def _tokens(settings: Settings) -> dict[str, str]:
    return {
        f"{environment}/{slug}": token
        for environment, by_slug in tokens(settings).items()
        for slug, token in by_slug.items()
    }


def _show(standing: Standing, *, as_json: bool) -> None:
    if as_json:
        values = {name: getattr(standing, name) for name in Standing.__slots__}
        print(json.dumps(values), flush=True)  # noqa: T201 - the result
        return
    token = next(iter(standing.tokens.values()))
    lines = (
        f"Dashboard   {standing.dashboard}",
        f"Shop's API  {standing.api}/v1/customers/   (a token: {token})",
        f"Sentry      {standing.sentry}",
        f"Commands    TOMBSTONE_CONFIG={standing.data}/tombstone.toml tombstone conflicts",
        "Ctrl-C stops everything.",
    )
    print("\n".join(lines), flush=True)  # noqa: T201 - the result


def _wait(steps: Steps) -> int:
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        steps.say("Stopping.")
        return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
