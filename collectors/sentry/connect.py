"""A client as the settings want it."""

from __future__ import annotations

import ssl
from pathlib import Path

from collectors.errors import SettingsError
from collectors.sentry.client import SentryClient
from collectors.sentry.limits import Limits
from collectors.settings import SentrySettings

TIMEOUT_S = 30.0
TRIES = 3
"""As often as there is time for a call that is not answered at all."""


def connect(settings: SentrySettings) -> SentryClient:
    """The reader's client. Raises SettingsError."""
    if settings.token is None:
        raise SettingsError("TOMBSTONE_SENTRY__TOKEN is not set.")
    return SentryClient(
        str(settings.base_url),
        settings.token.get_secret_value(),
        settings.organization or "",
        limits=limits_of(settings),
        trust=trust_of(settings.ca_bundle),
    )


def limits_of(settings: SentrySettings) -> Limits:
    """How long is waited, and for how many at once."""
    return Limits(
        timeout_s=min(TIMEOUT_S, settings.patience_s / TRIES),
        patience_s=settings.patience_s,
        at_once=settings.requests_at_once,
    )


def trust_of(bundle: Path | None) -> ssl.SSLContext | None:
    """The certificates of that file, and no others. Raises SettingsError."""
    if bundle is None:
        return None
    try:
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError):
        raise SettingsError("TOMBSTONE_SENTRY__CA_BUNDLE names no file of certificates.") from None
