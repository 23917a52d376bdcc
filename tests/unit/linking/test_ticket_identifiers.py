"""What a pasted ticket names."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linking.ticket import Identifier, IdentifierKind, identifiers

UUID = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"
HEX = "0d9e2c1a7b544e0e9a513f6f1c2b7a10"
K = IdentifierKind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Customer jane@example.com fails", K.EMAIL, "jane@example.com"),
        ("<mailto:jane.doe+shop@mail.example.co.uk>.", K.EMAIL, "jane.doe+shop@mail.example.co.uk"),
        ("(Jane@Example.COM)", K.EMAIL, "Jane@Example.COM"),
        ("email='o'brien@example.com'", K.EMAIL, "o'brien@example.com"),
        ("jürgen@müller.de", K.EMAIL, "jürgen@müller.de"),
        ("お世話になります。jane@example.comの顧客を", K.EMAIL, "jane@example.com"),
        ("用户jane+x@example.com无法创建", K.EMAIL, "jane+x@example.com"),
        ("jane@example.com으로 생성", K.EMAIL, "jane@example.com"),
        ("иван2@почта.рф", K.EMAIL, "иван2@почта.рф"),
        ("jane@例え.中国", K.EMAIL, "jane@例え.中国"),
        ("jane@büro.vermögensberatung", K.EMAIL, "jane@büro.vermögensberatung"),
        ("created \x1b[33mjane@e.com\x1b[39m", K.EMAIL, "jane@e.com"),
        ("created [33mjane@e.com[39m", K.EMAIL, "jane@e.com"),
        ("https://x.io/customers?email=jane%2Bshop%40example.com&page=2", K.EMAIL,
         "jane+shop@example.com"),
        ("GET /v1/customers/?email=j%C3%BCrgen%40example.com 500", K.EMAIL, "jürgen@example.com"),
        ("<td>jane&#64;example.com</td>", K.EMAIL, "jane@example.com"),
        ("jane\u200b@exam\u00adple.com", K.EMAIL, "jane@example.com"),
        (r"jane\_doe\.x\@example\.com", K.EMAIL, "jane_doe.x@example.com"),
        ("write to jane@example.com.Thanks, Bob", K.EMAIL, "jane@example.com"),
        ("jane＠example.com", K.EMAIL, "jane@example.com"),
        ("ｊａｎｅ@example．com", K.EMAIL, "jane@example.com"),
        ("ju\u0308rgen@mu\u0308ller.de", K.EMAIL, "jürgen@müller.de"),
        ("jane<wbr>@example.com", K.EMAIL, "jane@example.com"),
        ("<mark>jane</mark>@example.com", K.EMAIL, "jane@example.com"),
        (f"organization {UUID.upper()}", K.UUID, UUID),
        (f"Sentry event {HEX}", K.EVENT_ID, HEX),
        ("see https://shop.sentry.io/issues/4711/?project=1.", K.ISSUE_URL,
         "https://shop.sentry.io/issues/4711/?project=1"),
        ("see https://shop.sentry.io/issues/4711/?project=1.", K.ISSUE_ID, "4711"),
        (f"https://bugs.example.com/issues/issue/{UUID}/event/", K.ISSUE_ID, UUID),
        (f"https://sentry.io/organizations/x/issues/4711/events/{HEX}/", K.EVENT_ID, HEX),
        (f"organization_id: {UUID}", K.ORGANIZATION, UUID),
        ("Organization: acme-inc.", K.ORGANIZATION, "acme-inc"),
        ("**Organization:** acme-inc", K.ORGANIZATION, "acme-inc"),
        ("**Organization ID**: acme-inc", K.ORGANIZATION, "acme-inc"),
        ('{"organizationId":"org_42"}', K.ORGANIZATION, "org_42"),
        ("our customer cus_N7fK2 cannot", K.EXTERNAL_ID, "cus_N7fK2"),
        ("external_id=acct-42,", K.EXTERNAL_ID, "acct-42"),
        ('"externalId": "Acme / 7"', K.EXTERNAL_ID, "Acme / 7"),
        ("the external ID is user-17", K.EXTERNAL_ID, "user-17"),
        ("customer `shop:42` again", K.EXTERNAL_ID, "shop:42"),
        ("at 2025-06-01T10:00:00Z", K.TIME, "2025-06-01T10:00:00Z"),
        ("at 2025-06-01 10:00:00 UTC", K.TIME, "2025-06-01T10:00:00Z"),
        ("at 2025-06-01T12:00:00.5+02:00", K.TIME, "2025-06-01T10:00:00.500000Z"),
        ("at 2025-06-01 10:00", K.TIME, "2025-06-01T10:00:00Z"),
        ("Date: Sun, 01 Jun 2025 12:00:00 +0200", K.TIME, "2025-06-01T10:00:00Z"),
        ("June 1st, 2025 at 6:00 a.m. (EDT)", K.TIME, "2025-06-01T10:00:00Z"),
        ("am 1.6.2025 um 12:00 CEST", K.TIME, "2025-06-01T10:00:00Z"),
        ("Sun Jun 01 2025 12:00:00 GMT+0200 (CEST)", K.TIME, "2025-06-01T10:00:00Z"),
        ("Sun Jun  1 10:00:00 UTC 2025", K.TIME, "2025-06-01T10:00:00Z"),
        ("[01/Jun/2025:10:00:00 +0000] \"POST /v1/customers\" 500", K.TIME, "2025-06-01T10:00:00Z"),
        ("5/31/2025, 10:00:00 PM", K.TIME, "2025-05-31T22:00:00Z"),
        ("31/05/2025 22:00", K.TIME, "2025-05-31T22:00:00Z"),
        ("on 2025-06-01 at 10:00 PST", K.TIME, "2025-06-01T18:00:00Z"),
        ("on 2025-06-01 at 19:00 JST", K.TIME, "2025-06-01T10:00:00Z"),
        ("on 2025-06-01 at 15:30 IST", K.TIME, "2025-06-01T10:00:00Z"),
        ("on 2025-06-01 at 12:00 IST", K.TIME, "2025-06-01T10:00:00Z"),
        ("on 2025-06-01 at 11:00 BST", K.TIME, "2025-06-01T10:00:00Z"),
        ("at 2025-06-01 11:00 met an error", K.TIME, "2025-06-01T11:00:00Z"),
        ("on 2025-06-01 at 10:00 it was", K.TIME, "2025-06-01T10:00:00Z"),
        ("on 2025-06-01 at 10:00 fails", K.TIME, "2025-06-01T10:00:00Z"),
    ],
)  # fmt: skip
def test_a_ticket_names(text: str, kind: IdentifierKind, value: str) -> None:
    assert Identifier(kind, value) in identifiers(text)


def test_letters_and_marks_that_stand_apart_make_no_other_address() -> None:
    assert len(identifiers("ju\u0308rgen@example.com")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The customer cannot be created.",
        "j***@e***.com and [email] and [Filtered]",
        "snake_case_name and other_words",
        "user@localhost",
        "version 1.2.3 of lib@4.5.6",
        "the external id is required",
        "'quoted words' and \"more\"",
        "999-99-99 25:61",
        "2025-13-45 10:00:00",
        "06/05/2025 10:00",
        "June 1, 2025 13:00 PM",
        "100%40 of the requests, %40name and 5%40.example",
    ],
)
def test_nothing_is_made_up(text: str) -> None:
    assert identifiers(text) == ()


def test_each_is_named_once() -> None:
    assert len(identifiers("jane@example.com, jane@example.com")) == 1


def test_parameters_of_sql_are_left_out() -> None:
    text = (
        "jane@example.com failed\n[SQL: INSERT INTO customers (email) VALUES ($1)]\n"
        "[parameters: ('jane@example.com', 'bystander@example.com')]\nthanks"
    )
    emails = [found.value for found in identifiers(text) if found.kind is K.EMAIL]
    assert emails == ["jane@example.com"]


SQL = "INSERT INTO c (email, note) VALUES ('jane@example.com', 'bystander@example.com')"
ERROR = 'duplicate key value violates unique constraint ""c_key"""'
QUOTED = {
    "the server's log as JSON": json.dumps({"message": "for jane@example.com", "statement": SQL}),
    "the server's log as CSV": (
        f'2025-03-02 10:11:12 UTC,"app",7,ERROR,23505,"{ERROR},"Key (email)=(jane@example.com) '
        f'already exists.",,,,,"{SQL}",,,"api","client backend",,0'
    ),
    "pgaudit": f'AUDIT: SESSION,1,1,WRITE,INSERT,TABLE,public.c,"{SQL}",<none>\njane@example.com',
    "syslog": (
        "for jane@example.com\ndb1 postgres[7]: [3-3] STATEMENT:  INSERT INTO c (email,\n"
        "db1 postgres[7]: [3-4] #011note) VALUES ('x', 'bystander@example.com')"
    ),
    "a function": f'jane@example.com\nCONTEXT:  SQL statement "{SQL}"\nPL/pgSQL function f()',
    "a file that was read": (
        'jane@example.com\nCONTEXT:  COPY c, line 17: "7\tx\tbystander@example.com"\nbye'
    ),
    "key and value": f'level=error who=jane@example.com query="{SQL}" took=3ms',
}


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED.keys())
def test_nor_are_the_values_in_a_statement_named_wherever_it_is_quoted(text: str) -> None:
    emails = [found.value for found in identifiers(text) if found.kind is K.EMAIL]
    assert emails == ["jane@example.com"]


@pytest.mark.parametrize(
    "text",
    [
        'errors: ["a","insert into c: failed for jane@example.com"]',
        '{"msg": "insert into c (email) failed", "for": "jane@example.com"}',
        '{"query": "insert failed", "for": "jane@example.com"}',
        'x,,"update for jane@example.com failed",y',
    ],
)
def test_what_only_begins_like_a_statement_is_read(text: str) -> None:
    emails = [found.value for found in identifiers(text) if found.kind is K.EMAIL]
    assert emails == ["jane@example.com"]


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    identifiers(text)


@given(st.text(alphabet=st.sampled_from("a1@._-:/ \"'hts[]0T+Z<>&;\\"), max_size=200))
def test_no_hostile_text_raises(text: str) -> None:
    identifiers(text)
