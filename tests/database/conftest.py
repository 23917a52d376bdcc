"""What the tests of the remedies stand on; a file whose world is another has its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sample_data.postgres import Database
from tests.database.remediation_world import World


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    """A small billing database with its store."""
    with World.made(database, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def doomed() -> Iterator[subprocess.Popen[str]]:
    """Where processes that are to be killed come from."""
    command = [sys.executable, "-m", "tests.database.remediation_crash"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
