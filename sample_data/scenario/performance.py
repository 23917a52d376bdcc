"""The play in one environment: the merchants and quiet customers, the stories, the invoices."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from sample_data.api.access import organization_token
from sample_data.api.modes import MODES
from sample_data.api.settings import Settings
from sample_data.people import Company, People, Person, companies
from sample_data.scenario import crowd
from sample_data.scenario.crowd import Connection, Quiet, Tenant
from sample_data.scenario.gate import Gate
from sample_data.scenario.merchant import Merchant, Stage, StoryBroke
from sample_data.scenario.record import Attempt
from sample_data.scenario.scene import Scene
from sample_data.scenario.stories import CAST, Part
from sample_data.scenario.timeline import PRODUCTION, SANDBOX, Deploy, Timeline

_QUIET = {PRODUCTION: 1500, SANDBOX: 330}
_MERCHANTS = {PRODUCTION: 20, SANDBOX: 12}
_AT_ONCE = 5
_PEOPLE_A_STORY = 12


@dataclass(frozen=True, slots=True)
class Play:
    """What a play needs. The same seed and `now` tell the same stories to the same people.

    Only the ids of rows that the API makes differ, and which of two racing requests wins.
    """

    api_url: str
    settings: Settings
    now: datetime
    record_path: Path
    progress: Callable[[str], None]
    cast: Sequence[Part] = CAST
    seed: str = "eight weeks"


def merchants(environment: str) -> tuple[Company, ...]:
    """The sandbox is used by some of production's merchants only."""
    return companies()[: _MERCHANTS[environment]]


class Performance:
    """Runs once, on an empty database."""

    def __init__(
        self, play: Play, client: httpx.AsyncClient, environment: str, database: Connection
    ) -> None:
        self._play = play
        self._client = client
        self._environment = environment
        self._database = database
        self._timeline = Timeline(play.now)
        self._rng = random.Random(f"{play.seed} {environment}")
        self._people = People(self._rng)
        self._known: list[tuple[Person, Tenant]] = []
        self._parts = [part for part in play.cast if part.environment == environment]
        first, *self._later = self._timeline.deploys(environment)
        self._first = first
        stories = sum(part.times for part in self._parts)
        self._stage = Stage(
            environment,
            client,
            Gate(self._later, self._deploy, stories),
            database,
            MODES[self._later[-1].mode].mended,
            asyncio.Semaphore(_AT_ONCE),
        )

    async def run(self) -> list[Attempt]:
        """Every request that failed."""
        await self._refuse_a_second_time()
        await self._deploy(self._first)
        tenants = await crowd.settle(
            self._database, merchants(self._environment), self._timeline, self._rng
        )
        quiet = Quiet(tenants, self._people, self._timeline, self._later[0].at, self._rng)
        scenes = self._scenes(tenants)
        rows = [*quiet.customers(_QUIET[self._environment]), *quiet.namesakes(self._known[::4])]
        await crowd.populate(self._database, rows)
        await self._tell_all(scenes)
        self._say(f"{len(self._stage.attempts)} requests failed")
        await crowd.bill(self._database, tenants, self._timeline, self._rng)
        return self._stage.attempts

    async def _refuse_a_second_time(self) -> None:
        found = await self._database.execute("SELECT 1 FROM organizations LIMIT 1")
        if await found.fetchone():
            raise StoryBroke(f"The database of {self._environment} is not empty.")

    async def _deploy(self, deploy: Deploy) -> None:
        body = {"environment": self._environment, "release": deploy.release, "mode": deploy.mode}
        headers = {"X-Sandbox-Now": deploy.at.isoformat()}
        answer = await self._client.post("/control/deploy", json=body, headers=headers)
        if not answer.is_success:
            raise StoryBroke(f"Deploying {deploy.release} answered {answer.status_code}.")
        self._say(f"{deploy.release} is deployed")

    def _scenes(self, tenants: Sequence[Tenant]) -> list[tuple[Part, Scene]]:
        """Every telling of every story, each with its own people and dice."""
        told: Counter[str] = Counter()
        scenes = []
        for part in self._parts:
            for _ in range(part.times):
                scenes.append((part, self._scene(part, told[part.kind], tenants)))
                told[part.kind] += 1
        return scenes

    def _scene(self, part: Part, number: int, tenants: Sequence[Tenant]) -> Scene:
        tenant = self._rng.choices(tenants, [tenant.weight for tenant in tenants])[0]
        people = [self._people.next() for _ in range(_PEOPLE_A_STORY)]
        self._known.append((people[0], tenant))
        company = tenant.company
        token = organization_token(self._play.settings.secret, self._environment, company.slug)
        return Scene(
            part.kind,
            number,
            self._timeline.era(self._environment, part.mode),
            self._timeline,
            random.Random(self._rng.getrandbits(64)),
            iter(people),
            Merchant(self._stage, company, tenant.id, token),
        )

    async def _tell_all(self, scenes: Sequence[tuple[Part, Scene]]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stage.gate.keep())
            for part, scene in scenes:
                group.create_task(self._tell(part, scene))

    async def _tell(self, part: Part, scene: Scene) -> None:
        try:
            await part.story(scene)
        finally:
            self._stage.gate.leave()

    def _say(self, what: str) -> None:
        self._play.progress(f"{self._environment}: {what}")
