"""From a Run to the store: leftovers, Invariants and Findings, throttled, as masks, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from collectors.auditing import audit_when_due
from collectors.evidence import schema
from collectors.evidence.audited import failures_by_key
from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import list_conflicts
from collectors.evidence.reads.exposure import exposure_trend
from collectors.evidence.reads.findings import last_audits, list_findings, with_texts
from collectors.evidence.reads.leftovers import (
    leftover_notes,
    leftover_trend,
    list_invariants,
    list_leftovers,
)
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.evidence.store import save_page
from collectors.model import InvariantState, LeftoverKind, Verdict
from collectors.settings import AuditSettings, Settings, SurveySettings, TargetSettings
from collectors.survey import survey
from sample_data.postgres import Database
from tests.database.test_leftovers import TABLES
from tests.factories import EMAIL_KEY, NOON, judged, new_store

PLACE = "customers/customers/by_email"
"""Where deleted customers hold that key, as the trend names it."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def settings(database: Database, **of_audit: Any) -> Settings:
    target = TargetSettings(read_dsn=SecretStr(database.dsn))
    return Settings(
        targets={"production": target},
        survey=SurveySettings(every_minutes=0),
        audit=AuditSettings(**of_audit),
    )


def test_before_anything_was_counted_there_is_no_data_and_not_zero(store: Store) -> None:
    assert list_leftovers(store) is None
    assert leftover_trend(store) == []
    assert list_invariants(store) == []


def test_leftovers_are_stored_as_masks_and_read_oldest_first(
    database: Database, store: Store, tmp_path: Path
) -> None:
    database.execute(TABLES)
    assert survey(settings(database), store).notes == []
    found = list_leftovers(store)
    assert found is not None
    assert [(one.of, one.leftover.kind.value, one.leftover.rows) for one in found] == [
        ("customers", "held_key", 2),
        ("customers", "held_key", 2),
        ("customers", "live_child", 2),
        ("customers", "live_child", 1),
        ("customers", "erased", 2),
    ]
    by_email = next(one.leftover for one in found if one.leftover.name == "by_email")
    assert [(one.row_id, tuple(one.values)) for one in by_email.samples] == [
        ("2", ("…", "j…@x….org")),
        ("3", ("…", "b…@x….org")),
    ]
    assert leftover_notes(store) == [
        "Which rows of notes are live, neither a mark of deletion nor the mapping's live_when says:"
        " what deleted customers left there is not known."
    ]
    store.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"jane.doe" not in files
    assert b"crm-2" not in files


def test_the_trend_keeps_one_line_a_day_and_what_is_mended_is_gone(
    database: Database, store: Store
) -> None:
    database.execute(TABLES)
    survey(settings(database), store)
    database.execute("UPDATE subscriptions SET deleted_at = now()")
    survey(settings(database), store)
    kinds = {LeftoverKind.LIVE_CHILD: 1, LeftoverKind.HELD_KEY: 4, LeftoverKind.ERASED: 2}
    trend = leftover_trend(store)
    assert {k: sum(one.rows for one in trend if one.kind is k) for k in LeftoverKind} == kinds
    own = leftover_trend(store, constraint="by_email")
    assert {one.kind for one in own} == {LeftoverKind.HELD_KEY}
    names = {one.leftover.name for one in list_leftovers(store) or ()}
    assert "subscriptions_customer_id_fkey" not in names
    only = list_leftovers(store, ("production",), "by_email") or ()
    assert [one.leftover.name for one in only] == ["by_email"]
    assert list_leftovers(store, ("sandbox",)) is None
    database.execute("DROP TABLE customers CASCADE")
    survey(settings(database), store)
    assert list_leftovers(store, None, "by_email") == []


@pytest.mark.parametrize(
    "mended",
    [
        "DROP INDEX by_email",
        "ALTER TABLE customers RENAME TO people",
        "DROP TABLE customers CASCADE",
    ],
)
def test_a_trend_ends_where_nothing_is_left_to_count(
    database: Database, store: Store, mended: str
) -> None:
    """It goes on as last counted, so that a key that was mended would hold rows for ever."""
    database.execute(TABLES)
    survey(settings(database), store)
    assert [one.rows for one in leftover_trend(store, constraint="by_email")] == [2]
    assert in_the_way(store, "customers") == [2]
    database.execute(mended)
    survey(settings(database), store)
    left = [one.rows for one in leftover_trend(store) if one.place == PLACE]
    assert left == [0]
    assert in_the_way(store, "customers") == [0]


def in_the_way(store: Store, table: str) -> list[int]:
    trend = exposure_trend(store, SurveyFilter(constraint="by_email"))
    return [] if trend is None else [one.tombstones for one in trend.rows if one.table == table]


