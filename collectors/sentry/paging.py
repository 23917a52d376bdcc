"""All pages of one list of Sentry's API, from a server that may repeat itself or never end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec import Raw

from collectors.errors import ReplyTooLarge, SentryUnreachable
from collectors.sentry.client import Params, Reply, SentryClient
from collectors.sentry.parse import is_list, items_of
from collectors.sentry.parse.bugsink import parse_results

FULL_PAGE = 100
MAX_PAGES = 10_000
MAX_REPEATS_OF_ONE = 100
"""Pages of a single item that may look alike: broken items have no id to tell them apart by."""

_END = 4_096
_OPENS = (b"[", b'{"data"')
""""data" holds a list of rows."""


def pages(
    client: SentryClient,
    path: str,
    params: Params,
    what: str,
    *,
    is_whole: Callable[[Reply], bool] | None = None,
    scope: str = "event:read",
) -> Iterator[Reply]:
    """Every page; `what` names the list in a sentence.

    A page that is too large or no whole JSON is asked for again at half its size, so that one odd
    item costs only itself; a page of one item is passed on whatever it holds. Raises
    SentryUnreachable where the server repeats a page or a cursor, after the pages that are new.
    """
    size, cursor = FULL_PAGE, ""
    seen = _Seen(what)
    for _ in range(MAX_PAGES):
        reply = _page(client, path, params, size, cursor, is_whole or _is_list, scope, what)
        if reply is None:
            size //= 2
            continue
        seen.page(reply, size)
        following, ends, held = reply.next, _ends(reply, size), [reply]
        del reply
        yield held.pop()  # a page is megabytes: it is not kept while the next one is fetched
        if following is None and ends:
            return
        if following is None:
            raise _endless(f"Sentry does not say whether there are more {what} than a page")
        seen.cursor(following)
        cursor, size = following, min(size * 2, FULL_PAGE)
    raise _endless(f"Sentry has no end of pages of {what}")


def results(
    client: SentryClient, path: str, params: Params, what: str, *, scope: str
) -> Iterator[tuple[list[Raw], datetime]]:
    """Every page of a list that holds its cursor in its body, with the server's time.

    Such a server chooses the size of a page. Raises SentryUnreachable as `pages` does.
    """
    cursor, seen = "", _Seen(what)
    for _ in range(MAX_PAGES):
        asked = {**params, "cursor": cursor} if cursor else params
        reply = client.get(path, asked, scope=scope)
        page = parse_results(reply.body)
        if page is None:
            raise SentryUnreachable(f"A page of {what} is not one of this API.", permanent=True)
        seen.page(reply, len(page.results))
        yield page.results, reply.at
        if page.next is None:
            return
        seen.cursor(page.next)
        cursor = page.next
    raise _endless(f"Sentry has no end of pages of {what}")


class _Seen:
    """What a server has answered already; raises when it comes again, in whatever order."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._cursors: set[str] = set()
        self._pages: set[int] = set()
        self._repeats_of_one = 0

    def page(self, reply: Reply, size: int) -> None:
        items = items_of(reply.body) if reply.items is None else reply.items
        digest = sum(map(_digest, items))
        if digest in self._pages:
            self._repeats_of_one += size == 1
            if size > 1 or self._repeats_of_one > MAX_REPEATS_OF_ONE:
                raise _endless(f"Sentry repeats a page of {self._what}")
        self._pages.add(digest)

    def cursor(self, cursor: str) -> None:
        if cursor in self._cursors:
            raise _endless(f"Sentry repeats a cursor of {self._what}")
        self._cursors.add(cursor)


def _digest(item: Raw) -> int:
    """By its length and its ends, where every server has ids and times: a page is megabytes.

    Who could forge one could as well send ever new items.
    """
    view = memoryview(item)
    return hash((len(view), bytes(view[:_END]), bytes(view[-_END:])))


def _endless(clause: str) -> SentryUnreachable:
    return SentryUnreachable(f"{clause}; the rest was not read.", permanent=True)


def _page(
    client: SentryClient,
    path: str,
    params: Params,
    size: int,
    cursor: str,
    is_whole: Callable[[Reply], bool],
    scope: str,
    what: str,
) -> Reply | None:
    """One page, None when it has to be asked for in smaller pieces.

    Broken items break the list they stand in; what does not so much as begin like one holds none.
    """
    asked = {**params, "limit": size, "per_page": size}
    try:
        reply = client.get(path, {**asked, "cursor": cursor} if cursor else asked, scope=scope)
    except ReplyTooLarge:
        if size == 1:
            raise
        return None
    if is_whole(reply):
        return reply
    if size > 1:
        return None
    if not reply.body.lstrip().startswith(_OPENS):
        raise SentryUnreachable(f"Sentry's page of {what} is no list.", permanent=True)
    return reply


def _ends(reply: Reply, size: int) -> bool:
    """It is the last page: the server says so, or gives less than was asked for."""
    return reply.linked or len(items_of(reply.body)) < size


def _is_list(reply: Reply) -> bool:
    return reply.items is not None or is_list(reply.body)
