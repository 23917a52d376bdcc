"""Leftovers, Invariants, and the backfills of Findings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_PLACE = ("target", "schema_name", "table_name", "kind", "row_table", "name")


def _keys(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Add the tables, and two columns to the Findings."""
    op.create_table(
        "leftovers",
        *_keys(*_PLACE),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("oldest", sa.BigInteger(), nullable=True),
        sa.Column("growth", sa.JSON(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("sampled", sa.Float(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint(*_PLACE, name="pk_leftovers"),
    )
    op.create_table(
        "leftover_days",
        *_keys(*_PLACE),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*_PLACE, "day", name="pk_leftover_days"),
    )
    op.create_table(
        "invariants",
        *_keys("target", "name", "title", "reason", "severity"),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("sql", sa.String(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("oldest", sa.BigInteger(), nullable=True),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("said", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("target", "name", name="pk_invariants"),
    )
    op.create_table(
        "invariant_days",
        *_keys("target", "name"),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target", "name", "day", name="pk_invariant_days"),
    )
    op.add_column("findings", sa.Column("backfill_sql", sa.String(), nullable=True))
    op.add_column("findings", sa.Column("backfill_alembic", sa.String(), nullable=True))
