"""Every page as it looks and as assistive technology meets it, at a desk and on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from collectors.evidence.runs import finish_run, start_run
from dashboard.components.routes import CONFLICT, TRIAGE, Route
from dashboard.views import PAGES
from sample_data.postgres import Database
from tests.browser.conftest import ARTEFACTS
from tests.factories import new_store
from tests.views import prevented, shop, story
from tests.views.serving import serving

STREAMLITS_OWN = {"svg-img-alt", "target-size", "color-contrast"}
"""What Streamlit's own elements break, wherever they stand: a metric's sparkline, the date input,
and the slider's dark colours. Anything else is ours."""
DESK = ViewportSize(width=1280, height=900)
TELEPHONE = ViewportSize(width=390, height=844)
ROUTES = {route.url_path: route for route in PAGES}


@pytest.fixture(scope="module")
def lively(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A dashboard over the story and a real shop where people have been at work; and a Conflict."""
    folder = tmp_path_factory.mktemp("lively")
    postgres.create_database("lively", template="template0")
    database = Database("lively", postgres.dsn("lively"))
    store = new_store(folder)
    story.tell(store)
    prevented.tell(store)
    conflict_id = shop.open_shop(database, store)
    shop.work(database, store, conflict_id)
    finish_run(store, start_run(store), read=3, stored=3, unreachable=[], notes=[])
    with serving(folder, shop.settings(database)) as address:
        yield address, conflict_id
    store.close()
    postgres.drop_database("lively")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over an empty store."""
    folder = tmp_path_factory.mktemp("bare")
    new_store(folder).close()
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One for all of them: what Streamlit is made of is fetched and compiled once."""
    page = chromium.new_page()
    yield page
    page.close()


def address_of(route: Route, address: str, conflict_id: str) -> str:
    if route is CONFLICT:
        return f"{address}/{route.url_path}?id={conflict_id}"
    return address if route is TRIAGE else f"{address}/{route.url_path}"


def settled(page: Page, url: str) -> None:
    """Open it, and wait until nothing runs and no skeleton stands any more."""
    page.goto(url)
    expect(
        page.locator("[data-testid='stApp'][data-test-script-state='notRunning']")
    ).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_timeout(700)  # canvases and charts draw themselves, which nothing announces


@pytest.mark.parametrize("name", ROUTES)
def test_a_page_is_accessible_and_fits_desk_and_telephone(
    page: Page, lively: tuple[str, str], name: str
) -> None:
    """No violation but Streamlit's own, nothing wider than the window; pictures are kept."""
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    settled(page, address_of(ROUTES[name], *lively))
    expect(page).to_have_title(f"{ROUTES[name].title} · Tombstone")
    light = looked_at(page, f"page-{name}-light")
    ground = background(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(DESK)
    page.wait_for_timeout(700)
    assert background(page) != ground
    dark = looked_at(page, f"page-{name}-dark")
    assert light == []
    assert dark == []


def looked_at(page: Page, name: str) -> list[str]:
    """Its violations, once it is pictured at a desk and on a telephone."""
    found = Axe().run(page).response["violations"]
    for width, window in (("desk", DESK), ("telephone", TELEPHONE)):
        page.set_viewport_size(window)
        page.wait_for_timeout(700)
        pictured(page, f"{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    return [described(one) for one in found if not is_streamlits(one)]


def background(page: Page) -> str:
    """The colour that the page stands on."""
    app = page.get_by_test_id("stApp")
    return str(app.evaluate("app => getComputedStyle(app).backgroundColor"))


def is_streamlits(violation: dict[str, Any]) -> bool:
    if violation["id"] not in STREAMLITS_OWN:
        return False
    if violation["id"] != "color-contrast":
        return True
    return all("slider" in node["html"].lower() for node in violation["nodes"])


def described(violation: dict[str, Any]) -> str:
    places = [f"{node['target']} {node['html'][:200]}" for node in violation["nodes"][:5]]
    return f"{violation['id']}: {violation['help']}: {places}"


@pytest.mark.parametrize("name", ROUTES)
def test_an_empty_page_explains_itself_and_is_pictured(page: Page, bare: str, name: str) -> None:
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    settled(page, address_of(ROUTES[name], bare, "0123456789abcdef"))
    pictured(page, f"page-{name}-empty")
    assert len(page.get_by_test_id("stMain").inner_text().split()) > 10


def pictured(page: Page, name: str) -> None:
    """Full length: the part of the page that scrolls is as tall as it needs."""
    ARTEFACTS.mkdir(exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    size = page.viewport_size or DESK
    page.set_viewport_size(
        {"width": size["width"], "height": max(size["height"], int(height) + 60)}
    )
    page.wait_for_timeout(400)
    page.screenshot(path=Path(ARTEFACTS) / f"{name}.png")
