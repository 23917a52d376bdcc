"""The way back, planned from a BeforeImage."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from collectors.model import Column, ForeignKey
from dashboard.remediation.changes import Write
from dashboard.remediation.facts import RemedyName, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.undo import BeforeImage, plan_undo
from tests.unit.remediation.row_facts import COLUMNS, about_external, place, row, table

RELEASED = row(external_id=None, user_metadata='{"__external_id": "cus_0042"}', holds=False)
IMAGE = BeforeImage(row(), ("external_id", "user_metadata"), about_external().values, RELEASED, "7")

texts = st.dictionaries(st.text(), st.none() | st.text())
rows = st.builds(
    Row, texts, deleted=st.booleans(), holds=st.booleans(), erased=st.none() | st.booleans()
)


def planned(image: BeforeImage = IMAGE, remedy: str = "release-key") -> RemediationPlan:
    plan = plan_undo(about_external(), image, RemedyName(remedy), "r1")
    assert isinstance(plan, RemediationPlan), plan
    return plan


def test_every_written_column_gets_its_old_text_back() -> None:
    assert planned().changes == (
        Write("external_id", "character varying", "cus_0042"),
        Write("user_metadata", "jsonb", "{}"),
    )


def test_the_row_must_be_as_the_remedy_left_it() -> None:
    assert planned().before == RELEASED


def test_the_keys_of_the_written_columns_are_checked() -> None:
    assert planned().checked == ("external_key",)


def test_two_remediations_never_share_an_undos_digest() -> None:
    other = plan_undo(about_external(), IMAGE, RemedyName.RELEASE_KEY, "r2")

    assert isinstance(other, RemediationPlan)
    assert other.digest != planned().digest


def test_the_undo_of_a_restore_asks_what_was_written_since() -> None:
    order = ForeignKey(
        "fk", "public", "orders", ("customer_id",), "public", "customers", ("id",), "NO ACTION"
    )
    image = BeforeImage(row(), ("deleted_at",), None, row(deleted=False), "4711")

    plan = plan_undo(place(foreign_keys=(order,)), image, RemedyName.RESTORE_ROW, "r1")

    assert isinstance(plan, RemediationPlan)
    assert plan.checked == ()
    assert plan.referenced is not None
    asked = "FROM public.orders WHERE customer_id = $2::uuid AND (tombstone_moved OR age(xmin)"
    assert asked in plan.referenced.sql
    assert plan.referenced.params[0] == "4711"


def test_a_table_that_has_changed_its_columns_needs_an_engineer() -> None:
    wider = table(columns=(*COLUMNS, Column("more", "text", nullable=True)))

    refusal = plan_undo(about_external(table=wider), IMAGE, RemedyName.RELEASE_KEY, "r1")

    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.CHANGED_SINCE_PREVIEW


def test_a_key_that_is_gone_does_not_keep_the_value_away() -> None:
    plan = plan_undo(about_external(key=None), IMAGE, RemedyName.RELEASE_KEY, "r1")

    assert isinstance(plan, RemediationPlan)
    assert plan.goal.holds is None


def test_without_the_row_as_it_was_left_there_is_no_undo() -> None:
    unfinished = BeforeImage(row(), ("external_id",), None)

    refusal = plan_undo(about_external(), unfinished, RemedyName.RELEASE_KEY, "r1")

    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.NOTHING_TO_UNDO


@given(rows, rows, st.lists(st.text()), st.none() | st.lists(st.none() | st.text()))
def test_an_image_survives_being_stored(
    before: Row, after: Row, written: list[str], values: list[str | None] | None
) -> None:
    image = BeforeImage(
        before, tuple(written), None if values is None else tuple(values), after, "7"
    )

    assert BeforeImage.from_json(json.loads(json.dumps(image.as_json()))) == image
