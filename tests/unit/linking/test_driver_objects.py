"""Errors as driver objects with fields of their own."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.linking import hidden
from collectors.linking.binding import wrote_several
from collectors.linking.driver import driver_errors, driver_key
from collectors.linking.statement import read_statement
from collectors.model import ViolatedKey

POSTGRES = {
    "code": "23505",
    "detail": "Key (email)=(j@e.com) already exists.",
    "schema": "public",
    "table": "customers",
    "constraint": "customers_email_key",
}


def only_key(value: object, *, reprs: bool = False) -> ViolatedKey | None:
    keys = [driver_key(error) for error in driver_errors(value, reprs=reprs)]
    return next((key for key in keys if key is not None), None)


SPELLINGS: dict[str, dict[str, Any]] = {
    "node-postgres": POSTGRES,
    "nested": {"QueryFailedError": {"driverError": POSTGRES, "query": "INSERT"}},
    "in a list": {"errors": [{"message": "x"}, POSTGRES]},
    "asyncpg": {
        "sqlstate": "23505",
        "detail": POSTGRES["detail"],
        "schema_name": "public",
        "table_name": "customers",
        "constraint_name": "customers_email_key",
    },
    "npgsql": {
        "SqlState": "23505",
        "Detail": POSTGRES["detail"],
        "SchemaName": "public",
        "TableName": "customers",
        "ConstraintName": "customers_email_key",
    },
    "pg8000": {
        "C": "23505",
        "M": "duplicate key",
        "D": POSTGRES["detail"],
        "s": "public",
        "t": "customers",
        "n": "customers_email_key",
    },
    "psycopg diag": {
        "pgcode": "23505",
        "diag": {
            "message_detail": POSTGRES["detail"],
            "schema_name": "public",
            "table_name": "customers",
            "constraint_name": "customers_email_key",
        },
    },
}


@pytest.mark.parametrize("value", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_drivers_spelling_is_known(value: dict[str, Any]) -> None:
    keys = [driver_key(error) for error in driver_errors(value)]
    best = max((key for key in keys if key), key=lambda key: (bool(key.splits), key.table or ""))
    assert best.constraint == "customers_email_key"
    assert (best.schema, best.table) == ("public", "customers")
    assert best.splits == (("j@e.com",),)


def test_fields_of_a_python_frame_are_reprs() -> None:
    fields = {name: repr(value) for name, value in POSTGRES.items()}
    key = only_key(fields, reprs=True)
    assert key is not None
    assert (key.constraint, key.splits) == ("customers_email_key", (("j@e.com",),))


def test_a_detail_of_its_own_leaves_no_doubt_where_it_ends() -> None:
    detail = "Key (a, b)=(1, acct(42)=7) already exists.) already exists."
    key = only_key({"code": "23505", "detail": detail})
    assert key is not None
    assert key.splits == (("1", "acct(42)=7) already exists."),)


def test_a_detail_that_holds_two_sentences_leaves_open_where_the_first_ends() -> None:
    detail = "Key (a)=(1) already exists.\nKey (a)=(2) already exists."
    key = only_key({"code": "23505", "detail": detail})
    assert key is not None
    assert key.splits[0] == ("1",)
    assert not key.complete


@pytest.mark.parametrize(
    "value",
    [
        {**POSTGRES, "code": "23503", "detail": 'Key (a)=(1) is not present in table "b".'},
        {"code": "23505", "message": 'could not create unique index "x"'},
        {**POSTGRES, "detail": "Key (email)=(j@e.com) is duplicated."},
        {"code": "23P01", "constraint": "x_excl"},
        {"code": "ECONNREFUSED"},
        {"status_code": 500},
        {"name": "Chrome", "version": "120"},
        {"sqlstate": "23505", "message": "SQL0803N One or more values in the INSERT statement"},
        {"address": {"code": "23505", "city": "Norfolk"}},
        {"region": {"code": "23505", "name": "Norfolk"}},
        {"order": {"code": 23505}},
        {},
    ],
    ids=[
        "foreign key",
        "index build",
        "index build, without its message",
        "exclusion",
        "socket",
        "response",
        "browser",
        "db2",
        "a postal code",
        "a region's",
        "a number",
        "empty",
    ],
)
def test_another_error_is_no_unique_violation(value: dict[str, Any]) -> None:
    assert only_key(value) is None


@pytest.mark.parametrize(
    "value",
    [
        {"err": {"code": "23505"}},
        {"err": {"code": "23505", "name": "error", "message": "boom", "stack": "at x"}},
        {"err": {"code": 23505, "severity": "ERROR", "orgId": 7}},
        {"code": "23505", "orgId": 7},
        {"C": "23505", "M": "boom"},
    ],
    ids=["a code alone", "any error's fields", "a driver's field", "in extra itself", "pg8000"],
)
def test_a_code_tells_of_an_error_where_nothing_speaks_against_it(value: dict[str, Any]) -> None:
    key = only_key(value)
    assert key is not None
    assert (key.constraint, key.splits) == (None, ())


@pytest.mark.parametrize("code", ["10115", "A1234", "E4000"])
def test_a_code_that_is_no_sqlstate_names_no_failure(code: str) -> None:
    assert list(driver_errors({"item": {"code": code, "message": "hello"}, "code": code})) == []


def test_a_hidden_detail_is_said_to_be_hidden() -> None:
    key = only_key({**POSTGRES, "detail": "[Filtered]"})
    assert key is not None
    assert (key.constraint, key.splits, key.doubt) == ("customers_email_key", (), hidden.HIDDEN)


def test_a_hidden_name_is_no_name() -> None:
    key = only_key({**POSTGRES, "constraint": "[Filtered]", "table": "***"})
    assert key is not None
    assert (key.constraint, key.table) == (None, None)


def test_the_query_and_its_parameters_are_kept() -> None:
    [error] = driver_errors(
        {**POSTGRES, "query": "INSERT INTO c (a) VALUES ($1)", "parameters": ["x", None]}
    )
    assert error.query == "INSERT INTO c (a) VALUES ($1)"
    assert error.parameters == ["x", None]


@pytest.mark.parametrize("given", [{}, {"parameters": None}], ids=["none", "null"])
def test_a_statement_without_parameters_is_not_of_several_rows(given: dict[str, None]) -> None:
    sql = "INSERT INTO users (email) VALUES ($1)"
    [error] = driver_errors({"constraint": "u_email", "query": sql, **given})
    statement = read_statement(sql)
    assert statement is not None
    assert not wrote_several(statement, error.parameters)


def test_nothing_too_deep_is_followed() -> None:
    value: dict[str, Any] = POSTGRES
    for _ in range(500):
        value = {"cause": value}
    assert only_key(value) is None
