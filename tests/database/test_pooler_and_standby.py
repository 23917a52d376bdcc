"""What stands between us and the primary: a pooler, a standby that is behind, a policy on rows."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from collectors.doctor import Health, check_all
from collectors.evidence.lines import Judged
from collectors.evidence.reads.unfailed import Pending
from collectors.inquiry import Inquiry
from collectors.model import KeyLookup, Verdict
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.shapes import BATCH
from collectors.postgres.snapshot import Snapshot
from collectors.settings import Settings, TargetSettings
from dashboard.remediation.service.checks import check_write_side
from dashboard.settings import WriteSettings
from sample_data.postgres import Database, Postgres
from tests.database.standby_world import caught_up, pgbouncer, standby
from tests.factories import EMAIL_KEY, ORGANIZATION, SECRET, failure, new_store

pytestmark = pytest.mark.slow

SCHEMA = f"""
CREATE TABLE customers (
    id int PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now() - interval '9 days',
    organization_id uuid NOT NULL, email text NOT NULL, deleted_at timestamptz
);
CREATE UNIQUE INDEX {EMAIL_KEY.name} ON customers (organization_id, lower(email));
INSERT INTO customers VALUES
    (7, DEFAULT, '{ORGANIZATION}', 'Jane@Example.com', now() - interval '1 day')
