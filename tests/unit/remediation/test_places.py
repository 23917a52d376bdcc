"""Where the rows of many Conflicts stand: found once a table, and the same for each of its rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.evidence.reads.conflicts import ConflictRow
from collectors.model import Catalog, ForeignKey
from dashboard.remediation.facts import Place
from dashboard.remediation.outcomes import RefusalCode
from dashboard.remediation.service.gather import Places
from tests.factories import NOON, conflict_row
from tests.unit.remediation.row_facts import (
    EMAIL_KEY,
    MARKER,
    TO_ORGANIZATION,
    key,
    table,
    text,
)

FROM_ORDERS = ForeignKey(
    "orders_fk", "public", "orders", ("customer_id",), "public", "customers", ("id",), "NO ACTION"
)
CUSTOMERS = table()
ORDERS = replace(CUSTOMERS, name="orders")
NAMED = replace(CUSTOMERS, name="named", columns=(text("email"),), primary_key=("email",))
CATALOG = Catalog(NOON, (ORDERS, CUSTOMERS, NAMED), (TO_ORGANIZATION, FROM_ORDERS))


def conflict(number: int, of: str = "customers") -> ConflictRow:
    return conflict_row(
        id=f"{number:016x}",
        table=of,
        constraint=EMAIL_KEY.name,
        columns=EMAIL_KEY.columns,
    )


def found(places: Places, number: int, of: str = "customers") -> Place:
    place = places.of(conflict(number, of), f"row-{number}", ("o", f"c{number}@example.com"))
    assert isinstance(place, Place)
    return place


def test_what_is_so_of_a_table_is_gone_through_once() -> None:
    places = Places(CATALOG)
    first, other, second = found(places, 1), found(places, 2, "orders"), found(places, 3)

    assert first.foreign_keys is second.foreign_keys
    assert first.dependents is second.dependents
    assert (first.row_id, second.row_id) == ("row-1", "row-3")
    assert (first.values, second.values) == (("o", "c1@example.com"), ("o", "c3@example.com"))
    assert (first.table, other.table) == (CUSTOMERS, ORDERS)
    assert {fk.name for fk in first.foreign_keys} == {"fk", "orders_fk"}
    assert {fk.name for fk in other.foreign_keys} == {"orders_fk"}
    assert (first.dependents, other.dependents) == (("orders",), ())


@pytest.mark.parametrize(("of", "code"), [("gone", RefusalCode.ROW_GONE), ("named", None)])
def test_a_row_without_a_place_is_refused_each_time(of: str, code: RefusalCode | None) -> None:
    places = Places(CATALOG)
    refused = [places.of(conflict(n, of), "jane@example.com", None) for n in (1, 2)]

    assert not any(isinstance(one, Place) for one in refused)
    assert refused[0] == refused[1]
    assert code in (None, getattr(refused[0], "code", None))


def test_a_key_that_is_not_as_it_was_is_none() -> None:
    renewed = replace(CUSTOMERS, keys=(key("email", name=EMAIL_KEY.name),), marker=MARKER)
    place = found(Places(replace(CATALOG, tables=(renewed,))), 1)

    assert (place.key, place.values) == (None, None)