def test_what_cannot_be_counted_is_not_known_and_noted(database: Database, store: Store) -> None:
    database.execute(TABLES)
    database.execute("""
        CREATE FUNCTION fails(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN IF $1 = 'bad' THEN RAISE 'no'; END IF; RETURN $1; END $$;
        ALTER TABLE customers ADD COLUMN nick text;
        CREATE UNIQUE INDEX by_nick ON customers (fails(nick)) WHERE nick <> 'bad';
    """)
    notes = survey(settings(database), store).notes
    assert notes == []
    database.execute("DROP INDEX by_nick; CREATE UNIQUE INDEX by_nick ON customers (fails(nick))")
    database.execute("ALTER FUNCTION fails(text) RENAME TO gone")
    database.execute("""
        CREATE OR REPLACE FUNCTION gone(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RAISE 'never'; END $$;
        UPDATE customers SET name = 'x' WHERE false;
    """)
    notes = survey(settings(database), store).notes
    assert any("leftovers under by_nick: not counted" in note for note in notes)
    row = next(
        one.leftover for one in list_leftovers(store) or () if one.leftover.name == "by_nick"
    )
    assert (row.rows, bool(row.said)) == (None, True)


def test_a_run_audits_what_is_due_and_asks_the_invariants(
    database: Database, store: Store, tmp_path: Path
) -> None:
    database.execute(TABLES)
    assert audit_when_due(settings(database), store) == []
    first = last_audits(store)["production"]
    found = {row.finding.constraint: row.finding for row in list_findings(store)}
    assert found["by_email"].backfill is not None
    assert "UPDATE public.customers" in found["by_email"].backfill.sql
    assert "def upgrade" in found["by_email"].backfill.alembic
    checked = {one.invariant.name: one for one in list_invariants(store)}
    broken = checked["active_subscription_of_deleted_customer"]
    assert (broken.state, broken.rows) == (InvariantState.BROKEN, 2)
    assert checked["benefit_granted_to_deleted_customer"].state is InvariantState.LACKING
    of_members = list_invariants(store, about="members")
    assert of_members[0].invariant.name == "live_member_of_deleted_customer"
    with store.read() as connection:
        lines = connection.execute(select(schema.invariant_days)).all()
    days = {line.name: line.rows for line in lines}
    assert days["active_subscription_of_deleted_customer"] == 2
    assert "benefit_granted_to_deleted_customer" not in days
    audit_when_due(settings(database), store)
    assert last_audits(store)["production"] == first
    audit_when_due(settings(database, every_minutes=0), store)
    assert last_audits(store)["production"] > first


def test_what_an_audit_cannot_do_is_a_note_and_harms_no_run(
    database: Database, store: Store, tmp_path: Path
) -> None:
    gone = Database("gone", database.dsn.rpartition("/")[0] + "/gone")
    (note,) = audit_when_due(settings(gone), store)
    assert "production" in note
    (note,) = audit_when_due(settings(database, invariants=tmp_path / "none"), store)
    assert note.startswith("production was not audited: audit.invariants names")
    assert last_audits(store) == {}


def test_a_list_without_texts_is_filled_one_by_one(database: Database, store: Store) -> None:
    database.execute(TABLES)
    audit_when_due(settings(database), store)
    whole, light = list_findings(store), list_findings(store, texts=False)
    assert any(one.finding.migration and one.finding.backfill for one in whole)
    assert not any(one.finding.migration or one.finding.backfill for one in light)
    assert [with_texts(store, one) for one in light] == whole


def test_a_key_has_done_what_failed_with_our_verdicts_not_all_that_its_conflicts_count(
    store: Store,
) -> None:
    blocked = judged(event_id="1" * 32, occurred_at=NOON)
    before = judged(Verdict.LIVE_DUPLICATE, event_id="2" * 32, occurred_at=NOON - timedelta(days=2))
    save_page(store, "test", [before, blocked])
    assert list_conflicts(store)[0].failures == 2
    seen = failures_by_key(store, "production", [Verdict.BLOCKED_BY_TOMBSTONE])
    assert seen == {("public", "customers", EMAIL_KEY.name): 1}


def test_keys_of_one_name_in_two_schemas_have_each_done_their_own(store: Store) -> None:
    blocked = [judged(event_id=digit * 32, occurred_at=NOON) for digit in "123"]
    tenant = replace(EMAIL_KEY, schema="tenant")
    others = [
        replace(one, conflict_id="other", judgement=replace(one.judgement, key=tenant))
        for one in blocked[1:]
    ]
    save_page(store, "test", [blocked[0], *others])
    seen = failures_by_key(store, "production", [Verdict.BLOCKED_BY_TOMBSTONE])
    place = ("customers", EMAIL_KEY.name)
    assert seen == {("public", *place): 1, ("tenant", *place): 2}
    assert failures_by_key(store, "sandbox", [Verdict.BLOCKED_BY_TOMBSTONE]) == {}
