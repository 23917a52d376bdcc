"""Several small answers that belong together, asked for a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import partial

from collectors.errors import NotInSentry, ReplyTooLarge, SentryUnreachable
from collectors.sentry.client import Reply, SentryClient
from collectors.sentry.workers import Workers

MOST_FAILED = 2
"""So many in a row that get no answer show that the server is gone."""
MOST_REFUSED = 20
"""So many in a row that are refused show that it is not about what was asked for."""


def together(
    client: SentryClient, paths: Sequence[str], *, scope: str = "event:read"
) -> Generator[Reply | SentryUnreachable]:
    """An answer for every path, in order, or why there is none.

    No more are asked for or held than the client may ask at once. Raises SentryUnreachable where
    none of many comes; what is after it is not asked for.
    """

    def ask(path: str) -> Reply | SentryUnreachable:
        try:
            return client.get(path, scope=scope)
        except SentryUnreachable as error:
            return error

    left = iter(paths)
    failed = refused = 0
    with closing(Workers(client.limits.at_once, "sentry")) as workers:
        asked: deque[Future[Reply | SentryUnreachable]] = deque()
        try:
            while True:
                for path in left:
                    asked.append(workers.submit(partial(ask, path)))
                    if len(asked) >= client.limits.at_once:
                        break
                if not asked:
                    return
                answer = asked.popleft().result()
                if isinstance(answer, Reply | NotInSentry | ReplyTooLarge):
                    failed = refused = 0
                else:
                    failed += not answer.permanent
                    refused += answer.permanent
                    if failed >= MOST_FAILED or refused >= MOST_REFUSED:
                        raise answer
                yield answer
        finally:
            for one in asked:
                one.cancel()
