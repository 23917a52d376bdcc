"""`canary`: one walk through an API, told step by step."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from collectors.canary import Color, Ruling, Step, Walk, walk
from collectors.evidence.walked import save_walk
from dashboard.commands.ending import DONE, FOUND, UNREACHABLE
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import print_json, rfc3339, say, tell

_CODES = {Color.GREEN: DONE, Color.RED: FOUND, Color.GREY: UNREACHABLE}
_MARKS = {Ruling.RIGHT: "✓", Ruling.WRONG: "✗", Ruling.UNKNOWN: "?"}


def canary(*, as_json: bool) -> int:
    """1 where the API breaks its contract, 3 where it could not be walked through to the end."""
    settings = our_settings()
    store = our_store() if settings.secret_key is not None else None  # it walks without one too
    seen = walk(settings.canary, heard=lambda step: None if as_json else _show(step))
    if store is not None:
        steps = [asdict(step) for step in seen.steps]
        save_walk(store, seen.environment, seen.started_at, seen.finished_at, seen.color, steps)
    if as_json:
        print_json(_as_json(seen))
    say(_in_words(seen))
    could_not_ask = any(step.ruling is Ruling.UNKNOWN for step in seen.steps)
    return UNREACHABLE if could_not_ask else _CODES[seen.color]


def _show(step: Step) -> None:
    status = step.status or "–"
    line = f"{_MARKS[step.ruling]} {step.probe}: {step.name}  {status}  {step.said}"
    tell(line)


def _in_words(seen: Walk) -> str:
    wrong = sum(step.ruling is Ruling.WRONG for step in seen.steps)
    said = {
        Color.GREEN: "The API keeps its contract.",
        Color.RED: f"The API breaks its contract in {wrong} of {len(seen.steps)} answers.",
        Color.GREY: "The API could not be walked through.",
    }[seen.color]
    before = f" Cleaned up after {seen.cleaned} earlier." if seen.cleaned else ""
    after = f" {seen.left_behind} left for the next walk to clean up." if seen.left_behind else ""
    return f"{said}{before}{after}"


def _as_json(seen: Walk) -> dict[str, Any]:
    return {
        "environment": seen.environment,
        "started_at": rfc3339(seen.started_at),
        "finished_at": rfc3339(seen.finished_at),
        "result": seen.color,
        "steps": [asdict(step) for step in seen.steps],
        "cleaned": seen.cleaned,
        "left_behind": seen.left_behind,
    }
