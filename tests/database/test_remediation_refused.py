"""What must be refused, each in words and each journalled: the collisions, and the erased."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from collectors.errors import TargetUnreachable
from collectors.evidence.reads.remediations import list_entries
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Refusal, RefusalCode, Refused
from dashboard.remediation.service.bulk import BulkRefused, Chosen
from sample_data.postgres import Database
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    EXTERNAL,
    WRITER,
    World,
    applied,
    approved,
    previewed,
    refusal,
)

RELEASE, RESTORE, PURGE = RemedyName
PARTIAL = "DROP INDEX {name}; CREATE UNIQUE INDEX {name} ON customers ({columns}) WHERE {where}"


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        database.execute(f"GRANT DELETE ON customers TO {WRITER}")
        yield made


def mended(name: str, columns: str, where: str = "deleted_at IS NULL") -> str:
    return PARTIAL.format(name=name, columns=columns, where=where)


@dataclass(frozen=True)
class Case:
    """A Conflict's remedy, and what the application does first: `{jane}`, `{organization}`.

    key  on which Jane's row blocks; `words` must stand in the Refusal
    """

    remedy: RemedyName
    key: str
    does: str
    code: RefusalCode
    words: str


LIVE_TWIN = (
    "INSERT INTO customers (organization_id, email, external_id, tax_id)"
    " VALUES ('{organization}', '%s', '%s', 'DE1')"
)
CASES = {
    "restore-beside-the-same-email": Case(
        RESTORE,
        EXTERNAL,
        mended(EMAIL, "organization_id, lower(email)") + ";" + LIVE_TWIN % ("JANE@example.com", ""),
        RefusalCode.COLLIDES,
        EMAIL,
    ),
    "restore-beside-the-same-external-id": Case(
        RESTORE,
        EMAIL,
        mended(EXTERNAL, "organization_id, external_id") + ";" + LIVE_TWIN % ("x@y.z", "cus_0042"),
        RefusalCode.COLLIDES,
        EXTERNAL,
    ),
    "restore-beside-a-third-key": Case(
        RESTORE,
        EMAIL,
        "CREATE UNIQUE INDEX third ON customers (tax_id) WHERE deleted_at IS NULL;"
        + LIVE_TWIN % ("x@y.z", "cus_7"),
        RefusalCode.COLLIDES,
        "third",
    ),
    "release-to-a-value-that-is-taken": Case(
        RELEASE,
        EMAIL,
        "INSERT INTO customers (organization_id, email) SELECT organization_id,"
        " 'released+' || replace(id::text, '-', '') || '@tombstone.invalid' FROM customers",
        RefusalCode.VALUE_TAKEN,
        EMAIL,
    ),
    "release-to-a-value-another-tombstone-has": Case(
        RELEASE,
        EMAIL,
        "INSERT INTO customers (organization_id, email, deleted_at) SELECT organization_id,"
        " 'released+' || replace(id::text, '-', '') || '@tombstone.invalid', now() FROM customers",
        RefusalCode.VALUE_TAKEN,
        EMAIL,
    ),
    "purge-with-a-dependent-three-tables-away": Case(
        PURGE,
        EMAIL,
        "CREATE TABLE items (id int PRIMARY KEY, s uuid REFERENCES subscriptions ON DELETE CASCADE)"
        ";CREATE TABLE grants (i int REFERENCES items ON DELETE CASCADE);"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {WRITER};"
        "INSERT INTO subscriptions (customer_id) VALUES ('{jane}');"
        "INSERT INTO items SELECT 1, id FROM subscriptions; INSERT INTO grants VALUES (1)",
        RefusalCode.REFERENCED,
        "1 in subscriptions (subscriptions_customer_id_fkey, CASCADE would delete them too)",
    ),
}


def act(world: World, case: Case, jane: str) -> None:
    world.database.execute(
        case.does.replace("{jane}", jane).replace("{organization}", world.organization)
    )


def journalled(world: World, conflict: str | None, code: RefusalCode) -> None:
    newest = list_entries(world.store)[0]
    assert (newest.kind, newest.conflict_id) == ("refused", conflict)
    assert newest.body["code"] == code
    assert newest.body["said"]


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_before_and_after_its_preview(world: World, name: str) -> None:
    case = CASES[name]
    jane = world.customer(external_id="cus_0042", tax_id="DE1")
    conflict, before = world.conflict(jane, case.key), world.row(jane)
    approval = approved(previewed(world.door(), conflict, case.remedy))
    act(world, case, jane)

    late = refusal(world.door().apply(conflict, case.remedy, approval))
    journalled(world, conflict, case.code)
    early = refusal(world.door().preview(conflict, case.remedy, ENGINEER))
    journalled(world, conflict, case.code)

    for refused in (late, early):
        assert (refused.code, case.words in refused.text) == (case.code, True), refused.text
        assert "jane" not in refused.text.lower()
    assert world.row(jane) == before


def restored(world: World, conflict: str) -> Refusal:
    return refusal(world.door().preview(conflict, RESTORE, ENGINEER))


def revealed(world: World, conflict: str) -> Refusal:
    answer = world.door().reveal(conflict, ENGINEER)
    assert isinstance(answer, Refusal)
    return answer


def in_bulk(world: World, conflict: str) -> Refusal:
    answer = world.door().bulk.preview(Chosen((conflict,)), RESTORE, ENGINEER)
    assert isinstance(answer, BulkRefused)
    return answer.refusal


ERASED: dict[str, tuple[Callable[[World, str], Refusal], RefusalCode]] = {
    "restore": (restored, RefusalCode.ERASED),
    "reveal": (revealed, RefusalCode.ERASED),
    "bulk": (in_bulk, RefusalCode.NOT_IN_BULK),
}


def test_a_writer_on_another_database_than_the_reader_is_refused_by_every_door(
    world: World,
) -> None:
    """A copy has the same rows: what would be verified there is not what blocks the customer."""
    conflict, other = world.conflict(world.customer()), world.customer(email="joe@example.com")
    done = applied(world.door(), world.conflict(other))
    assert world.writer_dsn is not None
    world.writer_dsn = psycopg.conninfo.make_conninfo(world.writer_dsn, dbname="postgres")
    door = world.door()

    for answer in (
        door.preview(conflict, RELEASE, ENGINEER),
        door.undo_preview(done.remediation_id, ENGINEER),
        door.bulk.preview(Chosen((conflict,)), RELEASE, ENGINEER),
    ):
        assert isinstance(answer, Refused | BulkRefused)
        assert "connected to different databases" in answer.refusal.text


@pytest.mark.parametrize("name", ERASED)
def test_an_erased_row_is_refused_by_every_door(world: World, name: str) -> None:
    ask, code = ERASED[name]
    jane = world.customer(email="0b6f@anonymized.invalid", external_id="cus_0042")
    conflict, before = world.conflict(jane, EXTERNAL), world.row(jane)

    refused = ask(world, conflict)

    assert refused.code is code
    assert "erased" in refused.text
    journalled(world, None if name == "bulk" else conflict, code)
    assert world.row(jane) == before


def test_a_row_erased_behind_an_approved_restore_is_refused(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    conflict = world.conflict(jane, EXTERNAL)
    approval = approved(previewed(world.door(), conflict, RESTORE))
    world.update(jane, "email = '0b6f@anonymized.invalid'")

    refused = refusal(world.door().apply(conflict, RESTORE, approval))

    assert refused.code is RefusalCode.ERASED
    journalled(world, conflict, RefusalCode.ERASED)
    assert world.row(jane)["deleted_at"] is not None


def test_the_undo_of_a_release_brings_nothing_of_an_erased_row_back(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    conflict = world.conflict(jane, EXTERNAL)
    approval = approved(previewed(world.door(), conflict))
    done = world.door().apply(conflict, RELEASE, approval)
    assert isinstance(done, Applied)
    world.update(jane, "email = '0b6f@anonymized.invalid', user_metadata = '{}'")

    back = world.door().undo_preview(done.remediation_id, ENGINEER)

    assert refusal(back).code is RefusalCode.ERASED
    assert world.row(jane)["external_id"] is None


WRITERS = {
    "no-writes-by-default": (
        "ALTER ROLE {role} IN DATABASE {name} SET default_transaction_read_only = on",
        RefusalCode.UNREACHABLE,
        "takes no writes",
    ),
    "another-search-path": (
        "CREATE SCHEMA parts; ALTER EXTENSION citext SET SCHEMA parts;"
        "ALTER ROLE {owner} IN DATABASE {name} SET search_path = public, parts",
        RefusalCode.DATABASE_REFUSED,
        "same search_path",
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_that_cannot_do_it_as_planned_says_what_to_look_at(
    world: World, name: str
) -> None:
    setting, code, words = WRITERS[name]
    world.database.execute(
        "CREATE EXTENSION citext; ALTER TABLE customers ALTER COLUMN email TYPE citext"
    )
    ((owner,),) = world.database.execute("SELECT current_user")
    roles = {"role": WRITER, "owner": owner, "name": world.database.name}
    world.database.execute(setting.format(**roles))
    jane = world.customer()
    before = world.row(jane)

    refused = refusal(world.door().preview(world.conflict(jane), RELEASE, ENGINEER))

    assert (refused.code, words in refused.text) == (code, True), refused.text
    assert world.row(jane) == before
    if code is RefusalCode.UNREACHABLE:  # no row of a bulk is left out for it
        with pytest.raises(TargetUnreachable, match=words):
            world.door().bulk.preview(Chosen(), RELEASE, ENGINEER)


@pytest.mark.parametrize("since", ["always", "the preview"])
def test_a_writer_that_would_pass_over_triggers_and_foreign_keys_writes_nothing(
    world: World, since: str
) -> None:
    role = f"ALTER ROLE {WRITER} IN DATABASE {world.database.name}"
    jane = world.customer()
    conflict, before = world.conflict(jane), world.row(jane)
    approval = approved(previewed(world.door(), conflict))
    words = "pass over triggers and foreign keys"

    world.database.execute(f"{role} SET session_replication_role = replica")

    if since == "the preview":
        assert words in refusal(world.door().apply(conflict, RELEASE, approval)).text
    else:
        with pytest.raises(TargetUnreachable, match=words):
            world.door().preview(conflict, RELEASE, ENGINEER)
        with pytest.raises(TargetUnreachable, match=words):
            world.door().bulk.preview(Chosen((conflict,)), RELEASE, ENGINEER)
    assert world.row(jane) == before
