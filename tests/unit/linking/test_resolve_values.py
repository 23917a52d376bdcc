"""Which values of a Failure are asked, under which keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linking.question import KeyStanding
from collectors.linking.resolve import resolve
from collectors.model import (
    Catalog,
    Column,
    ForeignKey,
    KeyPart,
    KeyValues,
    UniqueKey,
    ValueSource,
    ViolatedKey,
)
from tests.unit.linking.cases import (
    COLUMNS,
    CUSTOMERS,
    EMAIL,
    EMAIL_KEY,
    EMAIL_PART,
    EXTERNAL_KEY,
    EXTERNAL_PART,
    FLAG_KEY,
    FLAG_PART,
    MARKED,
    MENDED_KEY,
    ORGANIZATION,
    ORGANIZATION_PART,
    PARTIAL_KEY,
    VALUES,
    by_fields,
    catalog,
    failure,
    violated,
)


def test_each_way_to_read_the_values_is_asked_once() -> None:
    splits: tuple[KeyValues, ...] = (("a", "b, c"), ("a, b", "c"), ("a", "b, c"), ("alone",))
    question = resolve(failure(violated(splits=splits)), catalog())
    assert [lookup.values for lookup in question.lookups] == [("a", "b, c"), ("a, b", "c")]


def test_where_two_ways_to_read_them_differ_in_the_mark_of_deletion_it_says_nothing() -> None:
    deleted = (ORGANIZATION, "x", "2026-01-01 00:00:00+00")
    told = violated(columns=MARKED, splits=((*VALUES, None), deleted))
    assert resolve(failure(told), catalog(MENDED_KEY)).holder_was_live is None


def test_too_many_ways_to_read_the_values_are_not_asked() -> None:
    splits = tuple((str(n // 2), "x") for n in range(64))
    question = resolve(failure(violated(splits=splits)), catalog())
    assert question.lookups == ()
    assert question.note is not None
    assert "too many ways" in question.note


def test_a_reported_null_proves_that_nulls_did_not_repeat() -> None:
    told = violated(splits=((None, EMAIL),))
    question = resolve(failure(told), catalog())
    assert question.standing is KeyStanding.CHANGED
    assert question.asked_as is not None
    assert not question.asked_as.nulls_distinct
    assert question.only_marker_changed


def test_a_text_that_reads_null_proves_nothing() -> None:
    told = violated(splits=((ORGANIZATION, None),))
    question = resolve(failure(told), catalog())
    assert question.asked_as is EMAIL_KEY
    assert question.lookups[0].values == (ORGANIZATION, None)


FIELDS = {
    "snake case": (("organization_id", ORGANIZATION), ("email", "Jane@Example.com")),
    "camel case": (("organizationId", ORGANIZATION), ("eMail", "Jane@Example.com")),
    "kebab case and capitals": (("Organization-ID", ORGANIZATION), ("EMAIL", "Jane@Example.com")),
    "quoted": (('"organization_id"', ORGANIZATION), ('"email"', "Jane@Example.com")),
    "said twice": (
        ("organization_id", ORGANIZATION),
        ("organizationId", ORGANIZATION),
        ("email", "Jane@Example.com"),
    ),
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
def test_fields_meet_the_columns_by_name_whatever_their_case_style(
    fields: tuple[tuple[str, str], ...],
) -> None:
    question = resolve(failure(by_fields(*fields)), catalog())
    (lookup,) = question.lookups
    assert lookup.from_columns
    assert lookup.values == (ORGANIZATION, "Jane@Example.com")
    assert question.readings == (None,)


INCOMPLETE = {
    "a column is missing": ((("email", EMAIL),), "organization_id is not known"),
    "two fields disagree": (
        (("email", EMAIL), ("organizationId", "x"), ("organization-id", "y")),
        "organization_id is not known",
    ),
}


@pytest.mark.parametrize(("fields", "why"), INCOMPLETE.values(), ids=INCOMPLETE.keys())
def test_a_key_known_in_part_is_asked_by_that_part(
    fields: tuple[tuple[str, str], ...], why: str
) -> None:
    question = resolve(failure(by_fields(*fields)), catalog())
    (lookup,) = question.lookups
    assert (lookup.key, lookup.parts, lookup.values) == (EMAIL_KEY, (EMAIL_PART,), (EMAIL,))
    assert lookup.from_columns
    assert question.in_part
    assert question.note is not None
    assert why in question.note
    assert EMAIL not in question.note


@pytest.mark.parametrize(
    ("table", "is_asked"),
    [(None, True), ("customers", True), ("customer", True), ("Customer", True), ("invite", False)],
)
def test_what_is_retold_of_a_named_key_may_be_a_part_of_it(
    table: str | None, is_asked: bool
) -> None:
    """`Customer with email j@e.com already exists`, thrown with the driver's error as its cause."""
    told = violated(columns=("email",), splits=((EMAIL,),), source=ValueSource.MESSAGE, table=table)
    question = resolve(failure(told), catalog())
    assert len(question.lookups) == is_asked
    if is_asked:
        (lookup,) = question.lookups
        assert (lookup.key, lookup.parts, lookup.values) == (EMAIL_KEY, (EMAIL_PART,), (EMAIL,))
        assert question.standing is KeyStanding.AS_REPORTED
    whole = resolve(failure(replace(told, fields=(("organizationId", ORGANIZATION),))), catalog())
    assert [one.values for one in whole.lookups] == [(ORGANIZATION, EMAIL)] * is_asked


