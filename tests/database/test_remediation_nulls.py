"""A release writes a value where NULL cannot be, although the column itself would take it."""

from __future__ import annotations

import pytest

from dashboard.remediation.outcomes import Applied
from tests.database.remediation_world import WRITER, World, applied, undone
from tests.database.test_audit_backfills import free, plan_of

NO_NULL = {
    "a-check": 'text CHECK ("mailTo" IS NOT NULL)',
    "a-check-of-more": 'text CHECK (length("mailTo") < 60 AND ("mailTo" IS NOT NULL))',
    "a-domain": "filled",
    "a-domain-over-one": "shorter",
    "a-domain-that-checks": "checked",
    "a-check-of-either": 'text CHECK ("mailTo" IS NOT NULL OR id > 9)',
    "a-check-that-may-let-it": 'text CHECK ("mailTo" IS NOT NULL OR id > 0)',
}
"""Each takes a value that is made up."""
WITH_NULL = {"a-column": "text", "a-check-of-its-own": 'text CHECK ("mailTo" IS NULL OR true)'}


@pytest.mark.parametrize("name", [*NO_NULL, *WITH_NULL])
def test_a_release_and_a_backfill_write_null_only_where_it_can_be(world: World, name: str) -> None:
    kind = {**NO_NULL, **WITH_NULL}[name]
    world.database.execute(
        "CREATE DOMAIN filled AS text NOT NULL; CREATE DOMAIN checked AS text CHECK (VALUE IS NOT"
        " NULL); CREATE DOMAIN shorter AS filled CHECK (length(VALUE) < 60);"
        f'CREATE TABLE people (id int PRIMARY KEY, "mailTo" {kind}, deleted_at timestamptz,'
        ' CONSTRAINT mail_once UNIQUE ("mailTo"));'
        f"GRANT SELECT, UPDATE ON people TO {WRITER};"
        "INSERT INTO people VALUES (1, 'jane@example.com', '2026-10-01')"
    )
    read = 'SELECT "mailTo" FROM people'
    (before,) = world.database.execute(read)

    done = applied(world.door(), world.conflict("1", "mail_once", table="people"))

    released = "released+1@tombstone.invalid" if name in NO_NULL else None
    assert world.database.execute(read) == [(released,)]
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.database.execute(read) == [before]

    free(world.database, plan_of(world.database, "mail_once"))
    assert world.database.execute(read) == [(released,)]
