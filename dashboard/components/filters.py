"""The filter bar; what it is set to stands in the address, so that a view of it can be sent on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.failures import FailureFilter
from collectors.model import Verdict
from dashboard import data
from dashboard.components import plain
from dashboard.components.verdict import LOOKS

ANY_TIME = "Any time"
PERIODS: Mapping[str, timedelta | None] = {
    ANY_TIME: None,
    "Last 24 hours": timedelta(days=1),
    "Last 7 days": timedelta(days=7),
    "Last 30 days": timedelta(days=30),
    "Last 90 days": timedelta(days=90),
}
OPEN = tuple(verdict for verdict in Verdict if verdict.is_blocked)
_WITH_CONFLICT = tuple(verdict for verdict in Verdict if verdict is not Verdict.OTHER_FAILURE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the bar is set to; empty means "any"."""

    environments: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    constraint: str | None = None
    period: str = ANY_TIME

    @property
    def since(self) -> datetime | None:
        """Where the period begins, to the minute, so that the same answer serves for a while."""
        span = PERIODS[self.period]
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        return None if span is None else now - span

    def conflicts(self, *verdicts: Verdict) -> ConflictFilter:
        """For a question about Conflicts, of these Verdicts or those of the bar."""
        return ConflictFilter(
            environments=self.environments,
            verdicts=verdicts or self.verdicts,
            constraint=self.constraint,
            since=self.since,
        )

    def failures(self, *verdicts: Verdict) -> FailureFilter:
        """For a question about Failures, of these Verdicts or of any."""
        return FailureFilter(environments=self.environments, verdicts=verdicts, since=self.since)


def show(*, conflicts: bool) -> Filters:
    """Draw the bar; what narrows Conflicts alone is off where none are listed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        environments = st.multiselect(
            "Environment",
            data.environments(),
            format_func=plain.cleaned,
            key="environment",
            placeholder="Any environment",
            bind="query-params",
            width=220,
        )
        verdicts = st.multiselect(
            "Verdict",
            _WITH_CONFLICT,
            default=OPEN,
            format_func=lambda verdict: LOOKS[verdict].word,
            key="verdict",
            disabled=not conflicts,
            placeholder="Any verdict",
            bind="query-params",
            width=400,
        )
        constraint = st.selectbox(
            "Unique key",
            data.constraints(),
            index=None,
            format_func=plain.cleaned,
            key="key",
            disabled=not conflicts,
            placeholder="Any key",
            bind="query-params",
            width=300,
        )
        period = st.selectbox(
            "Failed in", list(PERIODS), key="period", bind="query-params", width=160
        )
    return Filters(tuple(environments), tuple(verdicts), constraint, period)
