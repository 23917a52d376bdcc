"""Is it fixed? Asked of the real sandbox in its modes: collected, surveyed, audited, decided.

In "answering" mode the API says 409 and Sentry falls silent, while the index stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from collectors import pipeline
from collectors.auditing import audit_targets
from collectors.canary import walk
from collectors.evidence.database import Store
from collectors.evidence.followed import save_releases
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.evidence.walked import save_walk
from collectors.model import Deploy, Release
from collectors.settings import CanarySettings, Settings, TargetSettings
from dashboard.data.regression import Regression, ask_regression
from dashboard.metrics.fix import FixState
from sample_data.api.access import organization_token
from sample_data.api.modes import EMAIL_KEY
from sample_data.postgres import Postgres
from tests.database.shop_world import SECRET, Merchant, Shop, running
from tests.factories import new_store

DAY = timedelta(days=1)
PEOPLE = 6
ENVIRONMENTS = tuple(f"sandbox-{number}" for number in range(5))


@dataclass
class Tale:
    """An environment in which six customers could not come back, and what was deployed then."""

    shop: Shop
    environment: str
    merchant: Merchant
    folder: Path
    store: Store

    @property
    def settings(self) -> Settings:
        dsn = SecretStr(self.shop.databases[self.environment].dsn)
        return Settings(targets={self.environment: TargetSettings(read_dsn=dsn)})

    def look(self) -> None:
        """Collect what Sentry was sent, survey, audit."""
        self.shop.control("flush")
        path = self.folder / "events.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in self.shop.received.events))
        summary = pipeline.run(
            self.settings, self.store, environment=self.environment, paths=[str(path)], full=True
        )
        assert summary.unreachable == {}
        assert audit_targets(self.settings, self.store).unreachable == {}

    def asked(self) -> Regression:
        wanted = FailureFilter(environments=(self.environment,))
        counted = SurveyFilter(targets=(self.environment,))
        return ask_regression(self.store, wanted, counted, ((self.environment, self.environment),))

    def deploy(self, mode: str) -> None:
        release = f"shop@{mode}"
        body = {"environment": self.environment, "release": release, "mode": mode}
        assert self.shop.control("deploy", **body).status_code == 200
        went = Deploy(release, self.environment, datetime.now(UTC))
        save_releases(self.store, [Release(release, ("shop",), deploys=1)], {release: [went]})

    def walk(self) -> None:
        token = organization_token(SECRET, self.environment, self.merchant.slug)
        seen = walk(
            CanarySettings(
                base_url=self.shop.url,  # type: ignore[arg-type]  # pydantic reads it
                token=token,  # type: ignore[arg-type]
                environment=self.environment,
                leftovers=self.folder / "canary.json",
            )
        )
        steps = [{"path": step.path, "name": step.name} for step in seen.steps]
        save_walk(
            self.store, self.environment, seen.started_at, seen.finished_at, seen.color, steps
        )


def at(moment: datetime) -> dict[str, str]:
    return {"X-Sandbox-Now": moment.isoformat()}


def fail(merchant: Merchant, days_ago: float) -> None:
    """Six customers come, go, and cannot come back, one a day until `days_ago`."""
    for person in range(PEOPLE):
        back = datetime.now(UTC) - (days_ago + person) * DAY
        email = f"person.{person}@example.com"
        customer = merchant.new_customer(email, headers=at(back - 9 * DAY))
        merchant.delete(customer, headers=at(back - DAY))
        assert merchant.create(email, headers=at(back)).status_code == 500


def come_back(merchant: Merchant) -> set[int]:
    """All of them try again today; how they were answered."""
    return {merchant.create(f"person.{person}@example.com").status_code for person in range(PEOPLE)}


@pytest.fixture(scope="module")
def shop(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running(postgres, tmp_path_factory.mktemp("regression"), ENVIRONMENTS) as shop:
        yield shop


@pytest.fixture(scope="module")
def untouched() -> Iterator[str]:
    return iter(ENVIRONMENTS)


@pytest.fixture
def tale(shop: Shop, untouched: Iterator[str], tmp_path: Path) -> Iterator[Tale]:
    """An environment that no other test has used."""
    environment = next(untouched)
    store = new_store(tmp_path)
    told = Tale(shop, environment, shop.merchant(environment), tmp_path, store)
    told.deploy("broken")
    yield told
    store.close()


def test_answering_is_never_called_fixed(tale: Tale) -> None:
    merchant = tale.merchant
    fail(merchant, days_ago=20)
    tale.deploy("answering")
    assert come_back(merchant) == {409}
    tale.walk()
    tale.look()
    found = tale.asked()
    assert found.whole.state is FixState.POSSIBLE
    assert found.whole.rests_on is None
    (line,) = found.keys
    assert line.facts.constraint == EMAIL_KEY
    assert line.facts.exposure is not None
    assert line.facts.exposure >= PEOPLE  # besides what the canary left
    assert any("not mended (ignores_deletion)" in one for one in line.verdict.reasons)
    assert any("tombstone audit --format sql" in one for one in line.verdict.missing)


def test_answering_right_after_the_last_crash_is_not_called_fixed_either(tale: Tale) -> None:
    merchant = tale.merchant
    fail(merchant, days_ago=0)
    tale.deploy("answering")
    assert come_back(merchant) == {409}
    tale.look()
    assert tale.asked().whole.state is FixState.FAILING


@pytest.mark.parametrize("days_ago", [20.0, 0.0], ids=["long-ago", "today"])
def test_fixed_is_fixed_with_the_number_it_rests_on(tale: Tale, days_ago: float) -> None:
    merchant = tale.merchant
    fail(merchant, days_ago)
    tale.look()
    assert tale.asked().whole.state is not FixState.FIXED
    tale.deploy("fixed")
    assert come_back(merchant) == {201}
    tale.look()
    found = tale.asked().whole
    assert found.state is FixState.FIXED, found.reasons
    assert found.rests_on is not None
    assert (found.rests_on.recreations, found.rests_on.release) == (PEOPLE, "shop@fixed")
    assert found.rests_on.at_most_failing == pytest.approx(1 - 0.05 ** (1 / PEOPLE))


def test_a_mended_key_that_nobody_tried_waits_for_the_canary(tale: Tale) -> None:
    fail(tale.merchant, days_ago=20)
    tale.deploy("fixed")
    tale.look()
    waiting = tale.asked().whole
    assert waiting.state is FixState.UNSURE
    tale.walk()
    found = tale.asked().whole
    assert found.state is FixState.FIXED, found.reasons
    assert found.rests_on is not None
    assert found.rests_on.canary_at is not None
