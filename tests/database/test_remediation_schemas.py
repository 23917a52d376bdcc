"""Remedies on schemas that are nothing like the one that ships."""

from __future__ import annotations

from uuid import UUID

import pytest

from collectors.postgres.catalog import read_catalog
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, RefusalCode, Step
from dashboard.remediation.written import written_columns
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

RELEASE, RESTORE, PURGE = RemedyName
REMEDIES = list(RemedyName)


def made(world: World, tables: str, rows: str = "") -> None:
    """These tables with these rows, and a writer that may write them."""
    world.database.execute(f"{tables}; {rows}")
    world.database.execute(
        f"GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WRITER}"
    )


def test_every_mark_of_deletion_is_taken_off_and_put_back(world: World) -> None:
    made(
        world,
        "CREATE TABLE people (id int PRIMARY KEY, nick text NOT NULL UNIQUE,"
        " deleted_at timestamptz, is_deleted boolean NOT NULL DEFAULT false,"
        " deleted_by text, deleted_reason text, stage text,"
        " gone boolean GENERATED ALWAYS AS (deleted_at IS NOT NULL) STORED)",
        "INSERT INTO people"
        " VALUES (1, 'jane', '2026-10-01 09:30Z', true, 'support', NULL, 'Deleted')",
    )
    print_of = "SELECT people::text FROM people"
    before = world.database.execute(print_of)
    conflict = world.conflict("1", "people_nick_key", table="people")
    said = " ".join(previewed(world.door(), conflict, RESTORE).plan.warnings)
    done = applied(world.door(), conflict, RESTORE)

    assert "What else tells of the deletion stays as it is: deleted_by, stage." in said
    assert world.database.execute("SELECT deleted_at, is_deleted, gone FROM people") == [
        (None, False, False)
    ]
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.database.execute(print_of) == before


@pytest.mark.parametrize("kind", ["text", "uuid"])
def test_a_release_lets_no_row_into_another_key(world: World, kind: str) -> None:
    """Who has no badge is known by the address alone: emptied, the row would hold that."""
    badge = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
    made(
        world,
        f"CREATE TABLE guests (id int PRIMARY KEY, email text NOT NULL, badge {kind},"
        " deleted_at timestamptz, CONSTRAINT badge_once UNIQUE (badge));"
        "CREATE UNIQUE INDEX email_once ON guests (lower(email)) WHERE badge IS NULL",
        f"INSERT INTO guests VALUES (1, 'jane@example.com', '{badge}', '2026-10-01')",
    )
    conflict = world.conflict("1", "badge_once", table="guests")

    if kind == "text":
        applied(world.door(), conflict)
    else:
        preview = world.door().preview(conflict, RELEASE, ENGINEER)
        assert refusal(preview).code is RefusalCode.NULLS_NOT_FREE

    world.database.execute("INSERT INTO guests VALUES (2, 'jane@example.com', NULL, NULL)")
    told = world.database.execute("SELECT badge FROM guests WHERE id = 1")
    assert told == [("released:1" if kind == "text" else UUID(badge),)]


def test_a_release_empties_nothing_that_a_check_asks_for(world: World) -> None:
    """`label` may be empty, but not where something was set: the database would refuse the NULL."""
    made(
        world,
        "CREATE TABLE tags (id int PRIMARY KEY, kind text NOT NULL, label text, hint text,"
        " deleted_at timestamptz, CHECK (kind <> 'set' OR label IS NOT NULL),"
        " CHECK (hint IS NULL OR hint <> ''));"
        "CREATE UNIQUE INDEX one_label ON tags (label) WHERE kind = 'set';"
        "CREATE UNIQUE INDEX one_hint ON tags (hint)",
        "INSERT INTO tags VALUES (1, 'set', 'red', 'warm', '2026-10-01')",
    )
    print_of = "SELECT tags::text FROM tags"
    before = world.database.execute(print_of)
    both = [world.conflict("1", key, table="tags") for key in ("one_label", "one_hint")]
    done = [applied(world.door(), conflict) for conflict in both]

    assert world.database.execute("SELECT label, hint FROM tags") == [("released:1", None)]
    for one in reversed(done):
        assert isinstance(undone(world.door(), one.remediation_id), Applied)
    assert world.database.execute(print_of) == before


