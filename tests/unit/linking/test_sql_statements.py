"""The failed statement and which value it wrote into which column."""

from __future__ import annotations

import pytest

from collectors.linking.appended import head, tails
from collectors.linking.binding import bind, wrote_several
from collectors.linking.literals import Tree, read_at
from collectors.linking.statement import read_statement

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
    "after a name, as sqlc and aiosql write one": (
        "-- name: CreateCustomer :one\nINSERT INTO c (a, b) VALUES ($1, $2)",
        "('1', 'j@e.com')",
        {"a": "1", "b": "j@e.com"},
    ),
    "cast by the standard's words": (
        "INSERT INTO c (a, b, d, e) VALUES (CAST(%s AS UUID), cast('x' as varchar(9)), "
        "CAST(lower(%s) AS text), CAST(7 AS bigint))",
        "('1', 'J')",
        {"a": "1", "b": "x", "e": "7"},
    ),
    "among comments": (
        "/* it's from UPDATE x */ INSERT INTO c (a, /* b? */ b) -- (c)\nVALUES ('--1', $1) -- end",
        "('j@e.com',)",
        {"a": "--1", "b": "j@e.com"},
    ),
    "a query that asks no table": (
        "INSERT INTO c (a, b) SELECT $1 AS a, $2 WHERE NOT EXISTS (SELECT 1 FROM c WHERE b = $3)",
        "('1', 'j@e.com', 'x@e.com')",
        {"a": "1", "b": "j@e.com"},
    ),
    "a query, with the words that end it in a text": (
        "INSERT INTO c (a, b) SELECT ' where ', %(b)s ON CONFLICT (a) DO NOTHING RETURNING id;",
        "{'b': 'j@e.com'}",
        {"a": " where ", "b": "j@e.com"},
    ),
    "a query that becomes an update": (
        "INSERT INTO c (a, b) SELECT $1, $2 ON CONFLICT (a) DO UPDATE SET b = $3",
        "('1', 'j@e.com', 'x@e.com')",
        {"a": "1"},
    ),
    "queries together": (
        "INSERT INTO c (a) SELECT $1 UNION ALL SELECT $2",
        "('1', '2')",
        {},
    ),
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
    "parameters of a WITH before it": (
        "WITH d AS (DELETE FROM e WHERE a = %s) INSERT INTO c (a, b) VALUES (%s, 'z')",
        "('x', 'y')",
        {"b": "z"},
    ),
    "upsert of the same values": (
        "INSERT INTO c (a, b, d) VALUES ($1, $2, $3) ON CONFLICT ON CONSTRAINT c_key DO UPDATE "
        'SET a = EXCLUDED."a", b = $2 WHERE c.e = 1 RETURNING c.id',
        "('x', 'y', 'z')",
        {"a": "x", "b": "y", "d": "z"},
    ),
    "upsert of other values": (
        "INSERT INTO c (a, b, d) VALUES (%s, %s, %s)\n"
        "on conflict (d) do update set a = excluded.b, b = %s",
        "('x', 'y', 'z', 'y')",
        {"d": "z"},
    ),
    "upsert of columns together": (
        "INSERT INTO c (a, b) VALUES ($1, $2) ON CONFLICT (b) DO UPDATE SET (a, d) = ($2, $1)",
        "('x', 'y')",
        {},
    ),
    "upsert that leaves the row": (
        "INSERT INTO c (a, b) VALUES ($1, $2) ON CONFLICT (b) DO NOTHING",
        "('x', 'y')",
        {"a": "x", "b": "y"},
    ),
    "a column's value is a query": (
        "INSERT INTO c (a, b) VALUES ((SELECT id FROM d WHERE e = $1), $2)",
        "('x', 'y')",
        {"b": "y"},
    ),
    "laravel, NULL printed as nothing": (
        "insert into c (address, external_id, phone) values (Main St, 42, cus_9, )",
        "()",
        {},
    ),
    "laravel, a comma in one text and a quote in two": (
        "insert into c (name, n, town, external_id) values (O'Hara, 7, D'Arc, Lyon, 42)",
        "()",
        {},
    ),
    "laravel, a comma in the text of an update": (
        'update "c" set "address" = 42, Main St, "plan" = 7 where "id" = 9',
        "()",
        {},
    ),
    "numbers alone": ("insert into c (a, b) values (42, 7)", "()", {"a": "42", "b": "7"}),
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
        ("INSERT INTO c VALUES ($1, $2), ($3, $4)", ["x", "1", "y", "2"]),
        (
            "INSERT INTO c (a, b) SELECT p0::INTEGER, p1::VARCHAR FROM (VALUES ($1, $2, 0), "
            "($3, $4, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING c.id",
            ["x", "1", "y", "2"],
        ),
        ("INSERT INTO c (a, b) SELECT $1, i.email FROM invites AS i WHERE i.t = $1", ["7"]),
        ("INSERT INTO c (a, b) (SELECT 1, email FROM invites)", []),
        ("INSERT INTO c (a, b) SELECT unnest($1::text[]), $2", [["x", "y"], "1"]),
        (
            "WITH t AS (INSERT INTO teams (name, email) VALUES ($1, $2) RETURNING id) "
            "INSERT INTO c (a, b) SELECT t.id, $3 FROM t",
            ["T", "team@e.com", "x"],
        ),
        (
            "WITH u AS (UPDATE c SET a = $1 WHERE b = $2 RETURNING *) "
            "INSERT INTO d (a) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM u)",
            ["x", "y"],
        ),
        ("INSERT INTO c (a) VALUES ('x'); INSERT INTO d (a) VALUES ('y')", []),
    ],
    ids=["several tuples", "several mappings", "several lists", "no list of columns",
         "sqlalchemy's insertmanyvalues", "a query", "a query in brackets", "an array",
         "two inserts", "an update or an insert", "two statements"],
)  # fmt: skip
def test_of_several_rows_none_is_taken(sql: str, parameters: Tree) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert bind(statement, parameters) == {}
    assert wrote_several(statement, parameters)


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("WITH t AS (INSERT INTO a (x) VALUES (1) RETURNING id) INSERT INTO b (y) SELECT 1", None),
        ("WITH t AS (INSERT INTO a (x) VALUES (1) RETURNING id) SELECT id FROM t", "a"),
        ("WITH t AS (SELECT id FROM o FOR UPDATE SKIP LOCKED) UPDATE a SET x = 1 FROM t", "a"),
        ("WITH t AS (DELETE FROM o RETURNING *) INSERT INTO a (x) SELECT x FROM t", "a"),
        ("WITH t AS (SELECT 1) DELETE FROM a USING t", "a"),
        ("INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2; SELECT 1", "a"),
    ],
)
def test_of_several_written_tables_none_is_named(sql: str, table: str | None) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert statement.table == table


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO c (a) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM c WHERE a = $1)",
        "INSERT INTO c (a, b) VALUES ($1, (SELECT max(b) FROM c))",
        "INSERT INTO c DEFAULT VALUES",
    ],
)
def test_a_query_that_asks_no_table_gives_a_single_row(sql: str) -> None:
    statement = read_statement(sql)
    assert statement is not None
    assert not wrote_several(statement, ["x"])


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


