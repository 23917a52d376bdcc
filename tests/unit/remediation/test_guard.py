"""Whether a row is still the one that was approved, and became what was promised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.remediation import guard
from dashboard.remediation.facts import RemedyName, Row
from dashboard.remediation.guard import Settlement
from dashboard.remediation.outcomes import RefusalCode
from dashboard.remediation.plan import RemediationPlan, make_plan
from dashboard.remediation.undo import BeforeImage, plan_undo
from tests.unit.remediation.row_facts import about_external, facts, place, row, table

RELEASE, RESTORE = RemedyName.RELEASE_KEY, RemedyName.RESTORE_ROW


def plan_of(remedy: RemedyName = RELEASE, *, external: bool = False) -> RemediationPlan:
    plan = make_plan(facts(about_external() if external else None), remedy)
    assert isinstance(plan, RemediationPlan)
    return plan


def undo_of(remedy: RemedyName, after: Row) -> RemediationPlan:
    written = ("deleted_at",) if remedy is RESTORE else ("email",)
    image = BeforeImage(row(), written, place().values, after, "7")
    plan = plan_undo(place(), image, remedy, "r1")
    assert isinstance(plan, RemediationPlan)
    return plan


CHANGES: dict[str, tuple[Row | None, RefusalCode | None]] = {
    "as-it-was": (row(), None),
    "gone": (None, RefusalCode.ROW_GONE),
    "restored": (row(deleted=False), RefusalCode.NOT_A_TOMBSTONE),
    "erased": (row(erased=True, email="x"), RefusalCode.ERASED),
    "moved-on": (row(holds=False, email="x@y.z"), RefusalCode.KEY_NOT_HELD),
    "equal-under-another-key": (row(holds=False), RefusalCode.KEY_NOT_HELD),
    "another-column": (row(name="Janet"), RefusalCode.CHANGED_SINCE_PREVIEW),
    "null-now": (row(name=None), RefusalCode.CHANGED_SINCE_PREVIEW),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_the_row_that_was_seen_passes(name: str) -> None:
    found, code = CHANGES[name]

    refusal = guard.changed_since(plan_of(), found)

    assert (refusal.code if refusal else None) is code


@pytest.mark.parametrize(
    ("seen", "found", "same"),
    [(None, False, True), (None, True, False), (False, None, False), (False, True, False)],
)
def test_a_rule_of_erasure_that_is_new_changes_no_row_that_was_not_erased(
    seen: bool | None, found: bool | None, same: bool
) -> None:
    plan = make_plan(facts(None, row(erased=seen)), RELEASE)
    assert isinstance(plan, RemediationPlan)

    assert (guard.changed_since(plan, row(erased=found)) is None) is same


def test_a_difference_shows_masks_and_the_marker_as_it_is() -> None:
    found = row(deleted=False, name="Janet", email="jim@example.org", user_metadata='{"a": 1}')

    shown = {each.column: str(each) for each in guard.differences(table(), row(), found)}

    assert shown == {
        "deleted_at": "deleted_at: 2026-10-01 09:30:00+00 → NULL",
        "name": "name has changed",
        "email": "email: J…@E….com → j…@e….org",
        "user_metadata": "user_metadata: … → {…",
    }


def test_a_column_that_reads_back_differently_is_missed() -> None:
    plan = plan_of()
    value = plan.after["email"]

    assert guard.missed(plan, row(email=value, holds=False)) is None
    refusal = guard.missed(plan, row(holds=False))
    assert refusal is not None
    assert refusal.code is RefusalCode.DATABASE_REFUSED


def test_a_release_after_which_the_key_is_still_held_is_missed() -> None:
    plan = plan_of()

    assert guard.missed(plan, row(email=plan.after["email"], holds=True)) is not None


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ('{"__external_id": "cus_0042"}', True),
        ("{}", False),
        ('{"__external_id": "cus_0042", "more": 1}', False),
        ("[]", False),
    ],
)
def test_a_kept_value_is_there_and_nothing_else_has_moved(metadata: str, kept: bool) -> None:
    after = row(external_id=None, user_metadata=metadata, holds=False)

    assert (guard.missed(plan_of(external=True), after) is None) is kept


OCCUPANTS = {
    "nobody": (plan_of(), (False, False), None),
    "release-live": (plan_of(), (True, False), RefusalCode.VALUE_TAKEN),
    "release-deleted": (plan_of(), (False, True), RefusalCode.VALUE_TAKEN),
    "restore-live": (plan_of(RESTORE), (True, False, False, False), RefusalCode.COLLIDES),
    "restore-second-key": (plan_of(RESTORE), (False, False, True, False), RefusalCode.COLLIDES),
    "restore-deleted-twin": (plan_of(RESTORE), (False, True, False, True), None),
    "undo-live": (undo_of(RELEASE, row(email="r")), (True, False), RefusalCode.RECREATED),
    "undo-deleted": (undo_of(RELEASE, row(email="r")), (False, True), RefusalCode.VALUE_TAKEN),
}


@pytest.mark.parametrize("name", OCCUPANTS)
def test_who_else_would_hold_the_key(name: str) -> None:
    plan, answers, code = OCCUPANTS[name]

    refusal = guard.met(plan, answers)

    assert (refusal.code if refusal else None) is code


def test_a_live_customer_is_named_as_one() -> None:
    refusal = guard.met(undo_of(RELEASE, row(email="r")), (True, False))

    assert refusal is not None
    assert refusal.text.startswith("A live customer holds the key now (email_key)")


REASONS: dict[str, tuple[str, str | None, RefusalCode | None]] = {
    "fine": ("the customer asked for it", None, None),
    "fine-with-a-ticket": ("see ticket", "SUP-4711", None),
    "empty": ("  \n", None, RefusalCode.REASON_MISSING),
    "too-long": ("x" * 501, None, RefusalCode.REASON_MISSING),
    "a-ticket-too-long": ("fine", "x" * 501, RefusalCode.REASON_MISSING),
    "as-long-as-may-be": ("x" * 500, "x" * 500, None),
    "an-address": ("for bob@example.org", None, RefusalCode.PERSONAL_DATA),
    "an-address-in-the-ticket": ("fine", "bob@example.org", RefusalCode.PERSONAL_DATA),
    "a-wide-at-sign": ("bob＠example.org", None, RefusalCode.PERSONAL_DATA),
    "spaces-around-the-sign": ("for bob @ example.org", None, RefusalCode.PERSONAL_DATA),
    "over-two-lines": ("for bob@\nexample.org", None, RefusalCode.PERSONAL_DATA),
    "the-word-in-brackets": ("bob [at] example.org", None, RefusalCode.PERSONAL_DATA),
    "of-an-address-bar": ("see", "https://desk/?who=bob%40example.org", RefusalCode.PERSONAL_DATA),
    "of-a-web-page": ("bob&#64;example.org", None, RefusalCode.PERSONAL_DATA),
    "a-colleague": ("ask @mike. He knows (at noon)", None, None),
    "a-share": ("it helps 100% of them, at 5%.", None, None),
    "the-value": ("key cus_0042.", None, RefusalCode.PERSONAL_DATA),
    "the-value-encoded": ("key=cus%5F0042", None, RefusalCode.PERSONAL_DATA),
    "the-value-with-a-soft-hyphen": ("key cus_\u00ad0042", None, RefusalCode.PERSONAL_DATA),
    "the-value-in-capitals": ("CUS_0042", None, RefusalCode.PERSONAL_DATA),
    "part-of-a-longer-word": ("cus_00421", None, None),
    "a-short-value": ("row 42", None, RefusalCode.PERSONAL_DATA),
    "digits-of-a-longer-number": ("row 420", None, None),
}


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_may_not_say_whom_it_is_about(name: str) -> None:
    reason, ticket, code = REASONS[name]

    refusal = guard.unfit_reason(reason, ticket, ("cus_0042", "42", None))

    assert (refusal.code if refusal else None) is code


SETTLEMENTS = [
    ("committed", False, True, Settlement.APPLIED),
    ("committed", False, False, Settlement.APPLIED),
    ("committed", True, False, Settlement.UNCLEAR),
    ("aborted", True, False, Settlement.NOTHING_DONE),
    ("aborted", False, False, Settlement.NOTHING_DONE),
    ("aborted", False, True, Settlement.UNCLEAR),
    ("in progress", True, False, Settlement.GOES_ON),
    (None, False, True, Settlement.APPLIED),
    (None, True, False, Settlement.NOTHING_DONE),
    (None, False, False, Settlement.UNCLEAR),
]


@pytest.mark.parametrize(("status", "before", "after", "verdict"), SETTLEMENTS)
def test_a_crash_is_settled_by_the_database_and_by_the_row(
    status: str | None, before: bool, after: bool, verdict: Settlement
) -> None:
    assert guard.settled(status, as_before=before, as_after=after) is verdict


def test_an_undo_of_a_restore_expects_the_live_row() -> None:
    restored = row(deleted=False)
    plan = undo_of(RESTORE, restored)

    assert guard.changed_since(plan, restored) is None
    assert "IS NOT TRUE" in plan.statements[0].sql
    again = guard.changed_since(plan, replace(restored, columns={**restored.columns, "name": "x"}))
    assert again is not None
    assert "since the remedy was applied" in again.text