PLAIN_EMAIL = KeyPart("email", ("email",), "character varying", nullable=False)
CODE = KeyPart("voucher_code", ("voucher_code",), "text", nullable=False)
VOUCHERS = (*CUSTOMERS.columns, Column("voucher_code", "text", nullable=False, category="S"))
FORMS = {
    "as the application may have written it": (PLAIN_EMAIL, " Jane@E.com ", 3),
    "in small letters": (PLAIN_EMAIL, "Jane@E.com", 2),
    "as it is": (PLAIN_EMAIL, "jane@e.com", 1),
    "no ascii": (PLAIN_EMAIL, "İpek@e.com", 1),
    "the index folds": (EMAIL_PART, "Jane@E.com", 1),
    "the type folds": (replace(PLAIN_EMAIL, type="citext"), "Jane@E.com", 1),
    "a code": (CODE, "gift-10", 2),
    "a slug": (EXTERNAL_PART, " Acme-Inc ", 3),
}


@pytest.mark.parametrize(("part", "sent", "asked"), FORMS.values(), ids=FORMS.keys())
def test_what_was_sent_is_asked_as_an_application_may_have_tidied_it(
    part: KeyPart, sent: str, asked: int
) -> None:
    key = replace(EMAIL_KEY, parts=(ORGANIZATION_PART, part))
    fields = (("organization_id", ORGANIZATION), (part.columns[0], sent))
    today = catalog(key, columns=VOUCHERS)
    question = resolve(failure(by_fields(*fields)), today)
    assert len({lookup.values for lookup in question.lookups}) == asked
    assert question.lookups[0].values == (ORGANIZATION, sent)
    assert question.readings == (None,) * asked
    exact = by_fields(*fields, source=ValueSource.PARAMETERS)
    assert len(resolve(failure(exact), today).lookups) == 1


def reference(*columns: str) -> ForeignKey:
    return ForeignKey(
        "fk", "public", "customers", columns, "public", "organizations", ("id",), "NO ACTION"
    )


SHARED: dict[str, Catalog] = {
    "the mapped organization": catalog(organization="organization_id"),
    "a reference": replace(catalog(), foreign_keys=(reference("organization_id"),)),
}


@pytest.mark.parametrize("today", SHARED.values(), ids=SHARED.keys())
def test_whose_row_it_was_is_not_enough_to_ask_by(today: Catalog) -> None:
    question = resolve(failure(by_fields(("organization_id", ORGANIZATION))), today)
    assert question.lookups == ()
    assert "email is not known" in (question.note or "")


TELLS = {
    "tenant_id": False,
    "orgId": False,
    "accountUuid": False,
    "workspace": False,
    "customer_id": False,  # a table of that name is there
    "locale": False,
    "provider": False,
    "starts_on": False,
    "external_id": True,
    "order_id": True,
    "slug": True,
    "paid": True,
    "uid": True,
}


@pytest.mark.parametrize(("name", "tells"), TELLS.items(), ids=TELLS.keys())
def test_what_many_rows_share_by_its_name_is_not_enough_to_ask_by(name: str, tells: bool) -> None:
    category = "D" if name == "starts_on" else "S"
    columns = (*CUSTOMERS.columns, Column(name, "text", nullable=False, category=category))
    part = KeyPart(name, (name,), "text", nullable=False)
    key = replace(EMAIL_KEY, parts=(part, EMAIL_PART))
    told = by_fields((name, "x"))
    assert bool(resolve(failure(told), catalog(key, columns=columns)).lookups) is tells


def test_another_key_of_the_same_insert_is_known_by_what_the_database_printed() -> None:
    """Its column was not printed, the expression over it was."""
    legacy = replace(EMAIL_KEY, name="legacy", parts=(EMAIL_PART,))
    question = resolve(failure(violated()), catalog(EMAIL_KEY, legacy))
    (other,) = question.others
    assert (other.key, other.values, other.from_columns) == (legacy, (EMAIL,), False)


def test_an_empty_part_of_a_key_cannot_have_collided() -> None:
    told = by_fields(("organization_id", ORGANIZATION), ("external_id", None))
    question = resolve(failure(replace(told, constraint=EXTERNAL_KEY.name)), catalog())
    assert question.lookups == ()
    assert question.note is not None
    assert "never collide" in question.note


