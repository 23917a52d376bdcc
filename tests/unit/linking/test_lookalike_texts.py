"""Texts that only look like a unique violation of PostgreSQL."""

from __future__ import annotations

import pytest

from collectors.linking.violation import read_text

OTHER_DATABASE_ERRORS = {
    # other engines' duplicates
    "mysql": "Duplicate entry 'jane@example.com' for key 'customers.email'",
    "mysql through pdo": (
        "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry 'jane@example.com' "
        "for key 'customers_email_unique'"
    ),
    "mysql through rails": (
        "ActiveRecord::RecordNotUnique: Mysql2::Error: Duplicate entry 'x' for key 'index_a'"
    ),
    "mysql through node": "ER_DUP_ENTRY: Duplicate entry 'x' for key 'PRIMARY'",
    "sqlite": "sqlite3.IntegrityError: UNIQUE constraint failed: customers.email",
    "sqlite through node": "SQLITE_CONSTRAINT: UNIQUE constraint failed: customers.email",
    "sql server": (
        "Violation of UNIQUE KEY constraint 'UQ_Email'. Cannot insert duplicate key in object "
        "'dbo.Customers'. The duplicate key value is (jane@example.com)."
    ),
    "sql server index": (
        "Cannot insert duplicate key row in object 'dbo.C' with unique index 'IX_C'. The duplicate "
        "key value is (1)."
    ),
    "oracle": "ORA-00001: unique constraint (SHOP.CUSTOMERS_EMAIL_UK) violated",
    "mongodb": (
        "E11000 duplicate key error collection: shop.customers index: email_1 "
        'dup key: { email: "x" }'
    ),
    "h2": (
        'Unique index or primary key violation: "PUBLIC.UK_EMAIL ON PUBLIC.CUSTOMERS(EMAIL) VALUES '
        "( /* 1 */ 'x' )\"; SQL statement: insert into customers [23505-214]"
    ),
    "derby": (
        "ERROR 23505: The statement was aborted because it would have caused a duplicate key value "
        "in a unique or primary key constraint or unique index identified by 'UK' defined on 'C'."
    ),
    "db2": "DB2 SQL Error: SQLCODE=-803, SQLSTATE=23505, SQLERRMC=2;SHOP.CUSTOMERS, DRIVER=4.19",
    "hsqldb": "integrity constraint violation: unique constraint or index violation; UK table: C",
    "duckdb": 'Constraint Error: Duplicate key "email: x" violates unique constraint.',
    # other errors of PostgreSQL
    "index build, node-postgres as JSON, which leaves its message out": (
        '{"length":182,"severity":"ERROR","code":"23505","detail":"Key (email)=(jane@example.com)'
        ' is duplicated.","schema":"public","table":"customers","constraint":"customers_email_key"'
        ',"file":"tuplesort.c","line":"4297","routine":"comparetup_index_btree"}'
    ),
    "index build": (
        'ERROR:  could not create unique index "customers_email_key"\n'
        "DETAIL:  Key (email)=(jane@example.com) is duplicated."
    ),
    "exclusion": (
        'ERROR:  conflicting key value violates exclusion constraint "booking_excl"\n'
        "DETAIL:  Key (room, span)=(1, [1,5)) conflicts with existing key (room, span)=(1, [2,3))."
    ),
    "foreign key, insert": (
        'insert or update on table "customers" violates foreign key constraint '
        '"customers_org_fkey"\n'
        'DETAIL:  Key (organization_id)=(7) is not present in table "organizations".'
    ),
    "foreign key, delete": (
        'update or delete on table "customers" violates foreign key constraint '
        '"orders_customer_fkey" on table "orders"\n'
        'DETAIL:  Key (id)=(7) is still referenced from table "orders".'
    ),
    "not null": (
        'null value in column "email" of relation "customers" violates not-null constraint\n'
        "DETAIL:  Failing row contains (1, null)."
    ),
    "not null, a sentence in the row": (
        'null value in column "kind" of relation "logs" violates not-null constraint\n'
        "DETAIL:  Failing row contains (1, null, Key (email)=(jane@example.com) already exists.)."
    ),
    "check, a sentence in the row": (
        "neue Zeile für Relation »logs« verletzt Check-Constraint »logs_kind_check«\n"
        "DETAIL:  Zeile enthält (1, Key (email)=(jane@example.com) already exists.)."
    ),
    "check": 'new row for relation "customers" violates check constraint "customers_email_check"',
    "on conflict without a key": (
        "there is no unique or exclusion constraint matching the ON CONFLICT specification"
    ),
    "reference without a key": (
        'there is no unique constraint matching given keys for referenced table "customers"'
    ),
    "on conflict twice": "ON CONFLICT DO UPDATE command cannot affect row a second time",
    "relation exists": 'ERROR:  relation "customers" already exists',
    "database exists": 'database "shop" already exists',
    "constraint exists": 'constraint "customers_email_key" for relation "customers" already exists',
    "column exists": 'column "email" of relation "customers" already exists',
    "role exists": 'role "reader" already exists',
    "deadlock": "deadlock detected\nDETAIL:  Process 1 waits for ShareLock on transaction 2",
    "serialization": "could not serialize access due to concurrent update",
    "statement timeout": "canceling statement due to statement timeout",
    "bad uuid": 'invalid input syntax for type uuid: "unique"',
    "missing relation": 'relation "unique_keys" does not exist',
    "syntax": 'syntax error at or near "UNIQUE"',
    "prisma, not unique": "PrismaClientKnownRequestError: P2025 record not found",
    "prisma, foreign key": "Foreign key constraint failed on the field: `organizationId`",
    "ecto, foreign key": (
        "constraint error when attempting to insert struct:\n\n"
        '    * "customers_org_fkey" (foreign_key_constraint)\n\nThe changeset defined the '
        'following constraints:\n\n    * "customers_email_key" (unique_constraint)'
    ),
    "hibernate, some constraint": (
        "could not execute statement; SQL [n/a]; constraint [fk_organization]; nested exception is "
        "org.hibernate.exception.ConstraintViolationException: could not execute statement"
    ),
    "hibernate, a foreign key named like a unique one": (
        'could not execute statement [ERROR: insert or update on table "shops" violates foreign '
        'key constraint "uk_region"\n  Detail: Key (region_id)=(7) is not present in table '
        '"regions".] [insert into shops (region_id) values (?)]; constraint [uk_region]'
    ),
    "hibernate, a check named like a unique key": (
        'could not execute statement [ERROR: new row for relation "addresses" violates check '
        'constraint "uk_postcode"\n  Detail: Failing row contains (1).]; constraint [uk_postcode]'
    ),
    "hibernate over mysql": (
        "could not execute statement [Duplicate entry 'x' for key 'users.uk_email'] [insert into "
        "users (email) values (?)]; constraint [users.uk_email]"
    ),
    "sequelize over mysql": (
        "UniqueConstraintError [SequelizeUniqueConstraintError]: Validation error {\n"
        "  parent: Error: Duplicate entry 'j@e.com' for key 'users.email' {\n"
        "    code: 'ER_DUP_ENTRY' },\n  fields: { 'users.email': 'j@e.com' }\n}"
    ),
}

