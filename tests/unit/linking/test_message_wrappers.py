"""How drivers, mappers and frameworks print PostgreSQL's unique violation."""

from __future__ import annotations

import json

import pytest

from collectors.linking.violation import read_text
from collectors.model import ValueSource

U = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"
DUPLICATE = 'duplicate key value violates unique constraint "customers_email_key"'
DETAIL = "DETAIL:  Key (email)=(jane@example.com) already exists."

WITH_DETAIL = {
    "psql": f"ERROR:  {DUPLICATE}\n{DETAIL}",
    "psql verbose": (
        f"ERROR:  23505: {DUPLICATE}\n{DETAIL}\nSCHEMA NAME:  public\nTABLE NAME:  customers\n"
        "CONSTRAINT NAME:  customers_email_key\nLOCATION:  _bt_check_unique, nbtinsert.c:664"
    ),
    "server log": (
        f"2025-06-01 10:00:00.123 UTC [4711] app@shop ERROR:  {DUPLICATE}\n"
        f"2025-06-01 10:00:00.123 UTC [4711] app@shop {DETAIL}\n"
        "2025-06-01 10:00:00.123 UTC [4711] app@shop STATEMENT:  insert into customers values ($1)"
    ),
    "asyncpg": f"asyncpg.exceptions.UniqueViolationError: {DUPLICATE}\n{DETAIL}",
    "asyncpg repr": f"UniqueViolationError('{DUPLICATE}\\n{DETAIL}')",
    "psycopg 2": f"psycopg2.errors.UniqueViolation: {DUPLICATE}\n{DETAIL}\n",
    "psycopg 2 tuple": f"(psycopg2.errors.UniqueViolation) {DUPLICATE}\n{DETAIL}\n",
    "psycopg 3": f"psycopg.errors.UniqueViolation: {DUPLICATE}\n{DETAIL}",
    "sqlalchemy over asyncpg": (
        "(sqlalchemy.dialects.postgresql.asyncpg.IntegrityError) "
        f"<class 'asyncpg.exceptions.UniqueViolationError'>: {DUPLICATE}\n{DETAIL}\n"
        "[SQL: INSERT INTO customers (email) VALUES ($1::VARCHAR)]\n"
        "[parameters: ('jane@example.com',)]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
    ),
    "pg8000": (
        "{'S': 'ERROR', 'V': 'ERROR', 'C': '23505', "
        f"'M': '{DUPLICATE}', 'D': 'Key (email)=(jane@example.com) already exists.', "
        "'s': 'public', 't': 'customers', 'n': 'customers_email_key', 'F': 'nbtinsert.c', "
        "'L': '664', 'R': '_bt_check_unique'}"
    ),
    "django": f"django.db.utils.IntegrityError: {DUPLICATE}\n{DETAIL}\n",
    "rails": f"PG::UniqueViolation: ERROR:  {DUPLICATE}\n{DETAIL}\n",
    "rails record not unique": (
        f"ActiveRecord::RecordNotUnique: PG::UniqueViolation: ERROR:  {DUPLICATE}\n{DETAIL}\n"
        ': INSERT INTO "customers" ("email") VALUES ($1) RETURNING "id"'
    ),
    "node-postgres inspected": (
        f"error: {DUPLICATE}\n    at Parser.parseErrorMessage (/app/pg-protocol/parser.js:287)\n"
        "  length: 214,\n  severity: 'ERROR',\n  code: '23505',\n"
        "  detail: 'Key (email)=(jane@example.com) already exists.',\n  hint: undefined,\n"
        "  schema: 'public',\n  table: 'customers',\n  constraint: 'customers_email_key'"
    ),
    "node-postgres json": (
        '{"length":214,"name":"error","severity":"ERROR","code":"23505",'
        '"detail":"Key (email)=(jane@example.com) already exists.","schema":"public",'
        '"table":"customers","constraint":"customers_email_key","routine":"_bt_check_unique"}'
    ),
    "postgrest": (
        '{"code":"23505","details":"Key (email)=(jane@example.com) already exists.","hint":null,'
        '"message":"duplicate key value violates unique constraint \\"customers_email_key\\""}'
    ),
    "typeorm": (
        f"QueryFailedError: {DUPLICATE}\n"
        '  query: \'INSERT INTO "customers"("email") VALUES ($1)\',\n'
        "  parameters: [ 'jane@example.com' ],\n"
        "  driverError: { code: '23505', detail: 'Key (email)=(jane@example.com) already exists.' }"
    ),
    "sequelize parent": (
        "SequelizeUniqueConstraintError: Validation error\n  parent: error: "
        f"{DUPLICATE}\n    detail: 'Key (email)=(jane@example.com) already exists.',"
    ),
    "knex": (
        'insert into "customers" ("email") values ($1) returning "id" - '
        f"{DUPLICATE}\n  detail: 'Key (email)=(jane@example.com) already exists.'"
    ),
    "drizzle cause": (
        'Error: Failed query: insert into "customers" ("id", "email") values (default, $1)\n'
        f"params: jane@example.com\n\n  [cause]: error: {DUPLICATE}\n"
        "    detail: 'Key (email)=(jane@example.com) already exists.'"
    ),
    "lib/pq logged": (
        f'level=error msg="pq: {DUPLICATE}" detail="Key (email)=(jane@example.com) already exists."'
    ),
    "pgx struct": (
        '&pgconn.PgError{Severity:"ERROR", Code:"23505", '
        'Message:"duplicate key value violates unique constraint \\"customers_email_key\\"", '
        'Detail:"Key (email)=(jane@example.com) already exists.", SchemaName:"public", '
        'TableName:"customers", ConstraintName:"customers_email_key"}'
    ),
    "jdbc": (
        f"org.postgresql.util.PSQLException: ERROR: {DUPLICATE}\n"
        "  Detail: Key (email)=(jane@example.com) already exists."
    ),
    "hibernate": (
        f"could not execute statement [ERROR: {DUPLICATE}\n"
        "  Detail: Key (email)=(jane@example.com) already exists.] [insert into customers (email) "
        "values (?)]; SQL [insert into customers (email) values (?)]; "
        "constraint [customers_email_key]"
    ),
    "npgsql with error detail": (
        f"Npgsql.PostgresException (0x80004005): 23505: {DUPLICATE}\n\n"
        "DETAIL: Key (email)=(jane@example.com) already exists."
    ),
    "laravel": (
        f"SQLSTATE[23505]: Unique violation: 7 ERROR:  {DUPLICATE}\n{DETAIL} (Connection: pgsql, "
        'SQL: insert into "customers" ("email") values (jane@example.com) returning "id")'
    ),
    "doctrine": (
        "An exception occurred while executing a query: SQLSTATE[23505]: Unique violation: 7 "
        f"ERROR:  {DUPLICATE}\n{DETAIL}"
    ),
    "postgrex": (
        "** (Postgrex.Error) ERROR 23505 (unique_violation) "
        f"{DUPLICATE}\n\n    table: customers\n    constraint: customers_email_key\n\n"
        "Key (email)=(jane@example.com) already exists.\n"
    ),
    "diesel debug": (
        'DatabaseError(UniqueViolation, "duplicate key value violates unique constraint '
        '\\"customers_email_key\\"") detail: Some("Key (email)=(jane@example.com) already exists.")'
    ),
    "sqlx debug": (
        'Database(PgDatabaseError { severity: Error, code: "23505", message: "duplicate key value '
        'violates unique constraint \\"customers_email_key\\"", detail: Some("Key (email)='
        '(jane@example.com) already exists."), hint: None, schema: Some("public"), '
        'table: Some("customers"), constraint: Some("customers_email_key") })'
    ),
    "yii": (
        f"SQLSTATE[23505]: Unique violation: 7 ERROR:  {DUPLICATE}\n{DETAIL}\n"
        'The SQL being executed was: INSERT INTO "customers" ("email") '
        "VALUES ('jane@example.com') RETURNING \"id\""
    ),
    "libpqxx in a pipe": (
        "Stderr:  | terminate called after throwing 'pqxx::unique_violation'\n"
        f"         |   what():  ERROR:  {DUPLICATE}\n         | {DETAIL}\n         | \n"
    ),
    "epgsql": (
        '{error,{error,error,<<"23505">>,unique_violation,<<"duplicate key value violates unique '
        'constraint \\"customers_email_key\\"">>,[{constraint_name,<<"customers_email_key">>},'
        '{detail,<<"Key (email)=(jane@example.com) already exists.">>}]}}'
    ),
    "haskell": (
        'SqlError {sqlState = "23505", sqlErrorMsg = "duplicate key value violates unique '
        'constraint \\"customers_email_key\\"", sqlErrorDetail = "Key (email)=(jane@example.com) '
        'already exists.", sqlErrorHint = ""}'
    ),
    "dbd::pg": f"DBD::Pg::st execute failed: ERROR:  {DUPLICATE}\n{DETAIL} at import.pl line 12.",
    "greenplum": f"ERROR:  {DUPLICATE}  (seg0 127.0.0.1:6000 pid=21)\n{DETAIL}",
    "glued to other words": f"create:failed({DUPLICATE})SQLSTATE=23505;{DETAIL}end",
    "capitalised": DUPLICATE.capitalize() + f" - {DETAIL}",
}

