"""Health: is everything read, up to when, and what is missing from the numbers?"""

from __future__ import annotations

from dashboard.components import checks, coverage, freshness, header, journal, runs, sources


def render() -> None:
    """The page."""
    header.show("Health", "What was read and when, what is missing, and whether all of it stands.")
    freshness.show()
    runs.show()
    sources.show()
    coverage.show()
    journal.show()
    checks.show()
