"""`tombstone audit` as a script, a DBA and a pull request use it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.evidence.reads.findings import finding_trend, last_audits, list_findings
from collectors.evidence.store import save_page
from collectors.model import Severity
from sample_data.postgres import Database
from tests.command import tombstone
from tests.factories import SECRET, judged, new_store

SCHEMA = """
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid NOT NULL,
    email text NOT NULL, token text UNIQUE, deleted_at timestamptz
);
CREATE UNIQUE INDEX ix_customers_organization_id_email_case_insensitive
    ON customers (organization_id, lower(email));
"""
EMAIL_KEY = "ix_customers_organization_id_email_case_insensitive"
KEYS = {"table", "constraint", "rule", "severity", "reason", "exposed_rows", "migration"}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """The command in a folder of its own, with one Target and nothing else."""

    folder: Path
    database: Database

    def audit(self, *arguments: str, **variables: str) -> Ended:
        own = {"TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": self.database.dsn, **variables}
        done = tombstone(self.folder, "audit", *arguments, variables=own)
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(tmp_path: Path, database: Database) -> Shell:
    return Shell(tmp_path, database)


@pytest.mark.parametrize("other", ["INDEX {} ON customers (email)", "VIEW {} AS SELECT 1"])
def test_a_new_index_takes_no_name_that_something_else_has(shell: Shell, other: str) -> None:
    taken = "ix_customers_organization_id_email_live_case_insensitive"
    shell.database.execute(f"{SCHEMA} CREATE {other.format(taken)}")
    assert f"CONCURRENTLY IF NOT EXISTS {taken}_2\n" in shell.audit("--format", "sql").out


@pytest.mark.parametrize(("column", "said"), [("archived_at", True), ("deleted_at", False)])
def test_no_finding_for_want_of_any_mark_of_deletion_is_said(
    shell: Shell, column: str, said: bool
) -> None:
    shell.database.execute(f"CREATE TABLE t (id int PRIMARY KEY, {column} timestamptz)")
    ended = shell.audit()
    assert "No Finding." in ended.err
    assert ("No table of production says which of its rows are deleted" in ended.err) is said


def test_an_empty_migrated_database_is_all_it_needs(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    ended = shell.audit("--fail-on", "high", "--json")
    assert ended.code == 1
    email, token = ended.json
    assert set(email) == set(token) == KEYS
    assert (email["table"], email["constraint"], email["rule"], email["severity"]) == (
        "customers",
        EMAIL_KEY,
        "ignores_deletion",
        "high",
    )
    assert email["exposed_rows"] == 0
    assert set(email["migration"]) == {"sql", "alembic"}
    assert (token["severity"], token["migration"]) == ("info", None)
    assert not (shell.folder / "tombstone.sqlite").exists()


def test_only_what_is_new_fails_against_a_baseline(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    (shell.folder / "before.json").write_text(shell.audit("--json").out, encoding="utf-8-sig")
    arguments = ("--fail-on", "high", "--baseline", "before.json")
    assert shell.audit(*arguments).code == 0
    shell.database.execute(
        "CREATE TABLE teams (id int PRIMARY KEY, slug text UNIQUE, deleted_at timestamptz)"
    )
    ended = shell.audit(*arguments, "--json", GITHUB_ACTIONS="true")
    assert ended.code == 1
    assert len(ended.json) == 3
    (line,) = [line for line in ended.err.splitlines() if line.startswith("::")]
    assert line.startswith("::error title=teams%3A teams_slug_key (ignores_deletion)::Rows with")


def test_no_finding_is_an_empty_list(shell: Shell) -> None:
    shell.database.execute("CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE)")
    ended = shell.audit("--fail-on", "info", "--json")
    assert (ended.code, ended.json) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "said"),
    [
        (("--environment", "moon"), {}, 2, "No Target is configured for environment 'moon'"),
        (("--baseline", "nowhere.json"), {}, 2, "nowhere.json cannot be read"),
        (("--baseline", "odd.json"), {}, 2, "odd.json is not a list as"),
        (("--fail-on", "new"), {}, 2, "--fail-on': 'new' is not one of"),
        (("--json", "--format", "sarif"), {}, 2, "ask for two different things"),
        ((), {"TOMBSTONE_AUDIT__ACCEPTED": "gone.toml"}, 2, "gone.toml, which cannot be read"),
        (
            ("--fail-on", "info"),
            {"TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": "postgresql://127.0.0.1:1/x"},
            3,
            "Target 'production'",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: tuple[str, ...], variables: dict[str, str], code: int, said: str, shell: Shell
) -> None:
    shell.database.execute(SCHEMA)
    (shell.folder / "odd.json").write_text('{"a": 1}', encoding="utf-8")
    ended = shell.audit(*arguments, **variables)
    assert (ended.code, ended.out if code == 2 else "") == (code, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_each_format_is_what_it_says(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    assert "CREATE UNIQUE INDEX CONCURRENTLY" in shell.audit("--format", "sql").out
    alembic = shell.audit("--format", "alembic").out
    assert alembic.startswith(f"# --- revision for customers: {EMAIL_KEY} ---\n")
    compile(alembic, "revision", "exec")
    assert "ignores_deletion" in shell.audit().out


def test_sarif_has_what_code_scanning_asks_for(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    accept(shell, (datetime.now(UTC) + timedelta(days=9)).date().isoformat())
    report = shell.audit("--format", "sarif").json
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    token, email = run["results"]
    assert (email["level"], token["level"]) == ("error", "none")
    assert rules[email["ruleIndex"]] == email["ruleId"] == "ignores_deletion"
    assert email["suppressions"][0]["justification"].startswith("Known since")
    (place,) = email["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "database/customers"
    of_each = [one["partialFingerprints"]["primaryLocationLineHash"] for one in (email, token)]
    assert len(set(of_each)) == 2  # both stand at line 1 of one table


def test_a_target_that_was_not_asked_is_not_said_to_be_without_findings(shell: Shell) -> None:
    """Code scanning would take an empty run for one that mended everything."""
    down = {"TOMBSTONE_TARGETS__PRODUCTION__READ_DSN": "postgresql://127.0.0.1:1/x"}
    ended = shell.audit("--format", "sarif", **down)
    assert "No Finding in what could be asked." in ended.err
    (invocation,) = ended.json["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("Target 'production' ")
    shell.database.execute(SCHEMA)
    (asked,) = shell.audit("--format", "sarif").json["runs"][0]["invocations"]
    assert asked == {"executionSuccessful": True, "toolExecutionNotifications": []}


def accept(shell: Shell, day: str) -> None:
    """With the byte order mark of a Windows editor, as the baseline above has PowerShell's."""
    (shell.folder / "tombstone.accepted.toml").write_text(
        f'[[accepted]]\ntable = "customers"\nconstraint = "{EMAIL_KEY}"\n'
        f'reason = "Known since the import."\nlook_again = {day}\n',
        encoding="utf-8-sig",
    )


