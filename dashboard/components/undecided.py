"""The queue of Failures that nobody could judge yet: why not, and which rows it may be about."""

from __future__ import annotations

import streamlit as st

from collectors.model import Verdict
from dashboard import data, state
from dashboard.components import failure_card, pager
from dashboard.components.filters import Filters

_OPENED_BY_DEFAULT = 3


def show(filters: Filters) -> None:
    """The queue, newest first, a page at a time."""
    wanted = filters.failures(Verdict.UNDECIDED)
    turned = state.paging("undecided", filters)
    after = turned.behind[-1] if turned.behind else None
    rows = data.queue_page(wanted, after)
    shown = rows[: data.QUEUE_PAGE]
    if not shown:
        which = "" if filters == Filters() else " that these filters match"
        st.info(
            f"Nothing is waiting: every failure{which} has a verdict.", icon=":material/task_alt:"
        )
        return
    st.caption(
        "Each run asks again about those that wait for a database. "
        "The others need a person: the candidates are a hint, never proof."
    )
    for position, failure in enumerate(shown):
        failure_card.show(failure, expanded=position < _OPENED_BY_DEFAULT)
    last = shown[-1]
    end = (last.occurred_at, last.event_id)
    pager.show(turned, end, more=len(rows) > data.QUEUE_PAGE, shown=len(shown))
