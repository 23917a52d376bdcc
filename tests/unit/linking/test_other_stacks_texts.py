"""Error texts of other stacks as their logs, consoles and tickets show them."""

from __future__ import annotations

import html
import json

import pytest

from collectors.linking.violation import read_text

U = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"


def duplicate(constraint: str) -> str:
    return f'duplicate key value violates unique constraint "{constraint}"'


def exists(columns: str, values: str) -> str:
    return f"Key ({columns})=({values}) already exists."


PLAIN = exists("email", "jane@example.com")
JANE = (("jane@example.com",),)
MEMBER = exists('"MemberCode"', "O'Hara")
SLUG = exists("slug", 'acme-"inc"')
TENANT = exists('"tenantId", email', "12, jane@example.com")
TENANTS = exists('"TenantId", "Email"', "7, j@x.io")

WHOLE = {
    "django's debug page": (
        "IntegrityError at /api/customers/\n"
        f"{duplicate('shop_org_email_uniq')}\nDETAIL:  {exists('org_id, email', '42, j@x.io')}\n\n"
        "Request Method: \tPOST\nException Type: \tIntegrityError\nException Value: \t\n"
        f"{duplicate('shop_org_email_uniq')}\nDETAIL:  {exists('org_id, email', '42, j@x.io')}\n"
        "Exception Location: \t/venv/django/db/backends/utils.py, line 105, in _execute\n",
        ("shop_org_email_uniq", ("org_id", "email"), (("42", "j@x.io"),)),
    ),
    "celery's repr, brackets and comma in the value": (
        "Task shop.sync[8c7e6a0e-58f1-4f30-8f6b-2b2f4f6b1c11] raised unexpected: IntegrityError("
        f"'{duplicate('shop_ext_key')}\\nDETAIL:  {exists('external_id', 'cus_9(old), EU')}\\n')",
        ("shop_ext_key", ("external_id",), (("cus_9(old), EU",),)),
    ),
    "rails in a JSON log, quotes in the value": (
        json.dumps(
            {
                "status": 500,
                "error": "ActiveRecord::RecordNotUnique: PG::UniqueViolation: ERROR:  "
                f"{duplicate('index_slug')}\nDETAIL:  {SLUG}\n",
            }
        ),
        ("index_slug", ("slug",), (('acme-"inc"',),)),
    ),
    "rails, COALESCE over the mark of deletion": (
        f"PG::UniqueViolation: ERROR:  {duplicate('index_seats')}\nDETAIL:  "
        + exists(
            "plan_id, COALESCE(deleted_at, '1970-01-01 00:00:00'::timestamp without time zone)",
            "7, 1970-01-01 00:00:00",
        ),
        (
            "index_seats",
            (
                "plan_id",
                "COALESCE(deleted_at, '1970-01-01 00:00:00'::timestamp without time zone)",
            ),
            (("7", "1970-01-01 00:00:00"),),
        ),
    ),
    "typeorm inspected": (
        f"QueryFailedError: {duplicate('UQ_9767')}\n    at PostgresQueryRunner.query {{\n"
        '  query: \'INSERT INTO "users"("id", "email") VALUES (DEFAULT, $1)\',\n'
        "  parameters: [ 'jane@example.com' ],\n"
        f"  driverError: error: {duplicate('UQ_9767')}\n    code: '23505',\n"
        f"    detail: '{PLAIN}',\n    table: 'users',\n    constraint: 'UQ_9767',\n  }},\n}}",
        ("UQ_9767", ("email",), JANE),
    ),
    "sequelize inspected": (
        "UniqueConstraintError [SequelizeUniqueConstraintError]: Validation error {\n"
        "  errors: [ ValidationErrorItem { type: 'unique violation', path: 'tenantId' } ],\n"
        f"  parent: error: {duplicate('users_tenant_email')} {{\n    code: '23505',\n"
        f"    detail: '{TENANT}',\n"
        "    parameters: [ 12, 'jane@example.com' ]\n  },\n"
        "  fields: { tenantId: '12', email: 'jane@example.com' },\n}",
        ("users_tenant_email", ('"tenantId"', "email"), (("12", "jane@example.com"),)),
    ),
    "postgres.js": (
        f"PostgresError: {duplicate('idx')} {{\n  severity_local: 'ERROR',\n  code: '23505',\n"
        f"  detail: '{exists('lower(email), org_id', 'j@x.io, 7')}',\n  table_name: 'customers',\n"
        "  constraint_name: 'idx',\n}",
        ("idx", ("lower(email)", "org_id"), (("j@x.io", "7"),)),
    ),
    "prisma's raw query": (
        f"Raw query failed. Code: `23505`. Message: `{PLAIN}`",
        (None, ("email",), JANE),
    ),
    "postgrex": (
        f"** (Postgrex.Error) ERROR 23505 (unique_violation) {duplicate('users_email')}\n\n"
        f"    table: users\n    constraint: users_email\n\n{PLAIN}",
        ("users_email", ("email",), JANE),
    ),
    "postgrex inspected": (
        "%Postgrex.Error{message: nil, postgres: %{code: :unique_violation, message: "
        f'"{duplicate("users_email").replace(chr(34), chr(92) + chr(34))}", '
        f'pg_code: "23505", detail: "{PLAIN}", schema: "public"}}, query: nil}}',
        ("users_email", ("email",), JANE),
    ),
    "pgconn's struct": (
        '&pgconn.PgError{Severity:"ERROR", Code:"23505", Message:"'
        + duplicate("c_email").replace('"', '\\"')
        + f'", Detail:"{PLAIN}", TableName:"customers", ConstraintName:"c_email"}}',
        ("c_email", ("email",), JANE),
    ),
    "sqlx's debug print": (
        'Database(PgDatabaseError { severity: Error, code: "23505", message: "'
        + duplicate("u_email").replace('"', '\\"')
        + f'", detail: Some("{PLAIN}"), table: Some("users"), constraint: Some("u_email") }})',
        ("u_email", ("email",), JANE),
    ),
    "hibernate, the same sentence three times": (
        "DataIntegrityViolationException: could not execute statement [ERROR: "
        f"{duplicate('uk_mail')}\n  Detail: {exists('tenant, mail', '7, j@x.io')}] "
        "[insert into c (mail,tenant) values (?,?)]; constraint [uk_mail]\n\tat x.Y(Z.java:290)\n"
        f"Caused by: org.postgresql.util.PSQLException: ERROR: {duplicate('uk_mail')}\n"
        f"  Detail: {exists('tenant, mail', '7, j@x.io')}\n\t... 114 more",
        ("uk_mail", ("tenant", "mail"), (("7", "j@x.io"),)),
    ),
    "jdbc batch": (
        "BatchUpdateException: Batch entry 0 insert into seats (plan_id, email) values (('3'::int8)"
        f", ('j@x.io')) was aborted: ERROR: {duplicate('seats_key')}\n"
        f"  Detail: {exists('plan_id, email', '3, j@x.io')}  Call getNextException to see other "
        "errors in the batch.",
        ("seats_key", ("plan_id", "email"), (("3", "j@x.io"),)),
    ),
    "jdbc batch, a dash in the value": (
        "BatchUpdateException: Batch entry 0 insert into seats (name, id) values (('Kiel - Nord'),"
        f" (7)) was aborted: ERROR: {duplicate('seats_key')}\n"
        f"  Detail: {exists('name', 'Kiel - Nord')}  Call getNextException to see other errors.",
        ("seats_key", ("name",), (("Kiel - Nord",),)),
    ),
    "entity framework": (
        "Microsoft.EntityFrameworkCore.DbUpdateException: An error occurred.\n ---> "
        f"Npgsql.PostgresException (0x80004005): 23505: {duplicate('IX_Users_Email')}\n\n"
        f"DETAIL: {TENANTS}\n  Exception data:\n"
        "    SqlState: 23505\n    TableName: Users\n    ConstraintName: IX_Users_Email",
        ("IX_Users_Email", ('"TenantId"', '"Email"'), (("7", "j@x.io"),)),
    ),
    "laravel, values in its SQL": (
        f"SQLSTATE[23505]: Unique violation: 7 ERROR:  {duplicate('users_unique')}\nDETAIL:  "
        f'{PLAIN} (Connection: pgsql, SQL: insert into "users" ("email", "boss") values '
        '(jane@example.com, boss@example.com) returning "id")',
        ("users_unique", ("email",), JANE),
    ),
    "codeigniter's log, as html and as it is": (
        html.escape(f"pg_query(): Query failed: ERROR:  {duplicate('m_key')}\nDETAIL:  {MEMBER} /x")
        + f"\nERROR - Query error: ERROR:  {duplicate('m_key')}\nDETAIL:  {MEMBER} - Invalid "
        "query: INSERT INTO m VALUES ('x')",
        ("m_key", ('"MemberCode"',), (("O'Hara",),)),
    ),
    "csvlog, a backslash in the value": (
        f'12,"INSERT",ERROR,23505,"{duplicate("u_login").replace(chr(34), chr(34) * 2)}",'
        '"Key (login)=(CORP\\nick) already exists.",,,',
        ("u_login", ("login",), (("CORP\\nick",),)),
    ),
    "csvlog in a container's log": (
        json.dumps(
            {
                "log": '12,"INSERT",ERROR,23505,"'
                + duplicate("u_login").replace('"', '""')
                + '","Key (login)=(the ""CORP\\nick"") already exists.",,,\n'
            }
        ),
        ("u_login", ("login",), (('the "CORP\\nick"',),)),
    ),
    "node's error, every kind of quotes": (
        f"error: {duplicate('u_login')} {{\n  code: '23505',\n"
        + "  detail: `"
        + exists('"userLogin"', "O'HARA\\\\nick")
        + "`\n}",
        ("u_login", ('"userLogin"',), (("O'HARA\\nick",),)),
    ),
    "node's error in a container's log": (
        json.dumps(
            {
                "log": f"error: {duplicate('u_login')}\n    at x (y.js:1:1) {{\n  code: '23505',\n"
                "  detail: 'Key (login)=(CORP\\\\nick) already exists.'\n}"
            }
        ),
        ("u_login", ("login",), (("CORP\\nick",),)),
    ),
    "node's error in a container's log, by lines": (
        "\n".join(
            json.dumps({"log": f"{line}\n", "stream": "stderr"})
            for line in (
                f"error: {duplicate('u_login')} {{",
                "  detail: 'Key (login)=(CORP\\\\nick) already exists.' }",
            )
        ),
        ("u_login", ("login",), (("CORP\\nick",),)),
    ),
    "a struct with a word processor's quotes": (
        f"Code:“23505”, Message:“{duplicate('u_mail').replace(chr(34), chr(92) + '”')}”, "
        "Detail:“Key (email)=(jane@example.com) already exists.”, ConstraintName:“u_mail”",
        ("u_mail", ("email",), JANE),
    ),
    "csvlog of a German server": (
        '12,"INSERT",FEHLER,23505,"doppelter Schlüsselwert verletzt Unique-Constraint '
        '»kunden_key«","Schlüssel »(mandant, lower(email::text))=(7, j@x.io)« existiert bereits."',
        ("kunden_key", ("mandant", "lower(email::text)"), (("7", "j@x.io"),)),
    ),
    "a Russian page's source": (
        "повторяющееся значение ключа нарушает ограничение уникальности &quot;k_key&quot;<br>"
        "DETAIL:  Ключ &quot;(email)=(jane@example.com)&quot; уже существует.",
        ("k_key", ("email",), JANE),
    ),
    "a French page's source": (
        "la valeur d'une clé dupliquée rompt la contrainte unique &laquo; k_key &raquo;<br>"
        "DÉTAIL : La clé &laquo; (email)=(jane@example.com) &raquo; existe déjà.",
        ("k_key", ("email",), JANE),
    ),
    "mail, quoted twice and wrapped": (
        "Hi,\n\n> Sam wrote:\n> > IntegrityError: duplicate key value violates unique constraint\n"
        '> > "ix_customers_email" DETAIL: Key\n> > (organization_id, lower(email::text))='
        f"({U},\n> > jane.very.long@example.com) already exists.\n\nThanks",
        (
            "ix_customers_email",
            ("organization_id", "lower(email::text)"),
            ((U, "jane.very.long@example.com"),),
        ),
    ),
    "node, in a terminal's colours": (
        f"error: {duplicate('u_email')} {{\n  code: \x1b[32m'23505'\x1b[39m,\n  detail: \x1b[32m"
        f"'{PLAIN}'\x1b[39m,\n  constraint: \x1b[32m'u_email'\x1b[39m\n}}",
        ("u_email", ("email",), JANE),
    ),
    "a web mail's spaces": (
        f"{duplicate('c_key')}<br>Detail:  {PLAIN}".replace(" ", "&nbsp;"),
        ("c_key", ("email",), JANE),
    ),
    "the same from a page": (
        f"[31mERROR[0m {duplicate('u_email').replace('u_email', '[1mu_email[22m')}\n"
        "  detail: 'Key (email)=([33mjane@example.com[39m) already exists.'",
        ("u_email", ("email",), JANE),
    ),
    "read from a picture, broken anywhere": (
        'duplicate key value violates\nunique constraint "customers_\nexternal_id_key"\n'
        "DETAIL: Key (organization_id,\nexternal_id)=(0d9e2c1a-7b54-\n4e0e-9a51-3f6f1c2b7a10, "
        "cus_\n42) already exists.",
        (
            "customers_external_id_key",
            ("organization_id", "external_id"),
            ((U, "cus_42"),),
        ),
    ),
    "a table of a tracker": (
        f"||Error||Detail||\n|{duplicate('c_key')}|{PLAIN}|",
        ("c_key", ("email",), JANE),
    ),
    "a web mail's link": (
        "<div>duplicate key value violates unique constraint &quot;c_key&quot;<br>DETAIL:&nbsp; "
        'Key (email)=(<a href="mailto:jane@example.com">jane@example.com</a>) already exists.'
        "</div>",
        ("c_key", ("email",), JANE),
    ),
    "a markdown link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "[jane@example.com](mailto:jane@example.com)"),
        ("c_key", ("email",), JANE),
    ),
    "a chat's link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "<mailto:jane@example.com|jane@example.com>"),
        ("c_key", ("email",), JANE),
    ),
    "a mail program's link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("org, email", "7, jane@example.com <mailto:jane@example.com>"),
        ("c_key", ("org", "email"), (("7", "jane@example.com"),)),
    ),
    "a mail program's link without a space": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "jane@example.com<mailto:jane@example.com>"),
        ("c_key", ("email",), JANE),
    ),
    "jira's link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("org, email", "7, [jane@example.com|mailto:jane@example.com]"),
        ("c_key", ("org", "email"), (("7", "jane@example.com"),)),
    ),
    "a markdown link in angle brackets": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "[jane@example.com](<mailto:jane@example.com>)"),
        ("c_key", ("email",), JANE),
    ),
    "a chat's link, escaped as its API does": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "&lt;mailto:jane@example.com|jane@example.com&gt;"),
        ("c_key", ("email",), JANE),
    ),
    "asciidoc's link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "mailto:jane@example.com[jane@example.com]"),
        ("c_key", ("email",), JANE),
    ),
    "a wiki's link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "[mailto:jane@example.com jane@example.com]"),
        ("c_key", ("email",), JANE),
    ),
    "org-mode's link": (
        f"{duplicate('c_key')}\nDETAIL: "
        + exists("email", "[[mailto:jane@example.com][jane@example.com]]"),
        ("c_key", ("email",), JANE),
    ),
    "an address in angle brackets": (
        f"{duplicate('c_key')}\nDETAIL: " + exists("email, org", "<jane@example.com>, 7"),
        ("c_key", ("email", "org"), (("jane@example.com", "7"),)),
    ),
    "a name with its address is a value": (
        f"{duplicate('c_key')}\nDETAIL: " + exists("sender", "Jane <jane@example.com>"),
        ("c_key", ("sender",), (("Jane <jane@example.com>",),)),
    ),
    "a page that may break the address": (
        "duplicate key value violates unique constraint &quot;c_key&quot;<br>DETAIL: "
        "Key (email)=(jane@exam<wbr>ple.com) already exists.",
        ("c_key", ("email",), JANE),
    ),
    "a page that colours the address": (
        "<div>duplicate key value violates unique constraint &quot;c_key&quot;</div><div>DETAIL: "
        'Key (org, email)=(7, <span class="il">jane</span>@<span><span>example</span></span>.com) '
        "already exists.</div>",
        ("c_key", ("org", "email"), (("7", "jane@example.com"),)),
    ),
    "markdown's escapes": (
        duplicate("c\\_org\\_key")
        + "\nDETAIL: "
        + exists("org\\_id, external\\_id", "7, acct\\_42\\*"),
        ("c_org_key", ("org_id", "external_id"), (("7", "acct_42*"),)),
    ),
    "markdown's escapes in the columns alone": (
        duplicate("ckey") + "\nDETAIL: " + exists("external\\_id", "acct\\_42"),
        ("ckey", ("external_id",), (("acct_42",),)),
    ),
    "a backslash before an underscore in the value alone": (
        f"{duplicate('c_key')}\nDETAIL: " + exists("external_id", "CORP\\_42"),
        ("c_key", ("external_id",), (("CORP\\_42",),)),
    ),
    "a field of jsonb": (
        f"{duplicate('i_key')}\nDETAIL:  "
        + exists("(data ->> 'email'::text), org_id", "j@x.io, 4"),
        ("i_key", ("(data ->> 'email'::text)", "org_id"), (("j@x.io", "4"),)),
    ),
    "a day": (
        f"{duplicate('i_key')}\nDETAIL:  "
        + exists("date_trunc('day'::text, created_at), user_id", "2025-01-01 00:00:00, 4"),
        (
            "i_key",
            ("date_trunc('day'::text, created_at)", "user_id"),
            (("2025-01-01 00:00:00", "4"),),
        ),
    ),
}

