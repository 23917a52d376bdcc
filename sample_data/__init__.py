"""What the demo and the tests need: a shop with the bug, a Sentry, a PostgreSQL, a scenario."""
