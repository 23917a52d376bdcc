"""A plan's statements, its digest, and the Refusals that come before any Remedy is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model import Confidence
from dashboard.remediation.changes import Statement
from dashboard.remediation.facts import Child, Facts, RemedyName
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan, make_plan
from tests.unit.remediation.row_facts import (
    EMAIL_KEY,
    ID,
    ORGANIZATION,
    about_external,
    facts,
    place,
    row,
    table,
)

RELEASE, RESTORE = RemedyName.RELEASE_KEY, RemedyName.RESTORE_ROW
PURGE = RemedyName.PURGE_ROW


def planned(known: Facts | None = None, remedy: RemedyName = RELEASE) -> RemediationPlan:
    plan = make_plan(known or facts(), remedy)
    assert isinstance(plan, RemediationPlan), plan
    return plan


def refused(known: Facts, remedy: RemedyName = RELEASE) -> Refusal:
    plan = make_plan(known, remedy)
    assert isinstance(plan, Refusal), plan
    return plan


REFUSALS: dict[str, tuple[Facts, RefusalCode]] = {
    "no-marker": (facts(place(table=table(marker=None))), RefusalCode.NOT_A_TOMBSTONE),
    "no-such-key-any-more": (facts(place(key=None)), RefusalCode.KEY_MENDED),
    "the-key-ignores-deleted-rows-now": (
        facts(place(key=replace(EMAIL_KEY, counts_deleted=False))),
        RefusalCode.KEY_MENDED,
    ),
    "no-primary-key": (facts(place(table=table(primary_key=()))), RefusalCode.NO_PRIMARY_KEY),
    "a-primary-key-that-people-go-by": (
        facts(place(table=table(primary_key=("email",)), row_id="jane@example.com")),
        RefusalCode.NO_PRIMARY_KEY,
    ),
    "weak": (facts(confidence=Confidence.WEAK), RefusalCode.NOT_SURE_ENOUGH),
    "no-confidence": (facts(confidence=None), RefusalCode.NOT_SURE_ENOUGH),
    "triggers": (facts(place(table=table(triggers=("touch",)))), RefusalCode.USER_TRIGGERS),
    "gone": (replace(facts(), row=None), RefusalCode.ROW_GONE),
    "live": (facts(None, row(deleted=False)), RefusalCode.NOT_A_TOMBSTONE),
    "values-no-longer-kept": (
        facts(place(values=None), row(holds=False)),
        RefusalCode.NOT_SURE_ENOUGH,
    ),
    "another-key": (facts(None, row(holds=False)), RefusalCode.KEY_NOT_HELD),
}


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("remedy", [RELEASE, RESTORE, PURGE])
def test_no_remedy_is_thought_of(name: str, remedy: RemedyName) -> None:
    known, code = REFUSALS[name]

    assert refused(known, remedy).code is code


def test_only_a_key_that_ignores_deleted_rows_needs_nothing() -> None:
    """A key that was renamed or rebuilt may still block."""
    said = {name: refused(REFUSALS[name][0]).text for name in REFUSALS if "key" in name}

    assert "nothing needs to be done" in said["the-key-ignores-deleted-rows-now"]
    assert "renamed, rebuilt or dropped" in said["no-such-key-any-more"]


def test_likely_is_enough_for_one_row() -> None:
    assert planned(facts(confidence=Confidence.LIKELY))


def test_known_triggers_are_no_hindrance_and_are_spoken_of() -> None:
    plan = planned(facts(place(table=table(triggers=("touch",))), triggers_known=True))

    assert "touch" in plan.cannot_take_back[0]


def test_the_statement_names_the_row_by_primary_key_marker_and_key() -> None:
    (statement,) = planned().statements

    written, _, named = statement.sql.partition(" WHERE ")
    assert written == "UPDATE public.customers SET email = $1::character varying(320)"
    assert named.startswith("id = $2::uuid AND (deleted_at IS NOT NULL) IS TRUE")
    for column in ("deleted_at", "organization_id", "email"):
        assert f"{column}::text IS NOT DISTINCT FROM $" in named
    assert statement.params[1:5] == (ID, "2026-10-01 09:30:00+00", ORGANIZATION, "Jane@Example.com")


def test_no_value_stands_in_the_sql() -> None:
    plan = planned(facts(about_external(), row(external_id="'; DROP TABLE customers; --")))

    for statement in (*plan.statements, plan.occupied):
        assert statement is not None
        assert "DROP" not in statement.sql
        assert "Jane" not in statement.sql


def test_what_is_shown_masks_the_customer_and_spares_the_row_id() -> None:
    shown = planned().statements[0].shown

    assert f"id = '{ID}'::uuid" in shown
    assert "@tombstone.invalid" in shown
    assert "J…@E….com" in shown
    assert "Example" not in shown
    assert "$" not in shown


def test_what_looks_like_a_placeholder_in_a_name_or_a_literal_is_shown_as_it_is() -> None:
    sql = """UPDATE "a $1 ""$2" SET "b$1" = $1::text WHERE (c <> 'at $2 ''$1') IS TRUE AND d = $2"""

    shown = Statement(sql, ("x", "y"), frozenset({1, 2})).shown

    assert shown == sql.replace("= $1", "= 'x'").replace("d = $2", "d = 'y'")


def test_a_plans_repr_holds_no_value() -> None:
    plan = planned(facts(about_external()))

    assert "cus_0042" not in repr(plan)
    assert "Jane" not in repr(plan)


def test_the_same_facts_give_the_same_digest() -> None:
    assert planned().digest == planned().digest
    assert len(planned().digest) == 64


DIFFERENT: dict[str, tuple[Facts, RemedyName]] = {
    "another-remedy": (facts(), RESTORE),
    "a-purge": (facts(), PURGE),
    "another-unrelated-column": (facts(None, row(name="Janet")), RELEASE),
    "another-row": (facts(place(row_id=ORGANIZATION)), RELEASE),
    "another-target": (facts(place(target="sandbox")), RELEASE),
    "a-column-more": (facts(None, row(extra="1")), RELEASE),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_whatever_differs_changes_the_digest(name: str) -> None:
    known, remedy = DIFFERENT[name]

    assert planned(known, remedy).digest != planned().digest


@pytest.mark.parametrize("name", ["Jane Doe", "Janet"])
def test_what_is_restored_along_is_in_the_digest_as_it_was_seen(name: str) -> None:
    along = Child(place(row_id=ORGANIZATION), row(id=ORGANIZATION, name="Jane Doe"))
    other = replace(along, row=row(id=ORGANIZATION, name=name))
    whole, alone = planned(facts(children=(along,)), RESTORE), planned(facts(), RESTORE)

    same = planned(facts(children=(other,)), RESTORE).digest == whole.digest

    assert (same, whole.digest == alone.digest) == (other == along, False)


@given(st.text(), st.text())
def test_no_two_contents_of_a_row_share_a_digest(one: str, other: str) -> None:
    first, second = (
        planned(facts(None, row(name=text, external_id=external)))
        for text, external in ((one, other), (other, one))
    )

    assert (first.digest == second.digest) is (one == other)


def test_a_composite_primary_key_names_the_row_by_all_its_columns() -> None:
    here = place(table=table(primary_key=("id", "organization_id")), row_id='["7", "de"]')

    (statement,) = planned(facts(here)).statements

    assert "id = $2::uuid AND organization_id = $3::uuid" in statement.sql
    assert statement.params[1:3] == ("7", "de")


def test_a_restore_asks_every_key_for_a_live_row_without_its_marker() -> None:
    from tests.unit.remediation.row_facts import key, plain

    with_marker = key("email", plain("deleted_at", nullable=True), name="with_marker")
    here = place(table=table(keys=(EMAIL_KEY, with_marker)))

    plan = planned(facts(here), RESTORE)

    assert plan.occupied is not None
    assert plan.checked == ("email_key", "with_marker")
    live = plan.occupied.sql.split("EXISTS")[3]
    assert "k1_0" in live
    assert "k1_1" not in live


@pytest.mark.parametrize("remedy", [RELEASE, RESTORE])
def test_preconditions_and_the_way_back_are_said(remedy: RemedyName) -> None:
    plan: Any = planned(remedy=remedy)

    assert plan.preconditions
    assert plan.undo
    assert plan.undoable
