"""Light rows and whole bodies: the same key, values, verdict, confidence and operation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import HttpUrl, SecretStr
from sqlalchemy import select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.sealing import open_key
from collectors.linking.light import read_light
from collectors.model import Failure
from collectors.pipeline import RunSummary, run
from collectors.sentry.sources import WebApi
from collectors.settings import SentrySettings, Settings, TargetSettings
from sample_data.postgres import Postgres
from sample_data.scenario import Play, play
from sample_data.scenario.stories import CAST, shortened
from tests.database.shop_world import running
from tests.factories import new_store
from tests.http.serving import SentryOfTest, local_sentry

ENVIRONMENTS = ("production", "sandbox")
SAME = (
    *("environment", "project", "operation", "transaction", "release", "issue_id"),
    *("constraint_name", "table_name", "organization_id", "verdict", "confidence", "reasons"),
    *("blocker", "candidates", "conflict_id", "waits_for"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """The scenario's real events at a local Sentry, and the databases they were born from."""

    sentry: SentryOfTest
    targets: dict[str, TargetSettings]

    def collect(self, store: Store, *, light: bool) -> RunSummary:
        self.sentry.served.take_calls()
        address = self.sentry.address
        sentry = SentrySettings(
            base_url=HttpUrl(address.url),
            token=SecretStr(address.token),
            organization=address.organization,
            light_rows=light,
        )
        return run(Settings(targets=self.targets, sentry=sentry), store)


@pytest.fixture(scope="module")
def told(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    data = tmp_path_factory.mktemp("told")
    with running(postgres, data, ENVIRONMENTS) as shop, local_sentry("api") as sentry:
        cast = shortened(CAST, 1)
        record = data / "scenario.jsonl"
        now = datetime.now(UTC)
        asyncio.run(play(Play(shop.url, shop.settings, now, record, lambda _: None, cast)))
        for event in shop.received.events:
            sentry.send(event)
        targets = {
            name: TargetSettings(read_dsn=SecretStr(database.dsn))
            for name, database in shop.databases.items()
        }
        yield Told(sentry, targets)


def stored(store: Store) -> dict[str, dict[str, Any]]:
    """Every Failure by its event, its key unsealed."""
    with store.read() as connection:
        rows = connection.execute(select(schema.failures)).mappings().all()
    return {
        row["event_id"]: {name: row[name] for name in SAME}
        | {"key": open_key(store.vault, row["sealed"]) if row["sealed"] else None}
        for row in rows
    }


def test_rows_and_bodies_tell_the_same_of_every_event(told: Told, tmp_path: Path) -> None:
    folders = {light: tmp_path / str(light) for light in (True, False)}
    found: dict[bool, dict[str, dict[str, Any]]] = {}
    for light, folder in folders.items():
        folder.mkdir()
        with closing(new_store(folder)) as store:
            told.collect(store, light=light)
            found[light] = stored(store)
    assert len(found[False]) > 10
    assert found[True] == found[False]


def test_a_row_that_proves_the_key_spares_the_body(told: Told) -> None:
    with told.sentry.client() as client:
        rows = [event for page in WebApi(client).pages(None, None) for event in page.events]
    assert all(row.light for row in rows)
    enough = [row for row in rows if isinstance(read_light(row), Failure)]
    assert len(enough) > len(rows) / 3
