"""Which Runs read all there was, and of which environment: these show that nothing else failed.

What is known of the earlier ones is whether something did not answer, or they were ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ENDED = "This Run was ended before it was done."


def upgrade() -> None:
    """Add the mark, and set it for the Runs that there are."""
    op.add_column("runs", sa.Column("environment", sa.String()))
    op.add_column(
        "runs", sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE runs SET whole = finished_at IS NOT NULL AND json_array_length(unreachable) = 0"
        f" AND NOT EXISTS (SELECT 1 FROM json_each(notes) WHERE value = '{_ENDED}')"
    )
