"""Failures counted by day, and the indexes by which one organization's or release's are found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KIND = ("environment", "constraint_name", "table_name", "operation", "release", "verdict")
_DAY = 86_400_000_000


def upgrade() -> None:
    """Add the table, count what is there, and keep counting."""
    op.create_table(
        "failure_days",
        sa.Column("day", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _KIND),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", *_KIND, name="pk_failure_days"),
    )
    of_row = ", ".join(f"coalesce({name}, '')" for name in _KIND)
    op.execute(
        f"INSERT INTO failure_days SELECT occurred_at - occurred_at % {_DAY}, {of_row}, count(*)"
        " FROM failures GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )
    changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in ("occurred_at", *_KIND))
    columns = ", ".join(("occurred_at", *_KIND))
    _trigger("failure_stored", "INSERT", "true", _add("new", 1))
    _trigger("failure_removed", "DELETE", "true", _add("old", -1))
    _trigger("failure_changed", f"UPDATE OF {columns}", changed, _add("old", -1), _add("new", 1))
    op.create_index(
        "ix_failures_organization_id_occurred_at", "failures", ["organization_id", "occurred_at"]
    )
    op.create_index("ix_failures_occurred_at_event_id", "failures", ["occurred_at", "event_id"])
    op.create_index("ix_failures_release_conflict_id", "failures", ["release", "conflict_id"])
    op.create_index("ix_conflicts_counted", "conflicts", list(_COUNTED))


_COUNTED = (
    "verdict",
    "environment",
    "constraint_name",
    "organization_id",
    "last_seen",
    "first_seen",
    "failures",
    "released_by",
    "released_at",
    "settled_at",
    "held_at",
)


def _add(row: str, count: int) -> str:
    named = ", ".join(("day", *_KIND))
    of_row = ", ".join(f"coalesce({row}.{name}, '')" for name in _KIND)
    day = f"{row}.occurred_at - {row}.occurred_at % {_DAY}"
    return (
        f"INSERT INTO failure_days VALUES ({day}, {of_row}, {count})"
        f" ON CONFLICT ({named}) DO UPDATE SET failures = failures + {count};"
    )


def _trigger(name: str, event: str, condition: str, *statements: str) -> None:
    body = " ".join(statements)
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON failures WHEN {condition} BEGIN {body} END")
