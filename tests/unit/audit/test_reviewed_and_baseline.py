"""What people decided about Findings, and what was there before."""

from __future__ import annotations

import json
from datetime import date

import pytest

from collectors.audit.baseline import read_baseline
from collectors.audit.reviewed import read_reviewed
from collectors.audit.sarif import annotation
from collectors.auditing import merged
from collectors.errors import UsageError
from collectors.model import KeyFinding, Severity

FINDING = KeyFinding("orders", "k", "ignores_deletion", Severity.MEDIUM, "Why.", exposed_rows=2)
ENTRY = 'table = "orders"\nconstraint = "k"\nreason = "Known."\n'
DAY = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("entry", "today", "covers"),
    [
        (ENTRY, date(2026, 12, 31), True),
        (ENTRY, DAY, False),
        (ENTRY + 'rule = "ignores_deletion"\n', date(2026, 1, 1), True),
        (ENTRY + 'rule = "live_duplicates"\n', date(2026, 1, 1), False),
        (ENTRY.replace("orders", "order"), date(2026, 1, 1), False),
    ],
)
def test_an_acceptance_covers_its_finding_until_its_day(
    entry: str, today: date, covers: bool
) -> None:
    reviewed = read_reviewed(f"[[accepted]]\n{entry}look_again = {DAY}\n", "file")
    assert (reviewed.acceptance(FINDING, today) is not None) is covers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[accepted]\n", "file is not valid TOML"),
        ("[[ignored]]\n", "file has no place for 'ignored'"),
        ("accepted = 3\n", r"must be written as \[\[accepted\]\]"),
        (f"[[accepted]]\n{ENTRY}", "accepted 1 lacks look_again"),
        (f"[[accepted]]\n{ENTRY}look_again = 2027-01-01T00:00:00\n", "look_again to be a date"),
        (f'[[accepted]]\n{ENTRY}look_again = "soon"\n', "look_again to be a date"),
        (f"[[accepted]]\n{ENTRY}look_again = 2027-01-01\nuntil = 1\n", "no place for 'until'"),
        (f"[[accepted]]\n{ENTRY.replace('Known.', ' ')}look_again = 2027-01-01\n", "a reason"),
        (f"[[values]]\n{ENTRY}", "values 1 lacks asked_again"),
    ],
)
def test_a_file_that_is_wrong_says_where(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_reviewed(text, "file")


@pytest.mark.parametrize(
    ("before", "has"),
    [
        ("medium", True),
        ("high", True),
        ("info", False),
    ],
)
def test_a_finding_that_got_worse_is_new(before: str, has: bool) -> None:
    entry = {"table": "orders", "constraint": "k", "rule": "ignores_deletion", "severity": before}
    assert read_baseline(json.dumps([entry]), "file").has(FINDING) is has


@pytest.mark.parametrize("text", ["", "{}x", "3", '[{"table": "t"}]', "[null]", '["a"]'])
def test_a_baseline_that_is_none_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="file is not a list as"):
        read_baseline(text, "file")


def test_several_targets_findings_are_one_as_bad_as_the_worst() -> None:
    worse = KeyFinding("orders", "k", "ignores_deletion", Severity.HIGH, "Worse.", failures=1)
    (one,) = merged([FINDING, worse])
    assert (one.severity, one.reason, one.exposed_rows, one.failures) == (
        Severity.HIGH,
        "Worse.",
        2,
        1,
    )


def test_an_annotation_cannot_be_broken_out_of() -> None:
    odd = KeyFinding("a,b:c", "k", "r", Severity.LOW, "50%\n::error::x")
    assert annotation(odd) == "::notice title=a%2Cb%3Ac%3A k (r)::50%25%0A::error::x"
