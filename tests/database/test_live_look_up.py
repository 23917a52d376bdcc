"""A ticket that nothing collected is about: what the Target says, and the Conflict it opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from collectors import explain, pipeline
from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, find_conflict, list_conflicts
from collectors.evidence.reads.failure_counts import count_failures
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.surveyed import save_organizations
from collectors.explain import LiveAnswer, Standing
from collectors.inquiry import Inquiry
from collectors.model import Verdict
from collectors.settings import Settings, TableSettings, TargetSettings
from sample_data.postgres import Database
from tests.factories import SECRET, new_store

TABLES = """
CREATE TABLE accounts (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE shoppers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now() - interval '30 days',
    removed_at timestamptz,
    account uuid NOT NULL REFERENCES accounts,
    "E-Mail" text NOT NULL,
    reference text
);
CREATE UNIQUE INDEX shoppers_mail ON shoppers (account, lower("E-Mail"));
CREATE UNIQUE INDEX shoppers_reference ON shoppers (account, reference);
CREATE TABLE codes (id bigserial PRIMARY KEY, code text NOT NULL UNIQUE, deleted_at timestamptz);
"""
SCANS = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'shoppers'"
ACME, GLOBEX = str(uuid4()), str(uuid4())
JANE = "Jane.Doe@example.com"


@dataclass(frozen=True)
class Shop:
    database: Database
    store: Store
    settings: Settings

    def shopper(
        self, account: str, mail: str, *, deleted: bool, reference: str | None = None
    ) -> str:
        ((row,),) = self.database.execute(
            'INSERT INTO shoppers (account, "E-Mail", reference, removed_at)'
            " VALUES (%s, %s, %s, CASE WHEN %s THEN now() - interval '9 days' END) RETURNING id",
            [account, mail, reference, deleted],
        )
        return str(row)

    def ask(self, text: str) -> LiveAnswer:
        with closing(Inquiry(self.settings, self.store)) as inquiry:
            return explain.ask(inquiry, self.store, explain.wanted(self.store, text))

    def found(self, text: str) -> explain.SearchAnswer:
        with closing(Inquiry(self.settings, self.store)) as inquiry:
            return explain.search(inquiry, self.store, text)

    def standings(self, text: str) -> list[Standing]:
        return [finding.standing for finding in self.ask(text).findings]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    database.execute(TABLES)
    for account, name in ((ACME, "Acme"), (GLOBEX, "Globex")):
        database.execute("INSERT INTO accounts VALUES (%s, %s)", [account, name])
    table = TableSettings(organization="account")
    target = TargetSettings(read_dsn=SecretStr(database.dsn), tables={"shoppers": table})
    settings = Settings(targets={"production": target}, secret_key=SecretStr(SECRET))
    store = new_store(tmp_path)
    yield Shop(database, store, settings)
    store.close()


def test_a_tombstone_opens_a_conflict_without_failures(shop: Shop) -> None:
    row = shop.shopper(ACME, JANE, deleted=True)

    (finding,) = shop.ask(f"Organization: {ACME}\njane.doe@EXAMPLE.com gets a 500").findings

    assert finding.standing is Standing.TOMBSTONE
    assert finding.row is not None
    assert finding.row.id == row
    conflict = find_conflict(shop.store, str(finding.conflict_id))
    assert conflict is not None
    assert conflict.verdict is Verdict.BLOCKED_BY_TOMBSTONE
    assert (conflict.failures, conflict.first_seen, conflict.last_seen) == (0, None, None)
    assert conflict.organization_id == ACME
    assert "jane" not in str(conflict).lower()
    assert count_failures(shop.store, FailureFilter()) == 0


def test_asking_twice_opens_it_once_and_the_next_search_finds_it(shop: Shop) -> None:
    shop.shopper(ACME, JANE, deleted=True)
    ticket = f"Organization: {ACME}, {JANE}"
    assert shop.standings(ticket) == shop.standings(ticket) == [Standing.TOMBSTONE]
    assert len(list_conflicts(shop.store)) == 1
    assert len(shop.found(f"Organization: {ACME}, {JANE.upper()}").conflicts) == 1


def test_a_run_asks_again_about_it_and_sees_it_freed(shop: Shop, tmp_path: Path) -> None:
    row = shop.shopper(ACME, JANE, deleted=True)
    shop.ask(f"Organization: {ACME}, {JANE}")
    shop.database.execute("UPDATE shoppers SET \"E-Mail\" = 'moved' WHERE id = %s", [row])

    nothing = tmp_path / "nothing.json"
    nothing.write_text("[]")
    pipeline.run(shop.settings, shop.store, paths=[str(nothing)])

    (conflict,) = list_conflicts(shop.store)
    assert conflict.verdict is Verdict.UNBLOCKED
    assert conflict.failures == 0
    assert count_failures(shop.store, FailureFilter()) == 0


def test_it_can_be_asked_whether_it_is_still_blocked(shop: Shop) -> None:
    shop.shopper(ACME, JANE, deleted=True)
    (finding,) = shop.ask(f"Organization: {ACME}, {JANE}").findings
    with closing(Inquiry(shop.settings, shop.store)) as inquiry:
        assert explain.still_blocked(inquiry, shop.store, str(finding.conflict_id)).holds is True


STANDINGS = {
    "a live customer": (False, JANE, Standing.LIVE),
    "nobody": (True, "nobody@example.com", Standing.NOTHING),
}


@pytest.mark.parametrize("name", STANDINGS)
def test_what_is_not_in_the_way_opens_nothing(shop: Shop, name: str) -> None:
    deleted, asked, expected = STANDINGS[name]
    shop.shopper(ACME, JANE, deleted=deleted)
    assert shop.standings(f"Organization: {ACME}, {asked}") == [expected]
    assert list_conflicts(shop.store) == []


def test_a_database_that_does_not_answer_says_when_it_last_did(shop: Shop) -> None:
    shop.shopper(ACME, JANE, deleted=True)
    ticket = f"Organization: {ACME}, {JANE}"
    assert shop.ask(ticket).findings
    (conflict,) = list_conflicts(shop.store)
    gone = TargetSettings(read_dsn=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    settings = Settings(targets={"production": gone}, secret_key=SecretStr(SECRET))
    with closing(Inquiry(settings, shop.store)) as inquiry:
        answer = explain.ask(inquiry, shop.store, explain.wanted(shop.store, ticket))
    (finding,) = answer.findings
    assert finding.standing is Standing.UNREAD
    assert finding.read_at == conflict.asked_at


def test_a_ticket_of_one_organization_never_opens_another_s(shop: Shop) -> None:
    shop.shopper(GLOBEX, JANE, deleted=True)
    assert shop.standings(f"Organization: {ACME}, {JANE}") == [Standing.NOTHING]
    assert list_conflicts(shop.store) == []


def test_an_organization_may_be_named_in_prose(shop: Shop) -> None:
    save_organizations(shop.store, "production", {ACME: "Acme", GLOBEX: "Globex"})
    shop.shopper(GLOBEX, JANE, deleted=True)
    assert shop.standings(f"Acme’s team says that {JANE} fails") == [Standing.NOTHING]
    assert shop.standings(f"{JANE} fails, says the team of Globex.") == [Standing.TOMBSTONE]


@pytest.mark.parametrize(
    "whose",
    [
        "org: globex-sons",
        "slug of the org=globex_sons",
        "会社：Globex & Sonsの顧客",
        "Firma:Globex & Sons",
    ],
)
def test_an_organization_may_be_named_by_its_slug_and_with_something_glued_to_it(
    shop: Shop, whose: str
) -> None:
    save_organizations(shop.store, "production", {ACME: "Acme", GLOBEX: "Globex & Sons"})
    shop.shopper(GLOBEX, JANE, deleted=True)
    assert shop.standings(f"{whose} {JANE}") == [Standing.TOMBSTONE]
    shop.shopper(ACME, "other@example.com", deleted=True)
    assert shop.standings("Organization: Acme, other@example.com") == [Standing.TOMBSTONE]
    assert shop.standings(f"{whose} other@example.com") == [Standing.NOTHING]
    found = shop.found(f"{whose} other@example.com")
    assert found.conflicts == ()


def test_an_external_id_that_looks_like_another_id_is_a_value(shop: Shop) -> None:
    """Of its organization's Conflicts none is meant where no row has it."""
    shop.shopper(ACME, JANE, deleted=True)
    assert shop.standings(f"Organization: {ACME}, {JANE}") == [Standing.TOMBSTONE]
    reference = str(uuid4())
    ticket = f"Organization: {ACME}, external_id: {reference}"
    assert shop.found(ticket).conflicts == ()
    shop.shopper(ACME, "other@example.com", deleted=True, reference=reference)
    assert shop.standings(ticket) == [Standing.TOMBSTONE]