@pytest.mark.parametrize("wrapper", ["The SQL being executed was: ", "[2.1ms] [rows:0] "])
def test_constants_in_a_statement_without_parameters_are_read(wrapper: str) -> None:
    text = f"{wrapper}INSERT INTO c (a, n) VALUES ('x', 7) RETURNING id"
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == {"a": "x", "n": "7"}


@pytest.mark.parametrize(
    ("text", "several", "bound"),
    [
        ('insert into "c" ("a") values ($1) returning "id" - duplicate', False, {}),
        ('insert into "c" ("a") values ($1), ($2) - duplicate', True, {}),
        ("error: insert into c (a) values ('x - ''y') - duplicate", False, {"a": "x - 'y"}),
        ('update "c" set "a" = \'x\' where "a" = \'z\' - duplicate', False, {"a": "x"}),
        ("2026-03-01T10:00:00Z [db] insert into c (a) values ('x') - duplicate", False, {"a": "x"}),
        ("executeMany; SQL [INSERT INTO c (a) VALUES ($1), ($2)]; duplicate", True, {}),
        ("SQL [insert into c (a) values (?)]; ERROR: duplicate", False, {}),
        ("ERROR: duplicate\nSQL: [INSERT INTO c (a) VALUES ('x')]", False, {"a": "x"}),
        (
            "Batch entry 2 INSERT INTO c (a, n, d, s) VALUES (('x was aborted: '), ('7'::int8), "
            "(NULL), ('O''B; (y)'::character varying)) was aborted: ERROR: duplicate; nested",
            False,
            {"a": "x was aborted: ", "n": "7", "d": None, "s": "O'B; (y)"},
        ),
        (
            "Batch entry 1 insert into c (a, b) values ('x', 7) was aborted: ERROR: duplicate",
            False,
            {"a": "x", "b": "7"},
        ),
        ("Batch entry 0 insert into c (a) values (('x')),(('y')) was aborted: ERROR", True, {}),
        ("Batch entry 0 insert into c (a) values ($1) was aborted: ERROR: duplicate", False, {}),
    ],
    ids=["knex", "knex, rows", "mikroorm", "an update", "a log", "r2dbc, rows", "jooq", "exposed",
         "jdbc", "jdbc before 42.3", "jdbc, rewritten", "jdbc, without values"],
)  # fmt: skip
def test_a_statement_stands_before_the_error_or_in_square_brackets(
    text: str, several: bool, bound: dict[str, str]
) -> None:
    [(statement, parameters)] = tails(text)
    assert (statement.table, statement.several) == ("c", several)
    assert bind(statement, parameters) == bound


