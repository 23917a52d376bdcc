"""Counts of the Targets, bulk remediations, rollups, Findings and walks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns that came after the first store."""
    op.create_table(
        "create_days",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("creates", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "target", "schema_name", "table_name", "organization_id", "day", name="pk_create_days"
        ),
    )
    op.create_index(
        "ix_create_days_target_table_name_day",
        "create_days",
        ["target", "table_name", "day"],
        unique=False,
    )
    op.create_table(
        "exposure_days",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("constraint_name", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("tombstones", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "target", "schema_name", "table_name", "constraint_name", "day", name="pk_exposure_days"
        ),
    )
    op.create_table(
        "exposures",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("constraint_name", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("tombstones", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "target",
            "schema_name",
            "table_name",
            "constraint_name",
            "organization_id",
            name="pk_exposures",
        ),
    )
    op.create_index("ix_exposures_organization_id", "exposures", ["organization_id"], unique=False)
    op.create_table(
        "recreation_days",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("constraint_name", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("succeeded", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "target",
            "schema_name",
            "table_name",
            "constraint_name",
            "organization_id",
            "day",
            name="pk_recreation_days",
        ),
    )
    op.create_index(
        "ix_recreation_days_target_table_name_day",
        "recreation_days",
        ["target", "table_name", "day"],
        unique=False,
    )
    op.create_table(
        "surveys",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("covers_from", sa.BigInteger(), nullable=True),
        sa.Column("sampled", sa.Float(), nullable=True),
        sa.Column("estimated", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("target", "schema_name", "table_name", "topic", name="pk_surveys"),
    )
