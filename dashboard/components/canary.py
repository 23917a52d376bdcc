"""The canary's history: does the API keep its contract, whatever Sentry hears of it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from collectors.evidence.reads.walks import WalkRow
from dashboard import data
from dashboard.charts.canary import Walked, described, strip
from dashboard.components import picture, plain
from dashboard.components.filters import Filters
from dashboard.components.moments import ago_and_local, utc

_SIGNS = {"green": "✓", "red": "✗"}


def show(chosen: Filters) -> None:
    """The last result of each environment, and all of them as a strip."""
    st.header("Canary", anchor=False)
    walks = data.canary_walks(chosen.environments, chosen.since)
    if not walks:
        st.markdown(
            "No canary yet, as far as the filters reach. It creates, deletes and re-creates a "
            "made-up customer through the API, and so tells a fix from silence. Run `tombstone "
            "canary` every hour; `[canary]` in `tombstone.toml` names the API."
        )
        return
    newest = {walk.environment: walk for walk in reversed(walks)}
    for walk in newest.values():
        st.text(_said(walk), help=utc(walk.finished_at))
    seen = [Walked(plain.cleaned(w.environment), w.finished_at, w.color) for w in walks]
    picture.show(strip, seen, alt=described(seen), key="canary")
    st.caption(
        "It obeys environment and period. Green: every answer was right; red: one was wrong; grey: "
        f"it could not be walked through.{_cut(walks)}"
    )


def _cut(walks: Sequence[WalkRow]) -> str:
    """What the strip leaves out."""
    most = max(Counter(walk.environment for walk in walks).values())
    shown = data.WALKS_SHOWN
    return "" if most < shown else f" Of each environment the newest {shown:,} walks at most."


def _said(walk: WalkRow) -> str:
    wrong = _wrong(walk.steps)
    told = f": {', '.join(wrong)}" if wrong else ""
    sign = _SIGNS.get(walk.color, "?")
    return plain.cleaned(
        f"{sign} {walk.environment}: {walk.color}, {ago_and_local(walk.finished_at)}{told}"
    )


def _wrong(steps: Sequence[object]) -> list[str]:
    """What was wrong, step by step."""
    return [
        f"{step.get('probe')} ({step.get('status')})"
        for step in steps
        if isinstance(step, dict) and step.get("ruling") == "wrong"
    ]
