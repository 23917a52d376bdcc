"""What `tombstone doctor` checks, asked now: Sentry, the Targets, their roles, the writers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from collectors.doctor import Check, Health
from collectors.model.counted import counted
from dashboard import data, state
from dashboard.components import plain, problem
from dashboard.components.moments import local, utc
from dashboard.components.table_height import tall
from dashboard.state import Checked

_SIGNS: Mapping[Health, str] = {
    Health.GOOD: "✓ ok",
    Health.LACKING: "– lacking",
    Health.WRONG: "✗ wrong",
    Health.UNREACHABLE: "? unreachable",
}


def show() -> None:
    """The Targets' names, a button, and what it found last in this session."""
    st.header("Targets and checks", anchor=False)
    _targets()
    if st.button("Check everything now", icon=":material/stethoscope:"):
        with problem.told(), st.spinner("Asking Sentry and every Target …"):
            found = data.check_everything()
            state.session().checked = Checked(tuple(found), datetime.now(UTC))
    checked = state.session().checked
    if checked is None:
        st.caption(
            "Asks Sentry and every Target what `tombstone doctor` asks; a standby says its lag."
        )
        return
    _verdict(checked)
    st.dataframe(
        frame(checked.checks),
        hide_index=True,
        height=tall(len(checked.checks), 12),
        column_config={
            "health": st.column_config.TextColumn("", width=110),
            "name": st.column_config.TextColumn("Check", width=220),
            "sentence": st.column_config.TextColumn("What it found", width=480),
            "mend": st.column_config.TextColumn("How to mend it", width=320),
        },
        alt="Every check, what it found, and how to mend it",
    )
    st.caption(f"Asked {local(checked.at)}.", help=utc(checked.at))


def frame(checks: Sequence[Check]) -> pd.DataFrame:
    """What the table shows, worst first; every text of it is cleaned."""
    worst = (Health.WRONG, Health.UNREACHABLE, Health.LACKING, Health.GOOD)
    ordered = sorted(checks, key=lambda check: worst.index(check.health))
    return pd.DataFrame(
        {
            "health": [_SIGNS[check.health] for check in ordered],
            "name": [plain.cell(check.name) for check in ordered],
            "sentence": [plain.cell(check.sentence) for check in ordered],
            "mend": [plain.cell(check.mend) for check in ordered],
        }
    )


def _targets() -> None:
    targets = data.targets()
    if not targets:
        st.info(
            "No Target is configured, so nothing can be judged.", icon=":material/database_off:"
        )
        return
    plain.facts([("Target", _named(name, list(each))) for name, each in targets.items()])


def _named(target: str, environments: Sequence[str]) -> str:
    """With its environments, where they are called otherwise."""
    return target if environments == [target] else f"{target}: {', '.join(environments)}"


def _verdict(checked: Checked) -> None:
    bad = [c for c in checked.checks if c.health in (Health.WRONG, Health.UNREACHABLE)]
    if bad:
        needing = "needs" if len(bad) == 1 else "need"
        st.warning(
            f"{len(bad)} of {counted(len(checked.checks), 'check')} {needing} somebody.",
            icon=":material/report:",
        )
    else:
        st.success("Everything that can be checked stands.", icon=":material/task_alt:")
