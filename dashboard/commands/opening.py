"""Opening what the settings name."""

from __future__ import annotations

from functools import cache

from collectors import telemetry
from collectors.evidence.database import Store, open_store
from collectors.settings import Settings, load_settings
from dashboard.settings import load_write_settings


@cache
def our_settings() -> Settings:
    """The settings, read once a process; from then on faults of our own are reported.

    The write side's are checked too, so that a misspelt name of theirs is an error everywhere.
    """
    settings = load_settings()
    load_write_settings()
    dsn = settings.telemetry.dsn
    telemetry.start(dsn.get_secret_value() if dsn else None)
    return settings


@cache
def our_store() -> Store:
    """The store that the settings name."""
    settings = our_settings()
    return open_store(settings.store_url, settings.required_secret())
