"""Releases, office hours, and the gate that keeps stories and deploys in order."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from sample_data.scenario.gate import Gate
from sample_data.scenario.timeline import (
    PRODUCTION,
    SANDBOX,
    Deploy,
    Span,
    Timeline,
    attempts,
    draw,
)

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
TIMELINE = Timeline(NOW)


def test_the_bug_comes_after_two_weeks_and_only_the_sandbox_is_mended() -> None:
    production, sandbox = TIMELINE.deploys(PRODUCTION), TIMELINE.deploys(SANDBOX)
    assert [deploy.mode for deploy in production] == ["hard-delete", "broken"]
    assert [deploy.mode for deploy in sandbox] == ["hard-delete", "broken", "email-fixed"]
    assert production[1].at - TIMELINE.start == timedelta(weeks=2)
    assert NOW - sandbox[2].at == timedelta(weeks=2)


@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        (PRODUCTION, "hard-delete"),
        (PRODUCTION, "broken"),
        (SANDBOX, "broken"),
        (SANDBOX, "email-fixed"),
    ],
)
def test_an_era_lies_between_its_own_deploy_and_the_next(environment: str, mode: str) -> None:
    era = TIMELINE.era(environment, mode)
    deploys = TIMELINE.deploys(environment)
    ran = [[d.mode for d in deploys if d.at <= moment][-1] for moment in (era.begin, era.end)]
    assert ran == [mode, mode]
    assert era.end < NOW


def test_most_of_it_happens_in_office_hours() -> None:
    rng = random.Random(1)
    moments = [draw(rng, Span(TIMELINE.start, NOW)) for _ in range(500)]
    busy = [m for m in moments if m.weekday() < 5 and 8 <= m.hour < 18]
    assert len(busy) > 250
    assert all(TIMELINE.start <= moment <= NOW for moment in moments)


def test_an_empty_span_is_its_beginning() -> None:
    assert draw(random.Random(1), Span(NOW, NOW)) == NOW
    assert Span(TIMELINE.start, NOW).narrowed(after=NOW, before=TIMELINE.start) == Span(NOW, NOW)


@pytest.mark.parametrize("stubborn", [True, False], ids=["stubborn", "gives up"])
def test_attempts_are_ordered_and_end_in_time(stubborn: bool) -> None:
    end = NOW + timedelta(days=2)
    for seed in range(50):
        moments = attempts(random.Random(seed), NOW, end, stubborn=stubborn)
        assert moments[0] == NOW
        assert moments == sorted(moments)
        assert len(moments) <= (6 if stubborn else 2)
        assert all(moment < end for moment in moments)


def deploys(count: int) -> list[Deploy]:
    return [Deploy(NOW + timedelta(days=day), f"r{day}", "broken") for day in range(count)]


def told(steps: list[list[float]], releases: list[Deploy]) -> list[str]:
    """What happens when each story takes a step on each of its days."""
    said: list[str] = []

    async def run() -> None:
        async def deploy(release: Deploy) -> None:
            said.append(release.release)

        gate = Gate(releases, deploy, len(steps))

        async def story(name: int, days: list[float]) -> None:
            for day in days:
                await gate.reach(NOW + timedelta(days=day))
                said.append(f"{name}@{day}")
            gate.leave()

        async with asyncio.TaskGroup() as group:
            group.create_task(gate.keep())
            for name, days in enumerate(steps):
                group.create_task(story(name, days))

    asyncio.run(asyncio.wait_for(run(), 5))
    return said


def test_no_story_acts_after_a_deploy_before_it_has_happened() -> None:
    said = told([[-1, 0.5, 1.5], [0.2], [-2, -1], [1.1, 1.2]], deploys(2))
    assert set(said[:3]) == {"0@-1", "2@-2", "2@-1"}
    assert said[3] == "r0"
    assert set(said[4:6]) == {"0@0.5", "1@0.2"}
    assert said[6] == "r1"
    assert set(said[7:]) == {"0@1.5", "3@1.1", "3@1.2"}


@pytest.mark.parametrize("steps", [[], [[-1]], [[5]]], ids=["no story", "early", "late"])
def test_every_release_is_deployed_whatever_the_stories_do(steps: list[list[float]]) -> None:
    said = told(steps, deploys(3))
    assert [word for word in said if word.startswith("r")] == ["r0", "r1", "r2"]
