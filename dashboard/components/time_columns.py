"""A table's columns of times: the same moment in the viewer's own zone, and in UTC beside it.

A cell has no hover text of its own, so the exact UTC stands in a column to the right.
"""

from __future__ import annotations

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.components.moments import zone

_SECOND, _MINUTE = "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DD HH:mm"


def in_zone(
    label: str, *, width: int = 150, hint: str | None = None, seconds: bool = True
) -> ColumnConfig:
    """Where the viewer is; `label` and `hint` are ours."""
    return _exact(label, zone(), width, hint, seconds)


def in_utc(
    label: str, *, width: int = 150, hint: str | None = None, seconds: bool = True
) -> ColumnConfig:
    """The same for everybody, as a log or a colleague elsewhere says it."""
    return _exact(label, "UTC", width, hint, seconds)


def _exact(label: str, timezone: str, width: int, hint: str | None, seconds: bool) -> ColumnConfig:
    return st.column_config.DatetimeColumn(
        label,
        format=_SECOND if seconds else _MINUTE,
        timezone=timezone,
        width=width,
        help=hint,
    )
