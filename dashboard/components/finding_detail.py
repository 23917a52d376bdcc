"""One Finding: why it is one, and the texts that mend it. Nothing here runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import streamlit as st

from collectors.evidence.reads.findings import FindingRow
from collectors.model import KeyFinding, Severity
from dashboard.components import plain

_COLOURS: Mapping[Severity, Literal["red", "orange", "blue", "gray"]] = {
    Severity.HIGH: "red",
    Severity.MEDIUM: "orange",
    Severity.LOW: "blue",
    Severity.INFO: "gray",
}

_TALLEST, _LINES = 380, 18
"""Pixels, and the lines that fit into them."""


def show(row: FindingRow) -> None:
    """The reason, then each text in a tab, to copy or to take away."""
    finding = row.finding
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(finding.severity.capitalize(), color=_COLOURS[finding.severity])
            plain.line(f"{finding.constraint} of {finding.table}")
        plain.line(finding.reason)
        plain.facts(
            [
                ("Exposed rows", _number(finding.exposed_rows)),
                ("Failures", _number(finding.failures)),
                ("Target", row.target),
                ("First found", row.first_seen),
                ("Last found", row.last_seen),
            ]
        )
        texts = list(_texts(finding))
        if not texts:
            st.caption(_no_text(finding))
            return
        st.caption("To be reviewed and run by you. Tombstone never runs them.")
        for tab, text in zip(st.tabs([one[0] for one in texts]), texts, strict=True):
            with tab:
                _text(finding, *text)
        if finding.backfill is None:
            st.caption(
                "No backfill: no column of this key can be emptied or overwritten safely, or "
                "deleted rows do not hold it."
            )


def _texts(finding: KeyFinding) -> Iterator[tuple[str, str, str]]:
    """Tab, text, and the ending of its file."""
    if finding.migration is not None:
        yield "Migration, SQL", finding.migration.sql, "migration.sql"
        yield "Migration, Alembic", finding.migration.alembic, "migration.py"
    if finding.backfill is not None:
        yield "Backfill, SQL", finding.backfill.sql, "backfill.sql"
        yield "Backfill, Alembic", finding.backfill.alembic, "backfill.py"


def _no_text(finding: KeyFinding) -> str:
    if finding.severity is Severity.INFO:
        return "Worth knowing and no more: such a value should stay unique for ever."
    return "No text can mend this one by itself: the reason says what has to come first."


def _text(finding: KeyFinding, label: str, text: str, ending: str) -> None:
    language = "python" if ending.endswith(".py") else "sql"
    st.download_button(
        "Download",
        data=text,
        file_name=f"{_file_name(finding)}-{ending}",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
        key=f"download {label}",
    )
    shown = plain.cleaned(text, lines=True)
    st.code(shown, language=language, height=_TALLEST if shown.count("\n") > _LINES else "content")
    if len(shown) < len(text):
        st.caption("Shown in part: the download is whole.")


def _file_name(finding: KeyFinding) -> str:
    """Letters and digits of the names, whatever else is in them."""
    return re.sub(r"\W+", "_", f"{finding.table}_{finding.constraint}", flags=re.ASCII).strip("_")


def _number(number: int | None) -> str:
    return "not known" if number is None else f"{number:,}"
