"""The failed statement and which value it wrote into which column."""

from __future__ import annotations

import pytest

from collectors.linking.literals import Tree, read_at
from collectors.linking.statement import bind, read_statement, tails, without_tails, wrote_several

INSERT = "INSERT INTO customers (id, email, name) VALUES ($1::UUID, $2::VARCHAR, $3::VARCHAR)"


@pytest.mark.parametrize(
    ("sql", "verb", "schema", "table"),
    [
        (INSERT, "INSERT", None, "customers"),
        ('insert into "public"."Customers" ("eMail") values ($1)', "INSERT", "public", "Customers"),
        ("UPDATE ONLY shop.customers SET a=$1 WHERE id=$2", "UPDATE", "shop", "customers"),
        ("DELETE FROM customers WHERE id = $1", "DELETE", None, "customers"),
        ("WITH x AS (SELECT 1) INSERT INTO customers (a) VALUES (1)", "INSERT", None, "customers"),
    ],
)
def test_the_verb_and_the_table(sql: str, verb: str, schema: str | None, table: str) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert (statement.verb, statement.schema, statement.table) == (verb, schema, table)


@pytest.mark.parametrize(
    "sql", ["SELECT 1 FOR UPDATE", "", "CREATE UNIQUE INDEX a ON b (c)", "insert"]
)
def test_what_writes_no_row_is_no_statement_of_ours(sql: str) -> None:
    assert read_statement(sql) is None


BOUND: dict[str, tuple[str, str, dict[str, str | None]]] = {
    "numbered": (INSERT, "('7', 'j@e.com', None)", {"id": "7", "email": "j@e.com", "name": None}),
    "in turn": (
        "INSERT INTO c (a, b) VALUES (%s, %s)",
        "('1', '2')",
        {"a": "1", "b": "2"},
    ),
    "question marks, one inside a call": (
        "INSERT INTO c (a, b) VALUES (lower(?), ?)",
        "('X', '2')",
        {"b": "2"},
    ),
    "named": (
        "INSERT INTO c (a, b) VALUES (%(a)s::VARCHAR, %(b)s)",
        "{'a': 'x', 'b': None}",
        {"a": "x", "b": None},
    ),
    "colons": ("INSERT INTO c (a) VALUES (:a)", "{'a': 'x'}", {"a": "x"}),
    "one set in a list": ("INSERT INTO c (a) VALUES (%(a)s)", "[{'a': 'x'}]", {"a": "x"}),
    "constants": (
        "INSERT INTO c (a, b, d) VALUES ('it''s', NULL, now())",
        "()",
        {"a": "it's", "b": None},
    ),
    "quoted columns": ('INSERT INTO c ("userId") VALUES ($1)', "('7',)", {"userId": "7"}),
    "cut parameters": (INSERT, "('7', 'j@exam", {"id": "7"}),
    "hidden parameter": (INSERT, "('7', '[Filtered]', 'J')", {"id": "7", "name": "J"}),
    "update": (
        "UPDATE c SET email=$1::VARCHAR, name=$2 WHERE c.id = $3::UUID",
        "('j@e.com', 'J', '7')",
        {"email": "j@e.com", "name": "J"},
    ),
    "upsert": (
        "INSERT INTO c (a) VALUES ($1) ON CONFLICT (b) DO UPDATE SET d = $2",
        "('x', 'y')",
        {"a": "x"},
    ),
    "too few values": ("INSERT INTO c (a, b) VALUES ($1)", "('x',)", {}),
}


@pytest.mark.parametrize(("sql", "parameters", "expected"), BOUND.values(), ids=BOUND.keys())
def test_values_meet_their_columns(
    sql: str, parameters: str, expected: dict[str, str | None]
) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert bind(statement, read_at(parameters, 0)[0]) == expected


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("INSERT INTO c (a) VALUES (%(a__0)s), (%(a__1)s)", {"a__0": "x", "a__1": "y"}),
        ("INSERT INTO c (a) VALUES (%(a)s)", [{"a": "x"}, {"a": "y"}]),
        ("INSERT INTO c (a, b) VALUES ($1, $2)", [["x", "1"], ["y", "2"]]),
    ],
    ids=["several tuples", "several mappings", "several lists"],
)
def test_of_several_rows_none_is_taken(sql: str, parameters: Tree) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert bind(statement, parameters) == {}
    assert wrote_several(statement, parameters)


SHORTENED = "INSERT INTO c (a, b) VALUES (%(a)s, %(b ... 246 characters truncated ... b__2)s)"


@pytest.mark.parametrize("parameters", [{"a": "x", "b": "y"}, ["x", "y"]])
def test_a_statement_shortened_in_its_values_binds_one_value_a_column(parameters: Tree) -> None:
    statement = read_statement(SHORTENED)
    assert statement is not None
    assert bind(statement, parameters) == {"a": "x", "b": "y"}


def test_a_shortened_statement_of_several_rows_is_seen_by_its_parameters() -> None:
    statement = read_statement(SHORTENED)
    assert statement is not None
    parameters: Tree = {"a__0": "x", "b__0": "y", "a__1": "x", "b__1": "z"}
    assert bind(statement, parameters) == {}
    assert wrote_several(statement, parameters)


def test_constants_in_a_statement_without_parameters_are_read() -> None:
    text = "The SQL being executed was: INSERT INTO c (a, n) VALUES ('x', 7) RETURNING id"
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == {"a": "x", "n": "7"}


def test_a_bystander_in_the_where_clause_is_not_read() -> None:
    text = (
        "[SQL: UPDATE members SET customer_id=$1::UUID WHERE members.email = $2::VARCHAR]\n"
        "[parameters: ('7', 'bystander@example.com')]"
    )
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == {"customer_id": "7"}


def test_drizzle_prints_parameters_without_quotes() -> None:
    text = 'Failed query: insert into "c" ("a", "b") values ($1, $2)\nparams: x,y\ncause'
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == {"a": "x", "b": "y"}


def test_drizzle_parameters_that_may_hold_a_comma_are_not_guessed() -> None:
    text = 'Failed query: insert into "c" ("a", "b") values ($1, $2)\nparams: x,y,z'
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == {}


def test_statements_can_be_left_out_of_a_text() -> None:
    text = (
        "before\n[SQL: SELECT 1 WHERE email = $1]\n[parameters: ('bystander@example.com',)]\nafter"
    )
    left = without_tails(text)
    assert "bystander" not in left
    assert left.startswith("before")
    assert left.endswith("after")
