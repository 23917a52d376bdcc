"""What a restore writes, and when it may not."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.model import Column, MarkerKind, SoftDeleteMarker
from dashboard.remediation.changes import Write
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.remedies import Draft
from dashboard.remediation.remedies.restore_row import RestoreRow
from tests.unit.remediation.row_facts import COLUMNS, ID, facts, place, row, table

MARKERS = {
    "timestamp": ("NULL", MarkerKind.TIMESTAMP, None),
    "boolean": ("false", MarkerKind.BOOLEAN, "false"),
    "epoch": ("0", MarkerKind.EPOCH, "0"),
    "status": ("'active'", MarkerKind.STATUS, "active"),
    "status-with-a-cast": ("'active'::public.state", MarkerKind.STATUS, "active"),
    "status-with-a-quote": ("'it''s'", MarkerKind.STATUS, "it's"),
}


def drafted(*arguments: Any) -> Draft:
    draft = RestoreRow().draft(facts(*arguments))
    assert isinstance(draft, Draft), draft
    return draft


@pytest.mark.parametrize("name", MARKERS)
def test_the_marker_gets_its_live_value_and_nothing_else_changes(name: str) -> None:
    live, kind, value = MARKERS[name]
    marker = SoftDeleteMarker("gone", kind, "gone", live, None)
    columns = (*COLUMNS, Column("gone", "the type", nullable=True))

    draft = drafted(place(table=table(columns=columns, marker=marker)))

    assert draft.changes == (Write("gone", "the type", value, clear=True),)
    assert not draft.goal.deleted


def test_a_row_whose_live_state_nobody_knows_is_not_restored() -> None:
    marker = SoftDeleteMarker("state", MarkerKind.STATUS, "state = 3", "", None)
    columns = (*COLUMNS, Column("state", "integer", nullable=False, category="N"))

    refusal = RestoreRow().draft(facts(place(table=table(columns=columns, marker=marker))))

    assert isinstance(refusal, Refusal)
    assert refusal.text.startswith("Which state a live row has is not known")


COMPUTED = Column("gone", "boolean", False, generated=True, computed="(deleted_at IS NOT NULL)")


@pytest.mark.parametrize(
    ("primary_key", "possible"),
    [(("id", "deleted_at"), False), (("id", "gone"), False), (("id",), True)],
    ids=["the mark", "what is computed from it", "another column"],
)
def test_a_mark_that_names_the_row_stays(primary_key: tuple[str, ...], possible: bool) -> None:
    of_such = table(columns=(*COLUMNS, COMPUTED), primary_key=primary_key)

    draft = RestoreRow().draft(facts(place(table=of_such)))

    assert isinstance(draft, Draft) is possible
    assert possible or "is part of the primary key" in draft.text  # type: ignore[union-attr]


def test_a_row_with_a_made_up_value_is_not_restored_before_that_release_is_taken_back() -> None:
    made_up = row(email=f"released+{ID.replace('-', '')}@tombstone.invalid")

    refusal = RestoreRow().draft(facts(None, made_up))

    assert isinstance(refusal, Refusal)
    assert (refusal.code, "into email" in refusal.text) == (RefusalCode.ALREADY_DONE, True)


def test_every_unique_key_is_checked() -> None:
    assert [each.name for each in drafted().checked] == ["email_key", "external_key"]


@pytest.mark.parametrize(("erased", "possible"), [(True, False), (False, True), (None, True)])
def test_an_erased_row_is_never_restored(erased: bool | None, possible: bool) -> None:
    draft = RestoreRow().draft(facts(None, row(erased=erased)))

    assert isinstance(draft, Draft) is possible
    if isinstance(draft, Refusal):
        assert draft.code is RefusalCode.ERASED


def test_what_does_not_come_back_is_said() -> None:
    known = facts(
        place(dependents=("orders", "subscriptions")), same_moment=(("subscriptions", 1_200),)
    )
    draft = RestoreRow().draft(known)

    assert isinstance(draft, Draft)
    said = " ".join(draft.warnings)
    assert "orders, subscriptions" in said
    assert "not restored with it: 1,200 in subscriptions" in said
    assert "billing" in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("purged", "true", True),
        ("purged", "false", False),
        ('"anonymizedAt"', "2026-10-01 09:30:00+00", True),
        ("purge_after", None, False),
        ("erasers", "2", False),
    ],
)
def test_what_tells_that_the_content_went_is_said(name: str, value: Any, said: bool) -> None:
    columns = (*COLUMNS, Column(name, "text", nullable=True))
    draft = drafted(place(table=table(columns=columns)), row(**{name: value}))

    assert (f"stays as it is: {name}." in " ".join(draft.warnings)) is said


KEPT = '{"rate": 1.10, "__external_id": "cus_0042"}'


@pytest.mark.parametrize("free", [True, False], ids=["free", "taken"])
def test_a_value_that_a_release_kept_goes_back_where_it_is_free(free: bool) -> None:
    known = facts(found=row(external_id=None, user_metadata=KEPT), kept_free=free)

    draft = RestoreRow().draft(known)

    assert isinstance(draft, Draft)
    written = ["deleted_at", "external_id", "user_metadata"] if free else ["deleted_at"]
    assert [change.column for change in draft.changes] == written
    assert ("is put back" in " ".join(draft.warnings)) is free
    if free:
        taken_out = draft.changes[2]
        assert taken_out.is_seen_in(KEPT, '{"rate": 1.10}')
        assert not taken_out.is_seen_in(KEPT, '{"rate": 1.1}')
        assert not taken_out.is_seen_in(KEPT, KEPT)


@pytest.mark.parametrize(
    "columns",
    [
        {"external_id": "cus_7", "user_metadata": KEPT},
        {"external_id": None, "user_metadata": '{"__external_id": 42}'},
        {"external_id": None, "user_metadata": "[1]"},
        {"external_id": None, "user_metadata": None},
    ],
    ids=["not-empty", "not-a-text", "not-an-object", "null"],
)
def test_nothing_is_put_back_where_nothing_was_kept(columns: dict[str, Any]) -> None:
    draft = RestoreRow().draft(facts(found=row(**columns), kept_free=True))

    assert isinstance(draft, Draft)
    assert [change.column for change in draft.changes] == ["deleted_at"]


@pytest.mark.parametrize(
    ("erased_when", "parent_deleted", "why"),
    [
        ("erased", False, None),
        (None, False, "erased"),
        ("erased", True, "deleted as well"),
        ("erased", None, "not known"),
    ],
    ids=["allowed", "no-rule-of-erasure", "parent-deleted", "parent-not-known"],
)
def test_support_restores_only_what_is_known_to_be_harmless(
    erased_when: str | None, parent_deleted: bool | None, why: str | None
) -> None:
    here = place(table=table(erased_when=erased_when))

    said = RestoreRow().not_for_support(facts(here, parent_deleted=parent_deleted))

    assert (said is None) if why is None else (said is not None and why in said)
