"""The dashboard in a process of its own, started where none of its files are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dashboard
from tests.factories import SECRET

_START = "from dashboard.server import run; run(port=0, hosts=['tombstone.internal'])"
ROOT = Path(dashboard.__file__).parents[1]


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[str]:
    """Serve the store in `folder`, with these settings besides; gives the address."""
    process = subprocess.Popen(
        [sys.executable, "-c", _START],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
            "TOMBSTONE_SECRET_KEY": SECRET,
            **variables,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as said:
        try:
            line = said.readline()
            assert line, "the dashboard did not start"
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()
