"""What `--help` shows on a narrow terminal: every word that can be typed, whole."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from collectors.model import Severity, Verdict
from dashboard.cli import Document, Shape, app


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
