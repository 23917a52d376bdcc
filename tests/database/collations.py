"""Collations that tell no capital from a small letter, where the server has them."""

from __future__ import annotations

import psycopg
import pytest

from sample_data.postgres import Database


def collate_any_case(database: Database) -> None:
    """Make the collation `any_case`; the test is skipped on a server without ICU."""
    try:
        database.execute(
            "CREATE COLLATION any_case"
            " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this PostgreSQL is built without ICU")
