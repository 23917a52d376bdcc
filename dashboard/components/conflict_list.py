"""A page of Conflicts as a table; a row's buttons open it, or ask whether it is still blocked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.conflicts import ConflictRow, Order, position
from collectors.model import BLOCKED_VERDICTS, Verdict
from dashboard import data, state
from dashboard.components import address, live_look, open_one, pager, plain, routes
from dashboard.components.filters import Filters
from dashboard.components.time_columns import in_utc, in_zone
from dashboard.components.verdict import LOOKS, label
from dashboard.text import organization_name, organization_words

_OPEN, _ASK = "open_conflict", "ask_conflict"
_WITH_CONFLICT = tuple(verdict for verdict in Verdict if verdict is not Verdict.OTHER_FAILURE)


def show(filters: Filters) -> None:
    """The Conflicts that the bar asks for, a page at a time, in the order that was chosen."""
    verdicts, order = _choices()
    turned = state.paging("conflicts", (filters, verdicts, order))
    after = turned.behind[-1] if turned.behind else None
    rows = data.conflicts_page(filters.conflicts(*verdicts), after, order)
    shown = rows[: data.PAGE]
    if not shown:
        st.info(
            "No Conflict matches these filters. Clear **Verdict** to see the settled ones too.",
            icon=":material/filter_alt_off:",
        )
        return
    _table(shown)
    open_one.show(_words(shown))
    more = len(rows) > data.PAGE
    pager.show(turned, position(shown[-1], order), more=more, shown=len(shown), order=order)
    _act_on_clicked(shown)


def _choices() -> tuple[tuple[Verdict, ...], Order]:
    """Which Verdicts are listed, and in which order."""
    orders = [order.value for order in Order]
    words = [LOOKS[verdict].word for verdict in _WITH_CONFLICT]
    address.say_what_is_not_known({"verdict": words, "order": map(str.capitalize, orders)})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        verdicts = st.multiselect(
            "Verdict",
            _WITH_CONFLICT,
            default=BLOCKED_VERDICTS,
            format_func=lambda verdict: LOOKS[verdict].word,
            key="verdict",
            placeholder="Any verdict",
            bind="query-params",
            width=400,
        )
        order = st.selectbox(
            "Sorted by",
            orders,
            format_func=str.capitalize,
            key="order",
            bind="query-params",
            width=220,
        )
    return tuple(verdicts), Order(order)


def frame(conflicts: Sequence[ConflictRow]) -> pd.DataFrame:
    """What the table shows; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "open": ["Open"] * len(conflicts),
            "verdict": [[label(conflict.verdict)] for conflict in conflicts],
            "key": [plain.cell(masked_key(conflict)) for conflict in conflicts],
            "organization": _organizations(conflicts),
            "environment": [plain.cell(conflict.environment) for conflict in conflicts],
            "attempts": [conflict.failures for conflict in conflicts],
            "last": [conflict.last_seen for conflict in conflicts],
            "place": [plain.cell(_key(conflict)) for conflict in conflicts],
            "ask": ["Ask now"] * len(conflicts),
            "last_at": [conflict.last_seen for conflict in conflicts],
            "last_utc": [conflict.last_seen for conflict in conflicts],
            "first_utc": [conflict.first_seen for conflict in conflicts],
        }
    )


def masked_key(conflict: ConflictRow) -> str:
    """The key's values as masked, without the organization that has a place of its own."""
    return ", ".join(value for _, value in _telling(conflict))


def _key(conflict: ConflictRow) -> str:
    """What the key is made of, likewise: `customers · lower(email::text)`."""
    return f"{conflict.table} · {', '.join(column for column, _ in _telling(conflict))}"


def _organizations(conflicts: Sequence[ConflictRow]) -> list[str]:
    """What each one's is called, else its id."""
    ids = {conflict.organization_id for conflict in conflicts if conflict.organization_id}
    names = data.organization_names(tuple(sorted(ids)))
    owners = [(conflict.target, conflict.organization_id or "") for conflict in conflicts]
    return [plain.cell(organization_name(owner[1], names.get(owner))) for owner in owners]


def organization(conflict: ConflictRow) -> str:
    """Whose key it is: the organization's name, where it is known, and its id."""
    id_ = conflict.organization_id
    if id_ is None:
        return plain.UNKNOWN
    return organization_words(id_, data.organization_names((id_,)).get((conflict.target, id_)))


def _telling(conflict: ConflictRow) -> list[tuple[str, str]]:
    organization = data.organization_column(conflict)
    parts = zip(conflict.columns, conflict.masked_key, strict=True)
    return [(column, value) for column, value in parts if column != organization]


def _table(conflicts: Sequence[ConflictRow]) -> None:
    column = st.column_config
    looks = LOOKS.values()
    st.dataframe(
        frame(conflicts),
        hide_index=True,
        height="content",
        column_config={
            "open": column.ButtonColumn("Open", key=_OPEN, width=70, pinned=True, type="secondary"),
            "verdict": column.MultiselectColumn(
                "Verdict",
                options=[look.label for look in looks],
                color=[look.ink for look in looks],
                width=180,
            ),
            "key": column.TextColumn("Key, masked", width=140),
            "attempts": column.NumberColumn("Attempts", format="localized", width=75),
            "last": column.DatetimeColumn("Last failed", format="distance", width=105),
            "place": column.TextColumn("Table · key", width=205),
            "organization": column.TextColumn("Organization", width=150),
            "environment": column.TextColumn("Environment", width=95),
            "ask": column.ButtonColumn("Still blocked?", key=_ASK, width=105, type="tertiary"),
            "last_at": in_zone("At"),
            "last_utc": in_utc("Last failed, UTC"),
            "first_utc": in_utc("First failed, UTC"),
        },
        alt="Conflicts, each with a button to open it and one to ask whether it is still blocked",
    )


def _words(conflicts: Sequence[ConflictRow]) -> dict[str, str]:
    """Each by its Conflict's id, as it may be opened."""
    names = _organizations(conflicts)
    return {
        one.id: f"{masked_key(one)}, {name}, {one.environment}"
        for one, name in zip(conflicts, names, strict=True)
    }


def _act_on_clicked(conflicts: Sequence[ConflictRow]) -> None:
    row = state.clicked_row(_OPEN)
    if row is not None and row < len(conflicts):
        routes.open_conflict(conflicts[row].id)
    row = state.clicked_row(_ASK)
    if row is not None and row < len(conflicts):
        live_look.ask(conflicts[row])
        live_look.toast(conflicts[row], row + 1)
        st.text(masked_key(conflicts[row]))
        live_look.answer(conflicts[row])
