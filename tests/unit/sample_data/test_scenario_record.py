"""The verdict that each failure of the scenario deserves, from what was done to its holder."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sample_data.api.modes import EMAIL_KEY, EXTERNAL_ID_KEY
from sample_data.scenario import record
from sample_data.scenario.record import Attempt, Fate, Row, expected

FAILED = datetime(2026, 3, 4, 10, 0, 0, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(created: timedelta = -50 * HOUR, deleted: timedelta | None = None) -> Row:
    deleted_at = FAILED + deleted if deleted is not None else None
    return Row("row-1", FAILED + created, "jane@example.com", deleted_at=deleted_at)


def attempt(holder: Row | None, *, mended: bool = False) -> Attempt:
    constraint = EMAIL_KEY if holder else None
    made = Attempt("production", "org-1", "story", "create", FAILED, constraint, holder)
    made.value, made.mended = "jane@example.com", mended
    return made


def with_fate(fate: Fate) -> Row:
    changed = row(deleted=-HOUR)
    changed.fate = fate
    return changed


def released(constraint: str, *, kept: bool) -> Row:
    changed = row(deleted=-HOUR)
    changed.released[constraint] = kept
    return changed


def leftover() -> Row:
    left = row()
    left.parent = row(deleted=-HOUR)
    return left


CASES = {
    "no key was violated": (attempt(None), {"OTHER_FAILURE"}),
    "deleted before": (attempt(row(deleted=-HOUR)), {"BLOCKED_BY_TOMBSTONE"}),
    "deleted before, key mended": (attempt(row(deleted=-HOUR), mended=True), {"UNBLOCKED"}),
    "deleted after": (attempt(row(deleted=HOUR)), {"LIVE_DUPLICATE"}),
    "never deleted": (attempt(row()), {"LIVE_DUPLICATE"}),
    "never deleted, key mended": (attempt(row(), mended=True), {"LIVE_DUPLICATE"}),
    "made at the same time": (attempt(row(created=timedelta(seconds=-1))), {"CONCURRENT_CREATE"}),
    "made a moment later": (attempt(row(created=timedelta(seconds=1))), {"CONCURRENT_CREATE"}),
    "its parent was deleted": (attempt(leftover()), {"BLOCKED_BY_LEFTOVER"}),
    "purged": (attempt(with_fate(Fate.PURGED)), {"HOLDER_GONE"}),
    "restored": (attempt(with_fate(Fate.RESTORED)), {"UNBLOCKED", "LIVE_DUPLICATE"}),
    "released": (attempt(released(EMAIL_KEY, kept=False)), {"HOLDER_GONE"}),
    "released, value kept": (
        attempt(released(EMAIL_KEY, kept=True)),
        {"UNBLOCKED", "HOLDER_GONE"},
    ),
    "another key released": (
        attempt(released(EXTERNAL_ID_KEY, kept=True)),
        {"BLOCKED_BY_TOMBSTONE"},
    ),
}


@pytest.mark.parametrize(("made", "verdicts"), CASES.values(), ids=CASES)
def test_the_expected_verdict(made: Attempt, verdicts: set[str]) -> None:
    assert set(expected(made)) == verdicts


def test_whether_the_holder_was_live_is_settled_when_the_request_failed() -> None:
    holder = row()
    made = attempt(holder)
    holder.deleted_at = FAILED + HOUR
    assert made.holder_live is True
    assert expected(made) == ("LIVE_DUPLICATE",)


def test_a_line_names_the_row_and_never_the_value() -> None:
    line = attempt(row(deleted=-HOUR)).line()
    assert line["occurred_at"] == "2026-03-04T10:00:00.000007Z"
    assert (line["table"], line["blocker_id"]) == ("customers", "row-1")
    assert "jane" not in json.dumps(line)


def test_the_conflict_key_is_one_key_of_one_organization() -> None:
    same, other = attempt(row(deleted=-HOUR)), attempt(row(deleted=-HOUR))
    assert same.conflict_key == other.conflict_key
    other.organization_id = "org-2"
    assert same.conflict_key != other.conflict_key
    assert attempt(None).conflict_key is None


def test_the_record_is_in_the_order_of_the_failures(tmp_path: Path) -> None:
    late, early = attempt(None), attempt(None)
    early.occurred_at = FAILED - HOUR
    record.write([late, early], tmp_path / "scenario.jsonl")
    lines = (tmp_path / "scenario.jsonl").read_text().splitlines()
    assert [json.loads(line)["occurred_at"][:13] for line in lines] == [
        "2026-03-04T09",
        "2026-03-04T10",
    ]
