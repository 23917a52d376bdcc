"""Taking times in turn, and comparing their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def in_turn(runs: int, **jobs: Callable[[], object]) -> dict[str, float]:
    """Median seconds of each job; they take turns, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for counted in [False] + [True] * runs:
        for name, job in jobs.items():
            began = time.perf_counter()
            job()
            if counted:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken) for name, taken in times.items()}


def ratio(medians: Mapping[str, float], job: str, floor: str) -> float:
    """How many times as long the job takes as its floor."""
    return round(medians[job] / medians[floor], 2)
