"""Impact in numbers, each with what it counts and where it is from on hover."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard.components import number, plain
from dashboard.metrics.money import amounts
from dashboard.metrics.trends import Change
from dashboard.report.answers import Impact
from dashboard.report.words import DEFINITIONS, OUTCOMES, TRENDS, counted_for
from dashboard.text import UNKNOWN, organizations_of


def definitions() -> None:
    """One click away."""
    with st.popover("What these words mean", icon=":material/menu_book:", type="tertiary"):
        st.markdown("\n\n".join(f"**{word}**: {meaning}" for word, meaning in DEFINITIONS))


def show(found: Impact) -> None:
    """Who is hurt."""
    hurt, window = found.hurt, found.wanted.window
    store = "Source: the store"
    with number.row():
        _metric(
            "Customers blocked now",
            found.blocked,
            "Keys that a deleted row, or a leftover of one, still holds: Triage's “Blocked now” in "
            "these environments. Those that were only looked up are among them, and not hit. "
            f"{store}; last failed {window}.",
        )
        number.show(
            "Organizations blocked now",
            organizations_of(found.organizations_blocked, found.blocked),
            "Organizations with such a customer. One that is not known is not counted. "
            f"{store}; last failed {window}.",
        )
        _metric(
            "Customers hit",
            hurt.hit,
            f"Customers with a failed attempt {window}, blocked now or not. {store}.",
        )
        number.show(
            "Organizations hit",
            organizations_of(hurt.organizations, hurt.hit),
            f"Organizations with a customer who was hit {window}. {store}.",
        )
    with number.row():
        for label, outcome, what in OUTCOMES:
            told = f"{what} Of the customers hit {window}. {store}."
            _metric(label, hurt.outcomes[outcome], told)


def trend(found: Impact) -> None:
    """Against as many days before, or the sentence that says why not."""
    st.header("Better or worse?", anchor=False)
    told = found.trend
    if isinstance(told, str):
        st.caption(f":material/calendar_month: {told}")
        return
    spans = told.spans
    with number.row():
        for (label, what), change in zip(TRENDS, told.changes(), strict=True):
            number.show(
                label,
                value := told.value(change),
                f"{what} From {spans.now.words()}, UTC. Source: the store.",
                delta=None if value == UNKNOWN else _delta(change),
                color=_color(label, change),
                arrow="auto" if change.difference else "off",
            )
    against = f" against {spans.before.words()}" if spans.before else ""
    without = "" if spans.before else f" No comparison. {spans.why}"
    st.caption(f"{spans.now.words()}{against}: whole UTC days, without today.{without}")


def _color(label: str, change: Change) -> Literal["normal", "inverse", "off"]:
    """More is worse, but for those who were freed."""
    if not change.difference:
        return "off"
    return "normal" if label == "Freed" else "inverse"


def _delta(change: Change) -> str | None:
    return (
        None if change.difference is None else f"{change.difference:+,} (before: {change.before:,})"
    )


def paid(found: Impact) -> None:
    """By currency; and of how many it is known."""
    known = sum(found.paid.known.values())
    st.header("Paid by these customers in the 90 days before deletion", anchor=False)
    plain.line(amounts(found.paid.total, known=known > 0))
    counted = counted_for(known, found.hurt.hit)
    st.caption(f"{counted} Source: payments in the application's database.")


def apart(found: Impact) -> None:
    """What the other environments cost."""
    st.header("Integration tests", anchor=False)
    places = found.places
    if not places.known:
        st.caption(
            "No environment's name begins with production, prod or live, so all count as "
            "customers. The setting `dashboard.production` tells which do."
        )
        return
    if not places.beside:
        st.caption("No other environment is chosen.")
        return
    cost, window = found.apart, found.wanted.window
    st.caption("Nobody's customers, but developers' time. Counted apart from the numbers above:")
    plain.line(", ".join(places.beside))
    with number.row():
        _metric(
            "Failed requests", cost.failures, f"Caused by this bug, {window}. Source: the store."
        )
        _metric(
            "Test customers hit", cost.hit, f"With a failed attempt {window}. Source: the store."
        )
        _metric("Blocked there now", cost.blocked, f"Last failed {window}. Source: the store.")
        number.show(
            "Organizations testing",
            organizations_of(cost.organizations, cost.hit),
            f"Hit there {window}. Source: the store.",
        )


def _metric(label: str, value: int, help_: str) -> None:
    number.show(label, f"{value:,}", help_)
