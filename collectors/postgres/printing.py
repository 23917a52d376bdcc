"""Values as texts and times in SQL: as the server prints them, and as we can hold them."""

from __future__ import annotations

from datetime import UTC, datetime

PRINTED_BY_CAST = frozenset(
    {
        "uuid",
        "text",
        "character varying",
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "date",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)
"""Types whose cast to text is their output function."""

_EPOCH_IN_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = _EPOCH_IN_UTC.replace(tzinfo=None)


def text_of(expression: str, type_: str) -> str:
    """As the server prints it in a message: by its type's output function, `t` and not `true`.

    A cast does the same for most types, at a third of the cost.
    """
    if type_ in PRINTED_BY_CAST:
        return f"({expression})::text"
    return f"CASE WHEN ({expression}) IS NOT NULL THEN format('%s', {expression}) END"


def time_of(expression: str | None) -> str:
    """A time in UTC that Python can hold, else NULL: `infinity` is no time.

    Without its zone, which psycopg would look up for each value anew; and moved to UTC by an offset
    of none, for a zone's name is looked up by PostgreSQL for each value.
    """
    if expression is None:
        return "NULL::timestamp"
    possible = f"{expression} >= '0001-01-02' AND {expression} < '9999-12-31'"
    return f"CASE WHEN {possible} THEN ({expression}) AT TIME ZONE INTERVAL '0' END"


def utc(time: datetime | None) -> datetime | None:
    """What `time_of` gives, as the aware time that it is; five times as fast as `replace`."""
    return time and _EPOCH_IN_UTC + (time - _EPOCH)
