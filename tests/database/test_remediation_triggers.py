"""What a table's own triggers do to a remedy: told, undone over, and never run unread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, RefusalCode
from sample_data.postgres import Database
from tests.database.remediation_world import (
    ENGINEER,
    WRITER,
    World,
    applied,
    previewed,
    refusal,
    undone,
)

RELEASE, RESTORE, PURGE = RemedyName

PEOPLE = f"""
CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL CONSTRAINT mail_once UNIQUE,
    lock_version int NOT NULL DEFAULT 0, deleted_at timestamptz,
    host text GENERATED ALWAYS AS (split_part(mail, '@', 2)) STORED);
INSERT INTO people VALUES (1, 'jane@example.com', 7, '2026-10-01 09:30Z');
GRANT SELECT, UPDATE ON people TO {WRITER};
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.lock_version = OLD.lock_version + 1; RETURN NEW; END $$;
CREATE FUNCTION count_up_after() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN UPDATE people SET lock_version = lock_version + 1 WHERE id = NEW.id;
    RETURN NULL; END $$;
CREATE FUNCTION put_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN UPDATE people SET mail = OLD.mail WHERE id = OLD.id; RETURN NULL; END $$;
"""
COUNTING = {
    "before": "BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION count_up()",
    "after": "AFTER UPDATE OF mail, deleted_at ON people FOR EACH ROW"
    " EXECUTE FUNCTION count_up_after()",
}
READ = "SELECT mail, lock_version, deleted_at IS NULL FROM people"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        database.execute(PEOPLE)
        made.limits["allow_triggers"] = ["people"]
        yield made


@pytest.mark.parametrize("remedy", [RELEASE, RESTORE])
@pytest.mark.parametrize("when", COUNTING)
def test_what_a_trigger_changes_is_told_and_does_not_stand_in_the_way_of_the_undo(
    world: World, when: str, remedy: RemedyName
) -> None:
    world.database.execute(f"CREATE TRIGGER counting {COUNTING[when]}")
    conflict = world.conflict("1", "mail_once", table="people")

    said = " ".join(previewed(world.door(), conflict, remedy).plan.warnings)
    done = applied(world.door(), conflict, remedy)

    assert "Triggers change this too, and no undo puts it back: lock_version." in said
    assert ("changed with it: host." in said) == (remedy is RELEASE)
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.database.execute(READ) == [("jane@example.com", 9, False)]


def test_what_is_committed_is_on_disk_before_it_is_journalled_whatever_the_role_sets(
    world: World,
) -> None:
    role = f"ALTER ROLE {WRITER} IN DATABASE {world.database.name}"
    world.database.execute(
        f"{role} SET synchronous_commit = off; CREATE TABLE waited (how text);"
        "CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
        "$$ BEGIN INSERT INTO waited SELECT current_setting('synchronous_commit'); RETURN NULL; "
        "END $$; CREATE TRIGGER waits AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION waits()"
    )

    applied(world.door(), world.conflict("1", "mail_once", table="people"))

    assert world.database.execute("SELECT how FROM waited") == [("on",)]


def test_a_trigger_that_takes_the_change_back_afterwards_rolls_it_back(world: World) -> None:
    world.database.execute(
        "CREATE TRIGGER guard AFTER UPDATE OF mail ON people FOR EACH ROW"
        " WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION put_back()"
    )
    conflict = world.conflict("1", "mail_once", table="people")

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert (refused.code, "overwrote mail" in refused.text) == (RefusalCode.DATABASE_REFUSED, True)


def test_an_undo_never_runs_a_trigger_that_nobody_has_read(world: World) -> None:
    conflict = world.conflict("1", "mail_once", table="people")
    world.limits["allow_triggers"] = []
    done = applied(world.door(), conflict)
    world.database.execute(f"CREATE TRIGGER counting {COUNTING['before']}")

    assert refusal(undone(world.door(), done.remediation_id)).code is RefusalCode.USER_TRIGGERS
    world.limits["allow_triggers"] = ["people"]
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
