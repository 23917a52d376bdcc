"""A Failure that is stored or judged again costs less: triggers that ask without a list.

Those of older stores ask for three Verdicts as one list, which 0004 says the cost of. They are made
anew; what they have counted stays.
"""

from importlib import import_module

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Drop the triggers, and let 0004 make them again."""
    for name in ("recreation", "customer"):
        for when in ("stored", "removed", "left", "came"):
            op.execute(f"DROP TRIGGER {name}_{when}")
    import_module("collectors.evidence.migrations.versions.0004_recreated").count_along()
