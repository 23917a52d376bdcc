"""What the command line says of a remedy that was previewed or applied."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from dashboard.commands.remedying import Ended, show
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Failed
from dashboard.remediation.plan import RemediationPlan, make_plan
from dashboard.remediation.service.values import Preview
from tests.unit.remediation.row_facts import facts


def preview(remedy: RemedyName) -> Preview:
    plan = make_plan(facts(), remedy)
    assert isinstance(plan, RemediationPlan), plan
    return Preview.of(plan, 3)


@pytest.mark.parametrize(
    ("remedy", "words"),
    [
        (RemedyName.RELEASE_KEY, "To take it back: tombstone undo r1"),
        (RemedyName.PURGE_ROW, "How it is taken back: It is not: a purge has no undo."),
    ],
)
def test_what_was_applied_names_its_way_back_or_that_there_is_none(
    remedy: RemedyName, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = Applied("r1", datetime.now(UTC))

    assert not show([Ended("c1", remedy, True, preview(remedy), outcome)], as_json=False)

    assert f"Applied and verified. {words}" in capsys.readouterr().out


def test_a_preview_of_a_purge_says_what_goes_and_that_it_is_for_good(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show([Ended("c1", "purge-row", False, preview(RemedyName.PURGE_ROW))], as_json=False)

    said = capsys.readouterr().out
    assert "email: J…@E….com → (gone)" in said
    assert "There is no undo." in said
    assert "DELETE FROM public.customers" in said
    assert "Jane" not in said


def test_what_must_be_looked_at_is_said_beside_the_document_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = Failed("r1", "It was committed, and the row is not as it was left.")

    assert show([Ended("c1", "release-key", True, None, failed)], as_json=True)

    out, beside = capsys.readouterr()
    assert json.loads(out)["outcome"] == "Failed"
    assert beside == f"Failed: {failed.text}\n"
