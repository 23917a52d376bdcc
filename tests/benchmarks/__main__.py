"""`make bench`: speed as ratios to a floor, one JSON line each.

A floor does the least that the job needs, written straight. Both run in turn on the same data, and
medians are compared, so that a slow or busy machine slows both.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dashboard.cli import look_for_cycles_rarely
from tests.benchmarks import auditing, collecting, lookups, pages, remedying, steady, survey

BENCHMARKS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "audit": auditing.measure,
    "collect": collecting.measure,
    "lookups": lookups.measure,
    "pages": pages.measure,
    "remedies": remedying.measure,
    "steady": steady.measure,
    "survey": survey.measure,
}


def main() -> None:
    """Run the named benchmarks, or all of them, in a process as the command sets one up."""
    look_for_cycles_rarely()
    for name in sys.argv[1:] or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            for line in BENCHMARKS[name](Path(folder)):
                sys.stdout.write(json.dumps({"benchmark": name, **line}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
