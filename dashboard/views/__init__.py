"""The pages: to add one, copy the nearest, give it a Route, and list it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard.components.routes import (
    ACTIVITY,
    CONFLICT,
    HEALTH,
    IMPACT,
    PREVENTION,
    REGRESSION,
    TRIAGE,
    Route,
)
from dashboard.views import activity, conflict, health, impact, prevention, regression, triage

PAGES: Mapping[Route, Callable[[], None]] = {
    TRIAGE: triage.render,
    REGRESSION: regression.render,
    IMPACT: impact.render,
    PREVENTION: prevention.render,
    ACTIVITY: activity.render,
    HEALTH: health.render,
    CONFLICT: conflict.render,
}
