"""`tombstone collect` on a real database: what is read, judged, kept, and said."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from sample_data.postgres import Database
from tests.captured import captured
from tests.command import tombstone
from tests.factories import SECRET, new_store

ORGANIZATION = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"
KEY = "ix_customers_organization_id_email_case_insensitive"
SCHEMA = f"""
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now() - interval '30 days',
    deleted_at timestamptz,
    organization_id uuid NOT NULL,
    email varchar(320) NOT NULL,
    name varchar, external_id varchar, user_metadata jsonb NOT NULL DEFAULT '{{}}'
);
CREATE UNIQUE INDEX {KEY} ON customers (organization_id, lower(email));
"""


@dataclass
class World:
    """A shop's database, and a Tombstone over it."""

    database: Database
    folder: Path
    environments: tuple[str, ...] = ("production",)

    def __post_init__(self) -> None:
        new_store(self.folder).close()

    def customer(self, email: str, deleted_ago: str | None = None) -> str:
        """Insert a customer, deleted that long ago; its id."""
        deleted = f"now() - interval '{deleted_ago}'" if deleted_ago else "NULL"
        ((row_id,),) = self.database.execute(
            f"INSERT INTO customers (organization_id, email, deleted_at) "
            f"VALUES (%s, %s, {deleted}) RETURNING id::text",
            (ORGANIZATION, email),
        )
        return str(row_id)

    def failed_create(self, email: str, environment: str | None = "production") -> dict[str, Any]:
        """A create that really fails, as the real SDK reports it, some minutes ago."""
        try:
            self.customer(email)
        except psycopg.errors.UniqueViolation as error:
            at = datetime.now(UTC) - timedelta(minutes=5)
            return captured(error, environment=environment, at=at)
        raise AssertionError("it did not fail")

    def tombstone(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command with a reader that may only read."""
        own = {
            "TOMBSTONE_STORE_URL": f"sqlite:///{self.folder}/store.sqlite",
            "TOMBSTONE_SECRET_KEY": SECRET,
        }
        own |= {
            f"TOMBSTONE_TARGETS__{name.upper()}__READ_DSN": self.database.dsn
            for name in self.environments
        }
        return tombstone(self.folder, *arguments, variables=own | variables)

    def explain(self, text: str, *arguments: str) -> dict[str, Any]:
        """`explain --json` of a text."""
        (self.folder / "text").write_text(text)
        done = self.tombstone("explain", "text", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def collect(self, *events: Any, code: int = 0, **variables: str) -> dict[str, Any]:
        """Collect these bodies (bytes as they are) from files."""
        inbox = self.folder / f"inbox-{time.monotonic_ns()}"
        inbox.mkdir()
        for number, event in enumerate(events):
            body = event if isinstance(event, bytes) else json.dumps(event).encode()
            (inbox / f"{number:04}.json").write_bytes(body)
        done = self.tombstone("collect", "--events", str(inbox), "--json", **variables)
        assert done.returncode == code, done.stderr
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    def notes(self, **variables: str) -> str:
        """What `collect` says of a Run without anything new."""
        (self.folder / "nothing").mkdir(exist_ok=True)
        done = self.tombstone("collect", "--events", "nothing", "--json", **variables)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def age_the_looks(self) -> None:
        """As if everything had been collected an hour earlier."""
        with closing(sqlite3.connect(self.folder / "store.sqlite")) as store, store:
            for column in ("held_at", "asked_at"):
                store.execute(f"UPDATE conflicts SET {column} = {column} - 3600 * 1000000")
            store.execute("UPDATE failures SET occurred_at = occurred_at - 3600 * 1000000")
            store.execute("UPDATE conflicts SET last_seen = last_seen - 3600 * 1000000")

    def failures(self) -> list[dict[str, Any]]:
        """`failures --json`."""
        done = self.tombstone("failures", "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    database.execute(SCHEMA)
    return World(database, tmp_path)


def test_a_failed_create_is_linked_to_the_deleted_row_that_caused_it(world: World) -> None:
    row = world.customer("Jane@Example.com", "1 hour")
    world.customer("jane@example.org")
    summary = world.collect(event := world.failed_create("jane@example.com"))
    assert (summary["read"], summary["stored"], summary["unreachable"]) == (1, 1, [])
    assert summary["by_verdict"]["BLOCKED_BY_TOMBSTONE"] == 1
    (failure,) = world.failures()
    assert failure["event_id"] == event["event_id"]
    assert (failure["verdict"], failure["confidence"]) == ("BLOCKED_BY_TOMBSTONE", "CERTAIN")
    assert failure["blocker"]["id"] == row
    assert (failure["constraint"], failure["table"]) == (KEY, "customers")
    assert failure["operation"] == "create"


def test_collecting_twice_changes_nothing(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com")
    world.collect(event)
    once = world.failures()
    assert world.collect(event)["stored"] == 0
    assert world.failures() == once


def hostile_bodies(real: dict[str, Any]) -> list[bytes]:
    whole = json.dumps(real).encode()
    nested = b'{"event_id": "' + b"a" * 32 + b'", "extra": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    huge = json.dumps(real | {"event_id": "b" * 32, "extra": {"x": "y" * 1_000_000}}).encode()
    return [
        b"",
        b"   ",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        whole[: len(whole) // 2],
        b"\xff\xfe\x00" + whole,
        whole.replace(b"example", b"ex\xffmple").replace(real["event_id"].encode(), b"c" * 32),
        nested,
        huge,
        json.dumps(real | {"event_id": 7, "exception": "no"}).encode(),
        json.dumps(real | {"event_id": "d" * 32, "timestamp": "tomorrow"}).encode(),
        json.dumps(real | {"event_id": "e" * 32, "exception": {"values": [None, 1, []]}}).encode(),
    ]


def test_no_malformed_event_stops_a_run(world: World) -> None:
    row = world.customer("jane@example.com", "1 hour")
    real = world.failed_create("jane@example.com")
    summary = world.collect(*hostile_bodies(real), real)
    assert summary["unreachable"] == []
    found = {failure["event_id"]: failure for failure in world.failures()}
    assert found[real["event_id"]]["blocker"]["id"] == row
    assert found["b" * 32]["verdict"] == "BLOCKED_BY_TOMBSTONE"
    odd = [failure for failure in found.values() if failure["verdict"] == "UNDECIDED"]
    assert len(odd) >= 3
    assert all(failure["reasons"] for failure in odd)
    blamed = {failure["blocker"]["id"] for failure in found.values() if failure["blocker"]}
    assert blamed == {row}


HOSTILE = (
    "![x](https://example.test/p.png)@example.com",
    "<img/src=https://example.test/p>@example.com",
    "$x^2$:material/home:@example.com",
    "=HYPERLINK(1)@example.com",
    "a\u202eb\u200bc\x07@example.com",
    "a, (b)=(c) already exists.@example.com",
    "'; DROP TABLE customers; --@example.com",
)


def test_hostile_values_are_values(world: World) -> None:
    rows = {email: world.customer(email.upper(), "1 hour") for email in HOSTILE}
    events = {email: world.failed_create(email) for email in HOSTILE}
    world.collect(*events.values())
    found = {failure["event_id"]: failure["blocker"]["id"] for failure in world.failures()}
    assert found == {events[email]["event_id"]: rows[email] for email in HOSTILE}


def test_an_environment_without_a_target_is_kept_and_never_judged_against_another(
    world: World,
) -> None:
    world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com", environment="staging"))
    (failure,) = world.failures()
    assert (failure["verdict"], failure["blocker"]) == ("UNDECIDED", None)
    assert "staging" in failure["reasons"][0]
    world.environments = ("production", "staging")
    world.collect()
    (failure,) = world.failures()
    assert failure["verdict"] == "BLOCKED_BY_TOMBSTONE"


def test_a_target_that_cannot_be_reached_is_named_and_asked_again(world: World) -> None:
    row = world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com")
    nobody = "postgresql://u:hidden-password@127.0.0.1:1/none"
    summary = world.collect(event, code=3, TOMBSTONE_TARGETS__PRODUCTION__READ_DSN=nobody)
    assert summary["unreachable"] == ["production"]
    (failure,) = world.failures()
    assert failure["verdict"] == "UNDECIDED"
    assert "hidden-password" not in json.dumps(failure)
    world.collect()
    (failure,) = world.failures()
    assert failure["blocker"]["id"] == row


def test_an_event_that_names_no_environment_counts_as_the_given_one(world: World) -> None:
    world.environments = ("sandbox",)
    row = world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com", environment=None)
    inbox = world.folder / "event.json"
    inbox.write_text(json.dumps(event))
    done = world.tombstone("collect", "--environment", "sandbox", "--events", str(inbox))
    assert done.returncode == 0
    assert "1 new" in done.stderr
    (failure,) = world.failures()
    assert (failure["environment"], failure["blocker"]["id"]) == ("sandbox", row)


FREED = {
    "released": "UPDATE customers SET email = 'freed@example.com' WHERE deleted_at IS NOT NULL",
    "purged": "DELETE FROM customers WHERE deleted_at IS NOT NULL",
    "restored": "UPDATE customers SET deleted_at = NULL",
    "mended": f"""DROP INDEX {KEY}; CREATE UNIQUE INDEX {KEY} ON customers
        (organization_id, lower(email), deleted_at) NULLS NOT DISTINCT""",
    "mended by a predicate": f"""DROP INDEX {KEY}; CREATE UNIQUE INDEX {KEY} ON customers
        (organization_id, lower(email)) WHERE deleted_at IS NULL""",
    "mended under another name": f"""DROP INDEX {KEY}; CREATE UNIQUE INDEX customers_live
        ON customers (organization_id, lower(email)) WHERE deleted_at IS NULL""",
    "dropped": f"DROP INDEX {KEY}",
    "dropped, beside a key that is about something else": f"""DROP INDEX {KEY};
        CREATE UNIQUE INDEX ON customers (organization_id, created_at)""",
}


@pytest.mark.parametrize("way", FREED)
def test_the_next_run_finds_that_a_key_was_freed(world: World, way: str) -> None:
    world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    world.database.execute(FREED[way])
    world.collect()
    (failure,) = world.failures()
    assert failure["verdict"] == "UNBLOCKED", failure["reasons"]


STANDING = {
    "by a narrower key": "CREATE UNIQUE INDEX ON customers (organization_id, email)",
    "by a wider key": "CREATE UNIQUE INDEX ON customers (organization_id, email, created_at)",
    "by an EXCLUDE constraint": """ALTER TABLE customers
        ADD EXCLUDE (organization_id WITH =, lower(email) WITH =)""",
    "by keys of tables that inherit": """CREATE TABLE customers_eu () INHERITS (customers);
        CREATE UNIQUE INDEX ON customers_eu (organization_id, lower(email))""",
    "by another owner's key": """ALTER TABLE customers ADD account_id int DEFAULT 1;
        CREATE UNIQUE INDEX ON customers (account_id, email)""",
    "by a key over a column that is like its own": """ALTER TABLE customers
        ADD email_normalized text; CREATE UNIQUE INDEX ON customers
        (organization_id, email_normalized)""",
    "with its table out of sight": "CREATE SCHEMA aside; ALTER TABLE customers SET SCHEMA aside",
    "with its column renamed": "ALTER TABLE customers RENAME email TO mail",
}


@pytest.mark.parametrize("way", STANDING)
def test_a_dropped_key_is_free_only_where_nothing_may_stop_the_same_create(
    world: World, way: str
) -> None:
    world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    world.database.execute(f"DROP INDEX {KEY}; {STANDING[way]}")
    world.collect()
    (failure,) = world.failures()
    assert failure["verdict"] == "BLOCKED_BY_TOMBSTONE"


def test_a_run_says_of_an_open_conflict_that_it_could_not_be_asked(world: World) -> None:
    """It stands as it was last seen, and no number tells that from a look."""
    world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    world.database.execute(f"DROP INDEX {KEY}")
    world.database.execute(f"CREATE UNIQUE INDEX {KEY} ON customers (organization_id, name)")
    said = world.notes()
    assert "Target production: 1 open Conflict stands as last seen." in said
    assert "has other columns today" in said


FOLLOWED = {
    "purged": ("DELETE FROM customers", "UNBLOCKED"),
    "restored": ("UPDATE customers SET deleted_at = NULL", "UNBLOCKED"),
    "still deleted": ("UPDATE customers SET name = 'x'", "BLOCKED_BY_TOMBSTONE"),
    "given another value": ("UPDATE customers SET mail = 'x@e.com'", "BLOCKED_BY_TOMBSTONE"),
    "purged, ids being of another kind": (
        """ALTER TABLE customers DROP id; ALTER TABLE customers
        ADD id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY""",
        "BLOCKED_BY_TOMBSTONE",
    ),
}


@pytest.mark.parametrize("way", FOLLOWED)
def test_the_row_is_followed_where_its_key_cannot_be(world: World, way: str) -> None:
    """A column has another name, and the key kept its own."""
    row = world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    statement, verdict = FOLLOWED[way]
    world.database.execute(f"ALTER TABLE customers RENAME email TO mail; {statement}")
    world.collect()
    (failure,) = world.failures()
    assert (failure["verdict"], failure["blocker"]["id"]) == (verdict, row), failure["reasons"]


def test_a_row_blocks_on_though_its_table_is_moved_and_renamed(world: World) -> None:
    row = world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    world.database.execute("ALTER TABLE customers RENAME TO clients")
    world.collect()
    (failure,) = world.failures()
    assert (failure["verdict"], failure["confidence"]) == ("BLOCKED_BY_TOMBSTONE", "CERTAIN")
    assert (failure["blocker"]["table"], failure["blocker"]["id"]) == ("clients", row)


def test_a_conflict_follows_its_key_to_another_name(world: World) -> None:
    """Its remedies go by the name that the catalog has."""
    row = world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    world.database.execute(f"ALTER INDEX {KEY} RENAME TO customers_email")
    world.collect()
    (conflict,) = json.loads(world.tombstone("conflicts", "--json").stdout)
    assert conflict["verdict"] == "BLOCKED_BY_TOMBSTONE"
    assert conflict["constraint"] == "customers_email"
    assert conflict["blocker"]["id"] == row


def test_what_still_cannot_be_decided_says_why_today(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com")
    nobody = "postgresql://u:p@127.0.0.1:1/none"
    world.collect(event, code=3, TOMBSTONE_TARGETS__PRODUCTION__READ_DSN=nobody)
    world.database.execute(f"DROP INDEX {KEY}")
    world.collect()
    (failure,) = world.failures()
    assert (failure["verdict"], failure["constraint"]) == ("UNDECIDED", KEY)
    assert failure["reasons"][0].startswith("The database has no unique key of the reported name")


def test_a_newer_failure_that_met_a_live_row_closes_the_older_ones(world: World) -> None:
    world.customer("jane@example.com", "3 hours")
    world.collect(world.failed_create("jane@example.com"))
    world.age_the_looks()
    world.database.execute(FREED["released"])
    world.customer("jane@example.com")
    world.collect(world.failed_create("jane@example.com"))
    verdicts = {failure["verdict"] for failure in world.failures()}
    assert verdicts == {"LIVE_DUPLICATE", "UNBLOCKED"}


def test_fail_on_new_tells_a_new_block_from_a_known_one(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    inbox = world.folder / "event.json"
    inbox.write_text(json.dumps(world.failed_create("jane@example.com")))
    arguments = ("collect", "--events", str(inbox), "--fail-on", "new")
    assert world.tombstone(*arguments).returncode == 1
    assert world.tombstone(*arguments).returncode == 0


def test_the_store_gives_nothing_away(world: World) -> None:
    world.customer("jane.kowalska@example.com", "1 hour")
    world.collect(world.failed_create("jane.kowalska@example.com"))
    held = b"".join(path.read_bytes() for path in world.folder.glob("store.sqlite*"))
    assert b"kowalska" not in held
    assert b"merchant@example.com" not in held


def test_explain_reads_the_real_message_and_asks_the_target(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com")
    told = world.explain(event["exception"]["values"][-1]["value"])
    assert told["kind"] == "unique_violation"
    assert (told["constraint"], told["complete"]) == (KEY, True)
    assert told["values"] == [ORGANIZATION, "jane@example.com"]
    assert told["verdict"] == "BLOCKED_BY_TOMBSTONE"


def test_an_organization_alone_never_means_somebody_elses_conflict(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    world.collect(world.failed_create("jane@example.com"))
    unknown = f"Key (organization_id, lower(email::text))=({ORGANIZATION}, new@example.com) exists"
    told = world.explain(f"duplicate key value violates unique constraint DETAIL: {unknown}")
    assert told["failures"] == []
    told = world.explain(f"organization {ORGANIZATION} cannot create new@example.com")
    assert (told["failures"], told["verdict"]) == ([], None)
    told = world.explain(
        "another organization: 11111111-5a0c-4c6e-8f0e-3f3c7d1f2a10, jane@example.com"
    )
    assert told["failures"] == []
    assert len(world.explain("jane@example.com cannot be created")["failures"]) == 1


def test_a_ticket_that_names_two_conflicts_has_no_verdict_unless_they_agree(world: World) -> None:
    """Whoever signs it may have a Conflict as well."""
    world.customer("jane@example.com", "1 hour")
    world.customer("staff@example.com")
    world.collect(*map(world.failed_create, ("jane@example.com", "staff@example.com")))
    signed = "jane@example.com cannot be created\n-- \nstaff@example.com"
    told = world.explain(signed)
    assert (len(told["failures"]), told["verdict"]) == (2, None)
    assert world.explain("jane@example.com")["verdict"] == "BLOCKED_BY_TOMBSTONE"


def test_explain_means_every_failure_of_a_conflict_and_of_an_event_the_one(world: World) -> None:
    """More of them than a page of a list has; the pasted one is the oldest."""
    world.customer("jane@example.com", "1 day")
    event = world.failed_create("jane@example.com")
    now = datetime.now(UTC)
    times = [(now - timedelta(minutes=n)).isoformat() for n in range(205)]
    events = [event | {"event_id": uuid4().hex, "timestamp": time} for time in times]
    world.collect(*events)
    assert len(world.explain("jane@example.com cannot be created")["failures"]) == 205
    told = world.explain(json.dumps(events[-1]))
    assert (told["failures"], told["verdict"]) == (
        [events[-1]["event_id"]],
        "BLOCKED_BY_TOMBSTONE",
    )


def test_a_printed_key_means_its_own_conflict_and_no_other_with_one_of_its_values(
    world: World,
) -> None:
    """A tenant that no mapping calls one is a value like any other, and so is an address twice."""
    world.database.execute(
        "CREATE TABLE plans (id int PRIMARY KEY, tenant int, email text, deleted_at timestamptz,"
        " CONSTRAINT one_plan UNIQUE (tenant, email));"
        "CREATE TABLE seats (id int PRIMARY KEY, email text CONSTRAINT one_seat UNIQUE);"
        "INSERT INTO plans VALUES (1, 7, 'joe@example.com', now() - interval '1 hour'),"
        " (2, 7, 'jane@example.com', NULL); INSERT INTO seats VALUES (1, 'jane@example.com')"
    )
    texts = [
        'duplicate key value violates unique constraint "one_plan"'
        f" DETAIL: Key (tenant, email)=(7, {name}@example.com) already exists."
        for name in ("jane", "joe")
    ]
    seat = "duplicate key value violates unique constraint"
    seat += ' "one_seat" DETAIL: Key (email)=(jane@example.com) already exists.'
    for text in (*texts, seat):
        sent = {"event_id": uuid4().hex, "exception": {"values": [{"type": "E", "value": text}]}}
        world.collect(sent | {"timestamp": datetime.now(UTC).isoformat()})
    told = [world.explain(text) for text in (*texts, seat)]
    assert [one["verdict"] for one in told] == [
        "LIVE_DUPLICATE",
        "BLOCKED_BY_TOMBSTONE",
        "LIVE_DUPLICATE",
    ]
    assert [len(one["failures"]) for one in told] == [1, 1, 1]
    unknown = texts[0].replace("jane@", "nobody@")
    assert (world.explain(unknown)["failures"], world.explain(unknown)["verdict"]) == (
        [],
        "HOLDER_GONE",
    )


def test_explain_takes_an_event_at_its_own_time_and_environment(world: World) -> None:
    world.environments = ("sandbox",)
    world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com", environment="sandbox")
    assert world.explain(json.dumps(event))["verdict"] == "BLOCKED_BY_TOMBSTONE"
    before = datetime.now(UTC) - timedelta(hours=3)
    assert world.explain(json.dumps(event | {"timestamp": before.isoformat()}))["verdict"] == (
        "LIVE_DUPLICATE"
    )


def test_an_odd_event_stays_odd_and_hides_nothing(world: World) -> None:
    row = world.customer("jane@example.com", "1 hour")
    real = world.failed_create("jane@example.com")
    world.collect(real)
    odd = real | {"event_id": "0d" * 16, "timestamp": "nonsense"}
    world.collect(odd)
    world.collect()
    found = {failure["event_id"]: failure for failure in world.failures()}
    assert found["0d" * 16]["verdict"] == "UNDECIDED"
    (conflict,) = json.loads(world.tombstone("conflicts", "--json").stdout)
    assert (conflict["verdict"], conflict["failures"]) == ("BLOCKED_BY_TOMBSTONE", 2)
    assert conflict["blocker"]["id"] == row


def test_a_target_that_explain_cannot_reach_is_said(world: World) -> None:
    nobody = "postgresql://u:p@127.0.0.1:1/none"
    (world.folder / "text").write_text("jane@example.com cannot be created")
    variables = {"TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": nobody}
    done = world.tombstone("explain", "text", "--json", **variables)
    assert done.returncode == 3
    assert "'production'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "code"),
    [
        pytest.param(["conflicts"], {"TOMBSTONE_ACCESS__ROL": "x"}, 2, id="unknown access setting"),
        pytest.param(["doctor"], {"TOMBSTONE_REMEDIATION__NOPE": "1"}, 2, id="unknown remediation"),
        pytest.param(["failures", "--since", "999999w"], {}, 2, id="longer than time"),
        pytest.param(["failures", "--nope"], {}, 2, id="unknown option"),
        pytest.param(["collect", "--events", "nowhere"], {}, 2, id="no such file"),
        pytest.param(["follow", "--every", "0s"], {}, 2, id="without a pause"),
        pytest.param(["follow", "--every", "999999w"], {}, 2, id="longer than any sleep"),
        pytest.param(["remediate", "x", "--remedy", "magic"], {}, 2, id="unknown remedy"),
        pytest.param(["remediate", "x", "--remedy", "release-key"], {}, 1, id="unknown conflict"),
        pytest.param(["undo", "x"], {}, 1, id="unknown remediation id"),
    ],
)
def test_what_is_wrong_gets_its_exit_code_and_an_empty_stdout_for_two(
    world: World, arguments: list[str], variables: dict[str, str], code: int
) -> None:
    done = world.tombstone(*arguments, **variables)
    assert done.returncode == code
    assert (done.stdout == "") == (code == 2)


def test_one_bad_line_answers_none(world: World) -> None:
    (world.folder / "many").write_text('{"id": 1, "text": "hello"}\nnonsense\n')
    done = world.tombstone("explain", "--jsonl", "many")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Line 2" in done.stderr


def test_a_reader_who_leaves_early_is_no_finding(world: World) -> None:
    world.customer("jane@example.com", "1 hour")
    event = world.failed_create("jane@example.com")
    world.collect(*({**event, "event_id": f"{n:032x}"} for n in range(300)))
    command = (
        f"{sys.executable} -c 'from dashboard.cli import main; main()' failures --json | head -1"
    )
    settings = {
        "TOMBSTONE_STORE_URL": f"sqlite:///{world.folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
    }
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        env=dict(os.environ) | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1


def test_a_row_without_an_id_that_may_be_kept_is_known_again_after_an_update(world: World) -> None:
    """An address is no id, so the row goes by its place, and an UPDATE gives it another."""
    world.database.execute(
        "CREATE TABLE accounts (email text PRIMARY KEY, seen int, deleted_at timestamptz);"
        "INSERT INTO accounts VALUES ('jane@example.com', 1, now() - interval '1 day')"
    )
    insert = "INSERT INTO accounts VALUES ('jane@example.com')"
    with pytest.raises(psycopg.errors.UniqueViolation) as failed:
        world.database.execute(insert)
    at = datetime.now(UTC) - timedelta(minutes=5)
    world.collect(captured(failed.value, environment="production", at=at))
    world.database.execute("UPDATE accounts SET seen = 2")
    world.collect()
    (failure,) = world.failures()
    assert (failure["verdict"], failure["confidence"]) == ("BLOCKED_BY_TOMBSTONE", "CERTAIN")
    world.database.execute("DELETE FROM accounts")
    world.collect()
    (failure,) = world.failures()
    assert failure["verdict"] == "UNBLOCKED"
    assert "It no longer holds the unique key." in failure["reasons"][0]
    assert "jane" not in json.dumps(failure)


def test_a_table_that_may_not_be_read_any_more_stops_no_other_one(
    database: Database, tmp_path: Path
) -> None:
    world = World(database, tmp_path)
    database.execute(SCHEMA)
    database.execute(
        "CREATE TABLE teams (id int PRIMARY KEY, deleted_at timestamptz, slug text UNIQUE);"
        "INSERT INTO teams VALUES (1, now() - interval '9 days', 'a-team')"
    )
    world.customer("jane@example.com", "9 days")
    with pytest.raises(psycopg.errors.UniqueViolation) as failed:
        database.execute("INSERT INTO teams VALUES (2, NULL, 'a-team')")
    at = datetime.now(UTC) - timedelta(minutes=5)
    team = captured(failed.value, environment="production", at=at)
    role = f"reader_{database.name}"
    database.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD 'r'; GRANT SELECT ON customers, teams TO {role}"
    )
    dsn = f"{database.dsn}?user={role}&password=r"
    reader: dict[str, Any] = {"TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": dsn}
    try:
        summary = world.collect(team, world.failed_create("jane@example.com"), **reader)
        assert summary["by_verdict"]["BLOCKED_BY_TOMBSTONE"] == 2
        database.execute(f"DELETE FROM customers; REVOKE SELECT ON teams FROM {role}")
        said = world.notes(**reader)
        assert "1 open Conflict stands as last seen" in said
        assert "may not read" in said
    finally:
        database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    told = {one["table"]: one["verdict"] for one in world.failures()}
    assert told == {"customers": "UNBLOCKED", "teams": "BLOCKED_BY_TOMBSTONE"}
