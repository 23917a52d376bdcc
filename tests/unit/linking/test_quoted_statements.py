"""Sentences that somebody stored and a wrapper quotes with the failed statement."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.linking.quoted import without_quotes
from collectors.linking.violation import read_event, read_text
from collectors.model import Event, ExceptionValue

STORED = (
    'duplicate key value violates unique constraint "customers_email_key"\n'
    "DETAIL:  Key (email)=(jane@example.com) already exists."
)
OURS = 'duplicate key value violates unique constraint "jobs_slot_key"'
IN_SQL = STORED.replace("'", "''")

WRAPPERS = {
    "sqlalchemy": (
        "(psycopg2.Error) {failure}\n\n[SQL: INSERT INTO jobs (slot, last_error) VALUES (%(slot)s, "
        f"%(last_error)s)]\n[parameters: {{{{'slot': 1, 'last_error': {STORED!r}}}}}]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
    ),
    "sqlalchemy, without its link": (
        "{failure}\n[SQL: INSERT INTO jobs (last_error) VALUES ($1)]\n"
        f"[parameters: ({STORED!r},)]"
    ),
    "sqlalchemy, written into the statement": (
        f"{{failure}}\n[SQL: INSERT INTO jobs (last_error) VALUES ('{IN_SQL}')]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
    ),
    "laravel": (
        '{failure} (Connection: pgsql, SQL: insert into "jobs" ("last_error") values '
        f'({STORED}) returning "id")'
    ),
    "laravel, with the host": (
        "{failure} (Connection: pgsql, Host: db, Port: 5432, Database: shop, SQL: update "
        f'"jobs" set "last_error" = {STORED} where "id" = 7)'
    ),
    "laravel before 10": f'{{failure}} (SQL: insert into "jobs" ("last_error") values ({STORED}))',
    "yii": f"{{failure}}\nThe SQL being executed was: INSERT INTO jobs VALUES ('{IN_SQL}')",
    "rails before 6": f'{{failure}}\n: INSERT INTO "jobs" ("e") VALUES (\'{IN_SQL}\')',
    "drizzle": (
        'Failed query: insert into "jobs" ("last_error") values ($1)\n'
        f"params: {STORED}\n  [cause]: error: {{failure}}"
    ),
    "drizzle, inspected": (
        'saving failed: DrizzleQueryError: Failed query: insert into "jobs" ("last_error") values '
        f"($1)\nparams: {STORED}\n    at run (/app/a.ts:1:2) {{{{\n  params: [ {STORED!r} ],\n"
        "  cause: error: {failure}"
    ),
    "typeorm": (
        "QueryFailedError: {failure}\n  query: 'INSERT INTO jobs(last_error) VALUES ($1)',\n"
        f"  parameters: [ {STORED!r} ]"
    ),
    "doctrine before 3": (
        "An exception occurred while executing 'INSERT INTO jobs (last_error) VALUES (?)' with "
        f"params [{STORED!r}]:\n\n{{failure}}"
    ),
    "gorm's log": (
        "/app/repo.go:33 ERROR: {failure}\n[2.1ms] [rows:0] INSERT INTO jobs (e) "
        f"VALUES ('{IN_SQL}')"
    ),
    "jdbc": f"Batch entry 0 insert into jobs values ('{IN_SQL}') was aborted: ERROR: {{failure}}",
    "mikroorm's, as sentry prints an object": (
        '\'DriverException\' captured as exception with message \'insert into "jobs" ("e") '
        f"values ('{IN_SQL}') - {{failure}}'"
    ),
    "perl's dbi": (
        'DBD::Pg::st execute failed: ERROR:  {failure} [for Statement "INSERT INTO jobs (slot, e) '
        f"VALUES (?, ?)\" with ParamValues: 1='1', 2='{STORED}'] at job.pl line 6.\n"
    ),
    "prisma": (
        "\nInvalid `prisma.job.create()` invocation:\n\n{{\n  data: {{\n    lastError: "
        f"{json.dumps(STORED)},\n    meta: {{{{}}}}\n+   slot: Int\n  }}}}\n}}}}\n\n{{failure}}"
    ),
    "the server's log": (
        "2025-06-01 10:00:00 UTC [7] ERROR:  {failure}\n2025-06-01 10:00:00 UTC [7] STATEMENT:  "
        "INSERT INTO jobs VALUES ('" + IN_SQL.replace("\n", "\n\t") + "')"
    ),
    "the server's log in German": (
        "[7] FEHLER:  {failure}\n[7] ANWEISUNG:  INSERT INTO jobs VALUES ('"
        + IN_SQL.replace("\n", "\n\t")
        + "')"
    ),
}
OTHERS = {
    "foreign key": (
        'insert or update on table "jobs" violates foreign key constraint "jobs_queue_fkey"\n'
        'DETAIL:  Key (queue_id)=(1) is not present in table "queues".'
    ),
    "not null": (
        'null value in column "kind" of relation "jobs" violates not-null constraint\n'
        "DETAIL:  Failing row contains (1, null)."
    ),
    "timeout": "canceling statement due to statement timeout",
    "deadlock": "deadlock detected\nDETAIL:  Process 1 waits for ShareLock on transaction 2",
}
wrappers = pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS.keys())


def event(text: str) -> Event:
    return Event(
        "e" * 32,
        datetime(2025, 6, 1, tzinfo=UTC),
        exceptions=(ExceptionValue("DBAPIError", None, text),),
    )


@wrappers
@pytest.mark.parametrize("failure", OTHERS.values(), ids=OTHERS.keys())
def test_a_stored_sentence_is_not_the_failure(failure: str, wrapper: str) -> None:
    text = wrapper.format(failure=failure)
    assert read_event(event(text)).key is None
    assert read_text(text).kind == "other_database_error"


@wrappers
def test_a_stored_sentence_does_not_stand_in_for_a_missing_detail(wrapper: str) -> None:
    text = wrapper.format(failure=OURS)
    for key in (read_event(event(text)).key, read_text(text).key):
        assert key is not None
        assert (key.constraint, key.columns, key.splits) == ("jobs_slot_key", (), ())


@wrappers
def test_our_own_sentence_is_read_beside_a_stored_one(wrapper: str) -> None:
    text = wrapper.format(failure=f"{OURS}\nDETAIL:  Key (slot)=(3) already exists.")
    for key in (read_event(event(text)).key, read_text(text).key):
        assert key is not None
        assert (key.constraint, key.columns) == ("jobs_slot_key", ("slot",))
        assert key.splits[0] == ("3",)


@wrappers
def test_what_is_blanked_moves_nothing_else(wrapper: str) -> None:
    text = wrapper.format(failure=OURS)
    said = without_quotes(text)
    assert said.find(OURS) == text.find(OURS)
    assert (len(said), "jane@" in said) == (len(text), False)


@pytest.mark.parametrize(
    "quoted",
    [
        "[SQL: SELECT 1 WHERE email = $1]\n[parameters: ('joe@example.com',)]\n",
        "SQL: insert into jobs (note) values ('joe@example.com')\n\n",
        "Failed query: insert into jobs (note) values ($1)\nparams: joe@example.com\n\n",
    ],
    ids=["SQLAlchemy", "a log", "Drizzle"],
)
def test_others_addresses_are_left_out_and_what_follows_stays(quoted: str) -> None:
    said = without_quotes(f"before jane@example.com\n{quoted}after", prose=True)
    assert "joe@" not in said
    assert said.startswith("before jane@example.com\n")
    assert said.endswith("after")


def test_an_error_behind_a_quoted_statement_is_read() -> None:
    text = (
        f"{OTHERS['timeout']}\n[SQL: INSERT INTO jobs (slot) VALUES ($1)]\n[parameters: (3,)]\n"
        f"and then\n{OURS}\nDETAIL:  Key (slot)=(3) already exists."
    )
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.splits) == ("jobs_slot_key", (("3",),))


@pytest.mark.parametrize(
    "word",
    [
        "SQL: ",
        "Failed query: ",
        "POST /jobs\nparams: {'slot': 3}\n",
        "STATEMENT: ",
        "Batch entry 3 of 7 failed: ",
        "query with params [3] failed: ",
    ],
)
def test_what_only_looks_like_a_quote_hides_nothing(word: str) -> None:
    key = read_text(f"{word}{OURS}\nDETAIL:  Key (slot)=(3) already exists.").key
    assert key is not None
    assert (key.constraint, key.splits) == ("jobs_slot_key", (("3",),))


def test_mybatis_repeats_the_sentence_behind_its_statement() -> None:
    failed = f"ERROR: {OURS}\n  Detail: Key (slot)=(3) already exists."
    text = (
        f"\n### Error updating database.  Cause: org.postgresql.util.PSQLException: {failed}\n"
        "### The error may involve x.insert-Inline\n### SQL: INSERT INTO jobs (slot) VALUES (?)\n"
        f"### Cause: org.postgresql.util.PSQLException: {failed}\n; {failed}"
    )
    key = read_event(event(text)).key
    assert key is not None
    assert (key.constraint, key.splits) == ("jobs_slot_key", (("3",),))


@pytest.mark.parametrize(
    "wrapper",
    [
        f'insert into "jobs" ("e") values (\'It\'\'s {IN_SQL}\') returning "id" - {{failure}}',
        f'Failed query: insert into "jobs" ("e") values ($1)\nparams: It\'s "q" {STORED}',
    ],
    ids=["mikroorm", "drizzle"],
)
@pytest.mark.parametrize("failure", OTHERS.values(), ids=OTHERS.keys())
def test_a_statement_is_no_failure_in_a_log_of_json(failure: str, wrapper: str) -> None:
    def log(failed: str) -> Event:
        text = wrapper.format(failure=failed)
        told: dict[str, Any] = {"message": text}
        told["stack"] = f"DriverException: {text}\n    at run (/app/a.ts:1:2)"
        told["params"] = ["7", f'It\'s "q" {STORED}']
        return event(json.dumps({"level": "error", "err": {**told, "cause": {"message": failed}}}))

    assert read_event(log(failure)).key is None
    key = read_event(log(OURS)).key
    assert key is not None
    assert (key.constraint, key.splits) == ("jobs_slot_key", ())


@pytest.mark.parametrize("start", ["", "2026-03-01 10:00 ERROR "])
def test_a_sentence_stored_in_a_statement_before_the_error_is_not_the_failure(start: str) -> None:
    stored = STORED.replace("'", "''")
    statement = f"{start}insert into jobs (slot, note) values (3, 'a - {stored}')"
    refused = 'null value in column "place" of relation "jobs" violates not-null constraint'
    assert read_event(event(f"{statement} - {refused}")).key is None
    key = read_event(event(f"{statement} - {OURS}")).key
    assert key is not None
    assert (key.constraint, key.splits, dict(key.fields)["slot"]) == ("jobs_slot_key", (), "3")


def test_a_parameter_called_table_names_no_table() -> None:
    text = (
        f"{OURS}\nDETAIL:  Key (slot)=(19:00) already exists.\n"
        "[SQL: INSERT INTO jobs (place, slot) VALUES (%(table)s, %(slot)s)]\n"
        "[parameters: {'table': 'T5', 'schema': 's5', 'slot': '19:00'}]"
    )
    key = read_event(event(text)).key
    assert key is not None
    assert (key.schema, key.table, key.splits) == (None, "jobs", (("19:00",),))


@wrappers
def test_our_own_value_does_not_run_into_a_stored_one(wrapper: str) -> None:
    stored = wrapper.replace('"customers_email_key"', "x").replace("Key (email)=", "")
    text = stored.format(failure=f"{OURS}\nDETAIL:  Key (slot)=(3) already exists.")
    key = read_event(event(text)).key
    assert key is not None
    assert key.splits[0] == ("3",)
    assert key.complete or "[SQL: " in text


ESCAPES = {
    "a line break": ("('CORP\\\\jane', 'a\\nKey b')", "a\nKey b"),
    "quotes in quotes": ('(\'CORP\\\\jane\', \'{"a": "\\\\"b\\\\""}\')', '{"a": "\\"b\\""}'),
    "a stored sentence": (f"('CORP\\\\jane', {STORED!r})", STORED),
}


@pytest.mark.parametrize(("parameters", "note"), ESCAPES.values(), ids=ESCAPES.keys())
def test_escapes_of_the_parameters_leave_the_sentence_as_it_is(parameters: str, note: str) -> None:
    text = (
        f"{OURS}\nDETAIL:  Key (username)=(CORP\\jane) already exists.\n"
        f"[SQL: INSERT INTO jobs (username, note) VALUES ($1, $2)]\n[parameters: {parameters}]"
    )
    key = read_event(event(text)).key
    assert key is not None
    assert key.splits == (("CORP\\jane",),)
    assert dict(key.fields) == {"username": "CORP\\jane", "note": note}


def test_a_value_that_looks_escaped_leaves_a_plain_text_as_it_is() -> None:
    key = read_event(event(f"{OURS}\nDETAIL:  Key (path)=(C:\\nKey \\x) already exists.")).key
    assert key is not None
    assert key.splits == (("C:\\nKey \\x",),)


ROWS = {
    "not null": 'null value in column "kind" of relation "jobs" violates not-null constraint\n'
    "DETAIL:  Failing row contains (1, {told}, null).\n",
    "check": 'new row for relation "jobs" violates check constraint "jobs_kind_check"\n'
    "DETAIL:  Failing row contains (1, {told}, null).\n",
    "no partition": 'new row for relation "jobs_1" violates partition constraint\n'
    "DETAIL:  Failing row contains ({told}).",
    "check, in German": "neue Zeile für Relation »jobs« verletzt Check-Constraint »jobs_kind«\n"
    "DETAIL:  Fehlgeschlagene Zeile enthält (1, {told}, null).",
    "check, in Japanese": 'リレーション"jobs"の新しい行は検査制約"jobs_kind"に違反しています\n'
    "DETAIL:  失敗した行は({told}, null)を含みます",
}
PARAMETERS = {
    "bad json": 'invalid input syntax for type json\nDETAIL:  Token "x" is invalid.\n'
    "CONTEXT:  JSON data, line 1: {told}",
    "too long": "value too long for type character varying(20)\nCONTEXT:  unnamed portal parameter "
    "$2 = '{told}'",
}
FLAT = STORED.replace("\n", ", ")


@pytest.mark.parametrize("refused", (ROWS | PARAMETERS).values(), ids=ROWS | PARAMETERS)
def test_a_sentence_in_the_row_that_was_refused_otherwise_is_not_the_failure(refused: str) -> None:
    assert read_event(event(refused.format(told=FLAT))).key is None


@pytest.mark.parametrize("refused", ROWS.values(), ids=ROWS)
def test_nor_is_it_where_somebody_pastes_it(refused: str) -> None:
    pasted = f"Our log says:\nERROR:  {refused.format(told=FLAT)}\nPlease help."
    assert "jane@" not in without_quotes(pasted, prose=True)
    assert read_text(pasted).kind != "unique_violation"


def test_an_error_behind_a_refused_row_is_read() -> None:
    row = ROWS["not null"].format(told=FLAT)
    key = read_text(f"ERROR:  {row}\nERROR:  {OURS}\nDETAIL:  Key (slot)=(3) already exists.").key
    assert key is not None
    assert (key.constraint, key.splits) == ("jobs_slot_key", (("3",),))


@pytest.mark.parametrize(
    "attached",
    [
        {"error": {"code": "42501", "query": f"INSERT INTO jobs VALUES ('{IN_SQL}')"}},
        {"db": {"lastQuery": f"INSERT INTO jobs (e) VALUES ('{IN_SQL}')"}},
        {"db": {"params": STORED}},
        {"error": {"code": "23503", "sql": f"SELECT save('{IN_SQL}')"}},
    ],
    ids=["the driver's", "by another name", "parameters", "a call"],
)
def test_an_attached_statement_tells_of_no_failure(attached: dict[str, Any]) -> None:
    """A driver that writes the values into its statement attaches them with it."""
    seen = replace(event("permission denied for table jobs"), contexts=attached)
    assert read_event(seen).key is None


def test_an_attached_error_that_begins_with_its_statement_is_read() -> None:
    text = f"insert into jobs (e) values ('{IN_SQL}') - {OURS}"
    seen = replace(event("could not save it"), contexts={"db": {"nativeError": text}})
    key = read_event(seen).key
    assert key is not None
    assert (key.constraint, key.splits) == ("jobs_slot_key", ())


ERROR = 'duplicate key value violates unique constraint "c_key"'
BESIDE_A_STATEMENT = {
    "in the same field": json.dumps({"query": f"insert into c (a) values ($1) - {ERROR}"}),
    "behind a field that is cut": f"query='INSERT INTO c (a) VALUES (1, error={ERROR}",
    "behind a field": f"query='INSERT INTO c (a) VALUES (1)' error='{ERROR}'",
    "below a line of commas": f'x,,"insert into c (a) values (1)"\n{ERROR}',
    "behind pgaudit's line": f'AUDIT: SESSION,1,c,"insert into c (a) values (1)",<n> {ERROR}',
}


@pytest.mark.parametrize("text", BESIDE_A_STATEMENT.values(), ids=BESIDE_A_STATEMENT.keys())
def test_an_error_beside_a_log_s_own_quote_is_read(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert key.constraint == "c_key"


@pytest.mark.parametrize(
    "quote", ['{{"statement": "{}", "code": "23502"}}', 'LOG:  AUDIT: SESSION,1,INSERT,c,"{}",<n>']
)
def test_a_log_s_own_quote_tells_of_no_failure(quote: str) -> None:
    told = "duplicate key value violates unique constraint x Key (a)=(b) already exists."
    reading = read_text(quote.format(f"insert into jobs (last_error) values ('{told}')"))
    assert reading.key is None
