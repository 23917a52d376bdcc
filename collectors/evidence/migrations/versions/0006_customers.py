"""Customers as Impact counts them: when each was freed, how many began and ended a day.

The columns are virtual, so they cost nothing but in the indexes that hold them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_DAY, _HOUR = 86_400_000_000, 3_600_000_000
_BLOCKED = "verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER')"
_CUSTOMER = "outcome IS NOT NULL"
_FREED = (
    f"CASE WHEN {_BLOCKED} THEN NULL WHEN released_at IS NOT NULL THEN released_at"
    " WHEN held_at IS NULL THEN last_seen WHEN verdict = 'UNBLOCKED' THEN settled_at"
    " ELSE held_at END"
)
_TOLD = ("environment", "constraint_name", "first_seen", "last_seen")
_SEEN = ("verdict", "held_at", "released_at", "settled_at")
_KEY = ("day", "environment", "constraint_name")


def upgrade() -> None:
    """Add the columns, the indexes and the days, count what is there, and keep counting."""
    _virtual("freed_at", "BIGINT", _FREED)
    _virtual("kept_out_since", "BIGINT", _SINCE)
    _virtual("kept_out_hours", "BIGINT", _HOURS)
    _virtual("outcome", "BIGINT", _OUTCOME)
    _virtual("tries", "BIGINT", _TRIES)
    _virtual("row_table", "VARCHAR", "json_extract(blocker, '$.table')")
    _virtual("row_id", "VARCHAR", "json_extract(blocker, '$.id')")
    for name, columns, condition in _INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(name, "conflicts", list(columns), sqlite_where=where)
    op.create_table(
        "customer_days",
        sa.Column("day", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _KEY[1:]),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("began", "ended")),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_customer_days"),
    )
    _count_days()
    same = " AND ".join(f"old.{name} IS new.{name}" for name in _TOLD)
    same += f" AND ({_customer('old')}) IS ({_customer('new')})"
    freed = f"{same} AND old.freed_at IS NOT new.freed_at"
    _trigger("hit_stored", "INSERT", "true", _step("new", 1))
    _trigger("hit_removed", "DELETE", "true", _step("old", -1))
    told = ", ".join((*_TOLD, *_SEEN))
    _trigger("hit_changed", f"UPDATE OF {told}", f"NOT ({same})", _step("old", -1), _step("new", 1))
    _trigger("hit_freed", f"UPDATE OF {told}", freed, _end("old", -1), _end("new", 1))


_HOURS = (
    "CASE WHEN freed_at IS NULL OR held_at IS NULL OR first_seen IS NULL THEN NULL"
    f" ELSE (max(freed_at - first_seen, 0) + {_HOUR - 1}) / {_HOUR} END"
)
_SINCE = f"CASE WHEN {_BLOCKED} THEN first_seen - first_seen % {_DAY} END"
_OUTCOME = (
    f"CASE WHEN {_BLOCKED} THEN 0 WHEN held_at IS NULL AND verdict <> 'UNBLOCKED' THEN NULL"
    f" WHEN held_at IS NULL THEN 3 WHEN freed_at - last_seen >= {14 * _DAY} THEN 2 ELSE 1 END"
)
_TRIES = (
    "CASE WHEN failures < 3 THEN failures WHEN failures <= 5 THEN 3 WHEN failures <= 10 THEN 6"
    " WHEN failures <= 20 THEN 11 ELSE 21 END"
)
_INDEXES = (
    (
        "ix_conflicts_customers",
        (
            "organization_id",
            "environment",
            "constraint_name",
            "outcome",
            "tries",
            "last_seen",
            "first_seen",
            "failures",
        ),
        _CUSTOMER,
    ),
    (
        "ix_conflicts_freed",
        ("kept_out_hours", "released_by", "environment", "constraint_name", "first_seen"),
        "kept_out_hours IS NOT NULL",
    ),
    (
        "ix_conflicts_kept_out",
        ("kept_out_since", "environment", "constraint_name", "first_seen"),
        "kept_out_since IS NOT NULL",
    ),
    (
        "ix_conflicts_row",
        (
            "target",
            "row_table",
            "row_id",
            "organization_id",
            "environment",
            "constraint_name",
            "last_seen",
        ),
        _CUSTOMER,
    ),
)


def _virtual(name: str, kind: str, value: str) -> None:
    op.execute(
        f"ALTER TABLE conflicts ADD COLUMN {name} {kind} GENERATED ALWAYS AS ({value}) VIRTUAL"
    )


def _customer(row: str) -> str:
    """A customer who was hit: one that was only looked up has no first Failure."""
    return f"{row}.first_seen IS NOT NULL AND {row}.outcome IS NOT NULL"


def _count_days() -> None:
    for began, ended, day, condition in (
        (1, 0, f"first_seen - first_seen % {_DAY}", "true"),
        (0, 1, f"freed_at - freed_at % {_DAY}", "freed_at IS NOT NULL"),
    ):
        op.execute(
            f"INSERT INTO customer_days SELECT {day} AS day, environment, constraint_name,"
            f" count(*) * {began}, count(*) * {ended} FROM conflicts"
            f" WHERE {_customer('conflicts')} AND {condition} GROUP BY 1, 2, 3"
            f" ON CONFLICT ({', '.join(_KEY)})"
            " DO UPDATE SET began = began + excluded.began, ended = ended + excluded.ended"
        )


def _step(row: str, step: int) -> str:
    """One customer more or less, on the day it began and on the day it was freed."""
    return _begin(row, step) + _end(row, step)


def _begin(row: str, step: int) -> str:
    return _count(row, "first_seen", began=step, ended=0)


def _end(row: str, step: int) -> str:
    return _count(row, "freed_at", began=0, ended=step)


def _count(row: str, at: str, *, began: int, ended: int) -> str:
    day = f"{row}.{at} - {row}.{at} % {_DAY}"
    return (
        f"INSERT INTO customer_days SELECT {day}, {row}.environment, {row}.constraint_name,"
        f" {began}, {ended} WHERE {_customer(row)} AND {row}.{at} IS NOT NULL"
        f" ON CONFLICT ({', '.join(_KEY)})"
        f" DO UPDATE SET began = began + {began}, ended = ended + {ended}; "
    )


def _trigger(name: str, event: str, condition: str, *statements: str) -> None:
    body = "".join(statements)
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON conflicts WHEN {condition} BEGIN {body}END")
