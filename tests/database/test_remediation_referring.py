"""What refers to a row by more than its id: the database writes it along, or a remedy must not."""

from __future__ import annotations

import pytest

from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import RefusalCode
from tests.database.remediation_world import (
    ENGINEER,
    WRITER,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

RELEASE, RESTORE, _ = RemedyName

PEOPLE = """
CREATE TABLE people (
    id int PRIMARY KEY, email text NOT NULL CONSTRAINT email_once UNIQUE,
    folded text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE,
    is_deleted boolean NOT NULL DEFAULT false, UNIQUE (id, is_deleted)
);
INSERT INTO people VALUES (1, 'Jane@Example.com', DEFAULT, true);
CREATE TABLE notes (person int, gone boolean, folded text, {key});
INSERT INTO notes VALUES (1, true, 'jane@example.com')
"""
BY_MARK = "FOREIGN KEY (person, gone) REFERENCES people (id, is_deleted)"

PARTS = """
CREATE TABLE parts (
    region text, id bigint, code text NOT NULL, deleted_at timestamptz, PRIMARY KEY (region, id),
    CONSTRAINT code_once UNIQUE (region, code)
) PARTITION BY LIST (region);
CREATE TABLE parts_eu PARTITION OF parts FOR VALUES IN ('eu');
INSERT INTO parts VALUES ('eu', 1, 'x', now());
"""


def made(world: World, tables: str) -> None:
    """These tables, and a writer that may write them."""
    world.database.execute(tables)
    world.database.execute(
        f"GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WRITER}"
    )


FOLLOWED = {
    "restore-cascade": (f"{BY_MARK} ON UPDATE CASCADE", RESTORE, RefusalCode.REFERENCED),
    "restore-set-null": (f"{BY_MARK} ON UPDATE SET NULL", RESTORE, RefusalCode.REFERENCED),
    "restore-no-action": (f"{BY_MARK} DEFERRABLE", RESTORE, RefusalCode.DATABASE_REFUSED),
    "restore-no-action-deferred": (
        f"{BY_MARK} DEFERRABLE INITIALLY DEFERRED",
        RESTORE,
        RefusalCode.DATABASE_REFUSED,
    ),
    "release-what-is-computed-from-it": (
        "FOREIGN KEY (folded) REFERENCES people (folded) ON UPDATE CASCADE",
        RELEASE,
        RefusalCode.NOTHING_TO_CHANGE,
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_rows_that_the_database_would_write_along_stop_a_remedy(world: World, name: str) -> None:
    key, remedy, code = FOLLOWED[name]
    made(world, PEOPLE.format(key=key))
    conflict = world.conflict("1", "email_once", table="people")

    refused = refusal(world.door().preview(conflict, remedy, ENGINEER))

    assert refused.code is code, refused
    if code is not RefusalCode.NOTHING_TO_CHANGE:
        assert "notes_person_gone_fkey" in refused.text
    assert world.database.execute("SELECT * FROM notes") == [(1, True, "jane@example.com")]


def test_rows_written_along_that_appear_after_the_preview_are_met_too(world: World) -> None:
    made(world, PEOPLE.format(key=f"{BY_MARK} ON UPDATE CASCADE"))
    world.database.execute("DELETE FROM notes")
    conflict = world.conflict("1", "email_once", table="people")
    approval = approved(previewed(world.door(), conflict, RESTORE))
    world.database.execute("INSERT INTO notes VALUES (1, true)")

    refused = refusal(world.door().apply(conflict, RESTORE, approval))

    assert refused.code is RefusalCode.REFERENCED
    assert "1 in notes (notes_person_gone_fkey, ON UPDATE CASCADE)" in refused.text
    assert world.database.execute("SELECT gone FROM notes") == [(True,)]


def test_what_refers_to_one_partition_by_the_key_is_not_written_along(world: World) -> None:
    made(
        world,
        f"{PARTS} CREATE TABLE notes (region text, code text, FOREIGN KEY (region, code)"
        " REFERENCES parts_eu (region, code) ON UPDATE CASCADE);"
        "INSERT INTO notes VALUES ('eu', 'x')",
    )
    conflict = world.conflict_of("code_once", "parts", '["eu", "1"]', "id = 1")

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.NOTHING_TO_CHANGE
    assert world.database.execute("SELECT code FROM notes") == [("x",)]


def test_what_refers_to_one_partition_since_stops_the_undo_of_a_restore(world: World) -> None:
    made(
        world,
        f"{PARTS} CREATE TABLE notes (region text, part bigint,"
        " FOREIGN KEY (region, part) REFERENCES parts_eu)",
    )
    conflict = world.conflict_of("code_once", "parts", '["eu", "1"]', "id = 1")
    done = applied(world.door(), conflict, RESTORE)
    world.database.execute("INSERT INTO notes VALUES ('eu', 1)")

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.REFERENCED
    assert "notes" in refused.text


def test_a_row_named_by_its_mark_too_is_not_made_another_one(world: World) -> None:
    made(
        world,
        "CREATE TABLE parts (id int, code text NOT NULL, is_deleted boolean NOT NULL,"
        " PRIMARY KEY (id, is_deleted), CONSTRAINT code_once UNIQUE (code, is_deleted))"
        " PARTITION BY LIST (is_deleted);"
        "CREATE TABLE parts_live PARTITION OF parts FOR VALUES IN (false);"
        "CREATE TABLE parts_dead PARTITION OF parts FOR VALUES IN (true);"
        "INSERT INTO parts VALUES (1, 'x', true)",
    )
    conflict = world.conflict_of("code_once", "parts", '["1", "true"]', "id = 1")

    refused = refusal(world.door().preview(conflict, RESTORE, ENGINEER))

    assert refused.code is RefusalCode.NOTHING_TO_CHANGE
    assert "is_deleted is part of the primary key" in refused.text
    assert world.database.execute("SELECT id FROM ONLY parts_dead") == [(1,)]
