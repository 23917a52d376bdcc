"""Impact: how many organizations and customers, for how long, better or worse?"""

from __future__ import annotations

from dashboard import data
from dashboard.components import (
    filters,
    first_run,
    freshness,
    header,
    impact_charts,
    impact_numbers,
    impact_organizations,
    impact_report,
)


def render() -> None:
    """The page."""
    header.show("Impact", "How many organizations and customers, for how long, better or worse.")
    freshness.show()
    if not data.environments():
        first_run.show(data.last_run())
        return
    chosen = filters.show()
    found = impact_report.found(chosen)
    impact_report.show(found, chosen)
    impact_numbers.show(found)
    impact_numbers.trend(found)
    impact_charts.show(found)
    impact_numbers.paid(found)
    impact_organizations.show(found)
    impact_numbers.apart(found)