@pytest.mark.parametrize(
    ("stored", "pasted"),
    [
        ("jane@büro.example", "jane@xn--bro-hoa.example"),
        ("jane@xn--bro-hoa.example", "jane@büro.example"),
        ("jürgen@example.com", "ju\u0308rgen@example.com"),
        ("ju\u0308rgen@example.com", "jürgen@example.com"),
    ],
    ids=["as people write it", "as mail carries it", "marks put together", "marks apart"],
)
def test_an_address_is_found_in_whichever_of_its_spellings(
    shop: Shop, stored: str, pasted: str
) -> None:
    shop.shopper(ACME, stored, deleted=True)
    ticket = f"Organization: {ACME}, {pasted}"
    assert Standing.TOMBSTONE in shop.standings(ticket)
    assert len(shop.found(ticket).conflicts) == 1


def test_nor_by_the_row_s_own_id(shop: Shop) -> None:
    row = shop.shopper(GLOBEX, JANE, deleted=True)
    shop.shopper(ACME, "other@example.com", deleted=True)
    known = shop.ask(f"Organization: {ACME}, other@example.com").findings
    assert [finding.standing for finding in known] == [Standing.TOMBSTONE]
    answer = shop.ask(f"Organization: {ACME}, customer {row}")
    assert Standing.TOMBSTONE not in [finding.standing for finding in answer.findings]
    wanted = ConflictFilter(organization_id=GLOBEX)
    assert list_conflicts(shop.store, wanted) == []