WITHOUT_DETAIL = {
    "bare": DUPLICATE,
    "lib/pq": f"pq: {DUPLICATE}",
    "lib/pq with code": f"pq: {DUPLICATE} (23505)",
    "pgx": f"ERROR: {DUPLICATE} (SQLSTATE 23505)",
    "gorm": f"[0.512ms] [rows:0] INSERT INTO customers ERROR: {DUPLICATE} (SQLSTATE 23505)",
    "diesel": f'DatabaseError(UniqueViolation, "{DUPLICATE}")',
    "sqlx": f"error returned from database: {DUPLICATE}",
    "npgsql": (
        f"23505: {DUPLICATE}\n\nDETAIL: Detail redacted as it may contain sensitive data. Specify "
        "'Include Error Detail' in the connection string to include this information."
    ),
    "r2dbc": f"executeMany; SQL [INSERT INTO customers]; [23505] {DUPLICATE}",
    "prisma constraint": "Unique constraint failed on the constraint: `customers_email_key`",
    "prisma meta": "code: 'P2002', meta: { modelName: 'Customer', target: 'customers_email_key' }",
    "ecto": (
        "** (Ecto.ConstraintError) constraint error when attempting to insert struct:\n\n"
        '    * "customers_email_key" (unique_constraint)\n\nIf you would like to stop this '
        "constraint violation from raising an\nexception and instead add it as an error to your "
        "changeset, please\ncall `unique_constraint/3`.\n\nThe changeset defined the following "
        'constraints:\n\n    * "customers_pkey" (unique_constraint)\n'
        '    * "customers_external_id_key" (unique_constraint)\n'
    ),
    "ecto, old": (
        "constraint error when attempting to insert struct:\n\n"
        "    * unique: customers_email_key\n\n"
        "The changeset defined the following constraints:\n\n    * unique: customers_pkey\n"
    ),
    "ecto, not quoted": (
        "(Ecto.ConstraintError constraint error when attempting to update struct:\n\n"
        "    * customers_email_key (unique_constraint)\n\nIf you would like to stop this"
    ),
    "ecto, each line prefixed": (
        "app[web.1]: ** (Ecto.ConstraintError) constraint error when attempting to insert struct:\n"
        "app[web.1]: \napp[web.1]:     * customers_email_key (unique_constraint)\napp[web.1]: \n"
    ),
    "ecto, inspected": (
        '%Ecto.ConstraintError{message: "constraint error when attempting to insert struct:\\n\\n'
        '    * \\"customers_email_key\\" (unique_constraint)\\n\\nThe changeset defined the '
        'following constraints:\\n\\n    * \\"customers_pkey\\" (unique_constraint)\\n"}'
    ),
    "before PostgreSQL 9": 'ERROR:  duplicate key violates unique constraint "customers_email_key"',
    "prisma adapter": (
        "code: 'P2002', meta: { modelName: 'Customer', driverAdapterError: { cause: { "
        "originalCode: '23505', kind: 'UniqueConstraintViolation', "
        "constraint: { index: 'customers_email_key' } } } }"
    ),
    "hibernate name only": (
        "could not execute statement; SQL [n/a]; constraint [customers_email_key]; nested exception"
        " is org.hibernate.exception.ConstraintViolationException: could not execute statement"
    ),
    "hasura": f'{{"errors":[{{"message":"Uniqueness violation. {DUPLICATE}"}}]}}'.replace(
        '"customers_email_key"', '\\"customers_email_key\\"'
    ),
    "sql state in words": "SQL state: 23505, constraint: customers_email_key",
    "erlang tuple": '{constraint_name,<<"customers_email_key">>} code: 23505',
}