WITHOUT_VALUES = {
    "prisma's page of source": (
        "Invalid `prisma.customer.create()` invocation in\n/app/src/c.ts:42:31\n\n→ 42 prisma."
        "customer.create(\nUnique constraint failed on the fields: (`organizationId`,`email`)",
        (None, ("organizationId", "email")),
    ),
    "knex": (
        'insert into "customers" ("email") values ($1) returning "id" - ' + duplicate("c_unique"),
        ("c_unique", ()),
    ),
    "pgx, wrapped twice": (
        f"create: insert: ERROR: {duplicate('c_uniq')} (SQLSTATE 23505): rollback: conn closed",
        ("c_uniq", ()),
    ),
    "gorm's log, which prints the insert": (
        f"/app/repo.go:33 ERROR: {duplicate('idx_email')} (SQLSTATE 23505)\n[2.1ms] [rows:0] "
        'INSERT INTO "users" ("deleted_at","email") VALUES (NULL,\'j@x.io\') RETURNING "id"',
        ("idx_email", ()),
    ),
    "r2dbc": (
        f"ExceptionFactory$PostgresqlDataIntegrityViolationException: [23505] {duplicate('u_key')}",
        ("u_key", ()),
    ),
    "hasura": (
        json.dumps({"errors": [{"message": f"Uniqueness violation. {duplicate('u_key')}"}]}),
        ("u_key", ()),
    ),
    "a scrubber's placeholder": (
        f"{duplicate('c_key')}\nDETAIL:  {exists('organization_id, email', f'{U}, <email>')}",
        ("c_key", ("organization_id", "email")),
    ),
    "cut in the address": (
        f"{duplicate('c_key')}\nDETAIL:  Key (organization_id, email)=({U}, jane@exa...",
        ("c_key", ("organization_id", "email")),
    ),
}


