"""A column that tells a time, as a timestamptz: pure."""

from __future__ import annotations


def instant_sql(column: str, base: str) -> str:
    """A timestamptz of a date or time column; one without a zone is taken for UTC.

    >>> instant_sql("deleted_at", "date")
    "deleted_at::timestamp AT TIME ZONE 'UTC'"
    """
    if base == "timestamp with time zone":
        return column
    return f"{column}::timestamp AT TIME ZONE 'UTC'"


def epoch_sql(column: str) -> str:
    """A timestamptz of a number since 1970: seconds to nanoseconds, as its size tells.

    What is too small for any of them (a 0/1 flag) has no time, nor has what is too large or lies
    between them (the digits of a date and time).
    """
    return (
        f"to_timestamp(CASE WHEN {column} > 1e19 THEN NULL WHEN {column} > 1e17 THEN"
        f" {column} / 1e9 WHEN {column} > 1e14 THEN {column} / 1e6 WHEN {column} > 1e13 THEN NULL"
        f" WHEN {column} > 1e11 THEN {column} / 1e3 WHEN {column} > 1e8 THEN {column} END)"
    )
