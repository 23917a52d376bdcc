"""From a flawed key to SQL and Alembic text: which key to build instead, in which steps. Pure."""

from collectors.audit.migration.draft import Draft, Obstacle, draft
from collectors.audit.migration.render import migration
from collectors.audit.migration.steps import CHANGED, repeats, steps

__all__ = ["CHANGED", "Draft", "Obstacle", "draft", "migration", "repeats", "steps"]