@pytest.mark.parametrize(("days", "shown"), [(1, False), (0, True), (-30, True)])
def test_an_accepted_finding_is_shown_again_from_its_day_on(
    days: int, shown: bool, shell: Shell
) -> None:
    shell.database.execute(SCHEMA)
    accept(shell, (datetime.now(UTC) + timedelta(days=days)).date().isoformat())
    ended = shell.audit("--fail-on", "high", "--json")
    assert (EMAIL_KEY in [one["constraint"] for one in ended.json]) is shown
    assert ended.code == int(shown)
    assert ("Accepted and not shown: 1" in ended.err) is not shown


def test_owners_can_say_that_a_value_is_asked_for_again(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    (shell.folder / "tombstone.accepted.toml").write_text(
        '[[values]]\ntable = "customers"\nconstraint = "customers_token_key"\n'
        'asked_again = true\nreason = "Shops choose it."\n',
        encoding="utf-8",
    )
    found = {one["constraint"]: one["severity"] for one in shell.audit("--json").json}
    assert found == {EMAIL_KEY: "high", "customers_token_key": "high"}


def test_exposed_rows_are_counted(shell: Shell) -> None:
    shell.database.execute(
        SCHEMA + "INSERT INTO customers (organization_id, email, deleted_at)"
        " SELECT gen_random_uuid(), 'e' || n, CASE WHEN n <= 4 THEN now() END"
        " FROM generate_series(1, 9) n"
    )
    email = next(one for one in shell.audit("--json").json if one["constraint"] == EMAIL_KEY)
    assert email["exposed_rows"] == 4
    assert "4 deleted rows hold it now." in email["reason"]


def test_live_duplicates_are_counted(shell: Shell) -> None:
    shell.database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL, deleted_at timestamptz,"
        " CONSTRAINT k UNIQUE (email, deleted_at));"
        "INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'b'), (5, 'c')"
    )
    rules = {one["rule"]: one["reason"] for one in shell.audit("--json").json}
    assert rules.keys() == {"live_duplicates", "nulls_are_distinct"}
    assert rules["live_duplicates"].startswith("2 values are held by more than one live row")


