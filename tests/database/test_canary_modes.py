"""The canary against the sandbox, in each of its modes: right and wrong as the mode promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.canary import Color, Ruling, Walk, walk
from collectors.settings import CanarySettings
from sample_data.api.access import organization_token
from sample_data.api.modes import MODES
from sample_data.postgres import Postgres
from tests.database.shop_world import SECRET, Shop, running

KEYS = {"same e-mail", "other letter case", "external ID"}


@pytest.fixture(scope="module")
def shop(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running(postgres, tmp_path_factory.mktemp("canary"), tuple(MODES)) as shop:
        for mode in MODES:
            answer = shop.control("deploy", environment=mode, release=f"shop@{mode}", mode=mode)
            assert answer.status_code == 200
        yield shop


def settings_for(shop: Shop, mode: str, folder: Path) -> CanarySettings:
    slug = shop.merchant(mode).slug
    return CanarySettings(
        base_url=shop.url,  # type: ignore[arg-type]  # pydantic reads it
        token=organization_token(SECRET, mode, slug),  # type: ignore[arg-type]
        environment=mode,
        leftovers=folder / "canary.json",
    )


def wrong(seen: Walk) -> dict[tuple[str, str], int | None]:
    return {(s.probe, s.name): s.status for s in seen.steps if s.ruling is Ruling.WRONG}


EXPECTED = [
    ("hard-delete", Color.GREEN, {}),
    ("broken", Color.RED, dict.fromkeys(KEYS, 500)),
    ("answering", Color.RED, dict.fromkeys(KEYS, 409)),
    ("email-fixed", Color.RED, {"external ID": 500}),
    ("fixed", Color.GREEN, {}),
]


@pytest.mark.parametrize(("mode", "color", "broken"), EXPECTED)
def test_each_mode_shows_its_color(
    shop: Shop, tmp_path: Path, mode: str, color: Color, broken: dict[str, int]
) -> None:
    seen = walk(settings_for(shop, mode, tmp_path))
    assert seen.color is color
    assert wrong(seen) == {(probe, "re-create"): status for probe, status in broken.items()}
    assert {step.probe for step in seen.steps} == KEYS
    assert (seen.cleaned, seen.left_behind) == (0, 0)


@pytest.mark.parametrize("mode", list(MODES))
def test_no_live_customer_stays_behind(shop: Shop, tmp_path: Path, mode: str) -> None:
    settings = settings_for(shop, mode, tmp_path)
    walk(settings)
    assert settings.token is not None
    assert shop.list_customers(settings.token.get_secret_value())["total"] == 0


def test_a_second_walk_says_the_same(shop: Shop, tmp_path: Path) -> None:
    settings = settings_for(shop, "broken", tmp_path)
    assert wrong(walk(settings)) == wrong(walk(settings))


def test_the_steps_hold_no_address(shop: Shop, tmp_path: Path) -> None:
    seen = walk(settings_for(shop, "broken", tmp_path))
    assert not [step for step in seen.steps if "@" in step.path + step.said]
