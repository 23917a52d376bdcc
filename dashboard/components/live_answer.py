"""What the Targets say when nothing that was collected is about a ticket."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from collectors.explain import LiveAnswer, LiveFinding, Standing
from dashboard.components import plain, routes
from dashboard.components.moments import local, row_words, utc
from dashboard.remediation.outcomes import Refusal

_SAID: Mapping[Standing, tuple[str, str]] = {
    Standing.TOMBSTONE: ("A Tombstone holds this key", ":material/lock:"),
    Standing.LEFTOVER: ("A row whose parent was deleted holds this key", ":material/lock:"),
    Standing.LIVE: ("A live customer holds it", ":material/person:"),
    Standing.IN_PART: ("Not asked under every key", ":material/help:"),
    Standing.NOTHING: ("Nothing holds it", ":material/lock_open:"),
}

WHOSE = "Say whose it is in a line of its own: `Organization:` and its name or ID."


def show(live: LiveAnswer | Refusal | None) -> None:
    """The findings, the row in the way first; or why the databases were not asked."""
    if live is None:
        st.caption(
            "It names no value that a database could be asked for: paste an e-mail address, or an "
            f"external ID by itself or in quotes. {WHOSE}"
        )
    elif isinstance(live, Refusal):
        plain.line(live.text)
    else:
        _findings(live)


def _findings(live: LiveAnswer) -> None:
    if not live.findings:
        st.caption(f"The databases were not asked: no unique key takes such a value alone. {WHOSE}")
        return
    st.caption("What the application's databases said, each as of its time")
    if any(finding.standing is Standing.IN_PART for finding in live.findings):
        st.caption(WHOSE)
    for finding in live.findings:
        with st.container(border=True):
            _finding(finding)


def _finding(finding: LiveFinding) -> None:
    if finding.standing is Standing.UNREAD:
        since = f"Not read since {local(finding.read_at)}" if finding.read_at else "Never read"
        st.markdown(f":material/cloud_off: **{since}**", help=utc(finding.read_at))
    else:
        at = finding.read_at
        words, icon = _SAID[finding.standing]
        st.markdown(f"{icon} **{words}**, as of {local(at)}.", help=utc(at))
    plain.line(finding.sentence)
    plain.facts(
        [
            ("Target", finding.target),
            *([("Table", finding.table)] if finding.table else []),
            *([("Unique key", ", ".join(finding.columns))] if finding.columns else []),
            *([("Row", row_words(finding.row))] if finding.row else []),
        ]
    )
    if finding.conflict_id is not None:
        routes.link_to_conflict(finding.conflict_id, "Open the Conflict")