def test_a_grant_is_asked_for_the_column_that_a_release_writes(world: World) -> None:
    """Emptied, the badge would bring the row into the other key: the release takes the number."""
    made(
        world,
        "CREATE TABLE guests (id int PRIMARY KEY, email text NOT NULL, number text NOT NULL,"
        " badge uuid, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX both_once ON guests (number, badge);"
        "CREATE UNIQUE INDEX email_once ON guests (email) WHERE badge IS NULL",
        "INSERT INTO guests VALUES (1, 'jane@example.com', 'n7', gen_random_uuid(), now())",
    )
    applied(world.door(), world.conflict("1", "both_once", table="guests"))
    with world.reader.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
    table = catalog.table("public", "guests")

    assert world.database.execute("SELECT number FROM guests") == [("released:1",)]
    assert table
    assert written_columns(catalog, table) == ("email", "number", "deleted_at")


def test_a_second_mark_of_deletion_is_never_what_a_release_writes(world: World) -> None:
    made(
        world,
        "CREATE TABLE people (id int PRIMARY KEY, nick text NOT NULL, is_deleted boolean,"
        " deleted_at timestamptz, CONSTRAINT one UNIQUE (nick, is_deleted))",
        "INSERT INTO people VALUES (1, 'jane', true, now())",
    )
    conflict = world.conflict("1", "one", table="people")

    applied(world.door(), conflict)

    ((nick, marked),) = world.database.execute("SELECT nick, is_deleted FROM people")
    assert (nick, marked) == ("released:1", True)


def test_nor_is_what_may_be_one_and_is_only_called_so(world: World) -> None:
    """'False' in a live row, the row's id in a deleted one: nothing but the application knows."""
    made(
        world,
        "CREATE TABLE zones (id varchar(36) PRIMARY KEY, name text NOT NULL, deleted varchar(36),"
        " deleted_at timestamptz, CONSTRAINT one UNIQUE (name, deleted))",
        "INSERT INTO zones VALUES ('z1', 'north', 'False', now())",
    )

    applied(world.door(), world.conflict("z1", "one", table="zones"))

    assert world.database.execute("SELECT name, deleted FROM zones") == [("released:z1", "False")]


def test_a_release_is_not_undone_into_the_way_of_a_live_twin(world: World) -> None:
    """The index would let both stand, and the second delete would fail once more."""
    made(
        world,
        "CREATE TABLE people (id int PRIMARY KEY, nick text NOT NULL, is_deleted boolean NOT NULL,"
        " deleted_at timestamptz, CONSTRAINT one UNIQUE (nick, is_deleted))",
        "INSERT INTO people VALUES (1, 'jane', true, now())",
    )
    done = applied(world.door(), world.conflict("1", "one", table="people"))
    world.database.execute("INSERT INTO people VALUES (2, 'jane', false, NULL)")

    assert refusal(undone(world.door(), done.remediation_id)).code is RefusalCode.RECREATED


def test_a_status_that_is_lost_is_said_to_be_guessed(world: World) -> None:
    made(
        world,
        "CREATE TYPE stage AS ENUM ('trial', 'active', 'deleted');"
        "CREATE TABLE shops (id int PRIMARY KEY, slug text UNIQUE, status stage)",
        "INSERT INTO shops VALUES (1, 'acme', 'deleted')",
    )
    conflict = world.conflict("1", "shops_slug_key", table="shops")

    said = " ".join(previewed(world.door(), conflict, RESTORE).plan.warnings)

    assert "Which status it had before is not known: it becomes active." in said


def test_what_an_application_writes_into_a_live_row_is_what_a_restored_one_gets(
    world: World,
) -> None:
    """It asks for `deleted_at = 0`, and would not find a row with NULL."""
    made(
        world,
        "CREATE TABLE boxes (id text PRIMARY KEY, nick text UNIQUE, deleted_at bigint)",
        "INSERT INTO boxes VALUES ('b1', 'jane', 1790000000000), ('b2', 'joe', 0)",
    )

    applied(world.door(), world.conflict("b1", "boxes_nick_key", table="boxes"), RESTORE)

    assert world.database.execute("SELECT id FROM boxes WHERE deleted_at = 0 ORDER BY 1") == [
        ("b1",),
        ("b2",),
    ]


