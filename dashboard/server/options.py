"""How Streamlit is told to serve, whatever a user's own configuration says; and how it looks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

OPTIONS: Mapping[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "viewer",
    "global.developmentMode": False,
    "global.disableWidgetStateDuplicationWarning": True,  # a widget is set as it was left
    "logger.enableRich": False,
    "logger.level": "warning",
    "runner.magicEnabled": False,
    "server.address": "127.0.0.1",
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.runOnSave": False,
}

PACKAGE = Path(__file__).parents[1]
_LOOKS = (PACKAGE / ".streamlit" / "config.toml", PACKAGE.parent / ".streamlit" / "config.toml")
"""In a wheel the looks lie inside the package, in a checkout beside it."""


def looks() -> Iterator[tuple[str, Any]]:
    """The theme as Streamlit's dotted options: ("theme.light.textColor", "#0E1622")."""
    path = next((path for path in _LOOKS if path.is_file()), None)
    if path is not None:
        yield from _dotted(tomllib.loads(path.read_text(encoding="utf-8")), "")


def _dotted(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
