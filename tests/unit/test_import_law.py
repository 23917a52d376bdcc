"""The import law of `pyproject.toml`: who may know whom. And packages tell what is in them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(
    file
    for top in ("collectors", "dashboard", "sample_data")
    for file in (ROOT / top).rglob("__init__.py")
)
NAMED = re.compile(r"\b(\w+)(?:\.py|/)(?!\w)")


def test_no_module_imports_what_it_may_not() -> None:
    """In a process of its own: import-linter silences every logger of the process it runs in."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def told(package: Path) -> set[str]:
    """The files and folders that a package's docstring names."""
    tree = ast.parse(package.read_text(encoding="utf-8"))
    return set(NAMED.findall(ast.get_docstring(tree) or ""))


@pytest.mark.parametrize(
    "package",
    [one for one in PACKAGES if len(told(one)) > 1],
    ids=lambda one: str(one.parent.relative_to(ROOT)),
)
def test_a_package_that_tells_what_is_in_it_leaves_nothing_out(package: Path) -> None:
    files = {one.stem for one in package.parent.glob("*.py") if not one.stem.startswith("_")}
    folders = {one.parent.name for one in package.parent.glob("*/__init__.py")}
    assert files | folders <= told(package)