PARTITIONED = """
CREATE TABLE parts (region text, id bigint, code text NOT NULL, deleted_at timestamptz,
    PRIMARY KEY (region, id), CONSTRAINT code_once UNIQUE (region, code))
    PARTITION BY LIST (region);
CREATE TABLE parts_eu PARTITION OF parts FOR VALUES IN ('eu');
CREATE TABLE parts_us PARTITION OF parts FOR VALUES IN ('us');
CREATE TABLE uses (region text, part bigint, n int,
    FOREIGN KEY (region, part) REFERENCES parts) PARTITION BY RANGE (n);
CREATE TABLE uses_1 PARTITION OF uses DEFAULT;
INSERT INTO parts VALUES ('eu', 7, 'x', '2026-10-01'), ('us', 7, 'x', '2026-10-01')
"""


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_row_of_a_partitioned_table_is_remedied_and_no_other(
    world: World, remedy: RemedyName
) -> None:
    made(world, PARTITIONED)
    conflict = world.conflict_of("code_once", "parts", '["eu", "7"]', "region = 'eu'")
    before = world.database.execute("SELECT parts::text FROM parts ORDER BY region")

    done = applied(world.door(), conflict, remedy)

    after = world.database.execute("SELECT parts::text FROM parts ORDER BY region")
    assert after[-1] == before[-1]
    assert after != before
    if remedy is not PURGE:
        assert isinstance(undone(world.door(), done.remediation_id), Applied)
        assert world.database.execute("SELECT parts::text FROM parts ORDER BY region") == before


def test_a_live_twin_that_a_partition_got_meanwhile_is_named_by_the_key(world: World) -> None:
    """The partition's index, which refuses it, has a name that nobody knows."""
    made(
        world,
        PARTITIONED,
        "CREATE UNIQUE INDEX live_once ON parts (region, left(code, 1)) WHERE deleted_at IS NULL",
    )
    conflict = world.conflict_of("code_once", "parts", '["eu", "7"]', "region = 'eu'")
    approval = approved(previewed(world.door(), conflict, RESTORE))

    def announce(step: Step) -> None:
        if step is Step.CHECKED:
            world.database.execute("INSERT INTO parts VALUES ('eu', 8, 'xy')")

    refused = refusal(world.door(announce).apply(conflict, RESTORE, approval))

    assert (refused.code, "(live_once)" in refused.text) == (RefusalCode.COLLIDES, True)


LIVING = {
    "a-time-of-another-zone": ("timestamptz", "'1970-01-01 00:00:00+00'", "'2026-10-01'"),
    "a-number-with-a-scale": ("numeric(20,3)", "0", "1790000000"),
    "no-end": ("timestamptz", "'infinity'", "'2026-10-01'"),
}


@pytest.mark.parametrize("name", LIVING)
def test_a_live_row_that_is_marked_by_a_value_gets_it_back(world: World, name: str) -> None:
    """However the catalog prints that value."""
    kind, alive, gone = LIVING[name]
    world.database.execute(f"ALTER DATABASE {world.database.name} SET timezone = 'Europe/Berlin'")
    made(
        world,
        "CREATE TABLE people (id int PRIMARY KEY, nick text NOT NULL UNIQUE,"
        f" deleted_at {kind} NOT NULL DEFAULT {alive})",
        f"INSERT INTO people VALUES (1, 'jane', {gone}), (2, 'joe', {alive})",
    )
    marks = "SELECT deleted_at::text FROM people ORDER BY id"
    before = world.database.execute(marks)

    done = applied(world.door(), world.conflict("1", "people_nick_key", table="people"), RESTORE)

    assert world.database.execute(marks) == [before[1]] * 2
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.database.execute(marks) == before


def test_what_was_written_since_into_a_partitioned_child_stops_the_undo(world: World) -> None:
    made(world, PARTITIONED)
    conflict = world.conflict_of("code_once", "parts", '["eu", "7"]', "region = 'eu'")
    done = applied(world.door(), conflict, RESTORE)
    world.database.execute("INSERT INTO uses VALUES ('eu', 7, 1)")

    assert refusal(undone(world.door(), done.remediation_id)).code is RefusalCode.REFERENCED


