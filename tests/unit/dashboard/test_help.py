"""What the command says where it cannot do more: `--help` on a narrow terminal, a lacking extra."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collectors.model import Severity, Verdict
from dashboard.cli import Document, Shape, app
from tests.command import tombstone

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("columns", ["60", "80", "200"])
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("conflicts", [*Verdict]),
        ("failures", [*Verdict]),
        ("audit", [*Shape, *Severity]),
        ("report", [*Document]),
    ],
)
def test_no_word_that_can_be_typed_is_cut(command: str, words: list[str], columns: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": columns}).output
    assert [word for word in words if word not in said] == []


def test_a_demo_without_its_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sample_data.demo.run", None)  # as if something it needs lacks
    done = tombstone(tmp_path, "demo", variables={})
    assert done.returncode == 2
    assert "pip install '.[demo]'" in done.stderr


def test_ctrl_c_while_its_modules_come_is_no_traceback() -> None:
    """They take some tenths of a second, in which nothing of the command's own runs yet."""
    code = (
        "import sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "from dashboard import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"tombstone": "dashboard:main"}