"""


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the account the servers run as can enter."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute(SCHEMA)
    return database


@pytest.fixture
def pooled(shop: Database, reachable: Path) -> Iterator[Database]:
    with pgbouncer(shop, reachable) as found:
        yield found


def judged(folder: Path, dsn: str, at: datetime) -> Judged:
    """What is said of a create that failed then."""
    target = TargetSettings(read_dsn=SecretStr(dsn))
    settings = Settings(targets={"production": target})
    store = new_store(folder)
    pending = Pending("test", failure(occurred_at=at))
    with closing(store), closing(Inquiry(settings, store)) as asking:
        (one,) = asking.judge([pending])
    return one


# --- PgBouncer in transaction mode ----------------------------------------------------------------


def test_a_conflict_is_judged_through_a_pooler(pooled: Database, tmp_path: Path) -> None:
    one = judged(tmp_path, pooled.dsn, datetime.now(UTC))
    assert one.judgement.verdict is Verdict.BLOCKED_BY_TOMBSTONE
    assert one.judgement.blocker is not None
    assert one.judgement.blocker.id == "7"


def test_many_batches_and_values_that_do_not_fit_go_through_a_pooler(pooled: Database) -> None:
    with ReadTarget("shop", pooled.dsn) as target, target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named(EMAIL_KEY.name)
        values = [(ORGANIZATION, f"nobody{n}@e.com") for n in range(2 * BATCH)]
        asked = [*values, ("no uuid", "x"), (ORGANIZATION, "jane@example.com")]
        *_, odd, jane = find_holders(snapshot, catalog, [KeyLookup(key, v) for v in asked])
    assert odd.uncastable == "the value of organization_id is not a valid uuid"
    assert [holder.row.id for holder in jane.holders] == ["7"]


def test_nothing_of_ours_reaches_the_next_client_of_the_session(pooled: Database) -> None:
    with ReadTarget("shop", pooled.dsn) as target:
        with target.snapshot() as snapshot:
            ours = snapshot.rows("SELECT pg_backend_pid()")
        names = ("statement_timeout", "row_security", "default_transaction_read_only", "timezone")
        shown = ", ".join(f"current_setting('{name}')" for name in names)
        ((pid, *settings),) = pooled.execute(f"SELECT pg_backend_pid(), {shown}")
        pooled.execute("UPDATE customers SET email = 'Joan@Example.com'")
    assert [(pid,)] == ours, "it is the same session"
    assert settings == ["0", "on", "off", "UTC"]


def test_nothing_that_another_client_left_in_the_session_reaches_us(pooled: Database) -> None:
    pooled.execute("SET search_path = nowhere; SET datestyle = German; SET bytea_output = escape")
    with ReadTarget("shop", pooled.dsn) as target, target.snapshot() as snapshot:
        assert read_catalog(snapshot).keys_named(EMAIL_KEY.name)
        assert snapshot.rows("SELECT '2026-02-03'::date::text") == [("2026-02-03",)]


def test_looks_that_share_one_session_do_not_mix(pooled: Database) -> None:
    found: list[tuple[object, ...]] = []

    def look() -> None:
        with ReadTarget("shop", pooled.dsn) as target:
            for _ in range(20):
                with target.snapshot() as snapshot:
                    first = snapshot.rows("SELECT txid_current_snapshot()::text")
                    found.append((first, snapshot.rows("SELECT txid_current_snapshot()::text")))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 80
    assert all(first == second for first, second in found)


def test_a_pool_of_single_statements_is_said_to_be_one(
    shop: Database, reachable: Path, tmp_path: Path
) -> None:
    with pgbouncer(shop, reachable, "statement") as pooled:
        told = judged(tmp_path, pooled.dsn, datetime.now(UTC)).judgement
        target = TargetSettings(read_dsn=SecretStr(shop.dsn))
        settings = Settings(targets={"production": target})
        writing = WriteSettings.model_validate(
            {"targets": {"production": {"write_dsn": pooled.dsn}}}
        )
        with closing(new_store(tmp_path)) as store:
            checks = {one.name: one for one in check_write_side(settings, writing, store)}
    assert "a pool of single statements" in " ".join(told.reasons)
    writer = checks["target production writer"]
    assert (writer.health, "transaction mode" in writer.sentence) == (Health.UNREACHABLE, True)


# --- a standby ------------------------------------------------------------------------------------


def test_a_writer_of_another_cluster_than_the_standby_that_is_read_is_wrong(
    postgres: Postgres, shop: Database, reachable: Path, tmp_path: Path
) -> None:
    """A copy for trying things out is called as what it is a copy of."""
    other = Postgres.start(tmp_path / "other")
    try:
        other.create_database(shop.name)
        with standby(postgres, reachable) as dsn:
            caught_up(postgres, dsn(shop.name))
            target = TargetSettings(read_dsn=SecretStr(dsn(shop.name)))
            settings = Settings(targets={"production": target})
            wrong = []
            with closing(new_store(tmp_path)) as store:
                for written in (shop.dsn, other.dsn(shop.name)):
                    writing = WriteSettings.model_validate(
                        {"targets": {"production": {"write_dsn": written}}}
                    )
                    names = [one.name for one in check_write_side(settings, writing, store)]
                    wrong.append("target production writer database" in names)
    finally:
        other.discard()
    assert wrong == [False, True]


def test_a_standby_behind_the_event_is_waited_for(
    postgres: Postgres, shop: Database, reachable: Path, tmp_path: Path
) -> None:
    with standby(postgres, reachable) as dsn:
        caught_up(postgres, dsn(shop.name))
        with psycopg.connect(dsn("postgres"), autocommit=True) as replaying:
            replaying.execute("SELECT pg_wal_replay_pause()")
            shop.execute("UPDATE customers SET deleted_at = NULL")
            at = datetime.now(UTC) + timedelta(seconds=10)
            waiting = judged(tmp_path, dsn(shop.name), at)
            replaying.execute("SELECT pg_wal_replay_resume()")
        caught_up(postgres, dsn(shop.name))
        told = judged(tmp_path, dsn(shop.name), datetime.now(UTC) - timedelta(minutes=1))
    assert waiting.judgement.verdict is Verdict.UNDECIDED
    assert "which is before the request failed" in " ".join(waiting.judgement.reasons)
    assert waiting.looked_at < at
    assert told.judgement.verdict is Verdict.LIVE_DUPLICATE


def test_a_read_that_replay_cancels_is_asked_again(
    postgres: Postgres, shop: Database, reachable: Path
) -> None:
    attempts: list[int] = []

    def question(snapshot: Snapshot) -> list[tuple[object, ...]]:
        attempts.append(1)
        snapshot.rows("SELECT count(*) FROM customers")
        if len(attempts) == 1:
            shop.execute("DELETE FROM customers WHERE id = 7")
            shop.execute("VACUUM customers")
            caught_up(postgres, there)
        return snapshot.rows("SELECT count(*) FROM customers")

    with standby(postgres, reachable) as dsn:
        there = dsn(shop.name)
        caught_up(postgres, there)
        with ReadTarget("shop", there) as target:
            assert target.ask(question) == [(0,)]
    assert len(attempts) == 2


def test_a_standby_says_as_of_when_it_is(
    postgres: Postgres, shop: Database, reachable: Path, tmp_path: Path
) -> None:
    with standby(postgres, reachable) as dsn:
        caught_up(postgres, dsn(shop.name))
        with ReadTarget("shop", dsn(shop.name)) as target, target.snapshot() as snapshot:
            assert snapshot.is_standby
            assert snapshot.as_of <= datetime.now(UTC)
            shown = f"a standby that shows {snapshot.as_of:%Y-%m-%d %H:%M}"
        settings = Settings(
            store_url=f"sqlite:///{tmp_path}/store.sqlite",
            secret_key=SecretStr(SECRET),
            targets={"production": TargetSettings(read_dsn=SecretStr(dsn(shop.name)))},
        )
        assert shown in " ".join(check.sentence for check in check_all(settings))


# --- row-level security ---------------------------------------------------------------------------


def test_rows_that_a_policy_hides_are_never_taken_for_gone(shop: Database, tmp_path: Path) -> None:
    role = f"reader_{shop.name}"
    shop.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD 'of the test';"
        f"GRANT SELECT ON customers TO {role};"
        "ALTER TABLE customers ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY live ON customers USING (deleted_at IS NULL)"
    )
    dsn = make_conninfo(shop.dsn, user=role, password="of the test")
    try:
        hidden = judged(tmp_path, dsn, datetime.now(UTC)).judgement
        shop.execute(f"ALTER ROLE {role} BYPASSRLS")
        seen = judged(tmp_path, dsn, datetime.now(UTC)).judgement
    finally:
        shop.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert hidden.verdict is Verdict.UNDECIDED
    assert "row-level security hides rows" in " ".join(hidden.reasons)
    assert seen.verdict is Verdict.BLOCKED_BY_TOMBSTONE
