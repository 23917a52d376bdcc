"""The line for the model that stands above a migration makes the key that the migration makes."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Index, MetaData, Table, create_engine, text

from collectors.audit.migration import migration
from collectors.audit.naming import quoted
from sample_data.postgres import Database
from tests.database.auditing_world import draft_of, run, statements_of

COLUMNS = (
    'id int PRIMARY KEY, org int, email text, "userId" text, "user" text, "say ""hi""" text,'
    ' "back\\slash" text, "a(b)" text'
)
KEYS = {
    "plain": "(org, email)",
    "camel case": '("userId", email)',
    "a word of SQL": '("user")',
    "odd": '("say ""hi""", "back\\slash", "a(b)")',
    "expressions": '(lower("userId"), ("user" || \':x \\ %s\'))',
    "a collation and an order": '("userId" COLLATE "C" text_pattern_ops DESC)',
    "NULLS NOT DISTINCT": '("userId", email) NULLS NOT DISTINCT',
    "a predicate": "(email) WHERE \"userId\" <> 'a:b'",
}
MADE = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = %s::regclass"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("mark", ["deleted_at", '"deletedAt"'])
def test_the_model_makes_the_key_that_the_migration_makes(
    key: str, mark: str, database: Database
) -> None:
    database.execute(
        f"CREATE TABLE t ({COLUMNS}, {mark} timestamptz); CREATE UNIQUE INDEX k ON t {KEYS[key]}"
    )
    plan = draft_of(database, "k")
    (told,) = re.findall(r"^--   (Index\(.*)$", migration(plan).sql, re.MULTILINE)
    assert plan.new is not None
    run(database, statements_of(plan))
    name = quoted(plan.new.name)
    (by_migration,) = database.execute(MADE, [name])[0]
    database.execute(f"DROP INDEX {name}")
    engine = create_engine(database.dsn.replace("postgresql:", "postgresql+psycopg:"))
    index: Index = eval(told, {"Index": Index, "text": text})
    Table("t", MetaData(), autoload_with=engine).append_constraint(index)
    index.create(engine)
    engine.dispose()
    assert database.execute(MADE, [name]) == [(by_migration,)]
