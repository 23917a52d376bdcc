"""What a database administrator would try on the page: a moving row, a double click, a viewer."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Demo

ORGANIZATION = "production/alder-ash"


@pytest.fixture
def blocked(demo: Demo, page: Page) -> str:
    """A customer who was deleted and cannot be created again, open on the page; the address."""
    email = f"{uuid4().hex}@example.com"
    created = demo.call(ORGANIZATION, "POST", "", email=email, name="Wanda")
    assert created.status_code == 201
    assert demo.call(ORGANIZATION, "DELETE", created.json()["id"]).status_code == 204
    assert demo.call(ORGANIZATION, "POST", "", email=email, name="Wanda").status_code == 500
    demo.collect_failure_of(email)
    page.goto(demo.dashboard)
    page.get_by_label("Paste a ticket").fill(f"We cannot create {email} any more.")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=re.compile("Open")).first.click()
    expect(page.get_by_text("What can be done")).to_be_visible()
    return email


def dialog_of_the_first_remedy(page: Page) -> Locator:
    page.get_by_role("button", name="Preview").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("rolled back").first).to_be_visible()
    dialog.get_by_label("Why is this done").fill("blocked by the row deleted before")
    return dialog


def writer_of(demo: Demo) -> str:
    """The DSN with which the demo's writer comes in, from its settings."""
    text = (demo.data / "tombstone.toml").read_text(encoding="utf-8")
    found = re.search(r'\[targets\.production\][^\[]*?write_dsn\s*=\s*"([^"]+)"', text, re.DOTALL)
    assert found is not None
    return found[1]


def change_behind_its_back(demo: Demo, email: str) -> None:
    with psycopg.connect(writer_of(demo), autocommit=True) as connection:
        connection.execute(
            "UPDATE customers SET user_metadata = '{\"moved\": true}' WHERE lower(email) = %s",
            [email],
        )


def remediations(demo: Demo, conflict: str) -> list[str]:
    """Their states, read from the store's file itself."""
    with closing(sqlite3.connect(demo.data / "store" / "tombstone.sqlite")) as connection:
        query = "SELECT state FROM remediations WHERE conflict_id = ?"
        return [state for (state,) in connection.execute(query, [conflict])]


def journal(demo: Demo, conflict: str) -> list[tuple[str, str]]:
    """Kind and code of each line about a Conflict."""
    with closing(sqlite3.connect(demo.data / "store" / "tombstone.sqlite")) as connection:
        query = "SELECT kind, body FROM audit_entries WHERE conflict_id = ? ORDER BY seq"
        found = connection.execute(query, [conflict]).fetchall()
    return [(kind, str(json.loads(body).get("code"))) for kind, body in found]


def newest(demo: Demo) -> str:
    """The number and the hash of the journal's newest line."""
    with closing(sqlite3.connect(demo.data / "store" / "tombstone.sqlite")) as connection:
        query = "SELECT seq || ' ' || hash FROM audit_entries ORDER BY seq DESC LIMIT 1"
        return str(connection.execute(query).fetchone()[0])


def conflict_on(page: Page) -> str:
    found = re.search(r"[?&]\w+=([0-9a-f]{16})", page.url)
    assert found is not None, page.url
    return found[1]


def test_a_row_that_moves_behind_the_preview_is_refused_with_the_difference(
    page: Page, demo: Demo, blocked: str
) -> None:
    dialog = dialog_of_the_first_remedy(page)
    change_behind_its_back(demo, blocked)

    dialog.get_by_role("button", name="Approve and apply").click()

    expect(dialog.get_by_text("Refused: nothing was changed.")).to_be_visible()
    expect(dialog.get_by_text(re.compile("The row has changed since the preview"))).to_be_visible()
    expect(dialog.get_by_text(re.compile("user_metadata"))).to_be_visible()
    expect(dialog.get_by_role("button", name="Approve and apply")).to_have_count(0)
    expect(dialog.get_by_text("It runs only if")).to_have_count(0)  # what was seen no longer holds
    assert remediations(demo, conflict_on(page)) == ["refused"]
    assert demo.call(ORGANIZATION, "POST", "", email=blocked, name="W").status_code == 500


def test_a_double_click_applies_once(page: Page, demo: Demo, blocked: str) -> None:
    dialog = dialog_of_the_first_remedy(page)

    dialog.get_by_role("button", name="Approve and apply").dblclick()

    expect(page.get_by_text("Released and verified")).to_be_visible()
    assert remediations(demo, conflict_on(page)) == ["applied"]
    assert demo.call(ORGANIZATION, "POST", "", email=blocked, name="W").status_code == 201
    assert f" journal head {newest(demo)}\n" in (demo.data / "dashboard.log").read_text("utf-8")


def test_a_viewer_is_refused_by_the_service_whatever_the_page_shows(
    page: Page, demo: Demo, blocked: str
) -> None:
    """The page was opened by an engineer; by the time of the click the role is another."""
    dialog = dialog_of_the_first_remedy(page)
    settings = demo.data / "tombstone.toml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(
        re.sub(r'local_role\s*=\s*"\w+"', 'local_role = "viewer"', before), encoding="utf-8"
    )
    try:
        dialog.get_by_role("button", name="Approve and apply").click()

        expect(dialog.get_by_text("A viewer may look, and change nothing.")).to_be_visible()
        assert journal(demo, conflict_on(page))[-1] == ("refused", "role-may-not")
        assert "applied" not in remediations(demo, conflict_on(page))
        assert demo.call(ORGANIZATION, "POST", "", email=blocked, name="W").status_code == 500
    finally:
        settings.write_text(before, encoding="utf-8")


def test_the_values_are_shown_on_demand_and_that_is_journalled(
    page: Page, demo: Demo, blocked: str
) -> None:
    expect(page.get_by_text(blocked)).to_have_count(0)

    page.get_by_role("button", name="Show the values").click()

    expect(page.get_by_text(blocked)).to_be_visible()
    assert ("reveal", "None") in journal(demo, conflict_on(page))


def certain(demo: Demo) -> dict[str, Any]:
    """A Conflict of the scenario's that is certain: only those enter a bulk."""
    listed = demo.tombstone("conflicts", "--verdict", "BLOCKED_BY_TOMBSTONE", "--json")
    found = [one for one in json.loads(listed.stdout) if one["confidence"] == "CERTAIN"]
    return dict(next(one for one in found if one["environment"] == "production"))


def verdict(demo: Demo, conflict: str) -> str:
    listed = json.loads(demo.tombstone("conflicts", "--json").stdout)
    return str(next(one["verdict"] for one in listed if one["id"] == conflict))


def test_a_whole_key_is_released_in_bulk_and_taken_back(
    page: Page, demo: Demo, blocked: str
) -> None:
    one = certain(demo)
    page.goto(page.url.replace(conflict_on(page), one["id"]))
    page.get_by_role("button", name="Release all that this key blocks here").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Rows that would be written")).to_be_visible()
    dialog.get_by_label("Why is this done").fill("the incident")
    dialog.get_by_role("button", name=re.compile("Approve and release")).click()
    expect(dialog.get_by_text("Done and verified.")).to_be_visible()
    assert verdict(demo, one["id"]) == "UNBLOCKED"
    page.keyboard.press("Escape")
    page.reload()

    page.get_by_role("button", name="Undo the whole bulk").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why is this done").fill("to see that it can be taken back")
    dialog.get_by_role("button", name=re.compile("Approve and take back")).click()
    expect(dialog.get_by_text("Done and verified.")).to_be_visible()
    assert verdict(demo, one["id"]) == "BLOCKED_BY_TOMBSTONE"
