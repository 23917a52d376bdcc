"""`tombstone collect` from a Sentry that misbehaves: nothing lost, nothing doubled, and it ends.

Every case collects twice: while the server misbehaves, and when it does so no more. What a fault
kept back must be there after the second, however much came before it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.commands import opening
from sample_data.sentry.ingest import take_body
from sample_data.sentry.trouble import Fault, Kind
from tests.factories import SECRET
from tests.http.serving import SentryOfTest, event_body, local_sentry

LARGE, SMALL = 230, 110
"""Events of one Issue, and Issues of one Event: more of both than a page holds."""

LONG, SHORT, BRIEF = 60.0, 12.0, 3.0
"""Seconds a call may take; where the fault lasts all of them are waited, where it stalls a part."""


@dataclass(frozen=True, slots=True)
class Case:
    """Faults, and how a Run with them ends: its exit code, what it says, whether it has all."""

    faults: list[Fault]
    code: int = 0
    said: str = ""
    all: bool = False
    patience: float = LONG


EVENTS = "/events/"
LATER = "cursor="
LATER_EVENTS = r"events/\?.*cursor="
ROWS = r"sample/events/\?"
LATER_ISSUES = r"issues/\?.*cursor="

CASES = {
    "no fault": Case([], all=True),
    "429 once": Case([Fault(Kind.TOO_MANY, skip=2, times=1)], all=True),
    "429 for ever": Case([Fault(Kind.TOO_MANY)], 3, "answered 429", patience=BRIEF),
    "rate limit used up": Case([Fault(Kind.USED_UP, skip=2, times=1)], all=True),
    "500 now and then": Case([Fault(Kind.ERROR, skip=n, times=1) for n in (0, 2, 5)], all=True),
    "500 for ever": Case([Fault(Kind.ERROR)], 3, "answered 500", patience=BRIEF),
    "500 for later pages": Case([Fault(Kind.ERROR, on=LATER)], 3, "answered 500", patience=BRIEF),
    "stalled once": Case([Fault(Kind.STALLED, skip=2, times=1)], all=True, patience=SHORT),
    "stalled for ever": Case([Fault(Kind.STALLED)], 3, "did not answer in time", patience=BRIEF),
    "cut once": Case([Fault(Kind.CUT, skip=2, times=1)], all=True),
    "cut for ever": Case(
        [Fault(Kind.CUT, on=EVENTS)], 3, "broke off|not end in time", patience=BRIEF
    ),
    "HTML for everything": Case([Fault(Kind.HTML)], 3, "not JSON"),
    "HTML for events": Case([Fault(Kind.HTML, on=EVENTS)], 3, "not JSON"),
    "HTML for later pages": Case([Fault(Kind.HTML, on=LATER)], 3, "not JSON"),
    "sent to a login": Case([Fault(Kind.REDIRECT)], 3, "redirects to https://login.example.com"),
    "a bomb": Case([Fault(Kind.BOMB, on=EVENTS, times=7)], said="No light.*larger than", all=True),
    "JSON cut once": Case([Fault(Kind.CUT_JSON, on=EVENTS, times=1)], all=True),
    "a page vanishes once": Case([Fault(Kind.GONE, on=LATER_EVENTS, times=1)], all=True),
    "pages of events vanish": Case([Fault(Kind.GONE, on=LATER_EVENTS)], 3, "does not find"),
    "pages of issues vanish": Case([Fault(Kind.GONE, on=LATER_ISSUES)], 3, "404"),
    "the first page again": Case([Fault(Kind.FIRST_PAGE, on=LATER)], 3, "repeats a page"),
    "the first page once": Case(
        [Fault(Kind.FIRST_PAGE, on=LATER, times=1)], said="No light rows.*repeats a page", all=True
    ),
    "rows are HTML": Case([Fault(Kind.HTML, on=ROWS)], said="No light rows.*not JSON", all=True),
    "rows are answered 500": Case(
        [Fault(Kind.ERROR, on=ROWS)], said="No light rows.*500", all=True, patience=BRIEF
    ),
    "rows tell nothing": Case([Fault(Kind.NOTHING, on=ROWS)], all=True),
    "no body for events": Case([Fault(Kind.EMPTY, on=EVENTS)], 3, "is no list"),
    "nobody says whether there is more": Case(
        [Fault(Kind.UNLINKED)], 3, "does not say whether there are more issues than a page"
    ),
    "empty pages for ever": Case([Fault(Kind.ENDLESS, on=LATER)], 3, "repeats a page"),
    "shuffled for ever": Case([Fault(Kind.SHUFFLED, on=LATER)], 3, "repeats a page"),
}

GLITCHTIPS = (
    "no fault",
    "500 for later pages",
    "HTML for events",
    "a page vanishes once",
    "pages of events vanish",
    "pages of issues vanish",
    "no body for events",
    "nobody says whether there is more",
    "the first page again",
    "empty pages for ever",
    "shuffled for ever",
)
"""Those in which it matters how a server speaks of pages."""


class Tombstone:
    """The command, run in this process on a store of the test's own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Its exit code, stdout and stderr."""
        for opened in (opening.our_settings, opening.our_store):
            opened.cache_clear()
        self._patch.setattr(sys, "argv", ["tombstone", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        opening.our_store().close()
        out, err = self._capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, out, " ".join(err.split())

    def event_ids(self) -> list[str]:
        """Those that are stored."""
        _, out, _ = self.run("failures", "--json")
        return [json.loads(line)["event_id"] for line in out.splitlines()]


@pytest.fixture
def tombstone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Tombstone:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMBSTONE_STORE_URL", f"sqlite:///{tmp_path}/store.sqlite")
    monkeypatch.setenv("TOMBSTONE_SECRET_KEY", SECRET)
    return Tombstone(capsys, monkeypatch)


def filled(sentry: SentryOfTest, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Events in it, and it in the settings."""
    bodies: list[dict[str, Any]] = [event_body("large", minutes_ago=n) for n in range(LARGE)]
    bodies += [event_body(f"small {n}", minutes_ago=n) for n in range(SMALL)]
    return set(holding(sentry, monkeypatch, bodies))


def holding(
    sentry: SentryOfTest, monkeypatch: pytest.MonkeyPatch, bodies: Sequence[dict[str, Any]]
) -> list[str]:
    """These Events in it, and it in the settings; their ids."""
    monkeypatch.setenv("TOMBSTONE_SENTRY__BASE_URL", sentry.address.url)
    monkeypatch.setenv("TOMBSTONE_SENTRY__TOKEN", sentry.address.token)
    monkeypatch.setenv("TOMBSTONE_SENTRY__ORGANIZATION", sentry.address.organization)
    return [take_body(sentry.store, 1, json.dumps(body).encode(), "") for body in bodies]


@pytest.mark.parametrize(
    ("case", "glitchtip"),
    [
        *(pytest.param(case, False, id=name) for name, case in CASES.items()),
        *(pytest.param(CASES[name], True, id=f"glitchtip, {name}") for name in GLITCHTIPS),
    ],
)
def test_a_fault_loses_nothing_and_is_said(
    case: Case, glitchtip: bool, tombstone: Tombstone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_sentry(as_glitchtip=glitchtip) as sentry:
        sent = filled(sentry, monkeypatch)
        monkeypatch.setenv("TOMBSTONE_SENTRY__PATIENCE_S", str(case.patience))
        sentry.server.order(case.faults)
        code, out, err = tombstone.run("collect", "--json")
        assert (code, len(json.loads(out)["unreachable"])) == (case.code, case.code // 3)
        assert re.search(case.said, err)
        assert sentry.address.token not in out + err
        kept = tombstone.event_ids()
        assert set(kept) <= sent
        assert (set(kept) == sent) == case.all

        sentry.server.order([])
        monkeypatch.setenv("TOMBSTONE_SENTRY__PATIENCE_S", str(LONG))
        code, out, err = tombstone.run("collect", "--json")
        assert (code, err.count("not read")) == (0, 0)
        assert sorted(tombstone.event_ids()) == sorted(sent)

        code, out, _ = tombstone.run("collect", "--json")
        assert (code, json.loads(out)["stored"]) == (0, 0)


def test_a_backlog_of_what_is_no_failed_write_is_read_on_by_each_run(
    tombstone: Tombstone, sentry: SentryOfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is it stored, nor does it count as new for ever."""
    noise = {"exception": {"values": [{"type": "ValueError", "value": "x"}]}}
    bodies = [event_body("noise", minutes_ago=n / 60, **noise) for n in range(350)]
    bodies += [event_body("create", minutes_ago=20), event_body("other", minutes_ago=21, **noise)]
    sent = holding(sentry, monkeypatch, bodies)
    monkeypatch.setenv("TOMBSTONE_SENTRY__MOST_EVENTS", "150")
    said = [tombstone.run("collect")[2] for _ in range(3)]
    assert ["the next run goes on" in said[n] for n in (0, -1)] == [True, False]
    assert tombstone.event_ids() == [sent[350]]


def test_an_environment_is_read_behind_a_backlog_of_another(
    tombstone: Tombstone, sentry: SentryOfTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [event_body("other", minutes_ago=n / 60, environment="qa") for n in range(350)]
    bodies.append(event_body("create", minutes_ago=20))
    sent = holding(sentry, monkeypatch, bodies)
    monkeypatch.setenv("TOMBSTONE_SENTRY__MOST_EVENTS", "150")
    assert "goes on" not in tombstone.run("collect", "--environment", "production")[2]
    assert tombstone.event_ids() == [sent[350]]
