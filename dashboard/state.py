"""What a browser session remembers between reruns: the only user of `st.session_state`.

Two sessions share nothing. Nothing here outlives the session, and nothing goes into the URL: the
ticket that somebody pasted holds an e-mail address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import streamlit as st

from collectors.doctor import Check
from collectors.explain import LiveAnswer, LiveLook, SearchAnswer
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Failed, Refusal, Refused
from dashboard.remediation.service import Offer, Preview
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview, BulkRefused, Chosen


@dataclass
class Paging:
    """Where a list was turned to, as each page's end. Another filter (`of`) begins anew."""

    of: object = None
    behind: list[Any] = field(default_factory=list)


@dataclass
class OpenPlan:
    """A plan in an open dialog: a Remedy for a Conflict, or the way back from a remediation.

    why      what it is good for, in our words
    offered  how many rows of which tables were deleted in the same moment
    along    those tables of which a restore is to take them along
    seen     its Preview, or why there is none; None before it was asked for
    refused  why it could not be done although it had a Preview
    """

    title: str
    conflict_id: str
    remedy: RemedyName
    why: str = "It puts back every column that was written, if the row is as it was left."
    undoes: str | None = None
    offered: dict[str, int] = field(default_factory=dict)
    along: tuple[str, ...] = ()
    seen: Preview | Refused | None = None
    refused: Refused | None = None


@dataclass
class OpenBulk:
    """Many at once in an open dialog: what was chosen, or the bulk that is to be taken back.

    seen   its Preview, or why there is none; None before it was asked for
    ended  how far it came
    """

    title: str
    chosen: Chosen = field(default_factory=Chosen)
    undoes: str | None = None
    seen: BulkPreview | BulkRefused | None = None
    ended: BulkEnded | BulkRefused | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a remediation of this session ended."""

    plan: OpenPlan
    outcome: Applied | Failed


@dataclass(frozen=True, slots=True)
class Offered:
    """The Remedies for a Conflict as they were at a moment and a state of the store."""

    offers: tuple[Offer, ...]
    asked_at: datetime
    generation: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What a live look found, at a state of the store: whatever is stored after it is newer."""

    look: LiveLook
    generation: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of everything found, and when."""

    checks: tuple[Check, ...]
    at: datetime


@dataclass
class Session:
    """One session's memory.

    answer      what the pasted text meant, until it is cleared
    live        what the Targets said of it, where nothing collected was meant
    ticket      the reference of the ticket it was pasted from
    looks       live looks, `offered` Remedies, `ended` remediations: each by Conflict
    plan, bulk  what is in an open dialog
    checked     what the last check of everything found
    shown       the state of the store that the page shows
    next        what widgets are to be set to before they are drawn again
    left        what the page's address was set to when it was left for a Conflict
    """

    answer: SearchAnswer | None = None
    live: LiveAnswer | Refusal | None = None
    ticket: str = ""
    looks: dict[str, Looked] = field(default_factory=dict)
    offered: dict[str, Offered] = field(default_factory=dict)
    plan: OpenPlan | None = None
    bulk: OpenBulk | None = None
    ended: dict[str, Ended] = field(default_factory=dict)
    checked: Checked | None = None
    shown: int | None = None
    paging: dict[str, Paging] = field(default_factory=dict)
    next: dict[str, Any] = field(default_factory=dict)
    left: dict[str, Any] = field(default_factory=dict)


def session() -> Session:
    """The memory of the session that this run belongs to."""
    return cast("Session", st.session_state.setdefault("tombstone", Session()))


def clicked_row(key: str) -> int | None:
    """Which row's button was clicked, in the one run that the click started."""
    click = st.session_state.get(key)
    return None if click is None else int(click["row"])


def clear(key: str, empty: str = "") -> None:
    """Empty a text box; only before it is drawn, or in a callback."""
    st.session_state[key] = empty


def held(key: str) -> Any:
    """What a widget is set to; None if it is not set."""
    return st.session_state.get(key)


def set_next(key: str, value: Any) -> None:
    """Set a widget that is drawn already, and draw the page again; ends this run of it."""
    session().next[key] = value
    st.rerun()


def take_over() -> None:
    """Set what `set_next` asked for; before the widgets are drawn."""
    for key, value in session().next.items():
        st.session_state[key] = value
    session().next.clear()


def leave() -> None:
    """Remember what stands in the address of the page that is left.

    A list that was emptied is one of these: the address says so, and `query_params` does not.
    """
    held = {name: st.session_state[name] for name in st.session_state}
    session().left = {
        name: value
        for name, value in held.items()
        if name in st.query_params or (isinstance(value, list) and not value)
    }


def come_back() -> None:
    """Set what stood there as it was, and draw the page again: this run's widgets begin unset."""
    memory = session()
    if memory.left:
        memory.next, memory.left = memory.left, {}
        st.rerun()


def paging(name: str, of: object) -> Paging:
    """Where the list `name` was turned to, at its start if it now lists something else."""
    held = session().paging.get(name)
    if held is None or held.of != of:
        held = session().paging[name] = Paging(of)
    return held
