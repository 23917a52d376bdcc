"""Alembic migrations of our own store, one file a version."""
