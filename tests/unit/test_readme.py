"""README names every command, option, setting, rule, remedy, Verdict and word there is.

The example of the settings' file has every setting, and what CONTRIBUTING sends people to is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from collectors.audit.rules import RULES as AUDIT_RULES
from collectors.linking.rules import RULES
from collectors.model import Verdict
from collectors.settings import Settings, TableSettings
from dashboard.cli import app
from dashboard.remediation.remedies import REMEDIES
from dashboard.settings import WriteSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "tombstone.example.toml").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:collectors|dashboard|tests)/[^`]+)`", CONTRIBUTING)))
WORDS = {
    "what Sentry says": ("Event", "Issue", "Failure", "ViolatedKey"),
    "keys and rows": (
        "UniqueKey",
        "KeyValues",
        "SoftDeleteMarker",
        "Tombstone",
        "Holder",
        "Blocker",
    ),
    "what follows": ("Conflict", "Target", "Snapshot", "Finding", "Verdict", "Confidence"),
    "who is hurt": ("Exposure", "Re-creation"),
    "the cure": ("Remedy", "RemediationPlan", "Preview", "Approval", "Refusal", "Outcome"),
    "what is kept": ("BeforeImage", "Undo", "AuditEntry", "Run", "Cursor"),
    "handles": ("target", "store", "writer"),
}


def commands(group: Any, prefix: str = "tombstone") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def command_lines() -> list[tuple[str, str]]:
    return [
        (name, option)
        for name, command in commands(typer.main.get_command(app))
        for parameter in command.params
        for option in ([name] if parameter.param_type_name == "argument" else parameter.opts)
    ]


@pytest.mark.parametrize(("command", "option"), command_lines())
def test_every_command_and_option_is_named(command: str, option: str) -> None:
    (line,) = [line for line in README.splitlines() if line.startswith(f"| `{command}")]
    assert option in line


def settings_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if name == "targets":
            (_, inner) = inner.__args__  # type: ignore[union-attr]
            found += settings_of(inner, "targets.<env>.")
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            found += settings_of(inner, f"{prefix}{name}.")
        elif name != "tables":
            found.append(f"{prefix}{name}")
    return found


@pytest.mark.parametrize(
    "setting",
    sorted({*settings_of(Settings), *settings_of(WriteSettings)} - {"targets.<env>.tables"}),
)
def test_every_setting_is_named(setting: str) -> None:
    assert f"| `{setting}` |" in README
    name = setting.rpartition(".")[2]
    assert re.search(rf"^(# )?{name} = ", EXAMPLE, re.MULTILINE)


def test_every_table_setting_is_named() -> None:
    (line,) = [line for line in README.splitlines() if "targets.<env>.tables.<table>" in line]
    assert [name for name in TableSettings.model_fields if f"`{name}`" not in line] == []


@pytest.mark.parametrize("rule", [rule.__name__ for rule in (*RULES, *AUDIT_RULES)])
def test_every_rule_is_named(rule: str) -> None:
    assert f"`{rule}`" in README


def test_the_judges_rules_stand_in_the_order_in_which_they_are_asked() -> None:
    table = README.partition("in the order in which they are asked")[2].partition("</details>")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert named == [rule.__name__ for rule in RULES]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_named(verdict: str) -> None:
    assert f"| `{verdict}` |" in README


@pytest.mark.parametrize("remedy", list(REMEDIES))
def test_every_remedy_is_named(remedy: str) -> None:
    assert f"`{remedy}`" in README


@pytest.mark.parametrize("word", list(chain(*WORDS.values())))
def test_every_word_is_explained(word: str) -> None:
    table = README.partition("## Words")[2].partition("\n## ")[0]
    assert re.search(rf"^\|[^|]*\b{re.escape(word)}\b[^|]*\|", table, re.MULTILINE)


@pytest.mark.parametrize("script", ["roles.sql", "grants.sql"])
def test_the_sql_of_the_roles_is_what_the_demo_runs(script: str) -> None:
    assert (ROOT / "sample_data" / "demo" / script).read_text(encoding="utf-8") in README


def test_every_folder_and_file_that_is_linked_exists() -> None:
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert [name for name in linked if not (ROOT / name).exists()] == []


def test_no_command_is_named_that_does_not_exist() -> None:
    there = {name.split()[1] for name, _ in commands(typer.main.get_command(app))}
    assert set(re.findall(r"^\| `tombstone ([a-z]+)", README, re.MULTILINE)) == there


@pytest.mark.parametrize("path", PATHS)
def test_what_contributing_sends_people_to_is_there(path: str) -> None:
    assert list(ROOT.glob(path))