def test_on_conflict_users_are_read_from_pg_stat_statements(shell: Shell) -> None:
    shell.database.execute(
        "CREATE SCHEMA watch; CREATE EXTENSION pg_stat_statements SCHEMA watch;"
        "CREATE TABLE t (id serial PRIMARY KEY, email text NOT NULL, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX k ON t (email);"
        "SELECT watch.pg_stat_statements_reset()"  # what other tests ran may crowd ours out
    )
    for email in ("a", "b"):
        upsert = "INSERT INTO t (email) VALUES (%s) ON CONFLICT (email) DO UPDATE SET email = 'x'"
        shell.database.execute(upsert, [email])
    found = {one["rule"]: one for one in shell.audit("--json").json}
    assert found.keys() == {"ignores_deletion", "upserts_break"}
    assert "(2 calls seen)" in found["upserts_break"]["reason"]
    assert "ON CONFLICT (email, deleted_at)" in found["upserts_break"]["migration"]["sql"]


def test_with_a_store_it_knows_of_failures_and_remembers(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    store = new_store(shell.folder)
    save_page(store, "test", [judged(), judged()])
    secret = {
        "TOMBSTONE_SECRET_KEY": SECRET,
        "TOMBSTONE_STORE_URL": f"sqlite:///{shell.folder}/store.sqlite",
    }
    email = shell.audit("--json", **secret).json[0]
    assert "2 Failures seen." in email["reason"]
    first, second = list_findings(store)
    assert (first.finding.constraint, first.finding.failures) == (EMAIL_KEY, 2)
    assert first.finding.migration
    assert second.finding.severity is Severity.INFO
    shell.database.execute(
        f"DROP INDEX {EMAIL_KEY}; CREATE UNIQUE INDEX mended"
        " ON customers (organization_id, lower(email)) WHERE deleted_at IS NULL"
    )
    shell.audit(**secret)
    assert [row.finding.constraint for row in list_findings(store)] == ["customers_token_key"]
    (gone,) = list_findings(store, gone=True)
    assert (gone.finding.constraint, gone.first_seen) == (EMAIL_KEY, first.first_seen)
    assert gone.gone_at == last_audits(store)["production"]
    days = {day.severity: day.findings for day in finding_trend(store)}
    assert days == {Severity.HIGH: 1, Severity.INFO: 1}


def test_what_comes_back_is_the_same_finding(shell: Shell) -> None:
    store = new_store(shell.folder)
    secret = {
        "TOMBSTONE_SECRET_KEY": SECRET,
        "TOMBSTONE_STORE_URL": f"sqlite:///{shell.folder}/store.sqlite",
    }
    drop = f"DROP INDEX {EMAIL_KEY}"
    make = f"CREATE UNIQUE INDEX {EMAIL_KEY} ON customers (organization_id, lower(email))"
    shell.database.execute(SCHEMA)
    shell.audit(**secret)
    seen = list_findings(store)[0].first_seen
    shell.database.execute(drop)
    shell.audit(**secret)
    shell.database.execute(make)
    shell.audit(**secret)
    first = list_findings(store)[0]
    assert (first.first_seen, first.gone_at, list_findings(store, gone=True)) == (seen, None, [])


def test_two_targets_with_one_schema_are_told_once(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    other = {"TOMBSTONE_TARGETS__SANDBOX__READ_DSN": shell.database.dsn}
    assert len(shell.audit("--json", **other).json) == 2


def test_a_backfill_is_handed_over_like_a_migration(shell: Shell) -> None:
    shell.database.execute(SCHEMA)
    sql = shell.audit("--format", "backfill-sql").out
    assert sql.count("UPDATE public.customers\n") == 1
    assert "Of a row that was erased" not in sql
    revision = shell.audit("--format", "backfill-alembic").out
    assert revision.startswith(f"# --- revision for customers: {EMAIL_KEY} ---\n")
    compile(revision, "revision", "exec")


def test_broken_invariants_are_told_beside_the_list(shell: Shell) -> None:
    (shell.folder / "own").mkdir()
    header = "-- title: Every team has a name\n-- reason: People look for it.\n-- severity: low\n"
    (shell.folder / "own" / "named.sql").write_text(
        header + "SELECT id, NULL AS since FROM teams WHERE name IS NULL", encoding="utf-8"
    )
    (shell.folder / "own" / "odd.sql").write_text("DROP TABLE teams", encoding="utf-8")
    shell.database.execute("CREATE TABLE teams (id int, name text); INSERT INTO teams VALUES (1)")
    ended = shell.audit("--json", TOMBSTONE_AUDIT__INVARIANTS="own")
    assert (ended.code, ended.json) == (0, [])
    assert "Broken invariant (low), production: Every team has a name: 1 row." in ended.err
    assert "Invariant not asked, production: odd: odd does not begin with" in ended.err
