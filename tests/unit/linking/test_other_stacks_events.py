"""Events of other stacks: what their SDKs put where, and whose data must never be taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.linking import hidden
from collectors.linking.violation import read_text

MERCHANT = "merchant@example.com"
BYSTANDER = "bystander@example.com"
JANE = ("jane@example.com",)


def duplicate(constraint: str) -> str:
    return f'duplicate key value violates unique constraint "{constraint}"'


def raised(*values: tuple[str, str]) -> dict[str, Any]:
    return {"values": [{"type": kind, "value": value} for kind, value in values]}


def event(exception: dict[str, Any], **parts: Any) -> str:
    told = {"event_id": "1d9e2c1a7b544e0e9a513f6f1c2b7a10", "timestamp": "2025-06-01T10:00:00Z"}
    return json.dumps({**told, "user": {"email": MERCHANT}, "exception": exception, **parts})


NODE = raised(("QueryFailedError", duplicate("u_email")))
DRIVER = {
    "code": "23505",
    "detail": "Key (email)=(jane@example.com) already exists.",
    "table": "customers",
    "constraint": "u_email",
}

SPLITS = {
    "typeorm, the driver's error inside the context": event(
        NODE, contexts={"QueryFailedError": {"code": "23505", "driverError": DRIVER}}
    ),
    "drizzle, a cause before it": event(
        raised(
            ("error", duplicate("u_email")),
            ("DrizzleQueryError", 'Failed query: insert into "c" ("email") values ($1)'),
        ),
        contexts={"error": DRIVER},
    ),
    "graphql, the error in extra": event(
        raised(("GraphQLError", "Internal error")), extra={"originalError": DRIVER}
    ),
    "go, the error in extra": event(
        raised(("*pgconn.PgError", f"ERROR: {duplicate('u_email')} (SQLSTATE 23505)")),
        extra={
            "pg": {"Code": "23505", "Detail": DRIVER["detail"], "ConstraintName": "u_email"},
        },
    ),
    "npgsql, the exception's own fields beside a scrubbed text": event(
        {
            "values": [
                {
                    "type": "Npgsql.PostgresException",
                    "value": "[Filtered]",
                    "mechanism": {
                        "type": "generic",
                        "data": {
                            "SqlState": "23505",
                            "MessageText": duplicate("u_email"),
                            "Detail": DRIVER["detail"],
                            "TableName": "customers",
                            "ConstraintName": "u_email",
                        },
                    },
                },
                {"type": "DbUpdateException", "value": "See the inner exception for details."},
            ]
        }
    ),
    "a server whose language nobody knows": event(
        raised(("error", 'dwopelt kaj warde "u_email"')),
        contexts={
            "error": {**DRIVER, "detail": "Kaj (email)=(jane@example.com) estas jam tie."},
        },
    ),
    "a Ukrainian server": event(
        raised(
            ("error", 'повторювані значення ключа порушують обмеження унікальності "u_email"'),
        ),
        contexts={"error": {**DRIVER, "detail": "Ключ (email)=(jane@example.com) вже існує."}},
    ),
    "laravel, a bystander in its SQL": event(
        raised(
            (
                "UniqueConstraintViolationException",
                f"SQLSTATE[23505]: Unique violation: 7 ERROR:  {duplicate('u_email')}\nDETAIL:  "
                f'{DRIVER["detail"]} (SQL: insert into "users" ("email", "boss") values '
                f"(jane@example.com, {BYSTANDER}))",
            )
        )
    ),
    "rails, a class of its own over the driver's": event(
        raised(
            ("PG::UniqueViolation", f"ERROR:  {duplicate('u_email')}\nDETAIL:  {DRIVER['detail']}"),
            (
                "ActiveRecord::RecordNotUnique",
                f"PG::UniqueViolation: ERROR:  {duplicate('u_email')}\nDETAIL:  {DRIVER['detail']}",
            ),
        )
    ),
    "a log entry": event(
        {}, logentry={"formatted": f"insert failed: {duplicate('u_email')}\n{DRIVER['detail']}"}
    ),
    "a log entry that was not formatted": event(
        {},
        logentry={
            "message": "could not create %s: %s",
            "params": ["a customer", f"{duplicate('u_email')}\nDETAIL:  {DRIVER['detail']}"],
        },
    ),
    "a log entry without a place for the error": event(
        {},
        logentry={
            "message": "could not create it",
            "params": [f"{duplicate('u_email')}\nDETAIL:  {DRIVER['detail']}"],
        },
    ),
    "as Sentry's web API shows it": event(
        {},
        entries=[
            {
                "type": "exception",
                "data": raised(("error", f"{duplicate('u_email')}\nDETAIL:  {DRIVER['detail']}")),
            }
        ],
    ),
}

BODIES = {
    "a JSON text, a secret in it": ('{"email":"jane@example.com","password":"hunter2"}', True),
    "a form": ("email=jane%40example.com&name=Jane", True),
    "a JSON text that was cut": ('{"email":"jane@example.com","bio":"aaaa...', True),
    "graphql's variables": (
        {"query": "mutation{x}", "variables": {"input": {"email": "jane@example.com"}}},
        True,
    ),
    "json:api": ({"data": {"type": "c", "attributes": {"email": "jane@example.com"}}}, True),
    "another case style": ({"Email": "jane@example.com"}, True),
    "a deeper address is another one's": (
        {"customer": {"email": "jane@example.com", "billing": {"email": BYSTANDER}}},
        True,
    ),
    "hidden": ({"email": "[Filtered]"}, False),
    "several rows": ([{"email": "a@x.io"}, {"email": "b@x.io"}], False),
    "only who created it": ({"name": "x", "createdBy": {"email": BYSTANDER}}, False),
    "only who invited": ({"name": "x", "invited_by": {"email": BYSTANDER}}, False),
    "only the author": ({"name": "x", "author": {"email": BYSTANDER}}, False),
}


BOSS = {"name": "T", "email": "boss@e.com", "members": [{"email": "a@e.com"}]}
SEVERAL = {
    "prisma's createMany": raised(
        (
            "PrismaClientKnownRequestError",
            "\nInvalid `prisma.user.createMany()` invocation:\n\n\n"
            "Unique constraint failed on the fields: (`email`)",
        )
    ),
    "sequelize's bulkCreate": {
        "values": [
            {
                "type": "QueryFailedError",
                "value": f"{duplicate('u_email')}\nKey (email)=([Filtered]) already exists.",
                "stacktrace": {"frames": [{"function": "Function.bulkCreate"}]},
            }
        ]
    },
    "knex's rows": raised(
        (
            "error",
            'insert into "users" ("email") values ($1), ($2) returning "id" - '
            f"{duplicate('u_email')}",
        )
    ),
    "a batch of jdbc's": raised(
        (
            "BatchUpdateException",
            "Batch entry 3 <unknown> was aborted: ERROR: "
            f"{duplicate('u_email')}  Call getNextException to see other errors in the batch.",
        )
    ),
    "a bulk insert whose key is printed": {
        "values": [
            {
                "type": "UniqueViolation",
                "value": f"{duplicate('u_email')}\nDETAIL:  {DRIVER['detail']}",
                "stacktrace": {"frames": [{"function": "bulk_create"}]},
            }
        ]
    },
}


@pytest.mark.parametrize("text", SPLITS.values(), ids=SPLITS.keys())
def test_the_drivers_own_words_are_found(text: str) -> None:
    reading = read_text(text)
    assert reading.key is not None
    assert (reading.key.constraint, reading.key.columns) == ("u_email", ("email",))
    assert reading.key.splits == (JANE,)
    named = {identifier.value for identifier in reading.identifiers}
    assert not named & {MERCHANT, BYSTANDER}


@pytest.mark.parametrize(("body", "known"), BODIES.values(), ids=BODIES.keys())
def test_a_body_gives_the_keys_columns_and_nobody_elses(body: object, known: bool) -> None:
    prisma = "Unique constraint failed on the fields: (`email`)"
    key = read_text(
        event(raised(("PrismaClientKnownRequestError", prisma)), request={"data": body})
    ).key
    assert key is not None
    assert dict(key.fields) == ({"email": "jane@example.com"} if known else {})
    assert not key.splits


CUT = 'Failed query: insert into "customers" ("org", "email", "n") values ($1, $2, $3)\nparams: '
WRAPPER = {
    "query": 'insert into "customers" ("org", "email", "n") values ($1, $2, $3)',
    "params": [1, "jane@example.com", "Jane"],
    "cause": "error: duplicate key",
}


@pytest.mark.parametrize(
    ("text", "context", "email"),
    [
        (f"{CUT}1,jane@example.com,x...", None, "jane@example.com"),
        (f"{CUT}1,ja...", WRAPPER, "jane@example.com"),
        (CUT[:40] + "...", WRAPPER, "jane@example.com"),
        ("Could not save it", WRAPPER, BYSTANDER),
        (
            f"{CUT}1,ja...",
            {**WRAPPER, "query": 'insert into "logs" ("email") values ($2)'},
            BYSTANDER,
        ),
    ],
    ids=["printed", "attached", "cut in the statement", "quoted nowhere", "another statement"],
)
def test_parameters_of_a_cut_message_go_before_the_body(
    text: str, context: dict[str, Any] | None, email: str
) -> None:
    """The SDK cuts a message at 250 characters; the body's address may be somebody else's."""
    seen = event(
        raised(("error", duplicate("u_email")), ("Error", text)),
        contexts={"Error": context} if context else {},
        request={"data": {"email": BYSTANDER}},
    )
    key = read_text(seen).key
    assert key is not None
    assert dict(key.fields)["email"] == email


META = {"modelName": "OrgMember", "target": ["orgId", "email"]}
FIELDS = "Unique constraint failed on the fields: (`orgId`,`email`)"
SHORT = {
    "its fields in a context": event(
        raised(("PrismaClientKnownRequestError", FIELDS)),
        contexts={"PrismaClientKnownRequestError": {"code": "P2002", "meta": META}},
    ),
    "pasted": f"PrismaClientKnownRequestError: {FIELDS} {{ code: 'P2002', meta: {{ modelName: "
    "'OrgMember', target: [ 'orgId', 'email' ] } }",
    "pasted, with its call": "Invalid `prisma.OrgMember.create()` invocation:\n\n\n" + FIELDS,
}


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT.keys())
def test_prismas_model_is_found_where_it_prints_little(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.table, key.columns) == ("OrgMember", ("orgId", "email"))


@pytest.mark.parametrize("client", ["prisma", "this.prisma", "tx"])
def test_prisma_names_its_model_where_it_names_no_constraint(client: str) -> None:
    called = f"\nInvalid `{client}.orgMember.create()` invocation in\n/app/a.ts:1:2\n\n"
    fields = "Unique constraint failed on the fields: (`orgId`,`email`)"
    body = {"email": "jane@e.com", "org_id": 1, "name": "J"}
    seen = event(raised(("PrismaClientKnownRequestError", called + fields)), request={"data": body})
    key = read_text(seen).key
    assert key is not None
    assert (key.constraint, key.table) == (None, "orgMember")
    assert dict(key.fields) == {"orgId": "1", "email": "jane@e.com"}
    several = read_text(seen.replace("create()", "createMany()")).key
    assert several is not None
    assert (several.fields, several.doubt) == ((), hidden.SEVERAL)


@pytest.mark.parametrize("exception", SEVERAL.values(), ids=SEVERAL.keys())
def test_a_call_that_writes_several_rows_leaves_the_body_alone(exception: dict[str, Any]) -> None:
    key = read_text(event(exception, request={"data": BOSS})).key
    assert key is not None
    assert (key.columns or ("email",), key.fields) == (("email",), ())
    assert key.splits or key.doubt == hidden.SEVERAL


@pytest.mark.parametrize(
    "call",
    ["await Promise.all([prisma.orgMember.create()", "made=prisma.orgMember.create()"],
)
def test_a_call_of_prismas_is_told_by_its_own_line(call: str) -> None:
    """Below it stand the lines before it, and beside it what stands before it without a space."""
    fields = "Unique constraint failed on the fields: (`orgId`, `lower(email::text`)"
    text = (
        f"\nInvalid `{call}` invocation in\n/app/a.ts:9:2\n\n  8 tx.tag.createMany({{ data }})\n"
        f"→ 9 {call[:-1]}\n{fields}"
    )
    body = {"email": "jane@e.com", "org_id": 1}
    key = read_text(
        event(raised(("PrismaClientKnownRequestError", text)), request={"data": body})
    ).key
    assert key is not None
    assert (key.table, key.columns) == ("orgMember", ("orgId", "lower(email::text)"))
    assert dict(key.fields) == {"orgId": "1", "email": "jane@e.com"}


BATCHED = "insert into c (org, email) values (('1'::int8), ('jane@e.com'))"


@pytest.mark.parametrize("place", ["exception", "log"])
@pytest.mark.parametrize(("entry", "email"), [(BATCHED, "jane@e.com"), ("<unknown>", None)])
def test_the_failed_entry_of_a_batch_has_its_own_values(
    entry: str, email: str | None, place: str
) -> None:
    """Those of the body may be any entry's."""
    text = (
        f"Batch entry 1 {entry} was aborted: ERROR: {duplicate('u_email')}  Call getNextException"
    )
    told = raised(("BatchUpdateException", text)) if place == "exception" else {}
    log = {"formatted": f"Servlet.service() threw: {text}"} if place == "log" else {}
    body = {"email": "first@e.com", "others": [{"mail": "x@e.com"}]}
    key = read_text(event(told, logentry=log, request={"data": body})).key
    assert key is not None
    assert (key.constraint, dict(key.fields).get("email")) == ("u_email", email)
