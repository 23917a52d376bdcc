"""How a Verdict looks and what it says: the same colour, sign and word wherever it is met.

The sign tells Verdicts apart without colour, and is a plain character, so that a badge, a table
cell and a list option can all carry it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.model import Confidence, Verdict
from dashboard.components.moments import local

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


@dataclass(frozen=True, slots=True)
class Look:
    """`ink` is the colour behind the white text of a table cell, at least 4.5:1 against it."""

    word: str
    sign: str
    colour: Colour
    ink: str
    meaning: str

    @property
    def label(self) -> str:
        """Sign and word."""
        return f"{self.sign} {self.word}"


LOOKS: Mapping[Verdict, Look] = {
    Verdict.BLOCKED_BY_TOMBSTONE: Look(
        "Blocked by tombstone", "■", "red", "#B84E00",
        "A soft-deleted row still holds this key, so creating it again fails. "
        "Our bug; it can be unblocked now.",
    ),
    Verdict.BLOCKED_BY_LEFTOVER: Look(
        "Blocked by leftover", "◆", "orange", "#8F6400",
        "A live row holds this key although the row it belongs to was deleted. "
        "Our bug; an engineer must clean it up.",
    ),
    Verdict.UNBLOCKED: Look(
        "Unblocked", "✓", "green", "#00785A",
        "This key was blocked by a deleted row and no longer is. Our bug; already unblocked.",
    ),
    Verdict.LIVE_DUPLICATE: Look(
        "Live duplicate", "●", "blue", "#0072B2",
        "The row exists and is live. Nothing to unblock; "
        "the API should have answered 409 or 422 instead of 500.",
    ),
    Verdict.CONCURRENT_CREATE: Look(
        "Concurrent create", "⇄", "violet", "#A8507F",
        "Two requests created the same row within seconds. A retry finds it.",
    ),
    Verdict.HOLDER_GONE: Look(
        "Holder gone", "○", "gray", "#66707D",
        "Whatever held this key at the time is no longer there. "
        "What it was cannot be proved any more.",
    ),
    Verdict.OTHER_FAILURE: Look(
        "Other failure", "×", "gray", "#66707D",
        "Not a violated unique key: a different problem, to be followed in Sentry.",
    ),
    Verdict.UNDECIDED: Look(
        "Undecided", "?", "yellow", "#7A6C00",
        "Not enough is known to say what this is. The reasons say what is missing.",
    ),
}  # fmt: skip

SURENESS: Mapping[Confidence, str] = {
    Confidence.CERTAIN: "Certain: the database printed the whole key and confirms one holder.",
    Confidence.LIKELY: "Likely: the reasons below say what keeps this from being certain.",
    Confidence.WEAK: "Weak: only circumstances point here.",
}


def label(verdict: Verdict) -> str:
    """Sign and word, for options and cells."""
    return LOOKS[verdict].label


def show(verdict: Verdict, confidence: Confidence | None = None) -> None:
    """The Verdict as a badge, with how sure it is beside it."""
    look = LOOKS[verdict]
    with st.container(horizontal=True, gap="small"):
        st.badge(look.label, color=look.colour, help=look.meaning)
        if confidence is not None:
            st.badge(confidence.capitalize(), color="gray", help=SURENESS[confidence])


def sentence(conflict: ConflictRow) -> str:
    """The Verdict of one Conflict in a sentence or two; holds dates, never text from outside."""
    look = LOOKS[conflict.verdict]
    deleted = conflict.blocker.deleted_at if conflict.blocker else None
    if conflict.verdict is Verdict.BLOCKED_BY_TOMBSTONE and deleted is not None:
        return (
            f"A row deleted on {local(deleted)} still holds this key, so creating it again fails. "
            "Our bug; it can be unblocked now."
        )
    return look.meaning
