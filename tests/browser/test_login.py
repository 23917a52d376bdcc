"""Signing in with a real identity provider: who gets in, as what, for how long, and how it ends."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from collectors.evidence.database import Store
from collectors.evidence.privacy import derive
from dashboard.components.freshness import EVERY_SECONDS
from tests.factories import SECRET, new_store
from tests.views import story
from tests.views.serving import serving

WITHIN = (EVERY_SECONDS + 60) * 1_000
PEOPLE = {
    "ann": {"email": "ann@acme.test", "email_verified": True},
    "sam": {"email": "sam@acme.test", "email_verified": True},
    "gus": {"email": "gus@acme.test", "email_verified": True, "groups": ["all", "billing-eng"]},
    "eve": {"email": "ann@acme.test", "email_verified": False},
}
SETTINGS = """
[access]
strangers = "refused"
session_hours = {hours}

[access.roles]
admin = ["ann@acme.test"]
support = ["sam@acme.test"]

[access.oidc]
metadata_url = "{provider}/.well-known/openid-configuration"
client_id = "tombstone"
client_secret = "s3cret-of-the-client"
public_url = "{address}"
role_claim = "groups"
claim_roles = {{ billing-eng = "engineer" }}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def provider(token_seconds: int = 3_600) -> Iterator[str]:
    """A real OpenID Connect provider in a process of its own; gives its address."""
    port = free_port()
    people = [json.dumps({"sub": sub, **claims}) for sub, claims in PEOPLE.items()]
    claims = [word for one in people for word in ("--user-claims", one)]
    lasting = ("--token-max-age", str(token_seconds))
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *lasting, *claims]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/.well-known/openid-configuration")
            yield address
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(url, timeout=2).raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < deadline, f"{url} did not answer"
            time.sleep(0.1)
        else:
            return


@dataclass(frozen=True)
class Place:
    """A dashboard with a login, its settings, and all that it has written to its log."""

    address: str
    settings: Path
    log: Path
    store: Store


@contextmanager
def guarded(
    folder: Path, hours: float = 8, token_seconds: int = 3_600, below: str = ""
) -> Iterator[Place]:
    """`below`: the path where it is, as behind a proxy that serves more than this."""
    store = new_store(folder)
    story.tell(store)
    port = free_port()
    address = f"http://127.0.0.1:{port}{below}"
    settings, log = folder / "tombstone.toml", folder / "server.log"
    with provider(token_seconds) as issuer:
        settings.write_text(SETTINGS.format(provider=issuer, address=address, hours=hours))
        with serving(folder, port=port, log=log):
            yield Place(address, settings, log, store)
    store.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with guarded(tmp_path_factory.mktemp("guarded")) as place:
        yield place


def sign_in(page: Page, who: str, address: str) -> None:
    """The whole way: our door, the provider's form, and back."""
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=who, exact=True).click()


def sign_out(page: Page) -> None:
    """Our button, and the provider's own."""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()


def signed_in_as(page: Page, who: str, role: str) -> None:
    expect(page.get_by_text(f"{who} · {role}", exact=True)).to_be_visible(timeout=WITHIN)


def outside(page: Page, why: str) -> None:
    expect(page.get_by_text(re.compile(why))).to_be_visible(timeout=WITHIN)
    expect(page.get_by_text("Blocked now")).to_have_count(0)


def test_nobody_sees_anything_before_signing_in(page: Page, place: Place) -> None:
    page.goto(f"{place.address}/conflict?id=0123456789abcdef")
    outside(page, "Sign in to see this page")
    expect(page.get_by_role("link", name="Triage")).to_have_count(0)


def test_a_role_by_address_and_none_for_an_address_that_nobody_has_verified(
    page: Page, place: Place
) -> None:
    sign_in(page, "eve", place.address)
    outside(page, "nobody has given you a role")
    sign_out(page)
    sign_in(page, "sam", place.address)
    signed_in_as(page, "sam@acme.test", "support")


def test_a_role_by_a_claim_s_value(page: Page, place: Place) -> None:
    sign_in(page, "gus", place.address)
    signed_in_as(page, "gus@acme.test", "engineer")


def test_a_deep_link_is_where_signing_in_leads(page: Page, place: Place) -> None:
    deep = f"{place.address}/conflict?id=0123456789abcdef"
    sign_in(page, "ann", deep)
    expect(page.get_by_text("This address names no Conflict")).to_be_visible(timeout=WITHIN)
    assert page.url == deep