WITHOUT_CONSTRAINT = {
    "gorm translated": "duplicated key not allowed",
    "class and nothing": "psycopg2.errors.UniqueViolation: [Filtered]",
    "sqlalchemy over psycopg, filtered": "(psycopg2.errors.UniqueViolation) [Filtered]",
    "sqlalchemy over asyncpg, filtered": (
        "(sqlalchemy.dialects.postgresql.asyncpg.IntegrityError) "
        "<class 'asyncpg.exceptions.UniqueViolationError'>: [Filtered]"
    ),
    "sqlalchemy's pending rollback, filtered": (
        "This Session's transaction has been rolled back due to a previous exception during flush. "
        "Original exception was: (psycopg2.errors.UniqueViolation) [Filtered]"
    ),
    "sqlalchemy's pending rollback, cut within the class": (
        "This Session's transaction has been rolled back due to a previous exception during flush. "
        "Original exception was: (psycopg.errors.UniqueVio..."
    ),
    "sqlalchemy, its class before it": (
        "sqlalchemy.exc.IntegrityError: (psycopg.errors.UniqueViolation) [Filtered]"
    ),
    "sequel": "Sequel::UniqueConstraintViolation: [Filtered]",
    "slonik": "UniqueIntegrityConstraintViolationError: Query violates a unique constraint.",
    "sequelize": "SequelizeUniqueConstraintError: Validation error",
    "prisma not available": "Unique constraint failed on the (not available)",
    "prisma code": "PrismaClientKnownRequestError: P2002",
    "unique_violation": "ERROR: unique_violation while saving",
    "laravel class": "Illuminate\\Database\\UniqueConstraintViolationException: could not save",
    "sqlstate": "PDOException: SQLSTATE[23505]",
    "node code": "{ code: '23505', severity: 'ERROR' }",
}