HIDDEN = {
    "a-partitions-trigger": "CREATE TRIGGER hidden BEFORE UPDATE OR DELETE ON parts_eu"
    " FOR EACH ROW EXECUTE FUNCTION leave()",
    "a-rule": "CREATE RULE hidden AS ON UPDATE TO parts DO ALSO INSERT INTO uses VALUES ('eu', 7)",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_would_fire_unseen_refuses_until_somebody_has_read_it(world: World, name: str) -> None:
    made(
        world,
        PARTITIONED,
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
        + HIDDEN[name],
    )
    conflict = world.conflict_of("code_once", "parts", '["eu", "7"]', "region = 'eu'")

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.USER_TRIGGERS
    assert "hidden" in refused.text
    assert world.database.execute("SELECT count(*) FROM uses") == [(0,)]
    world.limits["allow_triggers"] = ["public.parts"]
    assert "hidden" in previewed(world.door(), conflict).cannot_take_back[0]


def test_a_remedy_forbidden_by_the_tables_whole_name_is_forbidden(world: World) -> None:
    world.limits["forbid"] = ["release-key/production/public.customers"]
    conflict = world.conflict(world.customer())

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.FORBIDDEN


TOO_STRICT = {
    "a-check": (
        "text CHECK (code ~ '^[A-Z]{3}$')",
        RefusalCode.DATABASE_REFUSED,
        "own does not allow",
    ),
    "no-room": ("varchar(8)", RefusalCode.NOTHING_TO_CHANGE, "no room"),
    "a-domain-that-cuts": ("short", RefusalCode.DATABASE_REFUSED, "no room"),
    "a-domain-that-checks": ("three", RefusalCode.DATABASE_REFUSED, "CheckViolation"),
    "hex": ("text CHECK (('x'||code)::bit(9) > '0')", RefusalCode.DATABASE_REFUSED, "rule over"),
    "a-number": ("int", RefusalCode.NOTHING_TO_CHANGE, "No column of this key"),
}


@pytest.mark.parametrize("name", TOO_STRICT)
def test_a_column_that_takes_no_made_up_value_is_refused_in_words(world: World, name: str) -> None:
    kind, code, words = TOO_STRICT[name]
    made(
        world,
        "CREATE DOMAIN short AS varchar(6); CREATE DOMAIN three AS text CHECK (value ~ '^.{1,3}$');"
        f"CREATE TABLE parts (id int PRIMARY KEY, code {kind} NOT NULL, deleted_at timestamptz,"
        " CONSTRAINT code_once UNIQUE (code))",
        f"INSERT INTO parts VALUES (1, '{'123' if kind == 'int' else 'ABC'}', now())",
    )
    conflict = world.conflict("1", "code_once", table="parts")

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert (refused.code, words in refused.text) == (code, True), refused.text
    assert "ABC" not in refused.text


KEYS = {"citext": "citext", "char": "char(40)", "text": "text", "short": "varchar(24)"}


@pytest.mark.parametrize("name", KEYS)
def test_rows_with_one_value_are_each_released_to_their_own(world: World, name: str) -> None:
    made(
        world,
        "CREATE EXTENSION IF NOT EXISTS citext;"
        f"CREATE TABLE parts (id text PRIMARY KEY, shop int NOT NULL, code {KEYS[name]} NOT NULL,"
        " deleted_at timestamptz, CONSTRAINT code_once UNIQUE (shop, code))",
        "INSERT INTO parts VALUES ('Łódź/1', 1, 'Abc', now()), ('Łódź/2', 2, 'Abc', now())",
    )
    before = world.database.execute("SELECT parts::text FROM parts ORDER BY id")
    done = [
        applied(world.door(), world.conflict_of("code_once", "parts", one, f"id = '{one}'"))
        for one in ("Łódź/1", "Łódź/2")
    ]

    codes = [code for (code,) in world.database.execute("SELECT code::text FROM parts")]
    assert len(set(codes)) == 2
    assert all(code.startswith("released:") for code in codes)
    for one in done:
        assert isinstance(undone(world.door(), one.remediation_id), Applied)
    assert world.database.execute("SELECT parts::text FROM parts ORDER BY id") == before


def test_columns_that_the_writer_may_not_see_refuse_in_words(world: World) -> None:
    jane = world.customer()
    world.database.execute(
        f"REVOKE SELECT ON customers FROM {WRITER};"
        f"GRANT SELECT (id, organization_id, email, deleted_at) ON customers TO {WRITER}"
    )

    refused = refusal(world.door().preview(world.conflict(jane), RELEASE, ENGINEER))

    assert refused.code is RefusalCode.WRITER_MAY_NOT


@pytest.mark.parametrize("remedy", REMEDIES)
def test_rows_of_an_inheriting_table_are_neither_written_nor_in_the_way(
    world: World, remedy: RemedyName
) -> None:
    """A key is of one table's rows: an heir may have the same id, and a live twin of the value."""
    made(
        world,
        "CREATE TABLE parts (id int PRIMARY KEY, code text NOT NULL CONSTRAINT code_once UNIQUE,"
        " deleted_at timestamptz); CREATE TABLE spares (shelf int) INHERITS (parts)",
        "INSERT INTO parts VALUES (1, 'A', '2026-10-01 09:30Z');"
        "INSERT INTO spares VALUES (1, 'A', '2026-10-01 09:30Z', 7), (2, 'A', NULL, 8)",
    )
    heirs = "SELECT spares::text FROM spares ORDER BY id"
    own = "SELECT parts::text FROM ONLY parts"
    before, beside = world.database.execute(own), world.database.execute(heirs)
    where = "id = 1 AND tableoid = 'parts'::regclass"
    conflict = world.conflict_of("code_once", "parts", "1", where)

    done = applied(world.door(), conflict, remedy)

    assert world.database.execute(own) != before
    assert world.database.execute(heirs) == beside
    if remedy is not PURGE:
        assert isinstance(undone(world.door(), done.remediation_id), Applied)
        assert world.database.execute(own) == before
        assert world.database.execute(heirs) == beside


def test_a_row_that_refers_to_itself_does_not_stand_in_its_own_way(world: World) -> None:
    made(
        world,
        "CREATE TABLE folders (id int PRIMARY KEY, root int NOT NULL REFERENCES folders,"
        " slug text NOT NULL CONSTRAINT slug_once UNIQUE, deleted_at timestamptz)",
        "INSERT INTO folders VALUES (1, 1, 'home', '2026-10-01 09:30Z')",
    )
    conflict = world.conflict("1", "slug_once", table="folders")

    restored = previewed(world.door(), conflict, RESTORE)
    assert "same moment" not in " ".join(restored.plan.warnings)
    done = applied(world.door(), conflict, RESTORE)
    assert isinstance(undone(world.door(), done.remediation_id), Applied)

    applied(world.door(), conflict, PURGE)
    assert world.database.execute("SELECT count(*) FROM folders") == [(0,)]


def test_a_row_that_others_of_its_table_refer_to_is_not_purged(world: World) -> None:
    made(
        world,
        "CREATE TABLE folders (id int PRIMARY KEY, root int NOT NULL REFERENCES folders,"
        " slug text NOT NULL CONSTRAINT slug_once UNIQUE, deleted_at timestamptz)",
        "INSERT INTO folders VALUES (1, 1, 'home', '2026-10-01 09:30Z'), (2, 1, 'sub', NULL)",
    )
    conflict = world.conflict("1", "slug_once", table="folders")

    refused = refusal(world.door().preview(conflict, PURGE, ENGINEER))

    assert refused.code is RefusalCode.REFERENCED
    assert "1 in folders" in refused.text


@pytest.mark.parametrize(
    "published",
    [
        "ALTER TABLE customers REPLICA IDENTITY NOTHING; CREATE PUBLICATION p FOR TABLE customers",
        "CREATE PUBLICATION p FOR TABLE customers WHERE (email <> 'x')",
        "ALTER TABLE customers REPLICA IDENTITY FULL;"
        "CREATE PUBLICATION p FOR TABLE customers (id, email)",
    ],
    ids=["without-an-identity", "some-rows", "some-columns"],
)
def test_a_table_that_is_published_so_that_it_takes_no_change_is_said_to(
    world: World, published: str
) -> None:
    world.database.execute(published)
    conflict = world.conflict(world.customer())

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert "replica identity" in refused.text
