"""Counts of the Targets, bulk remediations, rollups, Findings and walks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns that came after the first store."""
    op.create_table(
        "audits",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_audits"),
    )
    op.create_table(
        "bulk_batches",
        sa.Column("bulk_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("xid", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_id", "number", name="pk_bulk_batches"),
    )
    op.create_index("ix_bulk_batches_state", "bulk_batches", ["state"], unique=False)
    op.create_table(
        "bulk_rows",
        sa.Column("remediation_id", sa.String(length=32), nullable=False),
        sa.Column("bulk_id", sa.String(length=32), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("conflict_id", sa.String(length=16), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("undoes", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("image_digest", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("remediation_id", name="pk_bulk_rows"),
    )
    op.create_index(
        "ix_bulk_rows_bulk_id_batch_number",
        "bulk_rows",
        ["bulk_id", "batch", "number"],
        unique=False,
    )
    op.create_index(
        "ix_bulk_rows_conflict_id_bulk_id", "bulk_rows", ["conflict_id", "bulk_id"], unique=False
    )
    op.create_table(
        "bulks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("undoes", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("ticket", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bulks"),
        sa.UniqueConstraint("digest", name="uq_bulks_digest"),
    )
    op.create_index("ix_bulks_state_made_at", "bulks", ["state", "made_at"], unique=False)
    op.create_table(
        "conflict_tickets",
        sa.Column("conflict_id", sa.String(length=16), nullable=False),
        sa.Column("ticket", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conflict_id", "ticket", name="pk_conflict_tickets"),
    )
    op.create_index("ix_conflict_tickets_ticket", "conflict_tickets", ["ticket"], unique=False)
    op.create_table(
        "coverages",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("covered_from", sa.BigInteger(), nullable=True),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "project", name="pk_coverages"),
    )
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
        "dependents",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("child_table", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=True),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "target", "table_name", "row_id", "child_table", name="pk_dependents"
        ),
    )
    op.create_table(
        "deploys",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", "environment", "finished_at", name="pk_deploys"),
    )
    op.create_index(
        "ix_deploys_environment_finished_at",
        "deploys",
        ["environment", "finished_at"],
        unique=False,
    )
    op.create_table(
        "ended_logins",
        sa.Column("login_id", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login_id", name="pk_ended_logins"),
    )
    op.create_index("ix_ended_logins_ended_at", "ended_logins", ["ended_at"], unique=False)
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
        sa.Column("askable", sa.Boolean(), nullable=False),
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
        "finding_days",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("constraint_name", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("exposed_rows", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint(
            "target", "table_name", "constraint_name", "rule", "day", name="pk_finding_days"
        ),
    )
    op.create_table(
        "findings",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("constraint_name", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("exposed_rows", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=True),
        sa.Column("migration_sql", sa.String(), nullable=True),
        sa.Column("migration_alembic", sa.String(), nullable=True),
        sa.Column("accepted", sa.String(), nullable=True),
        sa.Column("look_again", sa.String(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "target", "table_name", "constraint_name", "rule", name="pk_findings"
        ),
    )
    op.create_index("ix_findings_target_gone_at", "findings", ["target", "gone_at"], unique=False)
    op.create_table(
        "organizations",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("target", "organization_id", name="pk_organizations"),
    )
    op.create_table(
        "passed_events",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_passed_events"),
    )
    op.create_index("ix_passed_events_at", "passed_events", ["at"], unique=False)
    op.create_table(
        "payments",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", "table_name", "row_id", "currency", name="pk_payments"),
    )
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
        "releases",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("first_event", sa.BigInteger(), nullable=True),
        sa.Column("last_event", sa.BigInteger(), nullable=True),
        sa.Column("deploys", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", "project", name="pk_releases"),
    )
    op.create_index("ix_releases_created_at", "releases", ["created_at"], unique=False)
    op.create_table(
        "surveys",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("schema_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("covers_from", sa.BigInteger(), nullable=True),
        sa.Column("sampled", sa.Float(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("by_organization", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("target", "schema_name", "table_name", "topic", name="pk_surveys"),
    )
    op.create_table(
        "walks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("color", sa.String(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_walks"),
    )
    op.create_index(
        "ix_walks_environment_started_at", "walks", ["environment", "started_at"], unique=False
    )
    op.add_column("conflicts", sa.Column("outlived", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_conflicts_blocked",
        "conflicts",
        ["asked_at"],
        unique=False,
        sqlite_where=sa.text("verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER')"),
        postgresql_where=sa.text("verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER')"),
    )
    op.create_index(
        "ix_conflicts_outlived",
        "conflicts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("outlived IS NOT NULL"),
        postgresql_where=sa.text("outlived IS NOT NULL"),
    )
    op.create_index(
        "ix_conflicts_released",
        "conflicts",
        ["released_at"],
        unique=False,
        sqlite_where=sa.text("released_by IS NOT NULL"),
        postgresql_where=sa.text("released_by IS NOT NULL"),
    )
    op.create_index(
        "ix_conflicts_to_erase",
        "conflicts",
        ["settled_at"],
        unique=False,
        sqlite_where=sa.text("sealed IS NOT NULL"),
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    op.add_column("failures", sa.Column("waits_for", sa.String(), nullable=True))
    op.create_index("ix_failures_issue_id", "failures", ["issue_id"], unique=False)
    op.create_index(
        "ix_failures_to_erase",
        "failures",
        ["judged_at", "verdict"],
        unique=False,
        sqlite_where=sa.text("sealed IS NOT NULL"),
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    op.create_index(
        "ix_failures_unmapped",
        "failures",
        ["environment", "occurred_at"],
        unique=False,
        sqlite_where=sa.text("target IS NULL"),
        postgresql_where=sa.text("target IS NULL"),
    )
    op.create_index(
        "ix_failures_waiting",
        "failures",
        ["waits_for", "environment", "judged_at"],
        unique=False,
        sqlite_where=sa.text("waits_for IS NOT NULL"),
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )
    op.add_column("issues", sa.Column("asked_at", sa.BigInteger(), nullable=True))
    op.add_column("issues", sa.Column("gone_at", sa.BigInteger(), nullable=True))
    op.add_column("issues", sa.Column("merged_into", sa.String(), nullable=True))
    op.create_index("ix_issues_gone_at_asked_at", "issues", ["gone_at", "asked_at"], unique=False)
    op.add_column("remediations", sa.Column("bulk_id", sa.String(length=32), nullable=True))
    # -- by hand
    op.execute(
        "UPDATE failures SET waits_for = 'target'"
        " WHERE verdict = 'UNDECIDED' AND sealed IS NOT NULL"
    )
    op.execute(
        "UPDATE conflicts SET outlived = true"
        " WHERE verdict NOT IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER')"
        " AND EXISTS (SELECT 1 FROM failures f WHERE f.conflict_id = conflicts.id"
        " AND f.verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER')"
        " AND f.sealed IS NOT NULL)"
    )
