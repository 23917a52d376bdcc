"""Writing down what the canary saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.writing import next_generation


def save_walk(
    store: Store,
    environment: str,
    began: datetime,
    ended: datetime,
    color: str,
    steps: Sequence[Mapping[str, Any]],
) -> None:
    """A line of the history; the pages notice."""
    line = {
        "environment": environment,
        "started_at": began,
        "finished_at": ended,
        "color": color,
        "steps": [dict(step) for step in steps],
    }
    with store.write() as connection:
        connection.execute(schema.walks.insert(), line)
        next_generation(connection)