CHANGESET = """could not perform insert because changeset is invalid.

Errors

    %{
      email: [
        {"has already been taken",
         [constraint: :unique, constraint_name: "users_org_email_index"]}
      ]
    }

Applied changes

    %{email: "j@e.com", org_id: 7, name: nil, at: ~U[2026-01-01 10:00:00Z], plan: "x"}

Params

    %{"email" => "J@e.com", "inviter" => %{"email" => "boss@e.com"}}
"""


def test_ectos_changeset_names_the_constraint_and_what_was_to_be_inserted() -> None:
    key = read_text(CHANGESET).key
    assert key is not None
    assert (key.constraint, key.columns, key.source) == ("users_org_email_index", (), None)
    named = {"email": "j@e.com", "org_id": "7", "name": None, "plan": "x"}
    assert dict(key.fields) == named
    other = CHANGESET.replace(":unique", ":foreign")
    assert read_text(other).key is None


@pytest.mark.parametrize(("text", "told"), WHOLE.values(), ids=WHOLE.keys())
def test_the_whole_key_is_read(text: str, told: tuple[object, ...]) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.columns, key.splits) == told


@pytest.mark.parametrize(("text", "told"), WITHOUT_VALUES.values(), ids=WITHOUT_VALUES.keys())
def test_what_no_text_tells_is_not_made_up(text: str, told: tuple[object, ...]) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.columns) == told
    assert not key.splits
    assert key.doubt
