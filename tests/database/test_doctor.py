"""`doctor`: what stands, what lacks, what is wrong, and what cannot be reached."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from sqlalchemy import text

from collectors.doctor import Check, Health, check_all
from collectors.evidence.database import Store
from collectors.settings import Settings, TargetSettings
from dashboard.remediation.journal import Kind, Line, recording
from dashboard.remediation.service.checks import check_write_side
from dashboard.settings import WriterSettings, WriteSettings
from sample_data.postgres import Database
from tests.factories import NOON, SECRET, new_store
from tests.nobody import nobody

SCHEMA = """
CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamptz, deleted_at timestamptz,
    organization_id uuid, email text UNIQUE, external_id text, name text, user_metadata jsonb
);
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT ON customers TO {role};
"""


@pytest.fixture
def role(database: Database) -> Iterator[str]:
    """A role of the test's own, with SELECT on the shop's table."""
    name = f"role_{database.name}"
    identifier = sql.Identifier(name)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'of the test'").format(identifier)
        )
        connection.execute(sql.SQL(SCHEMA).format(role=identifier))
        yield name
        connection.execute(sql.SQL("DROP OWNED BY {}").format(identifier))
        connection.execute(sql.SQL("DROP ROLE {}").format(identifier))


def as_role(database: Database, role: str) -> str:
    return make_conninfo(database.dsn, user=role, password="of the test")


def read_side(folder: Path, dsn: str) -> dict[str, Health]:
    settings = Settings(
        store_url=f"sqlite:///{folder}/store.sqlite",
        secret_key=SecretStr(SECRET),
        targets={"production": TargetSettings(read_dsn=SecretStr(dsn))},
    )
    return {check.name: check.health for check in check_all(settings)}


def write_side(folder: Path, read_dsn: str, write_dsn: str | None) -> dict[str, Health]:
    target = TargetSettings(read_dsn=SecretStr(read_dsn))
    secret = None if write_dsn is None else SecretStr(write_dsn)
    writing = WriteSettings(targets={"production": WriterSettings(write_dsn=secret)})
    store = new_store(folder)
    checks = check_write_side(Settings(targets={"production": target}), writing, store)
    found = {check.name: check.health for check in checks}
    store.close()
    return found


def test_a_reader_that_can_only_read_is_good(database: Database, role: str, tmp_path: Path) -> None:
    found = read_side(tmp_path, as_role(database, role))
    assert found["target production"] is Health.GOOD
    assert found["target production reader"] is Health.GOOD
    assert found["store"] is Health.GOOD
    assert found["sentry"] is Health.LACKING


def test_a_reader_that_can_write_is_wrong(database: Database, role: str, tmp_path: Path) -> None:
    assert read_side(tmp_path, database.dsn)["target production reader"] is Health.WRONG
    database.execute(f"GRANT UPDATE (email) ON customers TO {role}")
    found = read_side(tmp_path, as_role(database, role))
    assert found["target production reader"] is Health.WRONG


def test_row_level_security_that_hides_rows_is_wrong(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute("ALTER TABLE customers ENABLE ROW LEVEL SECURITY")
    assert read_side(tmp_path, as_role(database, role))["target production rows"] is Health.WRONG


def test_a_column_that_may_not_be_read_is_named(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(
        f"REVOKE SELECT ON customers FROM {role};"
        f"GRANT SELECT (id, deleted_at) ON customers TO {role}"
    )
    found = read_side(tmp_path, as_role(database, role))
    assert found["target production grants"] is Health.LACKING


def test_a_reader_that_may_look_up_nothing_at_all_is_wrong(
    database: Database, role: str, tmp_path: Path
) -> None:
    """Tables whose rows all count as live are of no help, nor are those without a unique key."""
    database.execute(
        "CREATE TABLE notes (id int PRIMARY KEY, slug text UNIQUE);"
        "CREATE TABLE shops (id int PRIMARY KEY, deleted_at timestamptz);"
        f"GRANT SELECT ON notes, shops TO {role}; REVOKE SELECT ON customers FROM {role}"
    )
    found = read_side(tmp_path, as_role(database, role))
    assert found["target production keys"] is Health.WRONG


def test_a_schema_that_is_not_there_and_a_database_without_deletion_are_said(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings(
        store_url=f"sqlite:///{tmp_path}/store.sqlite",
        secret_key=SecretStr(SECRET),
        targets={"t": TargetSettings(read_dsn=SecretStr(database.dsn), schemas=("publc",))},
    )
    found = {check.name: check.health for check in check_all(settings)}
    assert found["target t schemas"] is Health.WRONG
    assert found["target t deletion"] is Health.LACKING


def test_tables_whose_rows_all_count_as_live_are_named(database: Database, tmp_path: Path) -> None:
    database.execute(
        "CREATE TABLE plans (id int PRIMARY KEY, slug text UNIQUE, archived_at timestamptz);"
        "CREATE TABLE notes (id int PRIMARY KEY, body text);"
        "CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, deleted_at timestamptz)"
    )
    settings = Settings(
        store_url=f"sqlite:///{tmp_path}/store.sqlite",
        secret_key=SecretStr(SECRET),
        targets={"t": TargetSettings(read_dsn=SecretStr(database.dsn))},
    )
    (told,) = (check for check in check_all(settings) if check.name == "target t deletion")
    assert told.health is Health.GOOD
    assert told.sentence.startswith("Every row counts as live in plans:")
    assert told.mend is not None


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    found = read_side(tmp_path, "host=127.0.0.1 port=1 user=u dbname=d")
    assert found["target production"] is Health.UNREACHABLE


def test_another_secret_is_wrong(tmp_path: Path) -> None:
    new_store(tmp_path, secret="another secret, also long enough!!").close()
    assert read_side(tmp_path, "host=127.0.0.1 port=1")["store"] is Health.WRONG


def test_a_store_that_others_can_read_is_wrong(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    (tmp_path / "store.sqlite").chmod(0o644)
    assert read_side(tmp_path, "host=127.0.0.1 port=1")["store file"] is Health.WRONG


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that every user can get at, unlike one of pytest's."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_store_that_can_be_read_and_not_written_is_wrong(anybodys: Path) -> None:
    """It opens, so nothing else says it before the first remedy or Run."""
    new_store(anybodys).close()
    anybodys.chmod(0o777)
    file = anybodys / "store.sqlite"
    file.chmod(0o444)
    with nobody():
        told = [one.sentence for one in check_all(_only_store(file))]
    assert f"{file} cannot be written: nothing can be collected or remedied." in told


def test_a_store_that_cannot_be_opened_for_want_of_rights_names_what_is_shut(
    anybodys: Path,
) -> None:
    """SQLite says "unable to open database file" of its folder, too, and names neither."""
    new_store(anybodys).close()
    anybodys.chmod(0o755)
    file = anybodys / "store.sqlite"
    with nobody():
        told = next(check_all(_only_store(file)))
    assert told.health is Health.WRONG
    assert told.sentence.endswith(f" This user cannot write {file}, {anybodys}.")


def _only_store(file: Path) -> Settings:
    return Settings(store_url=f"sqlite:///{file}", secret_key=SecretStr(SECRET))


def test_settings_with_a_secret_that_everybody_can_read_are_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tombstone.toml"
    monkeypatch.setenv("TOMBSTONE_CONFIG", str(file))
    file.write_text('secret_key = "…"')
    file.chmod(0o644)
    assert read_side(tmp_path, "host=127.0.0.1 port=1")["settings file"] is Health.WRONG


def test_what_mends_a_file_can_be_pasted_whatever_its_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "our shop's"
    folder.mkdir()
    file = folder / "tombstone.toml"
    monkeypatch.setenv("TOMBSTONE_CONFIG", str(file))
    file.write_text('secret_key = "…"')
    settings = Settings(store_url=f"sqlite:///{folder}/store.sqlite", secret_key=SecretStr(SECRET))
    new_store(folder).close()
    (folder / "store.sqlite").chmod(0o644)

    def exposed() -> list[Check]:
        return [one for one in check_all(settings) if one.name.endswith(" file")]

    for check in (found := exposed()):
        subprocess.run(check.mend or "false", shell=True, check=True)
    assert len(found) == 2
    assert exposed() == []


def test_a_writer_with_just_its_columns_is_good(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(f"GRANT UPDATE (email, deleted_at) ON customers TO {role}")
    found = write_side(tmp_path, database.dsn, as_role(database, role))
    assert found == {"journal": Health.GOOD, "target production writer": Health.GOOD}


def test_so_is_one_whose_database_always_quotes_names(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(
        f"GRANT UPDATE (email, deleted_at) ON customers TO {role};"
        f"ALTER DATABASE {database.name} SET quote_all_identifiers = on"
    )
    found = write_side(tmp_path, database.dsn, as_role(database, role))
    assert found == {"journal": Health.GOOD, "target production writer": Health.GOOD}


@pytest.mark.parametrize(
    ("grant", "check", "health"),
    [
        pytest.param(
            "GRANT UPDATE, DELETE ON customers TO {role}",
            "target production writer delete",
            Health.LACKING,
            id="may delete",
        ),
        pytest.param(
            "GRANT UPDATE, INSERT ON customers TO {role}",
            "target production writer excess",
            Health.WRONG,
            id="may insert",
        ),
        pytest.param(
            "GRANT UPDATE, TRUNCATE ON customers TO {role}",
            "target production writer excess",
            Health.WRONG,
            id="may truncate",
        ),
        pytest.param(
            "ALTER TABLE customers OWNER TO {role}",
            "target production writer excess",
            Health.WRONG,
            id="owns the table",
        ),
        pytest.param(
            "ALTER ROLE {role} SUPERUSER", "target production writer", Health.WRONG, id="superuser"
        ),
        pytest.param(
            "ALTER ROLE {role} SET session_replication_role = replica",
            "target production writer",
            Health.WRONG,
            id="passes over triggers",
        ),
        pytest.param(
            "GRANT UPDATE ON customers TO {role};"
            "ALTER ROLE {role} SET default_transaction_read_only = on",
            "target production writer",
            Health.WRONG,
            id="takes no writes",
        ),
        pytest.param(
            "SELECT 1", "target production writer", Health.LACKING, id="may write nothing"
        ),
    ],
)
def test_a_writer_is_judged_by_its_rights(
    database: Database, role: str, tmp_path: Path, grant: str, check: str, health: Health
) -> None:
    database.execute(grant.format(role=role))
    assert write_side(tmp_path, database.dsn, as_role(database, role))[check] is health


SHOP = """
CREATE SCHEMA crm;
CREATE TABLE crm."Shop" (id int PRIMARY KEY);
CREATE TABLE crm."User" (id int PRIMARY KEY, shop int REFERENCES crm."Shop", "eMail" text NOT NULL,
    "ssoId" text UNIQUE, name text, "isDeleted" boolean, UNIQUE (shop, "eMail"));
