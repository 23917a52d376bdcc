"""Running a page of the dashboard without a browser, and looking through everything it drew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from streamlit.testing.v1 import AppTest

import dashboard

APP = Path(dashboard.__file__).parent / "app.py"
PATIENCE_S = 120
"""The first page of a process imports everything, and a busy machine takes its time."""

LITERAL = frozenset({"text", "code", "json", "dataframe"})
"""What Streamlit shows as it is, whatever it holds."""


def triage(**parameters: str) -> AppTest:
    """Triage as a first visit sees it."""
    app = AppTest.from_file(str(APP), default_timeout=PATIENCE_S)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def conflict(conflict_id: str | None) -> AppTest:
    """The page that a link to a Conflict opens."""
    app = AppTest.from_function(_conflict_alone, default_timeout=PATIENCE_S)
    if conflict_id is not None:
        app.query_params["id"] = conflict_id
    return app.run()


def _conflict_alone() -> None:
    from dashboard.components import problem
    from dashboard.views import conflict

    with problem.told():
        conflict.render()


def elements(app: AppTest) -> Iterator[Any]:
    """Everything on the page, from the top down."""
    waiting = [app._tree]
    while waiting:
        node: Any = waiting.pop(0)
        yield node
        waiting = [*getattr(node, "children", {}).values(), *waiting]


def texts(app: AppTest) -> str:
    """All that stands on the page, tables included, one element a line."""
    return "\n".join(_said(node) for node in elements(app))


def marked_up(app: AppTest) -> str:
    """Only what Streamlit renders as markdown: titles, captions, alerts, labels, help.

    A select box shows its options as they are, and its label and help as markdown.
    """
    return "\n".join(
        _said(node, but=("options",)) for node in elements(app) if node.type not in LITERAL
    )


def _said(node: Any, but: tuple[str, ...] = ()) -> str:
    if node.type == "dataframe":
        return "\n".join(map(str, node.value.to_numpy().ravel()))
    proto = getattr(node, "proto", None)
    told = {} if proto is None else MessageToDict(proto)
    return "\n".join(_strings({name: held for name, held in told.items() if name not in but}))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (found for held in value.values() for found in _strings(held))
    elif isinstance(value, list):
        yield from (found for held in value for found in _strings(held))
