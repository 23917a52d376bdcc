"""Everything the demo needs: a shop with the bug, a local Sentry, a PostgreSQL, a scenario."""
