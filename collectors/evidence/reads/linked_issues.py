"""Which Issues of ours do links mean? Every tracker has an issue 5, and a ticket quotes several."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import select

from collectors.evidence.database import Store
from collectors.evidence.schema import issues


def issues_of_links(store: Store, links: Mapping[str, str]) -> list[str]:
    """The ids of those links (each with the id it names) that lead to the Issue's own server.

    An Issue whose server never told its address is taken at the link's word.
    """
    query = select(issues.c.issue_id, issues.c.url).where(issues.c.issue_id.in_(links.values()))
    with store.read() as connection:
        home = {row.issue_id: row.url for row in connection.execute(query)}
    return [
        issue
        for issue in dict.fromkeys(links.values())
        if home.get(issue) is None
        or any(_same_server(link, home[issue]) for link, id_ in links.items() if id_ == issue)
    ]


def _same_server(one: str, other: str) -> bool:
    """The same host, or an organization's own under it: `acme.sentry.io` and `sentry.io`."""
    mine, theirs = _host(one), _host(other)
    return mine == theirs or mine.endswith(f".{theirs}") or theirs.endswith(f".{mine}")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
