"""The pages at a million Failures, in one browser, against pages that do less, all taken in turn.

static  sends the same charts and rows as our page, as they were recorded once: no store, no code
        of ours
empty   a button and a word
small   our page over a hundredth of the Failures
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks import crowded, served
from tests.benchmarks.answering import answer_times
from tests.browser.conftest import CHROMIUM_FLAGS

MANY, FEW, RUNS = 1_000_000, 10_000, 9
PAGES: Mapping[str, str] = {
    "triage": "/",
    "conflict": "/conflict?id=0000000000000007",
    "regression": "/regression",
    "impact": "/impact",
}
_FINISHED = "[data-testid='stApp'][data-test-script-state='notRunning']"


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """First renders, a filter change, the data's share of the server's time, and memory."""
    crowded.fill(folder / "many", MANY)
    crowded.fill(folder / "few", FEW)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, ExitStack() as open_now:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        open_now.callback(browser.close)
        many = open_now.enter_context(served.ours(folder / "many"))
        few = open_now.enter_context(served.ours(folder / "few"))
        bare = open_now.enter_context(served.empty(folder))
        for name, path in PAGES.items():
            recorded = _record(browser, folder / "many", path, name)
            with served.replaying(folder, recorded) as static:
                yield _first_renders(browser, name, {
                    "ours": many.address + path,
                    "static": static.address,
                    "small": few.address + path,
                    "empty": bare.address,
                })  # fmt: skip
        rerun = yield from _changes(browser, many.address, bare.address)
        for name, (afresh, kept) in answer_times(folder / "many", PAGES).items():
            yield {
                "what": "server time for a page's data, against an empty rerun",
                "page": name,
                "none_kept_ms": round(afresh * 1_000),
                "kept_ms": round(kept * 1_000),
                "empty_rerun_ms": round(rerun * 1_000),
                "none_kept_of_an_empty_rerun": round(afresh / rerun, 2),
                "kept_of_an_empty_rerun": round(kept / rerun, 2),
            }
        held = {"many": many.memory_mb(), "few": few.memory_mb()}
        yield {
            "what": "the server's memory after all of it",
            **{f"{name}_mb": round(size) for name, size in held.items()},
            "times_few": round(held["many"] / held["few"], 2),
        }


def _record(browser: Browser, folder: Path, path: str, name: str) -> Path:
    with served.recording(folder) as server:
        _load(browser, server.address + path)
    return (folder / "recorded").rename(folder / f"recorded_{name}")


def _first_renders(browser: Browser, name: str, urls: Mapping[str, str]) -> dict[str, Any]:
    medians = _medians({which: partial(_load, browser, url) for which, url in urls.items()})
    return {
        "what": "first full render in a new session",
        "page": name,
        "failures": MANY,
        **{f"{which}_ms": round(seconds * 1_000) for which, seconds in medians.items()},
        "times_static": round(medians["ours"] / medians["static"], 2),
        "times_empty": round(medians["ours"] / medians["empty"], 2),
        "times_small": round(medians["ours"] / medians["small"], 2),
    }


def _changes(browser: Browser, address: str, bare: str) -> Generator[dict[str, Any], None, float]:
    """A period and a key chosen on each page, against a rerun of the empty page; returns that."""
    still = _opened(browser, bare)
    rerun = 0.0
    for name in ("triage", "regression", "impact"):
        page = _opened(browser, address + PAGES[name])
        medians = _medians({
            "period": partial(_period, page, cycle(["90 days", "30 days", "7 days"])),
            "key": partial(_key, page, cycle(crowded.KEYS)),
            "empty": partial(_again, still),
        })  # fmt: skip
        rerun = medians["empty"]
        yield {
            "what": "a filter change, against a rerun of an empty page",
            "page": name,
            "period_ms": round(medians["period"] * 1_000),
            "key_ms": round(medians["key"] * 1_000),
            "empty_ms": round(rerun * 1_000),
            "times_empty": round(medians["period"] / rerun, 2),
            "key_times_empty": round(medians["key"] / rerun, 2),
        }
        page.context.close()
    still.context.close()
    return rerun


def _medians(jobs: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Median of what each job says it took; they take turns, after one round that counts not."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(RUNS + 1):
        for name, job in jobs.items():
            taken[name].append(job())
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(url)
    _wait(page)
    return page


def _load(browser: Browser, url: str) -> float:
    began = time.perf_counter()
    page = _opened(browser, url)
    taken = time.perf_counter() - began
    page.context.close()
    return taken


def _wait(page: Page) -> None:
    """Until nothing runs, no skeleton is left, and every chart has drawn itself."""
    page.wait_for_selector(_FINISHED, timeout=60_000)
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stSkeleton]') &&"
        " [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]"
        ".every(chart => chart.querySelector('canvas, svg'))",
        timeout=60_000,
    )


def _period(page: Page, periods: Iterator[str]) -> float:
    return _rerun(page, page.get_by_role("radio", name=next(periods), exact=True).click)


def _key(page: Page, keys: Iterator[str]) -> float:
    page.get_by_role("combobox", name="Unique key", exact=True).click()
    option = page.get_by_role("option", name=next(keys), exact=True)
    option.wait_for()
    return _rerun(page, option.click)


def _again(page: Page) -> float:
    """It runs so briefly that the browser may never show that it does: its own word tells."""
    before = page.get_by_test_id("stText").inner_text()
    began = time.perf_counter()
    page.get_by_role("button", name="Again").click()
    page.wait_for_function(
        "before => document.querySelector('[data-testid=stText]').innerText !== before", arg=before
    )
    _wait(page)
    return time.perf_counter() - began


def _rerun(page: Page, act: Callable[[], None]) -> float:
    """From the click until what it started has ended."""
    page.evaluate(
        "() => { const app = document.querySelector('[data-testid=stApp]');"
        " window.ended = new Promise(done => { let ran = false;"
        " new MutationObserver((_, watch) => {"
        "  const state = app.getAttribute('data-test-script-state');"
        "  if (state === 'running') ran = true;"
        "  if (ran && state === 'notRunning') { watch.disconnect(); done(); }"
        " }).observe(app, {attributes: true});"
        " setTimeout(() => done('too late'), 60000); }); }"
    )
    began = time.perf_counter()
    act()
    if page.evaluate("() => window.ended") is not None:
        raise TimeoutError("the page did not run again")
    _wait(page)
    return time.perf_counter() - began
