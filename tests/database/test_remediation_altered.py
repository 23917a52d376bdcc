"""Tables and people that are not what they were, at every moment of a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from collectors.evidence.reads.bulks import find_bulk
from collectors.evidence.reads.remediations import list_remediations
from collectors.postgres.engine import ReadTarget
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.journal import verify
from dashboard.remediation.outcomes import Applied, Failed, Refusal, RefusalCode, Step
from dashboard.remediation.service import Approval
from dashboard.remediation.service.bulk import BulkPreview, Chosen
from sample_data.postgres import Database, Postgres
from tests.database import bulk_world
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    EXTERNAL,
    GRANTS,
    PASSWORD,
    SCHEMA,
    WRITER,
    Died,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

RELEASE, RESTORE, _ = RemedyName

ALTERED = {
    "a-key-more": ("ADD tax_code text UNIQUE", RELEASE),
    "a-key-renamed": ("RENAME external_id TO code", RELEASE),
    "a-mark-more": ("ADD is_deleted boolean NOT NULL DEFAULT true", RESTORE),
    "a-parent-more": ("ADD team uuid NOT NULL DEFAULT id REFERENCES teams", RESTORE),
}


@pytest.mark.parametrize("name", ALTERED)
def test_other_columns_than_were_previewed_refuse_in_words(world: World, name: str) -> None:
    change, remedy = ALTERED[name]
    conflict = world.conflict(world.customer(external_id="cus_0042"))
    approval = approved(previewed(world.door(), conflict, remedy))
    team = "'0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a12'"
    world.database.execute(
        "CREATE TABLE teams (id uuid PRIMARY KEY, deleted_at timestamptz);"
        f"INSERT INTO teams VALUES ({team});"
        f"ALTER TABLE customers {change.replace('DEFAULT id', f'DEFAULT {team}')}"
    )

    refused = refusal(world.door().apply(conflict, remedy, approval))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert refused.text.endswith("have changed since the preview: preview it again.")


@pytest.mark.parametrize(
    "gone", ["ALTER TABLE customers RENAME TO clients", "DROP TABLE customers CASCADE"]
)
def test_what_was_committed_before_the_table_went_is_closed_for_a_look(
    world: World, gone: str
) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))

    def announce(step: Step) -> None:
        if step is Step.COMMITTED:
            world.database.execute(gone)

    unknown = world.door(announce).apply(conflict, RELEASE, approval)
    (settled,) = world.door().settle()

    assert isinstance(unknown, Failed)
    assert "did not show the row afterwards" in unknown.text
    assert isinstance(settled, Failed)
    assert settled.text.startswith("It was committed, and the row cannot be looked at:")
    assert [one.state for one in list_remediations(world.store)] == ["failed"]
    assert verify(world.store).intact


def test_a_row_that_somebody_changes_right_after_the_commit_waits_for_a_look(
    world: World,
) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict))

    def announce(step: Step) -> None:
        if step is Step.COMMITTED:
            world.update(jane, "email = 'jane@example.com'")

    failed = world.door(announce).apply(conflict, RELEASE, approval)

    assert isinstance(failed, Failed)
    assert failed.text.endswith("the row is not as it was left: somebody changed it since.")
    assert ["email" in str(one) for one in failed.difference] == [True]
    assert [one.state for one in list_remediations(world.store)] == ["failed"]


OTHER_ROW_KEYS = {
    "more-columns": (
        "id bigint PRIMARY KEY",
        "8",
        "ADD PRIMARY KEY (id, region)",
        "another primary",
    ),
    "fewer-columns": (
        "id bigint, PRIMARY KEY (id, region)",
        '["8", "eu"]',
        "ADD PRIMARY KEY (id)",
        "type any more",
    ),
    "another-type": (
        "id bigint PRIMARY KEY",
        "8",
        "DROP id, ADD id uuid PRIMARY KEY DEFAULT gen_random_uuid()",
        "type any more",
    ),
}


@pytest.mark.parametrize("name", OTHER_ROW_KEYS)
def test_a_row_that_its_primary_key_no_longer_names_is_refused_by_every_door(
    world: World, name: str
) -> None:
    """Also by the settlement, with which every command begins."""
    made, row, change, words = OTHER_ROW_KEYS[name]
    world.database.execute(
        f"CREATE TABLE parts (region text NOT NULL, code text NOT NULL, {made},"
        " deleted_at timestamptz, CONSTRAINT once UNIQUE (code));"
        "INSERT INTO parts VALUES ('eu', 'x', 7, now()), ('eu', 'y', 8, now()),"
        "('eu', 'z', 9, now());"
        f"GRANT SELECT, UPDATE ON parts TO {WRITER}"
    )
    ids = [row.replace("8", number) for number in "789"]
    cut, alone, among = (
        world.conflict_of("once", "parts", one, f"id = {number}")
        for one, number in zip(ids, "789", strict=True)
    )
    done = applied(world.door(), alone)
    many = bulk_world.done(world, bulk_world.previewed(world, Chosen((among,))))
    approval = approved(previewed(world.door(), cut))

    def die(step: Step) -> None:
        if step is Step.COMMITTED:
            raise Died

    with pytest.raises(Died):
        world.door(die).apply(cut, RELEASE, approval)
    world.database.execute(
        f"ALTER TABLE parts DROP CONSTRAINT parts_pkey; ALTER TABLE parts {change}"
    )

    world.door().settle()
    told = [
        refusal(world.door().preview(alone, RELEASE, ENGINEER)).text,
        refusal(world.door().undo_preview(done.remediation_id, ENGINEER)).text,
        *(one.refusal.text for one in in_bulk(world, many.bulk_id).exceptions),
        *(one.refusal.text for one in world.door().offers(alone, ENGINEER) if one.refusal),
    ]
    revealed = world.door().reveal(alone, ENGINEER)

    assert len(told) == 6
    assert isinstance(revealed, Refusal)
    assert [words in said for said in (*told, revealed.text)] == [True] * 7, told


def in_bulk(world: World, bulk_id: str) -> BulkPreview:
    preview = world.door().bulk.undo_preview(bulk_id, ENGINEER)
    assert isinstance(preview, BulkPreview)
    return preview


@pytest.mark.parametrize("step", ["committing", "committed"])
def test_a_batch_cut_off_before_its_key_was_mended_is_settled_by_its_transaction(
    world: World, step: str
) -> None:
    everybody = bulk_world.crowd(world, 3)
    preview = bulk_world.previewed(world)
    approval = Approval(ENGINEER, preview.digest, "the incident")

    def die(now: str, _: int) -> None:
        if now == step:
            raise Died

    with pytest.raises(Died):
        world.door(announce_batch=die).bulk.apply(approval)
    world.database.execute(
        f"DROP INDEX {EMAIL}; CREATE UNIQUE INDEX {EMAIL} ON customers"
        " (organization_id, lower(email)) WHERE deleted_at IS NULL"
    )
    world.door().settle()

    released = [c for c in everybody if "tombstone" in str(world.row(c)["email"])]
    stored = find_bulk(world.store, preview.bulk_id)
    assert stored is not None
    assert stored.applied == len(released)
    assert stored.state == ("done" if step == "committed" else "stopped")
    assert verify(world.store).intact


@pytest.mark.parametrize("step", [Step.LOCKED, Step.CHECKED])
@pytest.mark.parametrize("remedy", [RELEASE, RESTORE])
def test_an_erasure_asked_for_while_the_row_is_locked_wins(
    world: World, remedy: RemedyName, step: Step
) -> None:
    world.database.execute(f"CREATE TABLE erasures (id uuid); GRANT SELECT ON erasures TO {WRITER}")
    world.erased_when = "EXISTS (SELECT FROM erasures e WHERE e.id = customers.id)"
    jane = world.customer(external_id="cus_0042")
    conflict = world.conflict(jane, EXTERNAL)
    approval = approved(previewed(world.door(), conflict, remedy))
    before = world.row(jane)

    def announce(now: Step) -> None:
        if now is step:
            world.database.execute(f"INSERT INTO erasures VALUES ('{jane}')")

    refused = refusal(world.door(announce).apply(conflict, remedy, approval))

    assert refused.code is RefusalCode.ERASED
    assert world.row(jane) == before


@contextmanager
def moved(world: World, folder: Path) -> Iterator[World]:
    """The same rows on a server of its own, which has counted fewer transactions than ours."""
    world.database.execute(
        "DO $$ BEGIN FOR n IN 1..3000 LOOP BEGIN PERFORM pg_current_xact_id();"
        " EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$"
    )
    server = Postgres.start(folder)
    try:
        server.create_database(world.database.name)
        there = Database(world.database.name, server.dsn(world.database.name))
        there.execute(SCHEMA + GRANTS)
        with psycopg.connect(world.database.dsn) as old, psycopg.connect(there.dsn) as new:
            for table in ("organizations", "customers", "orders"):
                with (
                    old.cursor().copy(f"COPY {table} TO STDOUT") as rows,
                    new.cursor().copy(f"COPY {table} FROM STDIN") as taken,
                ):
                    for row in rows:
                        taken.write(row)
        reader = ReadTarget("production", there.dsn)
        writer = psycopg.conninfo.make_conninfo(there.dsn, user=WRITER, password=PASSWORD)
        yield replace(world, database=there, reader=reader, writer_dsn=writer)
        reader.close()
    finally:
        server.discard()


def test_in_a_database_that_was_written_anew_every_reference_counts_as_newer(
    world: World, tmp_path: Path
) -> None:
    jane, joe = world.customer(), world.customer(email="joe@example.com")
    restored = {one: applied(world.door(), world.conflict(one), RESTORE) for one in (jane, joe)}
    joes = restored[joe].remediation_id

    with moved(world, tmp_path / "anew") as anew:
        anew.database.execute("INSERT INTO orders (customer_id) VALUES (%s)", [jane])
        refused = refusal(undone(anew.door(), restored[jane].remediation_id))
        assert isinstance(undone(anew.door(), joes), Applied)
        assert anew.row(jane)["deleted_at"] is None

    assert refused.code is RefusalCode.REFERENCED
    assert "(orders), and nothing tells any more which" in refused.text
