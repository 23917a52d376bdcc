"""The body of an answer, read no further than it may go: neither its bytes nor what they unpack to.

The HTTP library unpacks whatever comes without a bound, and a few kilobytes can be made to unpack
to gigabytes; so only gzip is asked for, and unpacked here, a piece at a time.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator

import httpx

from collectors.errors import ReplyTooLarge, SentryUnreachable
from collectors.sentry.refusals import Passing

ENCODING = "gzip"
"""What is asked for, and unpacked."""

_GZIPS = (ENCODING, "x-gzip")  # RFC 9110 8.4.1.3: old proxies write the latter
_STEP = 1_000_000
_GZIP = 31
"""zlib's name for a gzip header and nothing else."""


def read_body(response: httpx.Response, most: int, deadline: float) -> bytes:
    """The plain body. Raises ReplyTooLarge beyond `most` bytes, Passing where it is cut off."""
    pieces: list[bytes] = []
    size = 0
    for piece in _plain(response):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise ReplyTooLarge(f"Sentry's reply is larger than {most:,} bytes.", permanent=True)
        if time.monotonic() > deadline:
            raise Passing("Sentry's reply did not end in time.", None)
    return b"".join(pieces)


def _plain(response: httpx.Response) -> Iterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in _GZIPS:
        return _unpacked(response.iter_raw())
    if encoding in ("", "identity"):
        return response.iter_raw()
    raise SentryUnreachable(
        "Sentry's reply is packed in a way that was not asked for.", permanent=True
    )


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    for chunk in chunks:
        rest = chunk
        while rest and not unpacker.eof:
            try:
                yield unpacker.decompress(rest, _STEP)
            except zlib.error:
                raise Passing("Sentry's reply could not be unpacked.", None) from None
            rest = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise Passing("Sentry's reply was cut off.", None)
