"""Activity: every remedy, undo and reveal, who did it and why, with its before and after."""

from __future__ import annotations

from dashboard.components import act_filters, acts, filters, freshness, header, journal


def render() -> None:
    """The page."""
    header.show("Activity", "Every remedy, undo and reveal: who, why, and what it changed.")
    freshness.show(outages=False)
    journal.show()
    wanted = act_filters.show(filters.show())
    acts.show(wanted)
