"""The dashboard in a process of its own, started where none of its files are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dashboard
from tests.factories import SECRET

_START = "from dashboard.server import run; run(port={port})"
ROOT = Path(dashboard.__file__).parents[1]


@contextmanager
def serving(
    folder: Path,
    variables: Mapping[str, str] | None = None,
    *,
    port: int = 0,
    log: Path | None = None,
) -> Iterator[str]:
    """Serve the store in `folder`, with these settings besides; gives the address."""
    said = None if log is None else log.open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", _START.format(port=port)],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
            "TOMBSTONE_SECRET_KEY": SECRET,
            **(variables or {}),
        },
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
    )
    if said is not None:
        said.close()
    assert process.stdout is not None
    with process, process.stdout as told:
        try:
            line = told.readline()
            assert line, "the dashboard did not start"
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()
