"""Plays eight weeks of a shop in under a minute, and writes down what it did.

Every failure is a real request that really failed; only its time is shifted. Quiet customers, and
what somebody typed into a database console, are written as SQL.
"""

from __future__ import annotations

import asyncio

import httpx
import psycopg

from sample_data.api.access import organization_token
from sample_data.api.settings import Settings
from sample_data.scenario import record
from sample_data.scenario.merchant import StoryBroke
from sample_data.scenario.performance import Performance, Play, merchants
from sample_data.scenario.record import Attempt

__all__ = ["Play", "StoryBroke", "play", "tokens"]


async def play(wanted: Play) -> int:
    """Play it against a running sandbox on empty databases; how many requests failed.

    Returns when Sentry has been sent every event and the record is written. Raises StoryBroke, or
    whatever else ended the first story that did not go as it should.
    """
    try:
        return await _play(wanted)
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from group


async def _play(wanted: Play) -> int:
    headers = {"X-Sandbox-Control": wanted.settings.control_token}
    # A request that crashed closes its connection, so none is used twice.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=wanted.api_url, headers=headers, limits=limits, timeout=60, trust_env=False
    ) as client:
        async with asyncio.TaskGroup() as group:
            environments = [
                group.create_task(_perform(wanted, client, environment))
                for environment in wanted.settings.databases
            ]
        wanted.progress("sending Sentry the last events")
        flushed = await client.post("/control/flush", timeout=120)
    if flushed.json() != {"flushed": True}:
        raise StoryBroke("The sandbox could not send all of its events to Sentry.")
    attempts = [attempt for environment in environments for attempt in environment.result()]
    record.write(attempts, wanted.record_path)
    return len(attempts)


def tokens(settings: Settings) -> dict[str, dict[str, str]]:
    """Each organization's token by its slug, for each environment."""
    return {
        environment: {
            company.slug: organization_token(settings.secret, environment, company.slug)
            for company in merchants(environment)
        }
        for environment in settings.databases
    }


async def _perform(wanted: Play, client: httpx.AsyncClient, environment: str) -> list[Attempt]:
    dsn = wanted.settings.databases[environment]
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as database:
        return await Performance(wanted, client, environment, database).run()