@pytest.mark.parametrize("text", WITH_DETAIL.values(), ids=WITH_DETAIL.keys())
def test_wrapper_keeps_the_whole_key(text: str) -> None:
    reading = read_text(text)
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert reading.key.constraint == "customers_email_key"
    assert reading.key.columns == ("email",)
    assert reading.key.splits == (("jane@example.com",),)
    assert reading.key.doubt is None


@pytest.mark.parametrize("text", WITHOUT_DETAIL.values(), ids=WITHOUT_DETAIL.keys())
def test_wrapper_without_detail_names_the_constraint_and_says_what_is_missing(text: str) -> None:
    reading = read_text(text)
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert reading.key.constraint == "customers_email_key"
    assert reading.key.splits == ()
    assert reading.key.doubt


@pytest.mark.parametrize("text", WITHOUT_CONSTRAINT.values(), ids=WITHOUT_CONSTRAINT.keys())
def test_a_unique_violation_is_recognised_without_any_name(text: str) -> None:
    reading = read_text(text)
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert (reading.key.constraint, reading.key.splits) == (None, ())
    assert reading.key.doubt


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Unique constraint failed on the fields: (`email`)", ("email",)),
        (
            "Unique constraint failed on the fields: (`organizationId`,`email`)",
            ("organizationId", "email"),
        ),
        (
            "code: 'P2002', meta: { target: [ 'organizationId', 'email' ] }",
            ("organizationId", "email"),
        ),
        ('{"code":"P2002","meta":{"target":["email"]},"message":"x"}', ("email",)),
        (
            '{"code":"P2002","meta":{"driverAdapterError":{"cause":{"originalCode":"23505",'
            '"constraint":{"fields":["\\"organizationId\\"","email"]}}}}}',
            ("organizationId", "email"),
        ),
        (
            "Unique constraint failed on the fields: (`org_id`, `lower(email::text`)",
            ("org_id", "lower(email::text)"),
        ),
        (
            '{"code":"P2002","meta":{"driverAdapterError":{"cause":{"originalCode":"23505",'
            '"constraint":{"fields":["org_id","lower((email)::text"]}}}}}',
            ("org_id", "lower((email)::text)"),
        ),
    ],
    ids=["one field", "two fields", "inspected", "json", "adapter", "expression", "adapter's own"],
)
def test_prisma_gives_fields_and_no_values(text: str, columns: tuple[str, ...]) -> None:
    reading = read_text(text)
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert (reading.key.columns, reading.key.splits) == (columns, ())


@pytest.mark.parametrize(
    "text",
    [
        WITHOUT_DETAIL["ecto"],
        "constraint error when attempting to insert struct: unique: customers_email_key",
    ],
    ids=["whole", "a tracker's title"],
)
def test_ecto_names_the_violated_constraint_not_the_decoys(text: str) -> None:
    reading = read_text(text)
    assert reading.key is not None
    assert reading.key.constraint == "customers_email_key"


