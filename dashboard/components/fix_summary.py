"""Is it fixed? The answer for all that the bar asks for, what it rests on, and four numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from collectors.model import Verdict
from collectors.model.counted import counted
from dashboard import data
from dashboard.components import number, plain
from dashboard.components.filters import Filters
from dashboard.components.moments import ago_and_local
from dashboard.components.verdict import Colour
from dashboard.data.regression import Regression
from dashboard.metrics.fix import FixState, FixVerdict
from dashboard.metrics.intervals import Rate, Share
from dashboard.metrics.percents import percent as in_percent
from dashboard.metrics.reasons import figure, rests_words


@dataclass(frozen=True, slots=True)
class FixLook:
    """How a state looks: the sign tells it without colour; `ink` is behind white text."""

    sign: str
    colour: Colour
    ink: str
    sentence: str

    def label(self, state: FixState) -> str:
        """Sign and word."""
        return f"{self.sign} {str(state).capitalize()}"


LOOKS: Mapping[FixState, FixLook] = {
    FixState.CAME_BACK: FixLook("↺", "red", "#B84E00", "It had been fixed, and fails again."),
    FixState.FAILING: FixLook("■", "red", "#B84E00", "Re-creations still fail."),
    FixState.POSSIBLE: FixLook(
        "◐",
        "orange",
        "#8F6400",
        "Nothing fails visibly, but deleted rows still hold keys: whoever tries is refused, "
        "whatever the API answers.",
    ),
    FixState.UNSURE: FixLook("?", "blue", "#0072B2", "What is known does not suffice to say."),
    FixState.FIXED: FixLook("✓", "green", "#00785A", "It was tried since, and worked."),
    FixState.NO_DATA: FixLook("–", "gray", "#66707D", "No Failure of this bug is known here."),
}
NO_DATA = "no data"
ABOVE = "A refused create makes no row: where most are refused, it is above 1,000."


def show(found: Regression, chosen: Filters) -> None:
    """The headline, then the numbers of the period."""
    with st.container(border=True):
        _headline(found.whole)
        _undecided(chosen)
    _numbers(found, chosen)


def _headline(whole: FixVerdict) -> None:
    look = LOOKS[whole.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Is it fixed?", anchor=False, width="content")
        st.badge(look.label(whole.state), color=look.colour)
        _definitions()
    st.markdown(look.sentence)
    if whole.rests_on is not None:
        plain.line(rests_words(whole.rests_on))
        if whole.rests_on.canary_at is not None:
            plain.line(f"The canary was green {ago_and_local(whole.rests_on.canary_at)}.")
    if reasons := [reason for reason in whole.reasons if reason != look.sentence]:
        plain.lines(reasons)


def _undecided(chosen: Filters) -> None:
    """What the answer does not rest on, and could."""
    undecided = data.failures_count(chosen.failures(Verdict.UNDECIDED))
    if undecided:
        st.caption(
            f":material/incomplete_circle: {counted(undecided, 'failure', 'failures')} "
            f"{chosen.window()} cannot be judged yet: nobody knows whether this bug caused them."
        )


def _numbers(found: Regression, chosen: Filters) -> None:
    window = chosen.window()
    with number.row():
        number.show(
            "Failures of any kind",
            f"{data.failures_count(chosen.failures()):,}",
            f"Failed creates, updates, deletes and restores of any kind, {window}. The same "
            "number as on Triage. Source: the store.",
        )
        _estimate(
            "Violations per 1,000 creates",
            per_thousand(found.rate),
            "Failures that violated a unique key, of any Verdict, for 1,000 rows created in the "
            f"tables of those keys, with its interval (Poisson). {ABOVE} {_days(found, chosen)} "
            f"Source: the store, and creates as counted in the Targets{_sample(found)}.",
        )
        _estimate(
            "Re-creation success",
            percent(found.recreation),
            "Of the customers who were created again after a deletion, those who got through: one "
            "counts once a day, however often they tried. With its interval (binomial, Clopper and "
            "Pearson). An API that answers 409 hides the failed ones from Sentry. "
            f"{_days(found, chosen, recreated=True)} "
            f"Source: the store, and Re-creations as counted in the Targets{_sample(found)}.",
        )
        number.show(
            "Keys not fixed",
            _not_fixed(found),
            "Unique keys by environment that are not fixed, of all that ever failed with this "
            "bug. Obeys environment, organization and key; not the period, for it is about today, "
            "nor the release. Source: the store, and the Targets as last audited and counted.",
        )


def _not_fixed(found: Regression) -> str:
    open_ = sum(one.verdict.state is not FixState.FIXED for one in found.keys)
    return f"{open_} of {len(found.keys)}" if found.keys else NO_DATA


def _sample(found: Regression) -> str:
    """The interval speaks of the Failures: how far off a sample's creates are, it does not know."""
    sampled = found.counted.sampled if found.counted else None
    return "" if sampled is None else f" from {in_percent(sampled)} of their rows"


def _days(found: Regression, chosen: Filters, *, recreated: bool = False) -> str:
    if chosen.release is not None:
        return "No Target knows of releases: see the table of releases."
    window = found.recreated_in if recreated else found.created_in
    if window is None:
        return "There is no whole day of the period that was both read and counted."
    return f"Whole days that were both read and counted: {window.words()}."


@dataclass(frozen=True, slots=True)
class Told:
    """A number in words, and its interval."""

    value: str
    sure: str

    @property
    def line(self) -> str | None:
        """Both, None where nothing is known."""
        return None if self.value == NO_DATA else f"{self.value} ({self.sure})"


def per_thousand(rate: Rate | None) -> Told:
    """A rate for 1,000."""
    if rate is None or rate.value is None or rate.interval is None:
        return Told(NO_DATA, "")
    low, high = 1_000 * rate.interval.low, 1_000 * rate.interval.high
    return Told(figure(1_000 * rate.value), f"{figure(low)} to {figure(high)}")


def percent(share: Share | None) -> Told:
    """A share."""
    if share is None or share.value is None:
        return Told(NO_DATA, "")
    sure = share.interval
    return Told(in_percent(share.value), f"{in_percent(sure.low)} to {in_percent(sure.high)}")


def _estimate(label: str, told: Told, help_: str) -> None:
    sure = f"95%: {told.sure}" if told.sure else None
    number.show(label, told.value, help_, delta=sure)


def _definitions() -> None:
    with st.popover("What these words mean", icon=":material/info:", type="tertiary"):
        told = (f"**{look.label(state)}.** {_MEANINGS[state]}" for state, look in LOOKS.items())
        st.markdown("\n\n".join(told))


_MEANINGS: Mapping[FixState, str] = {
    FixState.CAME_BACK: "So many Re-creations had succeeded without a Failure that luck does not "
    "explain it, or an audit had found the key mended; then it failed again.",
    FixState.FAILING: "The last Failure is so recent that, at the rate before, the silence since "
    "may be luck (5% or more).",
    FixState.POSSIBLE: "Silence, but the key still counts deleted rows and some hold it. An API "
    "that answers 409 or 422 is silent in Sentry, and customers stay blocked.",
    FixState.UNSURE: "Something is missing: an audit, a survey, or anybody who tried since. It is "
    "named with the key.",
    FixState.FIXED: "The audit finds the key mended (or no deleted row holds any value of it), "
    "and since the last Failure Re-creations succeeded, or the canary was green.",
    FixState.NO_DATA: "No Failure of this bug was read.",
}
