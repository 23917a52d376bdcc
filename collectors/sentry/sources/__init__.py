"""The kinds of source, a file each. To add one: copy the nearest file and register it here."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from collectors.errors import SettingsError
from collectors.sentry.allowance import Allowance
from collectors.sentry.client import SentryClient
from collectors.sentry.detect import ServerKind, detect
from collectors.sentry.listing import Listing, SentryListing
from collectors.sentry.sources.bugsink import Bugsink, BugsinkListing
from collectors.sentry.sources.files import Files
from collectors.sentry.sources.glitchtip import GlitchTip, GlitchTipListing
from collectors.sentry.sources.page import PAGE_SIZE, Page, Source
from collectors.sentry.sources.web_api import WebApi
from collectors.settings import SentrySettings

SERVERS: Mapping[ServerKind, type[WebApi] | type[GlitchTip] | type[Bugsink]] = {
    ServerKind.SENTRY: WebApi,
    ServerKind.GLITCHTIP: GlitchTip,
    ServerKind.BUGSINK: Bugsink,
}
LISTINGS: Mapping[ServerKind, Callable[[SentryClient], Listing]] = {
    ServerKind.SENTRY: SentryListing,
    ServerKind.UNKNOWN: SentryListing,
    ServerKind.GLITCHTIP: GlitchTipListing,
    ServerKind.BUGSINK: BugsinkListing,
}
SOURCES: Mapping[str, type[Source]] = {
    **{source.name: source for source in SERVERS.values()},
    Files.name: Files,
}


def source_of(
    client: SentryClient, settings: SentrySettings, allowance: Allowance | None = None
) -> WebApi | GlitchTip | Bugsink:
    """The source for the server that answers. Raises SentryUnreachable, SettingsError."""
    hosted = not client.organization and client.base_url.endswith("sentry.io")
    kind = ServerKind.SENTRY if hosted else detect(client).kind
    if kind is not ServerKind.BUGSINK and not client.organization:
        raise SettingsError("TOMBSTONE_SENTRY__ORGANIZATION must be set to collect from Sentry.")
    overlap = timedelta(hours=settings.grace_hours)
    if kind in (ServerKind.GLITCHTIP, ServerKind.BUGSINK):
        return SERVERS[kind](client, settings.projects, overlap=overlap, allowance=allowance)
    return WebApi(
        client,
        settings.projects,
        overlap=overlap,
        allowance=allowance,
        light=settings.light_rows,
        searches=settings.searches,
        only_searches=settings.read == "searches",
    )


__all__ = [
    "LISTINGS",
    "PAGE_SIZE",
    "SERVERS",
    "SOURCES",
    "Bugsink",
    "Files",
    "GlitchTip",
    "Page",
    "Source",
    "WebApi",
    "source_of",
]
