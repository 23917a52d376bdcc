"""Customers who failed in several environments of one Target are counted in each of them.

Revision 0004 once took a Failure in another environment for one more of the same: the one that came
later was counted nowhere. What it counts is counted afresh, by triggers made anew.
"""

from importlib import import_module

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Forget the counts with their triggers, and let 0004 make both again."""
    for name in ("recreation", "customer"):
        for when in ("stored", "removed", "left", "came"):
            op.execute(f"DROP TRIGGER {name}_{when}")
    for table in ("failed_recreation_days", "release_customers"):
        op.execute(f"DELETE FROM {table}")
    import_module("collectors.evidence.migrations.versions.0004_recreated").count_customers()
