"""What is said and logged when something fails: never a traceback, for those hold customer data."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import sentry_sdk
import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collectors.errors import TombstoneError
from collectors.evidence.privacy import mask_text
from dashboard.server.headers import HEADERS
from dashboard.text import cleaned

_LOGGERS = (
    "streamlit.error_util",
    "streamlit.web.server.starlette.starlette_auth_routes",
    "streamlit.web.server.starlette.starlette_websocket",
)
"""Whoever logs an exception in full: a script's may quote a row, a login's a token."""


def show_own_fault(error: Exception) -> bool:
    """What the page says instead of a traceback; True tells Streamlit to add nothing."""
    if isinstance(error, TombstoneError):
        st.error("This could not be done.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
    else:
        sentry_sdk.capture_exception(error)  # silent unless the settings name a Sentry of our own
        st.error(
            "A fault of our own: this part of the page could not be shown. The server's log says "
            "where it happened; what was done before, if anything was, stands on Activity.",
            icon=":material/error:",
        )
    return True


def answer_own_fault(_request: Request, _error: Exception) -> Response:
    """Starlette answers this one outside every middleware, so it brings the headers itself."""
    return PlainTextResponse("A fault of our own.", status_code=500, headers=HEADERS)


def scrubbed(error: BaseException) -> str:
    """The kind of a fault and its place in the code; its text may quote a row, so it is left out.

    >>> scrubbed(ValueError("Key (email)=(jane@example.com) already exists."))
    'ValueError'
    """
    steps = [
        f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)
    ]
    return " ".join([type(error).__name__, *(["at", " > ".join(steps)] if steps else [])])


def log_without_customer_data() -> None:
    """Streamlit logs an exception in full before anyone may object; cut it down.

    What a request says of itself is logged in one line, so that nobody writes lines of their own.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_cut)


def _cut(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = "A page failed: %s", (scrubbed(record.exc_info[1]),)
        record.exc_info = record.exc_text = None
    else:
        record.msg, record.args = "%s", (cleaned(mask_text(record.getMessage())),)
    return True