@pytest.mark.parametrize(
    "text",
    [
        "Insert into customers fails - duplicate key",
        "Update - we cannot set it",
        "We add her with jane as admin - duplicate",
        "insert into c (a) values ('x",
        "select 1 - duplicate",
        "insert into c (a) values (1) failed: duplicate key value violates x: (a)=(A - B)",
    ],
)
def test_prose_before_a_dash_is_no_statement(text: str) -> None:
    assert head(text) is None


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


@pytest.mark.parametrize(
    ("printed", "bound"),
    [
        ("x,y,z", {}),
        ("12 Main St,Springfield\nIL,j@e.com", {}),
        ("Main St\nSpringfield,j@e.com", {"a": "Main St\nSpringfield", "b": "j@e.com"}),
        ("x,y\nor more of it", {"a": "x"}),
        ("x,y\n    at save (/app/customers.ts:3:7, 1)", {"a": "x", "b": "y"}),
        ("x,y\nerror: duplicate key value, and so on", {"a": "x", "b": "y"}),
    ],
    ids=["a comma", "a comma and a line", "a line", "a line at the end", "a trace", "an error"],
)
def test_drizzle_parameters_that_may_hold_a_comma_are_not_guessed(
    printed: str, bound: dict[str, str]
) -> None:
    text = f'Failed query: insert into "c" ("a", "b") values ($1, $2)\nparams: {printed}'
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == bound


@pytest.mark.parametrize(
    ("printed", "bound"),
    [
        ("x,y@e...", {"a": "x"}),
        ("x,y@e.com,...", {"a": "x", "b": "y@e.com"}),
        ("x,y@e.com,7...", {"a": "x", "b": "y@e.com"}),
        ("Doe, Jane,y@e...", {"a": "Doe"}),
        ('{"a":1,"b":2},y...', {}),
        ("x,y,z,more...", {}),
        ("...", {}),
    ],
    ids=["the last", "a comma last", "a third", "a comma inside", "an object", "too many", "none"],
)
def test_of_drizzle_parameters_that_were_cut_the_whole_ones_count(
    printed: str, bound: dict[str, str]
) -> None:
    text = f'Failed query: insert into "c" ("a", "b", "d") values ($1, $2, $3)\nparams: {printed}'
    [(statement, parameters)] = tails(text)
    assert bind(statement, parameters) == bound