CREATE TABLE notes (id int PRIMARY KEY, "user" int REFERENCES crm."User", text text);
CREATE TABLE crm.coupons (code text UNIQUE, deleted_at timestamptz);
"""


def test_the_grants_that_doctor_prints_are_all_that_the_remedies_take(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(SHOP)
    target = TargetSettings(read_dsn=SecretStr(database.dsn), schemas=("public", "crm"))
    writer = WriterSettings(write_dsn=SecretStr(as_role(database, role)))
    store = new_store(tmp_path)

    def grants() -> list[Check]:
        checks = check_write_side(
            Settings(targets={"production": target}),
            WriteSettings(targets={"production": writer}),
            store,
        )
        return [check for check in checks if check.name == "target production writer grants"]

    users, _, customers = grants()
    assert customers.mend == f"GRANT UPDATE (deleted_at, email) ON public.customers TO {role};"
    assert users.mend == (
        f"GRANT USAGE ON SCHEMA crm TO {role}; "
        f'GRANT SELECT, UPDATE ("eMail", "ssoId", "isDeleted") ON crm."User" TO {role}; '
        f"GRANT SELECT ON public.notes TO {role};"
    )
    database.execute(str(users.mend))
    (left_out,) = grants()
    assert "at all: crm.coupons, customers" in left_out.sentence
    database.execute(str(left_out.mend).removeprefix("Leave it so, or: "))
    assert grants() == []


def test_a_writer_that_may_read_but_some_columns_is_told_so(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(
        f"GRANT UPDATE (email) ON customers TO {role}; REVOKE SELECT ON customers FROM {role};"
        f"GRANT SELECT (id, email, deleted_at) ON customers TO {role}"
    )
    settings = Settings(targets={"production": TargetSettings(read_dsn=SecretStr(database.dsn))})
    writer = WriterSettings(write_dsn=SecretStr(as_role(database, role)))
    writing = WriteSettings(targets={"production": writer})
    with closing(new_store(tmp_path)) as store:
        told = {check.name: check for check in check_write_side(settings, writing, store)}
        lacks = told["target production writer grants"]
        assert lacks.sentence.startswith("Every remedy is refused on customers: no SELECT, no ")
        database.execute(str(lacks.mend))
        assert "target production writer grants" not in {
            check.name for check in check_write_side(settings, writing, store)
        }


def test_a_writer_that_may_not_see_every_row_is_told_so(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(
        f"GRANT UPDATE (email, deleted_at) ON customers TO {role};"
        "ALTER TABLE customers ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY every ON customers TO {role} USING (true)"
    )
    settings = Settings(targets={"production": TargetSettings(read_dsn=SecretStr(database.dsn))})
    writer = WriterSettings(write_dsn=SecretStr(as_role(database, role)))
    writing = WriteSettings(targets={"production": writer})
    store = new_store(tmp_path)

    def told() -> list[Check]:
        checks = check_write_side(settings, writing, store)
        return [check for check in checks if check.name == "target production writer grants"]

    (hidden,) = told()
    assert "on customers: whatever writes a row there" in hidden.sentence
    database.execute(str(hidden.mend))
    assert told() == []


def test_a_writer_that_may_also_delete_is_only_spoken_of(
    database: Database, role: str, tmp_path: Path
) -> None:
    database.execute(f"GRANT UPDATE (email, deleted_at), DELETE ON customers TO {role}")
    found = write_side(tmp_path, database.dsn, as_role(database, role))
    assert found == {
        "journal": Health.GOOD,
        "target production writer": Health.GOOD,
        "target production writer delete": Health.LACKING,
    }


def test_no_writer_and_no_answer_are_told_apart(database: Database, tmp_path: Path) -> None:
    nobody = "host=127.0.0.1 port=1 user=u dbname=d"
    label = "target production writer"
    assert write_side(tmp_path, database.dsn, None)[label] is Health.LACKING
    assert write_side(tmp_path, database.dsn, nobody)[label] is Health.UNREACHABLE


def test_reader_and_writer_of_different_databases_are_wrong(
    database: Database, role: str, tmp_path: Path
) -> None:
    elsewhere = make_conninfo(database.dsn, dbname="postgres")
    found = write_side(tmp_path, elsewhere, as_role(database, role))
    assert found["target production writer database"] is Health.WRONG


def test_a_journal_that_was_tampered_with_is_wrong(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.write() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_entries (seq, at, kind, actor, role, body, previous_hash, hash) "
                "VALUES (1, 0, 'intent', 'mallory', 'admin', '{}', '', 'forged')"
            )
        )
    store.close()
    assert write_side(tmp_path, "host=127.0.0.1 port=1", None)["journal"] is Health.WRONG


def test_a_journal_whose_tail_was_cut_off_is_named(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(3):
        with recording(store) as line:
            line.append(Line(Kind.LOOK_UP, NOON, "sam", "support", {"number": number}))
    assert check_journal(store).health is Health.GOOD
    with store.write() as connection:
        connection.execute(text("DELETE FROM audit_entries WHERE seq > 1"))

    found = check_journal(store)

    assert found.health is Health.WRONG
    assert "ends at line 1, which is not its last: lines were cut off" in found.sentence


def test_a_forbidden_table_that_is_nowhere_is_named(database: Database, tmp_path: Path) -> None:
    database.execute("CREATE TABLE invoices (id int PRIMARY KEY)")
    lines = [
        "purge-row/production/Invoices",
        "purge-row/*/public.invoices",
        "*/*/invocies",
        "*/*/*",
    ]
    target = TargetSettings(read_dsn=SecretStr(database.dsn))
    store = new_store(tmp_path)

    checks = check_write_side(
        Settings(targets={"production": target}),
        WriteSettings.model_validate({"remediation": {"forbid": lines}}),
        store,
    )

    found = [check.sentence for check in checks if check.name == "forbid"]
    assert found == ["remediation.forbid names invocies, which no target has: it forbids nothing."]


def check_journal(store: Store) -> Check:
    checks = check_write_side(Settings(), WriteSettings(), store)
    return next(check for check in checks if check.name == "journal")
