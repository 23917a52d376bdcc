"""Several small answers that belong together, asked for a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from collectors.errors import NotInSentry
from collectors.sentry.client import Reply, SentryClient


def together(
    client: SentryClient, paths: Sequence[str], *, scope: str = "event:read"
) -> Iterator[Reply | NotInSentry]:
    """An answer for every path, in order; NotInSentry where there is nothing any more.

    No more are asked for or held than the client may ask at once. Raises SentryUnreachable for the
    first path that could not be asked; what comes after it is not.
    """

    def ask(path: str) -> Reply | NotInSentry:
        try:
            return client.get(path, scope=scope)
        except NotInSentry as gone:
            return gone

    left = iter(paths)
    with ThreadPoolExecutor(client.limits.at_once, "sentry") as pool:
        asked: deque[Future[Reply | NotInSentry]] = deque()
        try:
            while True:
                for path in left:
                    asked.append(pool.submit(ask, path))
                    if len(asked) >= client.limits.at_once:
                        break
                if not asked:
                    return
                yield asked.popleft().result()
        finally:
            for one in asked:
                one.cancel()
