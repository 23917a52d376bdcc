"""What PostgreSQL's refusals are called."""

from __future__ import annotations

import psycopg
import pytest

from dashboard.remediation.database_errors import is_final, refusal_of
from dashboard.remediation.outcomes import RefusalCode

SAID = {
    "25P04": (RefusalCode.TIMED_OUT, "transaction_timeout"),
    "42P10": (RefusalCode.DATABASE_REFUSED, "published"),
    "P0001": (RefusalCode.DATABASE_REFUSED, "A trigger"),
    "22021": (RefusalCode.DATABASE_REFUSED, "not UTF-8"),
    "23503": (RefusalCode.DATABASE_REFUSED, "A foreign key"),
}


@pytest.mark.parametrize("state", SAID)
def test_it_says_what_to_look_at(state: str) -> None:
    code, words = SAID[state]
    error = psycopg.errors.lookup(state)("the row's own values")

    refused = refusal_of(error)

    assert refused.code is code
    assert words in refused.text
    assert "values" not in refused.text
    assert is_final(error)


@pytest.mark.parametrize("state", ["08006", "57P01", "57P02", None])
def test_what_ends_the_connection_at_a_commit_leaves_its_end_open(state: str | None) -> None:
    error = psycopg.errors.lookup(state)() if state else psycopg.OperationalError()

    assert not is_final(error)
