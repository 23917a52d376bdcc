"""Which DDL a release runs, and which it does not need."""

from __future__ import annotations

import pytest

from sample_data.api.modes import EMAIL_KEY, KEYS, MODES, statements


def test_an_empty_database_gets_every_key_in_its_shipped_form() -> None:
    built = statements(None, MODES["broken"])
    assert [key.shipped for key in KEYS] == [s for s in built if "DROP" not in s]


@pytest.mark.parametrize(
    ("before", "after"), [("hard-delete", "broken"), ("broken", "answering"), ("fixed", "fixed")]
)
def test_releases_with_the_same_keys_need_no_ddl(before: str, after: str) -> None:
    assert statements(MODES[before], MODES[after]) == ()


def test_mending_the_email_key_touches_that_key_only() -> None:
    changed = statements(MODES["broken"], MODES["email-fixed"])
    assert {EMAIL_KEY in statement for statement in changed} == {True}


def test_going_back_builds_the_shipped_form_again() -> None:
    back = statements(MODES["fixed"], MODES["broken"])
    assert {key.shipped for key in KEYS} <= set(back)