def test_columns_that_differ_by_their_case_style_only_need_the_exact_name() -> None:
    columns = (*CUSTOMERS.columns, Column("organizationid", "text", nullable=True))
    fields = (("organizationId", ORGANIZATION), ("email", EMAIL))
    (lookup,) = resolve(failure(by_fields(*fields)), catalog(columns=columns)).lookups
    assert lookup.parts == (EMAIL_PART,)
    exact = (("organization_id", ORGANIZATION), ("email", EMAIL))
    (lookup,) = resolve(failure(by_fields(*exact)), catalog(columns=columns)).lookups
    assert lookup.parts is None


def test_fields_serve_where_the_printed_values_do_not() -> None:
    told = violated(columns=MARKED, splits=(), fields=FIELDS["snake case"])
    question = resolve(failure(told), catalog(MENDED_KEY))
    assert question.lookups[0].from_columns
    assert question.lookups[0].key.columns == COLUMNS
    assert question.asked_as is question.lookups[0].key
    assert question.holder_was_live is None
    assert not question.counted_then


def test_fields_are_asked_of_todays_key_where_the_events_columns_are_gone() -> None:
    told = violated(columns=("region", "email"), splits=(), fields=FIELDS["snake case"])
    question = resolve(failure(told), catalog())
    assert question.standing is KeyStanding.CHANGED
    assert question.lookups[0].key is EMAIL_KEY


# --- the other keys of the same insert ------------------------------------------------------------


def test_the_other_keys_of_the_insert_are_asked_with_what_is_known() -> None:
    fields = (("externalId", "x-1"), ("email", EMAIL))
    question = resolve(failure(violated(fields=fields)), catalog())
    (other,) = question.others
    assert other.key is EXTERNAL_KEY
    assert other.from_columns
    assert other.values == (ORGANIZATION, "x-1")


NOT_ASKED = {
    "values are missing": (EXTERNAL_KEY, ()),
    "the value is empty": (EXTERNAL_KEY, (("external_id", None),)),
    "it does not count deleted rows": (
        replace(EXTERNAL_KEY, counts_deleted=False),
        (("external_id", "x-1"),),
    ),
    "it was never finished": (replace(EXTERNAL_KEY, valid=False), (("external_id", "x-1"),)),
    "it is the primary key": (replace(EXTERNAL_KEY, primary=True), (("external_id", "x-1"),)),
}


@pytest.mark.parametrize(("other", "fields"), NOT_ASKED.values(), ids=NOT_ASKED.keys())
def test_another_key_is_not_asked_when(
    other: UniqueKey, fields: tuple[tuple[str, str | None], ...]
) -> None:
    question = resolve(failure(violated(fields=fields)), catalog(EMAIL_KEY, other))
    assert question.others == ()


def test_an_expression_may_turn_an_empty_value_into_one_that_collides() -> None:
    part = KeyPart("COALESCE(external_id, ''::text)", ("external_id",), "text", nullable=True)
    other = replace(EXTERNAL_KEY, parts=(ORGANIZATION_PART, part))
    told = violated(fields=(("external_id", None),))
    question = resolve(failure(told), catalog(EMAIL_KEY, other))
    assert question.others[0].values == (ORGANIZATION, None)


def test_nothing_else_is_asked_when_no_column_is_known_for_sure() -> None:
    told = violated(splits=(("a", "b, c"), ("a, b", "c")))
    assert resolve(failure(told), catalog()).others == ()


# --- whatever anyone sends ------------------------------------------------------------------------

texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [*MARKED, "is_deleted", "email", "lower(email)", "lower(", "::", '"', "'", "."]
    ),
)


@given(
    constraint=st.one_of(st.none(), texts, st.just(EMAIL_KEY.name)),
    table=st.one_of(st.none(), texts, st.just("customers")),
    columns=st.lists(texts, max_size=4).map(tuple),
    splits=st.lists(st.lists(st.one_of(st.none(), texts), max_size=4).map(tuple), max_size=3),
    fields=st.lists(st.tuples(texts, st.one_of(st.none(), texts)), max_size=4).map(tuple),
    key=st.sampled_from([EMAIL_KEY, MENDED_KEY, PARTIAL_KEY, FLAG_KEY]),
)
def test_every_expression_of_a_question_is_the_catalogs(
    constraint: str | None,
    table: str | None,
    columns: tuple[str, ...],
    splits: list[KeyValues],
    fields: tuple[tuple[str, str | None], ...],
    key: UniqueKey,
) -> None:
    told = ViolatedKey(constraint, None, table, columns, tuple(splits), fields)
    question = resolve(failure(told), catalog(key, EXTERNAL_KEY))
    known = {column.name for column in CUSTOMERS.columns} | {"is_deleted"} | set(COLUMNS)
    for lookup in (*question.lookups, *question.others):
        assert {part.expression for part in lookup.key.parts} <= known
        wanted = lookup.parts or lookup.key.parts
        assert lookup.from_columns or len(lookup.values) == len(wanted)
    assert len(question.readings) == len(question.lookups)
    assert FLAG_PART.expression in known
