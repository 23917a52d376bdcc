"""The kinds of source, a file each. To add one: copy the nearest file and register it here."""

from collections.abc import Mapping

from collectors.sentry.sources.files import Files
from collectors.sentry.sources.page import PAGE_SIZE, Page, Source
from collectors.sentry.sources.web_api import WebApi

SOURCES: Mapping[str, type[Source]] = {
    "sentry": WebApi,
    "files": Files,
}

__all__ = ["PAGE_SIZE", "SOURCES", "Files", "Page", "Source", "WebApi"]
