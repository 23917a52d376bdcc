"""A CHECK may keep deleted rows out of a key: judged by what the database does."""

from __future__ import annotations

import psycopg
from psycopg.errors import CheckViolation

from collectors.model import Blocks
from sample_data.postgres import Database
from tests.database.auditing_world import catalog_of

COLUMNS = (
    "id serial PRIMARY KEY, email text, kind varchar(9) DEFAULT 'main', sort smallint DEFAULT 5,"
    " is_main boolean DEFAULT true, \"isHeld\" boolean DEFAULT false, note text DEFAULT 'x',"
    " deleted_at timestamptz, is_deleted boolean NOT NULL DEFAULT false"
)
GONE = "'jane', now(), true"

CASES = {
    # a CHECK, and the predicate of a key on (email)
    "a flag": ("NOT (is_main AND is_deleted)", "is_main"),
    "a flag that is not set": ("is_main OR NOT is_deleted", "NOT is_main"),
    "a number": ("NOT is_deleted OR sort <> ALL (ARRAY[4, 5])", "sort = 5"),
    "a text": ("deleted_at IS NULL OR kind <> 'main'", "kind = 'main'"),
    "one of several terms": ("NOT is_deleted OR sort <> 5", "kind = 'main' AND sort = 5"),
    "with others beside": (
        'NOT is_main OR (NOT "isHeld" AND NOT is_deleted AND note <> email)',
        "is_main",
    ),
    "quoted": ('"isHeld" OR deleted_at IS NULL', 'NOT "isHeld"'),
    "whatever the predicate": ("NOT is_deleted", None),
    "another number": ("NOT is_deleted OR sort <> 4", "sort = 5"),
    "no predicate": ("NOT (is_main AND is_deleted AND sort = 4)", None),
    "another predicate": ("NOT is_main OR NOT is_deleted OR sort = 5", "kind = 'main'"),
    "an unknown that has a value": ("note IS NOT NULL OR NOT is_deleted", "is_main"),
    "an unknown that is given one": ("COALESCE(sort, 0) > 0 OR NOT is_deleted", "is_main"),
    "a deletion that it demands": ("NOT is_main OR is_deleted = (deleted_at IS NOT NULL)", None),
}


def _made(database: Database, how: str = "") -> None:
    for number, (check, predicate) in enumerate(CASES.values()):
        where = f"WHERE {predicate}" if predicate else ""
        database.execute(
            f"CREATE TABLE t{number} ({COLUMNS});"
            f"CREATE UNIQUE INDEX k{number} ON t{number} (email) {where};"
            f"ALTER TABLE t{number} ADD CHECK ({check}) {how}"
        )


def _takes_a_deleted_row(database: Database, number: int, predicate: str | None) -> bool:
    """With the values that the predicate demands: all of them are the defaults, but two flags."""
    is_main = predicate != "NOT is_main"
    insert = f"INSERT INTO t{number} (email, deleted_at, is_deleted, is_main) VALUES ({GONE}, "
    try:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute(f"{insert}{is_main})")
    except CheckViolation:
        return False
    return True


def test_a_key_that_no_deleted_row_may_be_in_blocks_nothing(database: Database) -> None:
    _made(database)
    blocks = {key.name: key.blocks for table in catalog_of(database).tables for key in table.keys}
    for number, (name, (_, predicate)) in enumerate(CASES.items()):
        taken = _takes_a_deleted_row(database, number, predicate)
        assert blocks[f"k{number}"] is (Blocks.CREATE if taken else Blocks.NOTHING), name


def test_older_rows_may_not_meet_a_check_that_was_not_validated(
    database: Database,
) -> None:
    _made(database, "NOT VALID")
    keys = [key for table in catalog_of(database).tables for key in table.keys]
    assert {key.blocks for key in keys} == {Blocks.CREATE}
