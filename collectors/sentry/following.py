"""What became of Issues since they were listed, and which releases went live: small questions.

An Issue may be resolved, re-opened, merged or deleted without any new Event, and then no list of
recent Issues shows it. Sentry answers for a merged one with the Issue that took it in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from collectors.errors import NotInSentry, SentryUnreachable
from collectors.model import Deploy, Issue, Release
from collectors.sentry.client import Params, SentryClient
from collectors.sentry.listing import ALL_PROJECTS
from collectors.sentry.paging import FULL_PAGE, pages
from collectors.sentry.parse import parse_issues
from collectors.sentry.parse.release import parse_deploys, parse_releases

MOST_ISSUES = FULL_PAGE
"""Asked for in one call; the others have their turn in a later Run."""
MOST_SINGLY = 10
"""Issues that are missing in the answer, and so were merged or deleted, asked for one by one."""
MOST_RELEASES = 10
"""Pages of them in the first Run; later ones read on until they meet a page they know."""
MOST_DEPLOYS = 20
"""Releases whose deploys are read in one Run."""


def issues_now(
    client: SentryClient, issue_ids: Sequence[str]
) -> Iterator[tuple[str, Issue | None]]:
    """Each Issue as it is, under the id it was asked by; None for one that is gone.

    Raises SentryUnreachable.
    """
    asked = issue_ids[:MOST_ISSUES]
    listed = {issue.issue_id: issue for issue in _listed(client, asked)}
    missing = []
    for issue_id in asked:
        if issue_id in listed:
            yield issue_id, listed[issue_id]
        else:
            missing.append(issue_id)
    for issue_id in missing[:MOST_SINGLY]:
        yield issue_id, _issue(client, issue_id)


def _listed(client: SentryClient, issue_ids: Sequence[str]) -> tuple[Issue, ...]:
    """As many as one call tells; none where the plan refuses a list over several projects."""
    params: Params = {
        "query": "",
        "group": issue_ids,
        "project": ALL_PROJECTS,
        "limit": FULL_PAGE,
    }
    try:
        return parse_issues(client.get(client.path("issues"), params).body) or ()
    except SentryUnreachable as refused:
        if not refused.permanent:
            raise
        return ()


def _issue(client: SentryClient, issue_id: str) -> Issue | None:
    try:
        body = client.get(client.path("issues", issue_id)).body
    except NotInSentry:
        return None
    return next(iter(parse_issues(b"[" + body + b"]") or ()), None)


def releases_since(client: SentryClient, known: Mapping[str, int]) -> Iterator[Release]:
    """Releases, the newest first, down to a page of which all are known. Raises SentryUnreachable.

    `known` is each version with how many of its deploys were read.
    """
    replies = pages(client, client.path("releases"), {}, "releases", scope="project:read")
    for reply in islice(replies, MOST_RELEASES):
        releases = parse_releases(reply.body)
        yield from releases
        if all(release.version in known for release in releases):
            return


def deploys_of(client: SentryClient, version: str) -> tuple[Deploy, ...]:
    """When a release went live where, as far as one page tells. Raises SentryUnreachable."""
    path = client.path("releases", version, "deploys")
    return parse_deploys(client.get(path, scope="project:read").body, version)