@pytest.mark.parametrize(
    "text",
    [
        "SequelizeUniqueConstraintError: x { fields: { email: 'j@e.com', org: '7' } }",
        '{"name":"SequelizeUniqueConstraintError","fields":{"email":"j@e.com","org":"7"}}',
    ],
    ids=["inspected", "json"],
)
def test_sequelize_took_the_detail_apart(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.columns, key.splits) == (("email", "org"), (("j@e.com", "7"),))
    assert key.source is ValueSource.MESSAGE


def test_two_errors_in_one_text_are_not_mixed() -> None:
    text = (
        'duplicate key value violates unique constraint "first_key"\n'
        'duplicate key value violates unique constraint "second_key"\n'
        "DETAIL:  Key (a)=(1) already exists."
    )
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.splits) == ("second_key", (("1",),))


def record(constraint: str, **facts: str | None) -> str:
    """A line as PostgREST logs it, the message where the facts leave it."""
    told = {"code": "23505", **facts}
    said = f'duplicate key value violates unique constraint "{constraint}"'
    return json.dumps({name: said if name == "message" else fact for name, fact in told.items()})


TEAMS = 'duplicate key value violates unique constraint "teams_slug_key"'
CROSSWISE = {
    "two processes": (
        f"[101] ERROR:  {DUPLICATE}\n[102] ERROR:  {TEAMS}\n[101] {DETAIL}\n"
        "[102] DETAIL:  Key (slug)=(acme) already exists.",
        "customers_email_key",
    ),
    "two processes, the other first": (
        f"10:00 UTC [7] app@shop ERROR:  {DUPLICATE}\n10:00 UTC [8] app@shop ERROR:  {TEAMS}\n"
        "10:01 UTC [8] app@shop DETAIL:  Key (slug)=(acme) already exists.\n"
        f"10:01 UTC [7] app@shop {DETAIL}",
        "teams_slug_key",
    ),
    "nobody knows which process": (
        f"ERROR:  {DUPLICATE}\nERROR:  {TEAMS}\n{DETAIL}\n"
        "DETAIL:  Key (slug)=(acme) already exists.",
        None,
    ),
    "the object has its own name": (
        f'level=error msg="pq: {TEAMS}"\n'
        + json.dumps({"detail": DETAIL[9:], "constraint": "customers_email_key"}),
        "customers_email_key",
    ),
    "the object says it behind the sentence": (
        record("teams_slug_key", message="", details=None)
        + "\n"
        + record("customers_email_key", details=DETAIL[9:], message=""),
        "customers_email_key",
    ),
    "over several lines": (
        f"{TEAMS}\n{{\n  code: '23505',\n  detail: 'Key (email)=(jane@example.com) already exists.'"
        ",\n  table: 'customers',\n  constraint: 'customers_email_key'\n}",
        "customers_email_key",
    ),
    "a name in the value": (
        record(
            "customers_email_key",
            details=f"Key (note)=({TEAMS}) already exists.",
            message="",
        ),
        "customers_email_key",
    ),
}


@pytest.mark.parametrize(("text", "constraint"), CROSSWISE.values(), ids=CROSSWISE.keys())
def test_a_sentence_goes_with_the_name_of_its_own_error(text: str, constraint: str | None) -> None:
    key = read_text(text).key
    assert key is not None
    assert key.constraint == constraint
    assert len(key.splits) == 1


def test_of_two_whole_errors_in_a_ticket_the_first_is_read() -> None:
    first = f"ERROR:  {DUPLICATE}\n{DETAIL}"
    for between in ("\n", "\n\nand then\n\n", " / "):
        second = first.replace("jane@", "bob@").replace("customers_email_key", "other_key")
        key = read_text(f"{first}{between}{second}").key
        assert key is not None
        assert (key.constraint, key.splits) == ("customers_email_key", (("jane@example.com",),))


def test_table_and_schema_are_taken_where_the_message_has_them() -> None:
    key = read_text(WITH_DETAIL["psql verbose"]).key
    assert key is not None
    assert (key.schema, key.table) == ("public", "customers")


@pytest.mark.parametrize("joint", [".", "::", "\\", "\\\\\\\\"])
@pytest.mark.parametrize("depth", [1, 9, 30])
def test_a_class_is_known_however_deep_its_package(joint: str, depth: int) -> None:
    """A path of any length costs its length, and no more: it is looked at in short pieces."""
    path = joint.join(["acme"] * depth)
    assert read_text(f"{path}{joint}UniqueViolation: no words").kind == "unique_violation"
