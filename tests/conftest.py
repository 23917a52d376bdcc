"""What every test may ask for: a real PostgreSQL, and a database of its own on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from sample_data.postgres import Database, Postgres
from tests.factories import close_stores

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
"""How long an example takes says how busy the machine is, not whether the code is right."""


WITH_THE_DEMO = frozenset(
    f"tests/browser/test_{name}.py" for name in ("demo", "journeys", "remedies", "story")
)


class PlayedOnce(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """Files go to workers whole, and those around the demo to one: to play it takes a minute."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "with the demo" if file in WITH_THE_DEMO else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> PlayedOnce | None:
    """What `--dist loadfile` means here; any other way is left as it is."""
    return PlayedOnce(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def _stores_closed() -> Iterator[None]:
    """A test need not close its stores: Python warns of each connection that nobody closed."""
    yield
    close_stores()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One server a test process; `TEST_POSTGRES_BIN` chooses another PostgreSQL's programs."""
    server = Postgres.start(tmp_path_factory.mktemp("postgres"), in_memory=True)
    yield server
    server.discard()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """An empty database, dropped afterwards whoever is still connected to it."""
    name = f"test_{uuid.uuid4().hex}"
    postgres.create_database(name, template="template0")
    yield Database(name, postgres.dsn(name))
    postgres.drop_database(name)
