"""What only a browser shows: nothing is fetched, charts draw, a dialog outlives a refresh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, list_conflicts
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import save_page
from collectors.model import Verdict
from dashboard.components.freshness import EVERY_SECONDS
from dashboard.report.answers import Wanted, impact_in
from dashboard.report.document import document
from sample_data.postgres import Database
from tests.factories import new_store
from tests.views import prevented, shop, story
from tests.views.serving import serving

WITHIN = (EVERY_SECONDS + 60) * 1_000


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """A dashboard over the story, and its store."""
    folder = tmp_path_factory.mktemp("told")
    store = new_store(folder)
    story.tell(store)
    with serving(folder) as address:
        yield address, store
    store.close()


class Watch:
    """Every request that leaves the page's own origin, and everything the browser refused."""

    def __init__(self, page: Page, address: str) -> None:
        self.outbound: list[str] = []
        self.refused: list[str] = []
        self._own = (address, address.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", self._note)
        page.on("console", lambda message: self._console(message.text))

    def _note(self, request: Request) -> None:
        if not request.url.startswith(self._own):
            self.outbound.append(request.url)

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.refused.append(text)


def hostile_conflict(store: Store) -> str:
    blocked = ConflictFilter(verdicts=(Verdict.BLOCKED_BY_TOMBSTONE,))
    return next(c.id for c in list_conflicts(store, blocked) if story.HOSTILE in c.reasons)


def fail_once_more(store: Store, number: int) -> None:
    another = story.failure(number, timedelta(minutes=1))
    save_page(store, "test", [story.judged(store, another, Verdict.OTHER_FAILURE)])


def test_hostile_events_make_the_browser_fetch_nothing(page: Page, told: tuple[str, Store]) -> None:
    address, store = told
    watch = Watch(page, address)
    page.goto(f"{address}/?queue=Undecided")
    expect(page.get_by_text(story.HOSTILE).first).to_be_visible()
    page.goto(f"{address}/conflict?id={hostile_conflict(store)}")
    expect(page.get_by_text(story.HOSTILE).first).to_be_visible()
    expect(page.get_by_text("Verdict history")).to_be_visible()
    assert page.locator("img[src*='evil'], a[href*='evil']").count() == 0
    assert watch.outbound == []
    assert watch.refused == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_timeline_is_drawn_under_the_policy_in_either_theme(
    page: Page, told: tuple[str, Store], scheme: str
) -> None:
    address, store = told
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{address}/conflict?id={hostile_conflict(store)}")
    chart = page.get_by_test_id("stVegaLiteChart")
    expect(chart.get_by_text("Attempt failed")).to_be_visible()


def test_a_link_that_the_keyboard_has_reached_is_framed(
    page: Page, told: tuple[str, Store]
) -> None:
    address, _ = told
    page.goto(address)
    link = page.get_by_role("link", name="Regression")
    expect(link).to_be_visible()
    page.locator("body").press("Tab")
    for _ in range(10):
        if link.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")  # the style comes after the links


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("/", "button[data-variant='segmented_control']"),
        ("/", "[data-testid='stRadioOption'] > div > :first-child > *"),
        ("/prevention", "[data-testid='stTab']"),
    ],
    ids=["period", "queue", "tab"],
)
def test_what_is_chosen_shows_where_the_system_forces_its_colours(
    page: Page, told: tuple[str, Store], path: str, choices: str
) -> None:
    address, store = told
    prevented.tell(store)
    page.emulate_media(forced_colors="active")
    page.goto(f"{address}{path}")
    first, second = page.locator(choices).nth(0), page.locator(choices).nth(1)
    expect(second).to_be_attached()
    chosen = page.evaluate(
        "() => { const one = document.body.appendChild(document.createElement('i'));"
        " one.style.cssText = 'forced-color-adjust: none; background: Highlight';"
        " return getComputedStyle(one).backgroundColor }"
    )
    expect(first).to_have_css("background-color", chosen)
    expect(second).not_to_have_css("background-color", chosen)


def test_a_row_of_a_table_is_opened_by_the_keyboard_alone(
    page: Page, told: tuple[str, Store]
) -> None:
    """No key presses a button that a table's canvas draws, so the same stands beneath it."""
    address, _ = told
    page.goto(address)
    open_one_by_the_keyboard(page)
    assert "/conflict?id=" in page.url


def open_one_by_the_keyboard(page: Page) -> None:
    choice = page.get_by_role("combobox", name="Open a Conflict")
    listed = page.get_by_role("option").first
    expect(choice).to_be_visible()
    for _ in range(60):  # a page that is still being drawn closes a list that was opened
        choice.press("ArrowDown")
        page.wait_for_timeout(500)
        if listed.is_visible():
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Conflict", level=1)).to_be_visible()


