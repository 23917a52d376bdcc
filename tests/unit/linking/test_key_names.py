"""Names of key columns as messages print them."""

from __future__ import annotations

import pytest

from collectors.linking.names import bare, closing, columns_in, fold, is_column, split_columns


@pytest.mark.parametrize(
    ("printed", "columns"),
    [
        ("a", ("a",)),
        ("a, b", ("a", "b")),
        ("encode(hash, 'hex'::text), b", ("encode(hash, 'hex'::text)", "b")),
        ("COALESCE(a, ''::text)", ("COALESCE(a, ''::text)",)),
        ('"userId", "a, b"', ('"userId"', '"a, b"')),
        ("f(a, g(b, c)), d", ("f(a, g(b, c))", "d")),
        ("COALESCE(a, ',)'::text), b", ("COALESCE(a, ',)'::text)", "b")),
        ("(ARRAY[a, b]), c", ("(ARRAY[a, b])", "c")),
        ("", ()),
    ],
)
def test_a_list_is_cut_at_its_own_commas_only(printed: str, columns: tuple[str, ...]) -> None:
    assert split_columns(printed) == columns


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("email", ("email",)),
        ("lower(email::text)", ("email",)),
        ("lower((email)::text)", ("email",)),
        ("COALESCE(external_id, ''::text)", ("external_id",)),
        ('"userId"', ("userId",)),
        ('lower("eMail"::character varying(320)::text)', ("eMail",)),
        ("(first || ' '::text || last)", ("first", "last")),
        ("encode(hash, 'hex'::text)", ("hash",)),
        ("(deleted_at IS NULL)", ("deleted_at",)),
        ("COALESCE(deleted_at, '-infinity'::timestamp with time zone)", ("deleted_at",)),
        ("COALESCE(is_default, false)", ("is_default",)),
        ("CASE WHEN a > 1 THEN b ELSE NULL::text END", ("a", "b")),
    ],
)
def test_the_columns_of_an_expression_are_found(expression: str, columns: tuple[str, ...]) -> None:
    assert columns_in(expression) == columns


@pytest.mark.parametrize(("name", "plain"), [("a", True), ('"userId"', True), ("lower(a)", False)])
def test_a_plain_column_is_known(name: str, plain: bool) -> None:
    assert is_column(name) is plain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", "a"),
        ('"userId"', "userId"),
        ("public.customers", "customers"),
        ('s."T t"', "T t"),
        ("`a`", "a"),
    ],
)
def test_quotes_and_qualifiers_come_off(name: str, expected: str) -> None:
    assert bare(name) == expected


@pytest.mark.parametrize(
    "style", ["externalId", "external_id", "ExternalID", "external-id", "EXTERNAL_ID"]
)
def test_case_styles_meet(style: str) -> None:
    assert fold(style) == "externalid"


def test_an_unclosed_list_has_no_end() -> None:
    assert closing("(a, (b)", 0) is None
