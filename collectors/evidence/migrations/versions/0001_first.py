"""The first store."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("remediation_id", sa.String(length=32), nullable=True),
        sa.Column("conflict_id", sa.String(length=16), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
        sa.UniqueConstraint("hash", name="uq_audit_entries_hash"),
    )
    op.create_index(
        "ix_audit_entries_conflict_id_seq", "audit_entries", ["conflict_id", "seq"], unique=False
    )
    op.create_index(
        "ix_audit_entries_remediation_id_seq",
        "audit_entries",
        ["remediation_id", "seq"],
        unique=False,
    )
    op.create_table(
        "before_images",
        sa.Column("remediation_id", sa.String(length=32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("remediation_id", name="pk_before_images"),
    )
    op.create_table(
        "conflicts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("constraint_name", sa.String(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=True),
        sa.Column("masked_key", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("confidence", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("blocker", sa.JSON(), nullable=True),
        sa.Column("holder", sa.JSON(), nullable=True),
        sa.Column("row_created_at", sa.BigInteger(), nullable=True),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=True),
        sa.Column("last_seen", sa.BigInteger(), nullable=True),
        sa.Column("newest_event", sa.String(length=32), nullable=True),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_conflicts"),
    )
    op.create_index("ix_conflicts_last_seen_id", "conflicts", ["last_seen", "id"], unique=False)
    op.create_index("ix_conflicts_organization_id", "conflicts", ["organization_id"], unique=False)
    op.create_index(
        "ix_conflicts_verdict_last_seen_id",
        "conflicts",
        ["verdict", "last_seen", "id"],
        unique=False,
    )
    op.create_table(
        "cursors",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_cursors"),
    )
    op.create_table(
        "issues",
        sa.Column("issue_id", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("substatus", sa.String(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=True),
        sa.Column("last_seen", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("issue_id", name="pk_issues"),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    op.create_table(
        "previews",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_previews"),
    )
    op.create_index("ix_previews_made_at", "previews", ["made_at"], unique=False)
    op.create_table(
        "remediations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conflict_id", sa.String(length=16), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("undoes", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ticket", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("xid", sa.String(), nullable=True),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("open_slot", sa.String(), nullable=True),
        sa.Column("undone_by", sa.String(length=32), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_remediations"),
        sa.UniqueConstraint("open_slot", name="uq_remediations_open_slot"),
    )
    op.create_index(
        "ix_remediations_conflict_id_started_at",
        "remediations",
        ["conflict_id", "started_at"],
        unique=False,
    )
    op.create_index(
        "ix_remediations_slot_started_at", "remediations", ["slot", "started_at"], unique=False
    )
    op.create_index(
        "ix_remediations_state_started_at", "remediations", ["state", "started_at"], unique=False
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("unreachable", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_table(
        "failures",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(), nullable=True),
        sa.Column("transaction", sa.String(), nullable=True),
        sa.Column("release", sa.String(), nullable=True),
        sa.Column("issue_id", sa.String(), nullable=True),
        sa.Column("constraint_name", sa.String(), nullable=True),
        sa.Column("table_name", sa.String(), nullable=True),
        sa.Column("organization_id", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("confidence", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("blocker", sa.JSON(), nullable=True),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("conflict_id", sa.String(length=16), nullable=True),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["conflict_id"], ["conflicts.id"], name="fk_failures_conflict_id"),
        sa.PrimaryKeyConstraint("event_id", name="pk_failures"),
    )
    op.create_index(
        "ix_failures_conflict_id_occurred_at",
        "failures",
        ["conflict_id", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "ix_failures_environment_occurred_at",
        "failures",
        ["environment", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "ix_failures_verdict_occurred_at", "failures", ["verdict", "occurred_at"], unique=False
    )
    op.create_table(
        "fingerprints",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("conflict_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["conflict_id"], ["conflicts.id"], name="fk_fingerprints_conflict_id"
        ),
        sa.PrimaryKeyConstraint("fingerprint", "conflict_id", name="pk_fingerprints"),
    )
    op.create_table(
        "verdict_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conflict_id", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("confidence", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conflict_id"], ["conflicts.id"], name="fk_verdict_history_conflict_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verdict_history"),
    )
    op.create_index(
        "ix_verdict_history_conflict_id_id", "verdict_history", ["conflict_id", "id"], unique=False
    )
