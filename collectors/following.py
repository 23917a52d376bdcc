"""After a source was read: what became of its Issues, and what went live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from collectors.errors import NotInSentry, SentryUnreachable
from collectors.evidence.database import Store
from collectors.evidence.followed import (
    known_releases,
    save_issues,
    save_releases,
    stalest_issues,
)
from collectors.model import Deploy
from collectors.sentry.client import SentryClient
from collectors.sentry.following import (
    MOST_DEPLOYS,
    MOST_ISSUES,
    deploys_of,
    issues_now,
    releases_since,
)

EnvironmentOf = Callable[[str | None, str], str]
"""What a project's environment is called here."""


def follow(store: Store, client: SentryClient, environment_of: EnvironmentOf) -> Iterator[str]:
    """Follow Issues, then releases, at the price of a few calls; notes of what could not be."""
    try:
        follow_issues(store, client)
    except SentryUnreachable as error:
        yield f"What became of known issues was not read: {error}"
    try:
        follow_releases(store, client, environment_of)
    except SentryUnreachable as error:
        yield f"Releases and deploys were not read: {error}"


def follow_issues(store: Store, client: SentryClient) -> None:
    """Ask for the Issues that were asked for longest ago. Raises SentryUnreachable."""
    asked = stalest_issues(store, MOST_ISSUES)
    if asked:
        save_issues(store, dict(issues_now(client, asked)))


def follow_releases(store: Store, client: SentryClient, environment_of: EnvironmentOf) -> None:
    """Read new releases, and deploys where there are more than we know. Raises SentryUnreachable.

    What was read before it failed is kept.
    """
    known = known_releases(store)
    found = list(releases_since(client, known))
    grown = [one for one in found if one.deploys > known.get(one.version, 0)][:MOST_DEPLOYS]
    live: dict[str, tuple[Deploy, ...]] = {}
    try:
        for release in grown:
            with suppress(NotInSentry):  # deleted since it was listed: the others have theirs
                found_live = deploys_of(client, release.version)
                live[release.version] = tuple(_placed(found_live, release.projects, environment_of))
    finally:
        save_releases(store, found, live)


def _placed(
    deploys: Iterable[Deploy], projects: Sequence[str], environment_of: EnvironmentOf
) -> Iterator[Deploy]:
    """A release may be of several projects, and each may have an environment of its own."""
    for deploy in deploys:
        places = {environment_of(one, deploy.environment) for one in projects or (None,)}
        yield from (replace(deploy, environment=place) for place in sorted(places))
