"""The one filter bar. Every page draws it, and every number of a page obeys it.

What it is set to stands in the address, so that a view of it can be sent on; Streamlit carries
what it binds there from page to page. Nothing that somebody typed stands there, for that may be an
e-mail address: every choice is one of those offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import streamlit as st

from collectors.evidence.reads.activity import Act, ActFilter
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.reads.organizations import LISTED
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.model import Verdict
from dashboard import data, state
from dashboard.components import address, plain
from dashboard.text import BETWEEN, organization_words

ANY_TIME = "Any"
PERIODS: Mapping[str, timedelta | None] = {
    ANY_TIME: None,
    "24 hours": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "90 days": timedelta(days=90),
}
"""The last so many of them; short, for all stand beside one another."""

_MORE = f" There are more than these {LISTED:,}: any other by its id in the address."


@dataclass(frozen=True, slots=True)
class Filters:
    """What the bar is set to; empty means "any"."""

    environments: tuple[str, ...] = ()
    organization: str | None = None
    constraint: str | None = None
    release: str | None = None
    period: str = ANY_TIME

    @property
    def since(self) -> datetime | None:
        """Where the period begins: at a midnight of UTC, so that whole days are compared.

        A period of hours begins at a full minute, so that an answer serves for a while.
        """
        span, now = PERIODS[self.period], datetime.now(UTC)
        if span is None:
            return None
        if span <= timedelta(days=1):
            return now.replace(second=0, microsecond=0) - span
        return datetime.combine(now.date(), time.min, UTC) - span

    def of(self, environment: str) -> bool:
        """Whether an environment is one of those chosen."""
        return not self.environments or environment in self.environments

    def conflicts(self, *verdicts: Verdict) -> ConflictFilter:
        """For a question about Conflicts of these Verdicts, or of any."""
        return ConflictFilter(
            environments=self.environments,
            verdicts=verdicts,
            organization_id=self.organization,
            constraint=self.constraint,
            release=self.release,
            since=self.since,
        )

    def failures(self, *verdicts: Verdict) -> FailureFilter:
        """For a question about Failures of these Verdicts, or of any."""
        return FailureFilter(
            environments=self.environments,
            verdicts=verdicts,
            organization_id=self.organization,
            constraint=self.constraint,
            release=self.release,
            since=self.since,
        )

    def surveys(self) -> SurveyFilter:
        """For a question about what was counted in the Targets, which know of no release."""
        return SurveyFilter(
            targets=data.targets_of(self.environments) if self.environments else None,
            organization_id=self.organization,
            constraint=self.constraint,
            since=self.since,
        )

    def acts(self, acts: tuple[Act, ...], actor: str | None) -> ActFilter:
        """For a question about what people did."""
        return ActFilter(
            acts=acts, actor=actor, since=self.since, conflicts=self._narrowed_conflicts()
        )

    def _narrowed_conflicts(self) -> ConflictFilter | None:
        wanted = ConflictFilter(
            environments=self.environments,
            organization_id=self.organization,
            constraint=self.constraint,
            release=self.release,
        )
        return None if wanted == ConflictFilter() else wanted

    def window(self) -> str:
        """The period in words, for what a number says on hover."""
        since = self.since
        if since is None:
            return "at any time"
        return f"since {since:%Y-%m-%d %H:%M} UTC (last {self.period})"


def show() -> Filters:
    """Draw the bar."""
    known = {
        "environment": data.environments(),
        "period": list(PERIODS),
        "key": data.constraints(),
        "release": data.releases(),
    }
    address.say_what_is_not_known(known)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        environments = st.multiselect(
            "Environment",
            known["environment"],
            format_func=plain.cleaned,
            key="environment",
            placeholder="Any",
            bind="query-params",
            width="stretch",
        )
        period = st.segmented_control(  # what is changed most often, so one click does it
            "Period",
            known["period"],
            default=ANY_TIME,
            required=True,
            key="period",
            bind="query-params",
        )
        organization = _organization()
        constraint = _one("Unique key", "key", known["key"])
        release = _one("Release", "release", known["release"])
    if organization is not None and data.organization_met(organization) is None:
        st.warning(
            "No Conflict of this organization is known here.", icon=":material/filter_alt_off:"
        )
    return Filters(tuple(environments), organization, constraint, release, period or ANY_TIME)


def _one(label: str, key: str, options: list[str]) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        format_func=plain.cleaned,
        key=key,
        placeholder="Any",
        bind="query-params",
        width="stretch",
    )


def _organization() -> str | None:
    listed = data.organizations_met()
    asked = st.query_params.get("organization", "")
    linked = asked.rpartition(BETWEEN)[2]
    words = dict(listed)
    for one in filter(None, (linked, state.held("organization"))):  # of many not all are listed
        words.setdefault(one, data.organization_met(one) or organization_words(one, None))
    if linked and asked != words[linked]:  # it is called otherwise since: its id is what is meant
        address.put_right("organization", words[linked])
    chosen: str | None = st.selectbox(
        "Organization",
        list(words),
        index=None,
        format_func=words.__getitem__,
        key="organization",
        placeholder="Any",
        bind="query-params",
        width="stretch",
        help="Those with Conflicts, by name or id." + (_MORE if len(listed) == LISTED else ""),
    )
    return chosen
