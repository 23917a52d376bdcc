"""The import law of `pyproject.toml`: who may know whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_module_imports_what_it_may_not() -> None:
    """In a process of its own: import-linter silences every logger of the process it runs in."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
