"""The ways out of a Conflict: to Sentry, and to a new issue in the tracker, its values masked."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.evidence.reads.failures import FailureRow
from dashboard import data
from dashboard.components import plain, routes
from dashboard.components.attempts import web_link
from dashboard.components.conflict_list import masked_key
from dashboard.components.moments import utc
from dashboard.components.verdict import LOOKS

MOST_LINKS = 3
LONGEST_BODY = 1_500


def show(conflict: ConflictRow, failures: Sequence[FailureRow]) -> None:
    """The links side by side; nothing where there is none."""
    issues = dict.fromkeys(filter(None, (web_link(one.issue_url) for one in failures)))
    tracker = data.tracker_url()
    with st.container(horizontal=True):
        for number, url in enumerate(list(issues)[:MOST_LINKS], 1):
            label = "Open in Sentry" if len(issues) == 1 else f"Open in Sentry ({number})"
            st.link_button(label, url, icon=":material/bug_report:")
        if tracker is not None:
            st.link_button(
                "New issue in the tracker",
                prefilled(tracker, conflict),
                icon=":material/add_task:",
                help="Filled in with what is known here, values masked.",
            )


def prefilled(template: str, conflict: ConflictRow) -> str:
    """The address with title and body in it. Nothing in clear: an address is logged everywhere."""
    title = f"{LOOKS[conflict.verdict].word}: {conflict.table}, {conflict.constraint}"
    return template.replace("{title}", _quoted(title)).replace("{body}", _quoted(_body(conflict)))


def _body(conflict: ConflictRow) -> str:
    row = conflict.blocker or conflict.holder
    facts = [
        ("Verdict", f"{LOOKS[conflict.verdict].word} ({conflict.confidence or 'no confidence'})"),
        ("Environment", conflict.environment),
        ("Unique key", f"{conflict.constraint} ({', '.join(conflict.columns)})"),
        ("Key, masked", masked_key(conflict)),
        ("Organization", conflict.organization_id),
        ("Row", f"{row.table} {row.id}" if row else None),
        ("Attempts", str(conflict.failures)),
        ("First failed", utc(conflict.first_seen)),
        ("Last failed", utc(conflict.last_seen)),
        ("Tombstone", routes.conflict_address(conflict.id)),
    ]
    return "\n".join(f"{name}: {value}" for name, value in facts if value)


def _quoted(text: str) -> str:
    return quote(plain.cleaned(text, lines=True)[:LONGEST_BODY], safe="")
