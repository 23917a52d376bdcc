"""A page of acts as a table, with the way to each one's Conflict, and all of them as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st

from collectors.evidence.reads.activity import Act, ActFilter, ActRow
from dashboard import data, state
from dashboard.components import export, open_one, pager, plain, routes
from dashboard.components.act_filters import WORDS
from dashboard.components.moments import utc
from dashboard.components.table_height import tall
from dashboard.components.time_columns import in_utc, in_zone
from dashboard.data.activity import ACTS_EXPORTED

_CLICK = "open_act"
_NOTHING_YET = "Nobody has done anything yet. Every remedy, undo and reveal will stand here."
_NOTHING_LIKE_IT = "Nothing that was done matches these filters."


def show(wanted: ActFilter) -> None:
    """The newest first, a page at a time."""
    if wanted.conflicts is not None:
        st.caption("What is about no Conflict is left out by the bar above.")
    turned = state.paging("acts", wanted)
    rows = data.acts_page(wanted, turned.behind[-1] if turned.behind else None)
    shown = rows[: data.ACTS_PAGE]
    if not shown:
        nothing = wanted == ActFilter()
        st.info(_NOTHING_YET if nothing else _NOTHING_LIKE_IT, icon=":material/history:")
        return
    _table(shown)
    open_one.show(_conflicts(shown))
    pager.show(turned, shown[-1].seq, more=len(rows) > data.ACTS_PAGE, shown=len(shown))
    export.button(
        lambda: frame(data.acts_to_export(wanted)),
        "tombstone-activity.csv",
        f"All that the filters match, the newest {ACTS_EXPORTED:,} at most.",
    )
    row = state.clicked_row(_CLICK)
    if row is not None and row < len(shown) and (conflict_id := shown[row].conflict_id):
        routes.open_conflict(conflict_id)


def frame(acts: Sequence[ActRow]) -> pd.DataFrame:
    """What the table and the file hold; every text of it is cleaned."""
    return pd.DataFrame(
        {
            "at": [act.at for act in acts],
            "what": [plain.cell(_what(act)) for act in acts],
            "outcome": [plain.cell(act.state or act.body.get("state")) for act in acts],
            "changed": [plain.cell("; ".join(changed(act))) for act in acts],
            "who": [plain.cell(act.actor) for act in acts],
            "role": [plain.cell(act.role) for act in acts],
            "why": [plain.cell(why(act)) for act in acts],
            "ticket": [plain.cell(act.body.get("ticket")) for act in acts],
            "place": [plain.cell(_place(act)) for act in acts],
            "conflict": [plain.cell(act.conflict_id) for act in acts],
            "remediation": [plain.cell(act.remediation_id) for act in acts],
            "line": [act.seq for act in acts],
        }
    )


def on_page(acts: Sequence[ActRow]) -> pd.DataFrame:
    """The same with a button for each that is about a Conflict, and its time in UTC."""
    shown = frame(acts)
    labels = ["Open" if act.conflict_id else None for act in acts]
    shown.insert(0, "open", pd.Series(labels, index=shown.index, dtype="string"))
    shown.insert(len(shown.columns), "utc", shown["at"])
    return shown


def changed(act: ActRow) -> Iterator[str]:
    """Each column that a remedy wrote, before → after, as the journal has it: masked."""
    for column, before, after in act.body.get("changes") or ():
        yield f"{column}: {before} → {after}"
    if act.act is Act.REVEAL:
        yield f"shown: {', '.join(act.body.get('columns') or ())}"
    if act.act is Act.BULK:
        counts = {name: act.body[name] for name in ("planned", "applied", "refused", "failed")
                  if name in act.body}  # fmt: skip
        yield ", ".join(f"{count} {name}" for name, count in counts.items())


def _what(act: ActRow) -> str:
    named = str(act.remedy or act.body.get("remedy") or act.body.get("asked") or "")
    return f"{WORDS[act.act]} · {named}" if named else WORDS[act.act]


def _conflicts(acts: Sequence[ActRow]) -> dict[str, str]:
    """Each by its id, told by the newest that was done about it."""
    found: dict[str, str] = {}
    for act in acts:
        if act.conflict_id:
            told = (_what(act), act.actor, utc(act.at), _place(act))
            found.setdefault(act.conflict_id, ", ".join(filter(None, told)))
    return found


def why(act: ActRow) -> str:
    """The person's own reason, and what was answered: of a refusal both tell."""
    return " · ".join(filter(None, (act.body.get("reason"), act.said or act.body.get("said"))))


def _place(act: ActRow) -> str:
    parts = (act.environment or act.body.get("target"), act.body.get("table"), act.body.get("row"))
    return " · ".join(str(part) for part in parts if part)


def _table(acts: Sequence[ActRow]) -> None:
    column = st.column_config
    st.dataframe(
        on_page(acts),
        hide_index=True,
        height=tall(len(acts), 12),
        column_config={
            "open": column.ButtonColumn(
                "Open", key=_CLICK, width=70, pinned=True, type="secondary"
            ),
            "at": in_zone("When"),
            "what": column.TextColumn("What", width=160),
            "outcome": column.TextColumn("Outcome", width=90),
            "changed": column.TextColumn("Before → after, masked", width=300),
            "who": column.TextColumn("Who", width=150),
            "role": column.TextColumn("Role", width=80),
            "why": column.TextColumn("Why", width=220),
            "ticket": column.TextColumn("Ticket", width=90),
            "place": column.TextColumn("Where", width=220),
            "conflict": column.TextColumn("Conflict", width=140),
            "remediation": column.TextColumn("Remediation", width=140),
            "line": column.NumberColumn("Line of the journal", width=90),
            "utc": in_utc("UTC"),
        },
        placeholder=plain.UNKNOWN,
        alt="What people did, newest first, with a button in each row that opens its Conflict",
    )
