"""Triage: paste a ticket, see what it is; below, everything that is blocked or undecided."""

from __future__ import annotations

from dashboard import data
from dashboard.components import (
    conflict_list,
    filters,
    finder,
    first_run,
    freshness,
    header,
    queue,
    summary,
    undecided,
)


def render() -> None:
    """The page."""
    header.show()
    freshness.show()
    if not data.environments():
        first_run.show(data.last_run())
        return
    finder.show()
    chosen = filters.show()
    summary.show(chosen)
    chosen_queue = queue.show()
    if chosen_queue == "Conflicts":
        conflict_list.show(chosen)
    else:
        undecided.show(chosen)
