"""The door as the settings set it up: the command line and the dashboard open it alike."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.evidence.database import Store
from collectors.model import Catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.snapshot import Snapshot
from collectors.sentry.connect import trust_of
from collectors.settings import Settings
from collectors.targets import read_targets, target_catalog
from dashboard.remediation.service.door import Remediation
from dashboard.remediation.writeback import WriteBack
from dashboard.settings import WriteSettings


def open_remediation(
    settings: Settings,
    writing: WriteSettings,
    store: Store,
    readers: Mapping[str, ReadTarget] | None = None,
) -> Remediation:
    """The one door, over every configured Target; nothing is connected to yet.

    `readers` are handles to go on using; by default it gets its own.
    """

    def catalogs(snapshot: Snapshot) -> Catalog:
        return target_catalog(snapshot, settings.targets[snapshot.target])

    handles = read_targets(settings) if readers is None else readers
    return Remediation(
        store, handles, writing, catalogs=catalogs, writeback=open_writeback(settings, writing)
    )


def open_writeback(settings: Settings, writing: WriteSettings) -> WriteBack | None:
    """The comments on Sentry's Issues; None where no token was given for them."""
    token = writing.sentry.write_token
    if token is None:
        return None
    sentry = settings.sentry
    return WriteBack(
        str(sentry.base_url),
        token.get_secret_value(),
        sentry.organization or "",
        trust_of(sentry.ca_bundle),
    )
