"""All pages of one list of Sentry's API, from a server that may repeat itself or never end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from collectors.errors import ReplyTooLarge, SentryUnreachable
from collectors.sentry.client import Params, Reply, SentryClient
from collectors.sentry.parse import is_list

FULL_PAGE = 100
MAX_PAGES = 10_000
MAX_REPEATS_OF_ONE = 100
"""Pages of a single item that may look alike: broken items have no id to tell them apart by."""


def pages(client: SentryClient, path: str, params: Params, what: str) -> Iterator[Reply]:
    """Every page; `what` names the list in a sentence.

    A page that is too large or no whole JSON is asked for again at half its size, so that one odd
    item costs only itself; a page of one item is passed on whatever it holds. Raises
    SentryUnreachable where the server repeats a page or a cursor, after the pages that are new.
    """
    size, cursor = FULL_PAGE, ""
    seen = _Seen(what)
    for _ in range(MAX_PAGES):
        reply = _page(client, path, params, size, cursor)
        if reply is None:
            size //= 2
            continue
        seen.page(reply.body, size)
        yield reply
        if reply.next is None:
            return
        seen.cursor(reply.next)
        cursor, size = reply.next, min(size * 2, FULL_PAGE)
    raise _endless(f"Sentry has no end of pages of {what}")


class _Seen:
    """What a server has answered already; raises when it comes again."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._cursors: set[str] = set()
        self._pages: set[bytes] = set()
        self._repeats_of_one = 0

    def page(self, body: bytes, size: int) -> None:
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if digest in self._pages:
            self._repeats_of_one += size == 1
            if size > 1 or self._repeats_of_one > MAX_REPEATS_OF_ONE:
                raise _endless(f"Sentry repeats a page of {self._what}")
        self._pages.add(digest)

    def cursor(self, cursor: str) -> None:
        if cursor in self._cursors:
            raise _endless(f"Sentry repeats a cursor of {self._what}")
        self._cursors.add(cursor)


def _endless(clause: str) -> SentryUnreachable:
    return SentryUnreachable(f"{clause}; the rest was not read.", permanent=True)


def _page(client: SentryClient, path: str, params: Params, size: int, cursor: str) -> Reply | None:
    """One page, None when it has to be asked for in smaller pieces."""
    asked = {**params, "limit": size, "per_page": size}
    try:
        reply = client.get(path, {**asked, "cursor": cursor} if cursor else asked)
    except ReplyTooLarge:
        if size == 1:
            raise
        return None
    return reply if size == 1 or is_list(reply.body) else None
