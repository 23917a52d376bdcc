"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Forwards only: the file is copied before, and the copy is the way back."""
    ${upgrades if upgrades else "pass"}
