"""What the server adds to Streamlit: headers, hosts, and silence about its own faults."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets.exceptions
import websockets.sync.client
from streamlit import config

from collectors.errors import TombstoneError, UsageError
from dashboard import server
from dashboard.server.origins import is_own
from tests.views.serving import serving

PATHS = ("/", "/conflict?id=0123456789abcdef", "/_stcore/health", "/static/nothing.js", "/nothing")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server says on stderr."""
    return tmp_path_factory.mktemp("elsewhere") / "log"


@pytest.fixture(scope="module")
def address(log: Path) -> Iterator[str]:
    """A dashboard over an empty store."""
    with serving(log.parent, log=log) as address:
        yield address


def ask(address: str, path: str, **headers: str) -> httpx.Response:
    return httpx.get(address + path, headers=headers, timeout=20)


def test_it_starts_without_a_word_of_warning(address: str, log: Path) -> None:
    assert log.read_text() == ""


def test_the_pages_are_not_looked_through_for_garbage_at_the_end_of_every_run() -> None:
    async def frozen() -> int:
        async with server.prepared(server.create_app()):
            return gc.get_freeze_count()

    try:
        assert asyncio.run(frozen()) > 100_000
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(address: str, path: str) -> None:
    answer = ask(address, path)
    assert {name: answer.headers.get(name) for name in server.HEADERS} == server.HEADERS


def test_the_policy_lets_nothing_out_and_nobody_frame_us() -> None:
    parts = server.HEADERS["Content-Security-Policy"].split("; ")
    policy = dict(part.split(" ", 1) for part in parts)
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    allowed = {word for sources in policy.values() for word in sources.split()}
    assert allowed == {"'none'", "'self'", "'unsafe-inline'", "data:", "blob:"}


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_loopback_is_answered(address: str, host: str) -> None:
    assert ask(address, "/_stcore/health", Host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.7:8501"]
)
def test_any_other_host_is_refused(address: str, host: str) -> None:
    answer = ask(address, "/_stcore/health", Host=host)
    assert answer.status_code == 400
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_xsrf_cookie_is_set(address: str) -> None:
    assert "_streamlit_xsrf" in ask(address, "/_stcore/health").headers.get("set-cookie", "")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", None),
        ("http://evil.example", "evil.example"),
        ("http://127.0.0.1:1", None),
        ("null", None),
    ],
    ids=["another origin", "a rebound name", "another program of this machine", "no page"],
)
def test_nobody_else_can_open_the_websocket(address: str, origin: str, host: str | None) -> None:
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    named = {"Origin": origin} | ({"Host": host} if host else {})
    with (
        pytest.raises(websockets.exceptions.InvalidStatus),
        websockets.sync.client.connect(stream, additional_headers=named),
    ):
        pass


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("http://LOCALHOST:8501", "localhost:8501", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("https://tombstone.acme.test", "tombstone.acme.test", True),
        ("https://tombstone.acme.test", "tombstone.acme.test:443", True),
        ("https://Tombstone.acme.test", "127.0.0.1:8501", True),
        ("https://tombstone.acme.test:8443", "tombstone.acme.test", False),
        ("http://localhost:3000", "localhost:8501", False),
        ("http://localhost:8501", "127.0.0.1:8501", False),
        ("https://tombstone.acme.test.evil.example", "127.0.0.1:8501", False),
        ("file://", "localhost:8501", False),
        ("http://[", "localhost:8501", False),
        ("http://localhost:x", "localhost:8501", False),
        ("", "", False),
    ],
)
def test_a_page_is_ours_by_its_whole_origin(origin: str, host: str, own: bool) -> None:
    assert is_own(origin, host, "https://tombstone.acme.test/") is own


def test_our_own_page_opens_the_websocket(address: str) -> None:
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    with websockets.sync.client.connect(stream, additional_headers={"Origin": address}):
        pass


@pytest.fixture
def restored_options() -> Iterator[None]:
    """Streamlit's options belong to the process: leave them as they were."""
    before = config.get_config_options()
    yield
    config._config_options = before


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("browser.gatherUsageStats", False),
        ("client.showErrorDetails", "none"),
        ("client.toolbarMode", "viewer"),
        ("server.enableXsrfProtection", True),
        ("server.fileWatcherType", "none"),
        ("theme.light.textColor", "#0E1622"),
        ("theme.dark.textColor", "#E8ECF1"),
    ],
)
def test_our_options_stand_wherever_it_is_started_and_whatever_is_configured(
    settings: Path,
    restored_options: None,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: object,
) -> None:
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
    monkeypatch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "true")
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false")
    server.create_app()
    assert config.get_option(option) == value


def test_a_fault_is_logged_by_kind_and_place_without_its_text(
    restored_options: None, caplog: pytest.LogCaptureFixture
) -> None:
    server.create_app()
    log = logging.getLogger("streamlit.error_util")
    log.addHandler(caplog.handler)
    try:
        raise ValueError("Key (email)=(jane@example.com) already exists.")
    except ValueError as error:
        log.error("Uncaught app execution", exc_info=error)
    finally:
        log.removeHandler(caplog.handler)
    assert "ValueError at test_server.py:" in caplog.text
    assert "jane" not in caplog.text
    assert "Traceback" not in caplog.text


def test_what_a_request_says_is_logged_in_one_line_and_masked(
    restored_options: None, caplog: pytest.LogCaptureFixture
) -> None:
    server.create_app()
    log = logging.getLogger("streamlit.web.server.starlette.starlette_auth_routes")
    log.addHandler(caplog.handler)
    try:
        log.error("Error: %s", "no jane@example.com\nroot signed in\x1b[2J")
    finally:
        log.removeHandler(caplog.handler)
    assert caplog.messages[-1] == "Error: no j…@e….com root signed in[2J"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError("jane@example.com"), "A fault of our own"),
        (TombstoneError("The store is of version 0."), "The store is of version 0."),
    ],
    ids=["ours", "foreseen"],
)
def test_the_page_says_a_fault_in_words(error: Exception, shown: str) -> None:
    from streamlit.testing.v1 import AppTest

    def page(error: Exception) -> None:
        from dashboard.server import show_own_fault

        show_own_fault(error)

    run = AppTest.from_function(page, args=(error,)).run()
    said = [*(one.value for one in run.error), *(one.value for one in run.code)]
    assert any(shown in text for text in said)
    assert not any("jane" in text for text in said)
    assert not any("Nothing was changed" in text for text in said)  # it may come after a COMMIT


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com"])
def test_without_a_login_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(UsageError, match="loopback only"):
        server.run(host)


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with server._listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(UsageError, match="cannot be used"):
            server.run(port=taken.getsockname()[1])
