"""The pages: to add one, copy the nearest, give it a Route, and list it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard.components.routes import CONFLICT, TRIAGE, Route
from dashboard.views import conflict, triage

PAGES: Mapping[Route, Callable[[], None]] = {
    TRIAGE: triage.render,
    CONFLICT: conflict.render,
}
