"""The main job, end to end: a real 500, the row that caused it, one click, and a real 201."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo

ORGANIZATION = "production/alder-ash"
EMAIL = "Wanda.Story@example.com"
TICKET = f"""Hello, since this morning we cannot create our customer {EMAIL.lower()}.
Listing finds nobody, creating answers HTTP 500. Please help!"""


def block_a_customer(demo: Demo) -> None:
    """Create, delete softly, create again with the same address."""
    created = demo.call(ORGANIZATION, "POST", "", email=EMAIL, name="Wanda")
    assert created.status_code == 201
    assert demo.call(ORGANIZATION, "DELETE", created.json()["id"]).status_code == 204
    assert create_again(demo) == 500


def create_again(demo: Demo) -> int:
    return demo.call(ORGANIZATION, "POST", "", email=EMAIL.lower(), name="Wanda").status_code


def find_by_ticket(page: Page, demo: Demo) -> None:
    page.goto(demo.dashboard)
    page.get_by_label("Paste a ticket").fill(TICKET)
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("This is about one Conflict")).to_be_visible()
    page.get_by_role("link", name=re.compile("Open")).first.click()
    expect(page.get_by_text("What can be done")).to_be_visible()


def release(page: Page, reason: str) -> None:
    page.get_by_role("button", name="Preview").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("rolled back").first).to_be_visible()
    dialog.get_by_label("Why is this done").fill(reason)
    dialog.get_by_role("button", name="Approve and apply").click()
    expect(page.get_by_text("Released and verified")).to_be_visible()


def test_a_customer_is_unblocked_from_the_pasted_ticket(page: Page, demo: Demo) -> None:
    block_a_customer(demo)
    demo.collect_failure_of(EMAIL)

    find_by_ticket(page, demo)
    release(page, "blocked by the row deleted before")

    page.get_by_role("button", name="Undo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why is this done").fill("to see that it can be taken back")
    dialog.get_by_role("button", name="Approve and take back").click()
    expect(page.get_by_text("Undone and verified")).to_be_visible()
    assert create_again(demo) == 500

    release(page, "and now for good")
    assert create_again(demo) == 201

    page.get_by_role("button", name="Undo").first.click()
    expect(
        page.get_by_role("dialog").get_by_text(re.compile("live customer holds"))
    ).to_be_visible()
