"""Sequelize's account of a violation as @sentry/node attaches it: DETAIL, taken apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.linking.violation import read_text
from collectors.model import ValueSource

COLUMNS = ("organization_id", "lower(email)")
JANE = {"organization_id": "42", "lower(email)": "jane@example.com"}
SQL = 'INSERT INTO "customers" ("id","organization_id","email") VALUES (DEFAULT,$1,$2);'
DUPLICATE = 'error: duplicate key value violates unique constraint "customers_email"'
FRENCH = "error: la valeur d'une clé dupliquée rompt la contrainte unique « customers_email »"


def event(
    fields: dict[str, Any],
    *,
    instance: object = "[customers]",
    parent: str = DUPLICATE,
    body: object = None,
) -> str:
    """With `extraErrorDataIntegration`, which prints the driver's own error as a text."""
    items = [
        {"message": f"{name} must be unique", "type": "unique violation", "path": name}
        | {"value": value, "origin": "DB", "instance": instance, "validatorArgs": "[Array]"}
        for name, value in fields.items()
    ]
    attached = {"errors": items, "parent": parent, "original": parent, "fields": fields, "sql": SQL}
    raised = {"type": "SequelizeUniqueConstraintError", "value": "Validation error"}
    return json.dumps(
        {
            "event_id": "1d9e2c1a7b544e0e9a513f6f1c2b7a10",
            "timestamp": 1796013715.071,
            "platform": "node",
            "exception": {"values": [raised]},
            "contexts": {raised["type"]: attached},
            "request": {"method": "POST", "data": json.dumps(body)} if body else None,
        }
    )


@pytest.mark.parametrize("parent", [DUPLICATE, FRENCH], ids=["en", "fr"])
def test_the_fields_are_the_keys_values(parent: str) -> None:
    key = read_text(event(JANE, parent=parent)).key
    assert key is not None
    assert (key.constraint, key.table) == ("customers_email", "customers")
    assert (key.columns, key.splits) == (COLUMNS, (("42", "jane@example.com"),))
    assert (key.source, key.doubt) == (ValueSource.MESSAGE, None)


def test_a_printed_null_is_either() -> None:
    fields = {"org": "42", "room": "null"}
    for text in (
        event(fields),
        "SequelizeUniqueConstraintError: x " + json.dumps({"fields": fields}),
    ):
        key = read_text(text).key
        assert key is not None
        assert key.splits == (("42", None),)


CUT = {
    "at a bracket": ({"name": "Acme (old"}, "[customers]"),
    "at a comma, as the row shows": ({"name": "Smith"}, {"name": "Smith, John"}),
    "at a bracket, as the row shows": ({"name": "smile :"}, {"name": "smile :)"}),
    "behind a quote, which is dropped": ({"name": "Acme Inc"}, {"name": 'Acme "Inc", UK'}),
    "a column": ({"COALESCE(a": "x", "''::text)": "y"}, "[customers]"),
    "a value for each column but one": ({"a": "x", "b": None}, "[customers]"),
    "hidden": ({"email": "[Filtered]"}, "[customers]"),
}


@pytest.mark.parametrize(("fields", "instance"), CUT.values(), ids=CUT.keys())
def test_what_may_be_a_part_of_a_value_is_none(fields: dict[str, Any], instance: object) -> None:
    key = read_text(event(fields, instance=instance)).key
    assert key is not None
    assert (key.constraint, key.splits) == ("customers_email", ())


def test_a_text_whose_field_breaks_off_has_no_value() -> None:
    key = read_text("SequelizeUniqueConstraintError: x { fields: { name: 'Acme (old' } }").key
    assert key is not None
    assert (key.columns, key.splits) == (("name",), ())


def test_a_value_that_begins_another_of_the_row_is_whole() -> None:
    row = {"sku": "SKU-1", "title": "SKU-12"}
    key = read_text(event({"sku": "SKU-1"}, instance=row)).key
    assert key is not None
    assert key.splits == (("SKU-1",),)


@pytest.mark.parametrize(
    "parent",
    [
        "Error: Duplicate entry 'jane@example.com' for key 'customers.email'",
        "Error: SQLITE_CONSTRAINT: UNIQUE constraint failed: customers.email",
        'error: conflicting key value violates exclusion constraint "customers_email"',
    ],
    ids=["mysql", "sqlite", "exclusion"],
)
def test_another_engines_account_gives_no_values(parent: str) -> None:
    key = read_text(event({"email": "jane@example.com"}, parent=parent)).key
    assert key is None or (key.constraint, key.splits) == (None, ())


@pytest.mark.parametrize(
    ("sent", "whole"),
    [
        ("O'Brien, Ltd.", False),
        ("o\"'brien) Ltd.", False),
        ("O'Brien-Murphy", True),
        ("O'Brien", True),
        ("Murphy", True),
    ],
)
def test_a_longer_value_in_the_body_shows_that_a_field_was_cut(sent: str, whole: bool) -> None:
    fields = {"organization_id": "42", "external_id": "O'Brien"}
    body = {"organizationId": "42", "externalId": sent}
    key = read_text(event(fields, body=body)).key
    assert key is not None
    assert key.columns == ("organization_id", "external_id")
    if whole:
        assert (key.splits, key.source) == ((("42", "O'Brien"),), ValueSource.MESSAGE)
    else:
        assert (key.splits, key.source) == ((), ValueSource.REQUEST)
        assert dict(key.fields) == {"organization_id": "42", "external_id": sent}


def test_below_an_error_that_wraps_it_the_constraint_is_left() -> None:
    """Sentry normalizes what an error attaches to three levels."""
    told = json.loads(event(JANE, body={"organization_id": 42, "email": "jane@example.com"}))
    attached = told["contexts"].pop("SequelizeUniqueConstraintError")
    attached |= {"errors": "[Array]", "fields": "[Object]"}
    told["contexts"]["Error"] = {"cause": {"SequelizeUniqueConstraintError": attached}}
    told["exception"]["values"].append({"type": "Error", "value": "Could not create it"})
    key = read_text(json.dumps(told)).key
    assert key is not None
    assert (key.constraint, key.source) == ("customers_email", ValueSource.REQUEST)
    assert dict(key.fields)["email"] == "jane@example.com"