NOT_RECOGNISED = {
    "empty": "",
    "blank": " \n\t ",
    "prose": "My customer cannot be created, it says the address is already in use.",
    "application's check": "A customer with this email address already exists.",
    "django's validation": "Customer with this Email already exists.",
    "rails' own class": (
        "ActiveRecord::RecordInvalid: Validation failed: Email has already been taken"
    ),
    "django rest framework": '{"email":["customer with this email already exists."]}',
    "a headline": "Use 409 for duplicate key value violations instead of 500",
    "a heading": "Avoid violating the unique constraint: duplicate key value violations explained",
    "go that compares": 'if pgErr.Code == "23505" { return ErrDuplicate }',
    "javascript that compares": "if (err.code === '23505') return res.sendStatus(409)",
    "a case": 'case "23505": throw new Conflict()',
    "the manual's list": "23505\tunique_violation\n23503\tforeign_key_violation",
    "pl/pgsql that catches it": "EXCEPTION WHEN unique_violation THEN RETURN NULL;",
    "kubernetes": 'Error from server (AlreadyExists): configmaps "customers" already exists',
    "another service": '{"error":{"message":"A customer with id cus_1 already exists."}}',
    "rails' validation": "Validation failed: Email has already been taken",
    "the number alone": "Order 23505 was shipped in 23 boxes.",
    "amount": "Total: 23505.00 EUR",
    "hibernate, scrubbed, named as a foreign key": (
        "could not execute statement [[Filtered]]; SQL [n/a]; constraint [uk_region_fk]"
    ),
    "code that catches it, its class in brackets": (
        "except (psycopg2.errors.UniqueViolation) as error:\n    raise Conflict from error"
    ),
    "an aside": "At times (psycopg2.errors.UniqueViolation) we answer 500.",
    "code that catches it": "try:\n    save()\nexcept UniqueViolation:\n    pass",
    "java that catches it": "} catch (UniqueConstraintViolationException e) {",
    "python dictionary": "KeyError: 'email' (already exists: False)",
    "java map": "IllegalStateException: Duplicate key jane (attempted merging values 1 and 2)",
    "file exists": "FileExistsError: [Errno 17] File exists: '/tmp/customers'",
    "http": "409 Conflict: the resource already exists",
    "react keys": "Warning: Encountered two children with the same key, `jane`.",
    "documentation": "A unique constraint makes sure that the data in a column is unique.",
    "equation": "f(a)=(b) holds and the proof already exists",
    "unclosed": "Key (a, b)=(1, 2",
    "s3": "BucketAlreadyExists: The requested bucket name is not available.",
    "json": '{"status": 500, "error": "Internal Server Error"}',
    "json list": "[1, 2, 3]",
    "broken json": '{"exception": {"values": [',
}


@pytest.mark.parametrize("text", OTHER_DATABASE_ERRORS.values(), ids=OTHER_DATABASE_ERRORS.keys())
def test_another_database_error_is_told_apart(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.key) == ("other_database_error", None)


@pytest.mark.parametrize("text", NOT_RECOGNISED.values(), ids=NOT_RECOGNISED.keys())
def test_what_is_no_database_error_is_not_recognised(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.key) == ("not_recognised", None)
