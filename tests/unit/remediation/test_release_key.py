"""Which column a release changes, and to what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model import Column, ForeignKey, KeyPart, UniqueKey
from dashboard.remediation.changes import Keep, Write
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.remedies import Draft
from dashboard.remediation.remedies.release_key import ReleaseKey
from dashboard.remediation.remedies.released_value import released_value
from tests.unit.remediation.row_facts import (
    COLUMNS,
    EMAIL_KEY,
    EXTERNAL_KEY,
    ID,
    about_external,
    facts,
    key,
    place,
    plain,
    row,
    table,
    text,
)

TAG = ID.replace("-", "")


def drafted(*arguments: Any, **known: Any) -> Draft:
    draft = ReleaseKey().draft(facts(*arguments, **known))
    assert isinstance(draft, Draft), draft
    return draft


def refused(*arguments: Any) -> Refusal:
    draft = ReleaseKey().draft(facts(*arguments))
    assert isinstance(draft, Refusal), draft
    return draft


@dataclass(frozen=True)
class Shape:
    """A unique key of some table, and what its release writes."""

    id: str
    key: UniqueKey
    column: str
    value: str | None
    columns: tuple[Column, ...] = COLUMNS
    foreign: tuple[ForeignKey, ...] = ()


REFERRED_TO = ForeignKey(
    "by_code", "public", "orders", ("code",), "public", "customers", ("code",), "CASCADE"
)
CODE = text("code", type_="text")
DOCUMENT = Column("document", "jsonb", nullable=True)
MEMBER = KeyPart("document ->> 'email'::text", ("document",), "text", nullable=True)
SHAPES = [
    Shape("not-null-email", EMAIL_KEY, "email", f"released+{TAG}@tombstone.invalid"),
    Shape("nullable-column", key(plain("name", nullable=True)), "name", None),
    Shape(
        "a-value-that-is-an-address-in-a-column-that-is-not-called-so",
        key("login"),
        "login",
        f"released+{TAG}@tombstone.invalid",
        (*COLUMNS, text("login", type_="citext")),
    ),
    Shape("not-null-text", key("code"), "code", f"released:{TAG}", (*COLUMNS, CODE)),
    Shape(
        "nullable-before-not-null",
        key("email", plain("external_id", nullable=True)),
        "external_id",
        None,
    ),
    Shape(
        "the-column-with-a-place-to-be-kept-first",
        key(plain("name", nullable=True), plain("external_id", nullable=True)),
        "external_id",
        None,
    ),
    Shape(
        "email-before-other-text",
        key("code", "email"),
        "email",
        f"released+{TAG}@tombstone.invalid",
        (*COLUMNS, CODE),
    ),
    Shape(
        "never-a-column-that-others-refer-to",
        key("code", "email"),
        "email",
        f"released+{TAG}@tombstone.invalid",
        (*COLUMNS, CODE),
        foreign=(REFERRED_TO,),
    ),
    Shape(
        "nulls-not-distinct",
        key(plain("name", nullable=True), nulls_distinct=False),
        "name",
        f"released:{TAG}",
    ),
    Shape(
        "nulls-not-distinct-but-outside-the-index",
        key(
            plain("name", nullable=True),
            nulls_distinct=False,
            predicate="(name IS NOT NULL)",
        ),
        "name",
        None,
    ),
    Shape(
        "null-turned-into-a-value",
        key(KeyPart("COALESCE(name, ''::character varying)", ("name",), "text", False)),
        "name",
        f"released:{TAG}",
    ),
    Shape(
        "never-whose-row-it-is-though-no-foreign-key-says-so",
        key(plain("tenant_id", nullable=True), "code"),
        "code",
        f"released:{TAG}",
        (*COLUMNS, CODE, text("tenant_id", nullable=True)),
    ),
    Shape(
        "what-is-asked-for-stands-last",
        key("provider", "code"),
        "code",
        f"released:{TAG}",
        (*COLUMNS, CODE, text("provider")),
    ),
    Shape(
        "a-text-that-is-all-there-is",
        key("account"),
        "account",
        f"released:{TAG}",
        (*COLUMNS, text("account")),
    ),
    Shape(
        "what-is-asked-for-before-a-state-that-may-be-null",
        key("code", plain("current", nullable=True)),
        "code",
        f"released:{TAG}",
        (*COLUMNS, CODE, Column("current", "boolean", nullable=True, category="B")),
    ),
    Shape(
        "a-state-that-is-all-there-is",
        key("organization_id", plain("kind", nullable=True)),
        "kind",
        None,
        (*COLUMNS, Column("kind", "kinds", nullable=True, category="E")),
    ),
    Shape(
        "a-document-that-is-the-key-itself",
        key(plain("document", nullable=True)),
        "document",
        None,
        (*COLUMNS, DOCUMENT),
    ),
    Shape(
        "text-beside-a-member-of-a-document",
        key("code", MEMBER),
        "code",
        f"released:{TAG}",
        (*COLUMNS, CODE, DOCUMENT),
    ),
    Shape(
        "a-column-too-short-for-the-whole-id",
        key("code"),
        "code",
        "released:",
        (*COLUMNS, text("code", type_="character varying(20)")),
    ),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_one_column_is_changed_to_what_frees_the_key(shape: Shape) -> None:
    odd: dict[str, Any] = {"tenant_id": "acme", "provider": "github", "account": "X-1"}
    odd |= {"current": "true", "kind": "a", "document": '{"email": "seen@example.com", "n": 1}'}
    found = row(login="seen@example.com", code="X-1", **odd)
    held = table(columns=shape.columns, keys=(shape.key,))
    here = place(table=held, key=shape.key, foreign_keys=shape.foreign)

    change = drafted(here, found).changes[0]

    assert isinstance(change, Write)
    assert change.column == shape.column
    if shape.id == "a-column-too-short-for-the-whole-id":
        assert change.value is not None
        assert change.value.startswith("released:")
        assert len(change.value) == 20
    else:
        assert change.value == shape.value


UNCHANGEABLE = {
    "only-whose-row-it-is": (key("organization_id"), COLUMNS),
    "only-the-marker": (key("organization_id", plain("deleted_at", nullable=True)), COLUMNS),
    "a-generated-column": (
        key("folded"),
        (*COLUMNS, Column("folded", "text", nullable=True, generated=True, category="S")),
    ),
    "an-owner-that-no-foreign-key-names": (
        key(plain("user_id", nullable=True)),
        (*COLUMNS, Column("user_id", "uuid", nullable=True)),
    ),
    "a-number": (key("seat"), (*COLUMNS, Column("seat", "integer", nullable=False, category="N"))),
    "a-member-of-a-document": (key(MEMBER), (*COLUMNS, DOCUMENT)),
    "a-field-of-a-row-type": (
        key(KeyPart("(address).zip", ("address",), "text", nullable=True)),
        (*COLUMNS, Column("address", "addresses", nullable=True, category="C")),
    ),
    "no-room": (key("code"), (*COLUMNS, text("code", type_="character varying(8)"))),
}


@pytest.mark.parametrize("name", UNCHANGEABLE)
def test_a_key_without_a_column_that_may_change_is_refused(name: str) -> None:
    held, columns = UNCHANGEABLE[name]
    here = place(table=table(columns=columns, keys=(held,)), key=held)
    documents: dict[str, Any] = {
        "document": '{"email": "seen@example.com"}',
        "address": "(Main,123)",
    }

    assert (
        refused(here, row(seat="7", code="X", folded="x", user_id=ID, **documents)).code
        is RefusalCode.NOTHING_TO_CHANGE
    )


def test_a_number_whose_nulls_may_not_repeat_is_refused_for_that_reason() -> None:
    held = key(plain("seat", nullable=True), nulls_distinct=False)
    columns = (*COLUMNS, Column("seat", "integer", nullable=True, category="N"))

    here = place(table=table(columns=columns, keys=(held,)), key=held)

    assert refused(here, row(seat="7")).code is RefusalCode.NULLS_NOT_FREE


def test_a_row_that_was_released_before_is_not_released_again() -> None:
    found = row(email=f"released+{TAG}@tombstone.invalid")

    assert refused(None, found).code is RefusalCode.NOTHING_TO_CHANGE


def test_another_key_that_reads_the_column_must_let_nulls_repeat_too() -> None:
    strict = key("external_id", name="strict", nulls_distinct=False)
    here = about_external(table=table(keys=(EXTERNAL_KEY, strict)))

    change = drafted(here).changes[0]

    assert isinstance(change, Write)
    assert change.value == f"released:{TAG}"


def test_the_old_value_is_kept_where_the_mapping_says() -> None:
    draft = drafted(about_external())

    assert draft.changes[1] == Keep("user_metadata", "jsonb", "__external_id", "cus_0042")
    assert any("moves to user_metadata.__external_id" in each for each in draft.warnings)


@pytest.mark.parametrize("content", ['{"__external_id": "cus_0001"}', '{"external_id": "x"}'])
def test_what_was_kept_there_before_is_said_to_be_replaced(content: str) -> None:
    draft = drafted(about_external(), row(user_metadata=content))

    said = "What user_metadata.__external_id held before is replaced."
    assert (said in draft.warnings) is ("__external_id" in content)


NO_OBJECT = {
    "array": "[1]",
    "text": '"text"',
    "null": "null",
    "number": "7",
    "too-deep": f'{{"deep": {"[" * 100_000}{"]" * 100_000}}}',
    "too-large": '{"large": 1e999999999}',
}


@pytest.mark.parametrize("name", NO_OBJECT)
def test_what_is_no_json_object_that_can_be_read_keeps_nothing(name: str) -> None:
    content = NO_OBJECT[name]
    draft = drafted(about_external(), row(user_metadata=content))

    assert [change.column for change in draft.changes] == ["external_id"]
    assert any("only in the sealed before-image" in each for each in draft.warnings)


def test_numbers_that_jsonb_spells_otherwise_have_not_moved() -> None:
    keep = Keep("user_metadata", "json", "__external_id", "cus_0042")
    before = '{"rate": 1.50e3, "none": -0, "price": 1.10}'
    after = '{"none": 0, "rate": 1500, "price": 1.10, "__external_id": "cus_0042"}'

    assert keep.is_seen_in(before, after)
    assert not keep.is_seen_in(before, after.replace("1.10", "1.1"))
    assert not keep.is_seen_in(before, after.replace("1500", "1501"))


def test_what_others_refer_to_is_not_changed_by_what_it_is_computed_from() -> None:
    computed = Column("folded", "text", nullable=True, generated=True, computed="lower(email)")
    by_folded = replace(REFERRED_TO, to_columns=("folded",))
    wider = table(columns=(*COLUMNS, computed))

    assert isinstance(ReleaseKey().draft(facts(place(table=wider))), Draft)
    refusal = refused(place(table=wider, foreign_keys=(by_folded,)))
    assert refusal.code is RefusalCode.NOTHING_TO_CHANGE


def test_an_erased_rows_value_is_kept_nowhere() -> None:
    draft = drafted(about_external(), row(erased=True))

    assert [change.column for change in draft.changes] == ["external_id"]
    assert not draft.undoable
    assert draft.undo.startswith("None:")


def test_every_key_that_reads_the_column_is_checked() -> None:
    both = key("email", plain("external_id", nullable=True), name="both")
    here = place(table=table(keys=(EMAIL_KEY, EXTERNAL_KEY, both)))

    assert [each.name for each in drafted(here).checked] == ["email_key", "both"]


def test_the_other_keys_that_the_row_holds_are_named() -> None:
    assert any("external_key" in each for each in drafted().warnings)
    assert not any("external_key" in each for each in drafted(None, row(external_id=None)).warnings)
    mended = replace(EXTERNAL_KEY, counts_deleted=False)
    here = place(table=table(keys=(EMAIL_KEY, mended)))
    assert not any("external_key" in each for each in drafted(here).warnings)


@given(st.lists(st.text(min_size=1), min_size=2, unique=True))
def test_no_two_rows_get_the_same_value(ids: list[str]) -> None:
    column = text("email", type_="character varying(320)")

    values = {released_value(column, None, one) for one in ids}

    assert len(values) == len(ids)


@given(st.text(min_size=1), st.integers(min_value=0, max_value=400))
def test_a_released_value_fits_its_column_or_there_is_none(row_id: str, length: int) -> None:
    for name in ("email", "code"):
        value = released_value(text(name, type_=f"character varying({length})"), None, row_id)
        assert value is None or len(value) <= length


@given(st.text())
def test_a_released_address_is_undeliverable_and_holds_nothing_of_the_old_one(old: str) -> None:
    column = text("email", type_="text")

    value = released_value(column, old, "42")

    assert value == "released+42@tombstone.invalid"


def test_a_column_that_takes_no_text_gets_none() -> None:
    assert released_value(Column("n", "integer", nullable=False, category="N"), "7", ID) is None


def test_support_may_release() -> None:
    assert ReleaseKey().not_for_support(facts()) is None
