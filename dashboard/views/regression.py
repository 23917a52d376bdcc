"""Regression: is it fixed, since which release, and where is it still possible?"""

from __future__ import annotations

from dashboard import data
from dashboard.components import (
    canary,
    failures_over_time,
    filters,
    first_run,
    fix_keys,
    fix_summary,
    freshness,
    header,
    release_table,
)


def render() -> None:
    """The page."""
    header.show("Regression", "Is it fixed, since which release, and where is it still possible?")
    freshness.show()
    if not data.environments():
        first_run.show(data.last_run())
        return
    chosen = filters.show()
    found = data.regression(chosen.failures(), chosen.surveys())
    fix_summary.show(found, chosen)
    failures_over_time.show(found, chosen)
    fix_keys.show(found.keys, chosen.window())
    release_table.show(found.releases, chosen.window())
    canary.show(chosen)