def test_a_customer_s_own_id_finds_every_key_its_row_holds(shop: Shop) -> None:
    row = shop.shopper(ACME, JANE, deleted=True, reference="ref-1")
    assert shop.standings(f"customer {row} cannot be created again") == [Standing.TOMBSTONE] * 2


def test_an_external_id_is_looked_for_with_its_organization(shop: Shop) -> None:
    shop.shopper(ACME, JANE, deleted=True, reference="ref-4711")
    (finding,) = shop.ask(f"org_id: {ACME} external_id: ref-4711").findings
    assert finding.columns == ("account", "reference")


def test_a_key_without_an_organization_needs_none(shop: Shop) -> None:
    shop.database.execute("INSERT INTO codes (code, deleted_at) VALUES ('SPRING-24', now())")
    shop.database.execute("UPDATE codes SET deleted_at = now() - interval '1 day'")
    assert shop.standings("SPRING-24") == [Standing.TOMBSTONE]


def test_a_value_alone_is_not_asked_where_no_index_leads_to_it(shop: Shop) -> None:
    shop.shopper(ACME, JANE, deleted=True)
    answer = shop.ask(f"{JANE} cannot be created")
    assert Standing.TOMBSTONE not in [finding.standing for finding in answer.findings]


@pytest.mark.parametrize("whose", ["", "Organization: Nobody Knows Inc\n"], ids=["none", "unknown"])
def test_that_nothing_holds_it_is_not_said_while_a_key_was_not_asked(
    shop: Shop, whose: str
) -> None:
    """Without a known organization the keys that count within one go unasked."""
    shop.shopper(ACME, JANE, deleted=True)
    (finding,) = shop.ask(f"{whose}{JANE} cannot be created").findings
    assert finding.standing is Standing.IN_PART
    assert "2 more count within an organization" in finding.sentence
    shop.database.execute("INSERT INTO codes (code) VALUES (%s)", [JANE])
    shop.database.execute(
        "ALTER TABLE codes ADD created_at timestamptz DEFAULT now() - '9d'::interval"
    )
    standings = shop.standings(f"{JANE} cannot be created")
    assert standings == [Standing.LIVE, Standing.IN_PART]


def test_every_look_up_goes_through_an_index(shop: Shop) -> None:
    """No table is read row by row, however many rows it has."""
    shop.database.execute(
        'INSERT INTO shoppers (account, "E-Mail", reference)'
        " SELECT %s, 'someone' || n || '@example.com', 'ref-' || n FROM generate_series(1, 5000) n",
        [ACME],
    )
    shop.database.execute("ANALYZE shoppers")
    ((before, by_index),) = shop.database.execute(SCANS)
    for text in (f"Organization: {ACME}, someone7@example.com", f"Organization: {ACME}, {uuid4()}"):
        shop.ask(text)
    ((after, by_index_after),) = shop.database.execute(SCANS)
    assert after == before
    assert by_index_after > by_index
