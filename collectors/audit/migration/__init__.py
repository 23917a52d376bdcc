"""From a flawed key to SQL and Alembic text: which key to build instead, in which steps. Pure."""

from collectors.audit.migration.draft import Draft, Obstacle, draft
from collectors.audit.migration.render import in_one_line, migration
from collectors.audit.migration.steps import CHANGED, repeats, steps

__all__ = [
    "CHANGED",
    "Draft",
    "Obstacle",
    "draft",
    "in_one_line",
    "migration",
    "repeats",
    "steps",
]
