"""What a purge deletes, what forbids it, and that there is no way back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from collectors.model import ForeignKey
from dashboard.access import Actor, Role
from dashboard.remediation import guard
from dashboard.remediation.facts import Place, RemedyName, Row
from dashboard.remediation.outcomes import RefusalCode
from dashboard.remediation.plan import RemediationPlan, make_plan
from dashboard.remediation.remedies import REMEDIES
from dashboard.remediation.service.rights import role_refusal
from dashboard.remediation.service.values import Preview
from tests.unit.remediation.row_facts import ID, ORGANIZATION, facts, place, row, table

PURGE = RemedyName.PURGE_ROW


def reference(name: str, on_delete: str, **changes: Any) -> ForeignKey:
    """A foreign key to customers."""
    here = ForeignKey(
        f"{name}_fkey", "public", name, ("customer_id",), "public", "customers", ("id",), on_delete
    )
    return replace(here, **changes)


ORDERS = reference("orders", "NO ACTION")
SUBSCRIPTIONS = reference("subscriptions", "CASCADE")
REFUNDS = reference(
    "refunds",
    "SET NULL",
    schema="billing",
    columns=("organization_id", "customer_id"),
    to_columns=("organization_id", "id"),
)


def planned(about: Place | None = None, found: Row | None = None) -> RemediationPlan:
    plan = make_plan(facts(about, found), PURGE)
    assert isinstance(plan, RemediationPlan), plan
    return plan


def referred(*keys: ForeignKey) -> RemediationPlan:
    return planned(place(foreign_keys=keys))


def test_the_statement_deletes_the_row_named_by_primary_key_marker_and_key() -> None:
    (statement,) = planned().statements

    named, _, returned = statement.sql.partition(" RETURNING ")
    assert named.startswith(
        "DELETE FROM public.customers WHERE id = $1::uuid AND (deleted_at IS NOT NULL) IS TRUE"
    )
    for column in ("deleted_at", "organization_id", "email"):
        assert f"{column}::text IS NOT DISTINCT FROM $" in named
    assert "pg_current_xact_id" in returned
    assert statement.params[:4] == (ID, "2026-10-01 09:30:00+00", ORGANIZATION, "Jane@Example.com")


def test_a_composite_foreign_key_is_asked_for_by_all_its_columns() -> None:
    asked = referred(ORDERS, REFUNDS).referenced

    assert asked is not None
    assert "count(*) FROM public.orders WHERE customer_id = $1::uuid)" in asked.sql
    assert (
        "count(*) FROM billing.refunds WHERE organization_id = $2::uuid AND customer_id = $3::uuid)"
        in asked.sql
    )
    assert asked.params[:3] == (ID, ORGANIZATION, ID)


REFERENCES: dict[str, tuple[tuple[ForeignKey, ...], list[Any], list[str] | None]] = {
    "no-foreign-key": ((), [[]], None),
    "nobody": ((ORDERS, SUBSCRIPTIONS), [0, 0, []], None),
    "an-order": ((ORDERS,), [1, []], ["1 in orders (orders_fkey, NO ACTION)"]),
    "subscriptions-that-would-go-too": (
        (SUBSCRIPTIONS,),
        [1200, []],
        ["1,200 in subscriptions (subscriptions_fkey, CASCADE would delete them too)"],
    ),
    "several-of-several-schemas": (
        (ORDERS, SUBSCRIPTIONS, REFUNDS),
        [2, 0, 3, []],
        ["2 in orders", "3 in billing.refunds (refunds_fkey, SET NULL would cut them off)"],
    ),
    "one-that-cannot-be-counted": ((), [["shop.parts (parts_fkey)"]], ["shop.parts (parts_fkey)"]),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_whatever_refers_to_the_row_is_counted_and_named(name: str) -> None:
    keys, answers, words = REFERENCES[name]

    refusal = guard.referred_to(referred(*keys), answers)

    assert (refusal is None) is (words is None)
    if refusal is not None:
        assert refusal.code is RefusalCode.REFERENCED
        assert [word for word in words or () if word not in refusal.text] == []
        assert "subscriptions" not in refusal.text or SUBSCRIPTIONS in keys


def test_a_foreign_key_of_another_table_is_not_asked_for() -> None:
    elsewhere = reference("lines", "CASCADE", to_table="orders")

    assert "lines" not in planned(place(foreign_keys=(elsewhere,))).preconditions[-1]


@pytest.mark.parametrize(
    ("after", "possible"), [(None, True), (row(), False)], ids=["gone", "put-back"]
)
def test_it_is_reached_when_the_row_is_gone(after: Row | None, possible: bool) -> None:
    assert guard.reached(planned(), after) is possible
    assert (guard.missed(planned(), after) is None) is possible


@pytest.mark.parametrize("remedy", [RemedyName.RELEASE_KEY, RemedyName.RESTORE_ROW])
def test_no_other_remedy_is_reached_by_a_row_that_is_gone(remedy: RemedyName) -> None:
    plan = make_plan(facts(), remedy)

    assert isinstance(plan, RemediationPlan)
    assert not guard.reached(plan, None)


@pytest.mark.parametrize("erased", [True, False, None])
def test_an_erased_row_may_be_purged_and_then_no_image_is_kept(erased: bool | None) -> None:
    plan = planned(None, row(erased=erased))

    assert not plan.undoable
    assert plan.keeps_image is (not erased)
    assert "no undo" in plan.undo
    assert ("sealed" in plan.undo) is (not erased)


@pytest.mark.parametrize(
    ("role", "possible"), [(Role.SUPPORT, False), (Role.ENGINEER, True), (Role.ADMIN, True)]
)
def test_only_engineers_and_admins_may(role: Role, possible: bool) -> None:
    refusal = role_refusal(Actor("somebody", role, verified=True), PURGE, facts())

    assert (refusal is None) is possible
    if refusal is not None:
        assert refusal.text == "Only an engineer may do this: a purge cannot be taken back."


def test_it_comes_last_and_is_the_only_one_without_an_undo() -> None:
    assert {*REMEDIES} == {*RemedyName}
    assert [*REMEDIES][-1] is PURGE
    assert [name for name, remedy in REMEDIES.items() if not remedy.has_undo] == [PURGE]


def test_a_preview_shows_what_goes_masked() -> None:
    preview = Preview.of(planned(place(table=table()), row(external_id=None)), 3)

    shown = {each.column: (each.before, each.after) for each in preview.changes}
    assert shown["email"] == ("J…@E….com", "(gone)")
    assert shown["deleted_at"] == ("2026-10-01 09:30:00+00", "(gone)")
    assert "external_id" not in shown
    assert "Jane" not in str(shown)
