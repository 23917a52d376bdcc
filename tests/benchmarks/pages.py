"""The first full render of Triage, against an empty Streamlit page in the same browser."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from collectors.evidence.store import save_page
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.factories import NOON, SECRET, judged, new_store, violated

FAILURES, RUNS = 10_000, 9
_EMPTY = 'import streamlit as st\nst.text("ready")\n'


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Medians of new sessions in one warm browser, taken in turn."""
    _fill(folder)
    empty = folder / "empty.py"
    empty.write_text(_EMPTY, encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        _serving(folder, "from dashboard.server import run; run(port=0)") as triage,
        _serving(folder, _serve_empty(empty)) as bare,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        pages = {"triage": (triage, "text=Blocked now"), "empty": (bare, "text=ready")}
        times: dict[str, list[float]] = {name: [] for name in pages}
        for _ in range(RUNS + 1):
            for name, (url, sign) in pages.items():
                times[name].append(_load(browser, url, sign))
        browser.close()
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    yield {
        "what": "first full render of Triage, against an empty page",
        "failures": FAILURES,
        "triage_ms": round(medians["triage"] * 1_000),
        "empty_ms": round(medians["empty"] * 1_000),
        "times_empty": round(medians["triage"] / medians["empty"], 2),
    }


def _fill(folder: Path) -> None:
    store = new_store(folder)
    for start in range(0, FAILURES, 500):
        page = [
            judged(
                key=violated("o", f"customer.{number // 5}@example.com"),
                occurred_at=NOON - timedelta(minutes=number),
            )
            for number in range(start, start + 500)
        ]
        save_page(store, "bench", page)
    store.close()


def _serve_empty(script: Path) -> str:
    return (
        "import streamlit as st, uvicorn, socket, dashboard.server as s; s.create_app();"
        f"app = st.App({str(script)!r}); sock = socket.create_server(('127.0.0.1', 0));"
        "print('at http://127.0.0.1:%d' % sock.getsockname()[1], flush=True);"
        "uvicorn.Server(uvicorn.Config(app, log_level='error')).run(sockets=[sock])"
    )


@contextmanager
def _serving(folder: Path, code: str) -> Iterator[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOMBSTONE_")}
    own |= {
        "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=own, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http"))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _load(browser: Browser, url: str, sign: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(sign)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached")
    taken = time.perf_counter() - began
    context.close()
    return taken
