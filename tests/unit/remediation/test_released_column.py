"""Which column of a key with several of them a deleted row gives up."""

from __future__ import annotations

import pytest

from collectors.model import Column, KeyPart
from collectors.model.releasable import null_frees, releasable_columns
from tests.unit.remediation.row_facts import COLUMNS, key, plain, table, text

NUMBER = Column("shelf_number", "integer", nullable=False, category="N")
KEYS = {
    "before the row's sort": ("code", "provider"),
    "before a sort that may be empty": ("code", "_locale?"),
    "before where the row is of use": ("code", "env", "kind"),
    "before half a reference": ("code", "shelfType?"),
    "the last of two": ("shelf", "code"),
}


def given(*names: str) -> list[str]:
    """The first column that a release of this key would take; `?`: it may be NULL."""
    columns = [text(name.removesuffix("?"), nullable=name.endswith("?")) for name in names]
    known = table(columns=(*COLUMNS, *columns, NUMBER, Column("shelf_id", "bigint", nullable=True)))
    parts = [plain(column.name, nullable=column.nullable) for column in columns]
    return [column.name for column in releasable_columns(known, key(*parts), ())]


@pytest.mark.parametrize("name", KEYS)
def test_what_is_asked_for_is_given_up(name: str) -> None:
    assert given(*KEYS[name])[0] == "code"


def test_half_a_reference_says_whose_row_it_is_only_beside_the_other_half() -> None:
    assert given("code", "shelfType?") == ["code"]
    assert given("shelfType?") == ["shelfType"]


def test_the_rows_sort_is_given_up_where_nothing_else_can_be() -> None:
    parts = key("shelf_number", "region")
    known = table(columns=(*COLUMNS, NUMBER, text("region")))

    assert [column.name for column in releasable_columns(known, parts, ())] == [
        "region",
        "shelf_number",
    ]


@pytest.mark.parametrize(
    "stands_in", ["COALESCE(domain, '')", "CASE WHEN domain IS NULL THEN 'a' END"]
)
def test_what_a_row_may_go_without_is_given_up_last(stands_in: str) -> None:
    """An account without a domain is one of our own; with one it would be somebody else's."""
    parts = key("username", KeyPart(stands_in, ("domain",), "text", nullable=True))
    known = table(columns=(*COLUMNS, text("username"), text("domain", nullable=True)))

    found = releasable_columns(known, parts, ())

    assert [column.name for column in found] == ["username", "domain"]
    assert not null_frees(table(columns=known.columns, keys=(parts,)), found[1])


def test_a_word_in_a_text_stands_in_for_nothing() -> None:
    part = KeyPart("replace(code, 'case', 'is')", ("code",), "text", nullable=True)
    parts = key("shelf", part)
    known = table(columns=(*COLUMNS, text("shelf"), text("code", nullable=True)), keys=(parts,))

    assert null_frees(known, known.columns[-1])


def test_asked_in_turn_about_two_tables_each_is_answered_for_itself() -> None:
    keys = [key("shelf", "code"), key("code", "shelf")]
    known = table(columns=(*COLUMNS, text("shelf"), text("code")))
    turns = [keys[0], keys[0], keys[1], keys[0], keys[1], keys[1]]

    last = [releasable_columns(known, one, ())[0].name for one in turns]

    assert last == ["code", "code", "shelf", "code", "shelf", "shelf"]


def test_asked_row_after_row_of_one_table_it_is_worked_out_once() -> None:
    known, parts, nothing = table(columns=(*COLUMNS, text("shelf"))), key("shelf"), ()
    assert releasable_columns(known, parts, nothing) is releasable_columns(known, parts, nothing)