def test_signing_out_ends_every_tab_and_the_copied_cookie(
    page: Page, chromium: Browser, place: Place
) -> None:
    sign_in(page, "ann", place.address)
    signed_in_as(page, "ann@acme.test", "admin")
    kept = page.context.cookies()
    tab = page.context.new_page()
    tab.goto(place.address)
    signed_in_as(tab, "ann@acme.test", "admin")

    sign_out(page)
    outside(page, "Sign in to see this page")
    outside(tab, "ended by signing out")

    with another(chromium) as thief:
        thief.add_cookies(kept)  # type: ignore[arg-type]
        copy = thief.new_page()
        copy.goto(place.address)
        outside(copy, "ended by signing out")


@contextmanager
def another(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


def test_a_forged_cookie_is_nobody(chromium: Browser, page: Page, place: Place) -> None:
    sign_in(page, "sam", place.address)
    signed_in_as(page, "sam@acme.test", "support")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    real = cookies["_streamlit_user"]["value"]
    payload, _, signature = real.partition(".")
    with another(chromium) as context:
        forged = {**cookies["_streamlit_user"], "value": f"{payload[:-4]}AAAA.{signature}"}
        context.add_cookies([forged])  # type: ignore[list-item]
        forger = context.new_page()
        forger.goto(place.address)
        outside(forger, "Sign in to see this page")


def test_a_role_that_is_taken_away_is_gone_at_the_next_action(page: Page, place: Place) -> None:
    sign_in(page, "sam", place.address)
    signed_in_as(page, "sam@acme.test", "support")
    page.get_by_label("Paste a ticket").fill("jane.doe@example.com")
    before = place.settings.read_text()
    place.settings.write_text(before.replace("sam@acme.test", "nobody@acme.test"))
    try:
        with suppress(PlaywrightTimeout):  # the page may have noticed by itself before we act
            page.get_by_role("button", name="Find").click(timeout=3_000)
        outside(page, "nobody has given you a role")
    finally:
        place.settings.write_text(before)


def test_a_login_that_is_over_is_shown_out(
    page: Page, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By our own limit, and by the provider's; to wait for both at once takes half the time.

    One of the two is below a path: every way in and out leads through it.
    """
    too_old, past_its_exp = map(tmp_path_factory.mktemp, ("too_old", "past_its_exp"))
    with (
        guarded(too_old, hours=0.006) as ours,
        guarded(past_its_exp, token_seconds=20, below="/tools/tombstone") as theirs,
        another(chromium) as context,
    ):
        elsewhere = context.new_page()
        assert httpx.get(f"{theirs.address}/media/0123.csv").status_code == 401
        for visitor, place in ((page, ours), (elsewhere, theirs)):
            sign_in(visitor, "ann", f"{place.address}/health")
            signed_in_as(visitor, "ann@acme.test", "admin")
            assert visitor.url == f"{place.address}/health"
        for visitor, why in (
            (page, "A login lasts 0.006 hours"),
            (elsewhere, "let this login last no longer"),
        ):
            expect(visitor.get_by_text(re.compile(why))).to_be_visible(timeout=WITHIN)


def test_downloads_and_uploads_ask_for_a_login_themselves(page: Page, place: Place) -> None:
    for path in ("/media/0123.csv", "/_stcore/upload_file/a/b"):
        assert httpx.get(place.address + path).status_code == 401
        answer = httpx.get(place.address + path, cookies={"_streamlit_user": "forged"})
        assert answer.status_code == 401
    sign_in(page, "ann", place.address)
    signed_in_as(page, "ann@acme.test", "admin")
    assert page.request.get(f"{place.address}/media/0123.csv").status == 404


def test_no_secret_and_no_token_reaches_browser_url_or_log(page: Page, place: Place) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    sign_in(page, "ann", place.address)
    signed_in_as(page, "ann@acme.test", "admin")
    held = [*page.context.cookies(), page.evaluate("JSON.stringify({...localStorage})")]
    kept = json.dumps(held) + page.evaluate("JSON.stringify({...sessionStorage})") + page.content()
    secrets = (SECRET, "s3cret-of-the-client", derive(SECRET, "login cookie").hex())
    for secret in secrets:
        assert secret not in kept
        assert secret not in place.log.read_text()
        assert not any(secret in url for url in urls)
    assert not [c for c in page.context.cookies() if c["name"].startswith("_streamlit_user_tok")]
    ours = [url for url in urls if url.startswith(place.address)]
    assert not any("@" in url or "%40" in url for url in ours)


def test_the_cookie_lasts_no_longer_than_a_login(page: Page, place: Place) -> None:
    sign_in(page, "ann", place.address)
    signed_in_as(page, "ann@acme.test", "admin")
    (cookie,) = [c for c in page.context.cookies() if c["name"] == "_streamlit_user"]
    assert cookie["httpOnly"]
    assert cookie["expires"] - time.time() < 8 * 3_600 + 60