@pytest.mark.parametrize("width", [680, 1_050], ids=["upright", "across"])
def test_a_printed_report_loses_no_column_to_a_long_name(
    page: Page, told: tuple[str, Store], width: int
) -> None:
    """Paper does not scroll: what does not fit is cut off."""
    line = {"target": "production", "organization_id": story.organization(1), "name": "A" * 300}
    _, store = told
    with store.write() as connection:
        connection.execute(schema.organizations.insert().prefix_with("OR IGNORE").values(line))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media="print")
    page.set_content(document(impact_in(store, Wanted())))
    room, taken = page.locator("table").first.evaluate(
        "table => [table.parentElement.clientWidth, table.scrollWidth]"
    )
    assert taken <= room


def test_a_row_s_button_opens_its_conflict_and_back_returns(
    page: Page, told: tuple[str, Store]
) -> None:
    address, store = told
    page.goto(address)
    rows = page.get_by_test_id("stDataFrame")
    expect(rows).to_be_visible()
    page.wait_for_timeout(1_000)  # the grid draws itself on a canvas, which nothing announces
    rows.click(position={"x": 35, "y": 52})
    expect(page.get_by_role("heading", name="Conflict", exact=True)).to_be_visible()
    assert page.url.endswith(f"/conflict?id={hostile_conflict(store)}")
    page.go_back()
    expect(page.get_by_role("heading", name="Tombstone")).to_be_visible()


def test_back_from_a_conflict_finds_the_list_as_it_was_left(
    page: Page, told: tuple[str, Store]
) -> None:
    """Streamlit writes the Conflict's id over the list's own address, before it turns the page."""
    left = f"{told[0]}/?environment=production&period=30+days"
    page.goto(left)
    to_one_and_back(page)
    expect(page).to_have_url(left)
    expect(page.get_by_test_id("stMultiSelect").first).to_contain_text("production")


def test_back_from_a_conflict_finds_a_list_of_any_verdict(
    page: Page, told: tuple[str, Store]
) -> None:
    page.goto(f"{told[0]}/?verdict=")
    to_one_and_back(page)
    expect(page.get_by_test_id("stMultiSelect").last).not_to_contain_text("Blocked")


def test_a_link_with_an_organization_s_older_name_says_the_new_one_and_can_be_sent_on(
    page: Page, told: tuple[str, Store]
) -> None:
    mine = story.organization(1)
    page.goto(f"{told[0]}/impact?period=30+days&organization=Before+%C2%B7+{mine}")
    expect(page).to_have_url(re.compile(f"period=30.days.*organization=(?!Before).*{mine}"))
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("1")
    page.reload()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("1")


def to_one_and_back(page: Page) -> None:
    open_one_by_the_keyboard(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Tombstone")).to_be_visible()
    expect(page.get_by_text("Sorted by").first).to_be_visible()


def test_new_data_is_offered_without_touching_what_is_half_written(
    page: Page, told: tuple[str, Store]
) -> None:
    address, store = told
    page.goto(address)
    page.get_by_label("Paste a ticket").fill("half a tick")
    offer = page.get_by_role("button", name="New data: refresh")
    run = start_run(store)
    expect(page.get_by_text("A run began just now")).to_be_visible(timeout=WITHIN)
    finish_run(store, run, read=0, stored=0, unreachable=[], notes=[])
    expect(page.get_by_text("A run began just now")).to_have_count(0, timeout=WITHIN)
    expect(offer).to_have_count(0)  # it read nothing new
    fail_once_more(store, 901)
    expect(offer).to_be_visible(timeout=WITHIN)
    expect(page.get_by_label("Paste a ticket")).to_have_value("half a tick")
    offer.click()
    expect(offer).to_have_count(0)


def test_a_dialog_outlives_the_refresh_of_the_page_behind_it(
    page: Page, database: Database, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    conflict_id = shop.open_shop(database, store)
    with serving(tmp_path, shop.settings(database)) as address:
        page.goto(f"{address}/conflict?id={conflict_id}")
        page.get_by_role("button", name="Preview").first.click()
        reason = page.get_by_role("dialog").get_by_label("Why is this done")
        reason.fill("half a reas")
        reason.press("Enter")  # it approves nothing: what is done for good is done by its button
        fail_once_more(store, 902)
        behind = page.get_by_text("New data: refresh")
        expect(behind).to_be_attached(timeout=WITHIN)
        expect(reason).to_have_value("half a reas")
