"""The journeys of the three teams, step by step, as they click them; and what an address holds."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Demo

A_MINUTE = 60.0


class Clicks:
    """A page that counts what a person has to click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.made = 0
        self.began = time.monotonic()

    def on(self, what: Locator) -> None:
        """Once more."""
        what.click()
        self.made += 1

    def to(self, name: str) -> None:
        """Another page, by its link."""
        go(self.page, name)
        self.made += 1

    def choose(self, label: str, option: str) -> None:
        """One of a filter's choices: open it, and take it."""
        choose(self.page, label, option)
        self.made += 2

    def download(self, what: Locator) -> Path:
        """A file, as the browser got it."""
        with self.page.expect_download() as download:
            self.on(what)
        return Path(download.value.path())

    def seconds(self) -> float:
        """Since the page was opened."""
        return time.monotonic() - self.began


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Page]:
    """Somebody's own browser, whose clipboard may be read."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def a_blocked_event(demo: Demo) -> str:
    said = demo.tombstone("failures", "--verdict", "BLOCKED_BY_TOMBSTONE", "--json").stdout
    event: str = json.loads(said.splitlines()[0])["event_id"]
    return event


def settled(page: Page) -> None:
    expect(
        page.locator("[data-testid='stApp'][data-test-script-state='notRunning']")
    ).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option).first.click()
    settled(page)
    if page.get_by_role("listbox").is_visible():  # of several one may want another
        page.keyboard.press("Escape")


def within(page: Page, period: str) -> Locator:
    """One of the periods to choose from."""
    return page.get_by_role("radiogroup", name="Period").get_by_role("radio", name=period)


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    settled(page)


def test_support_has_a_reply_to_send_in_five_clicks_and_a_minute(desk: Page, demo: Demo) -> None:
    event = a_blocked_event(demo)
    clicks = Clicks(desk)
    desk.goto(demo.dashboard)
    log = "and this is all that our log has " * 8_000  # as long as an event's JSON often is
    desk.get_by_label("Paste a ticket").fill(f"Our request failed, your id was {event}, {log}")
    clicks.on(desk.get_by_role("button", name="Find"))
    clicks.on(desk.get_by_role("link", name=re.compile("Open")).first)
    settled(desk)
    expect(desk.get_by_role("button", name="Preview").first).to_be_visible()
    reply = desk.get_by_test_id("stElementContainer").filter(has_text="Hello").last
    reply.scroll_into_view_if_needed()
    reply.hover()
    clicks.on(reply.get_by_test_id("stElementToolbarButton").last)
    copied = desk.evaluate("navigator.clipboard.readText()")
    assert "deleted" in copied
    assert len(copied) > 100
    assert clicks.made <= 5
    assert clicks.seconds() < A_MINUTE


def test_engineers_see_that_it_is_not_fixed_why_and_take_what_mends_it(
    desk: Page, demo: Demo
) -> None:
    clicks = Clicks(desk)
    desk.goto(demo.dashboard)
    settled(desk)
    clicks.to("Regression")
    clicks.choose("Environment", "sandbox")  # the mending release has reached it alone
    said = text_of(desk)
    assert "Still failing" in said
    assert re.search(r"1 of \d+ keys: fixed\.", said)
    assert re.search(r"Re-creation success\s+\d+%\s+95%: \d+% to \d+%", said)
    assert re.search(r"Violations per 1,000 creates\s+\d+\s+95%: \d+ to \d+", said)
    reasons = said[said.index("Reasons for") :]
    assert "The key is not mended" in reasons
    assert re.search(r"The first bad release: shop@\d", reasons)
    clicks.to("Prevention")
    migration = clicks.download(
        desk.get_by_role("tabpanel").get_by_role("button", name="Download").first
    ).read_text()
    assert "CREATE UNIQUE INDEX CONCURRENTLY" in migration
    assert "WHERE deleted_at IS NULL" in migration
    assert clicks.made <= 5
    assert clicks.seconds() < A_MINUTE


def test_product_takes_the_month_s_impact_into_a_review(desk: Page, demo: Demo) -> None:
    clicks = Clicks(desk)
    desk.goto(demo.dashboard)
    settled(desk)
    clicks.to("Impact")
    clicks.on(within(desk, "30 days"))
    blocked, organizations, hit, organizations_hit = numbers(desk)[:4]
    assert int(blocked) <= int(hit)
    assert "No comparison." in text_of(desk)  # the demo's Sentry was not read that far back
    table = clicks.download(desk.get_by_role("button", name="Export CSV").first)
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == int(organizations_hit)
    assert sum(int(row["blocked"]) for row in rows) == int(blocked)
    assert sum(int(row["blocked"]) > 0 for row in rows) == int(organizations)
    report = clicks.download(desk.get_by_role("button", name="Report")).read_text()
    assert re.search(rf"Customers blocked now\D*{blocked}\D", re.sub(r"<[^>]+>", " ", report))
    assert "<svg" in report
    assert not re.search(r"(?:src|href)=\"?https?:", report)  # whole by itself, on any desk
    assert clicks.made <= 5
    assert clicks.seconds() < A_MINUTE


def text_of(page: Page) -> str:
    """What stands on the page, once its numbers stand still."""
    numbers(page)
    return page.get_by_test_id("stMain").inner_text()


def test_an_address_is_the_same_page_for_somebody_else(
    desk: Page, chromium: Browser, demo: Demo
) -> None:
    desk.goto(demo.dashboard)
    within(desk, "30 days").click()
    settled(desk)
    choose(desk, "Organization", re.compile("Alder"))
    said = numbers(desk)
    other = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    other.goto(desk.url)
    settled(other)
    expect(within(other, "30 days")).to_be_checked()
    assert numbers(other) == said
    other.context.close()


def numbers(page: Page) -> list[str]:
    """The numbers at the top, once they stand still: a click's rerun may not have begun yet."""
    seen: list[str] = []
    for _ in range(60):
        page.wait_for_timeout(700)
        settled(page)
        last, seen = seen, page.get_by_test_id("stMetricValue").all_inner_texts()
        if seen and seen == last:
            return seen
    raise AssertionError(f"the numbers never stood still: {seen}")


def test_what_is_chosen_goes_along_and_back_and_forward_and_survives_a_reload(
    desk: Page, demo: Demo
) -> None:
    desk.goto(demo.dashboard)
    within(desk, "30 days").click()
    settled(desk)
    before = numbers(desk)
    go(desk, "Activity")
    expect(within(desk, "30 days")).to_be_checked()
    while "/activity" in desk.url:  # Streamlit makes a step of each filter that it carries along
        back(desk)
    while "period" not in desk.url:
        back(desk)
    assert numbers(desk) == before
    desk.go_forward()
    settled(desk)
    desk.goto(f"{demo.dashboard}/?period=30+days")
    settled(desk)
    desk.reload()
    assert numbers(desk) == before


def back(page: Page) -> None:
    """At a person's pace: Streamlit loses a step that is taken while the last is on its way."""
    page.go_back()
    page.wait_for_timeout(1_000)
    settled(page)


def test_two_people_at_once_see_what_each_of_them_chose(
    desk: Page, chromium: Browser, demo: Demo
) -> None:
    other = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    desk.goto(demo.dashboard)
    other.goto(demo.dashboard)
    settled(desk)
    choose(other, "Environment", "sandbox")
    desk.get_by_label("Paste a ticket").fill("half a ticket")
    assert "environment" not in desk.url
    everything, of_sandbox = numbers(desk), numbers(other)
    assert everything != of_sandbox
    expect(other.get_by_label("Paste a ticket")).to_have_value("")
    other.context.close()
