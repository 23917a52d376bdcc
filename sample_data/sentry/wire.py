"""An event body as it came over the wire: maybe compressed, maybe inside an envelope."""

from __future__ import annotations

import importlib
import zlib
from dataclasses import dataclass

MAX_WIRE = 20_000_000
MAX_PLAIN = 50_000_000

_WINDOW_BITS = {"gzip": 31, "deflate": 47}
"""What zlib calls these; 47 takes a zlib or a gzip header, which is what senders mean by either."""


class UnreadableBody(Exception):
    """A body in an encoding that is not taken, or too large, or not what it says."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes as they came, and where in the plain text of them the event body lies.

    Kept so, a body of 250 kB takes 25 kB and is never compressed here.
    """

    data: bytes
    encoding: str = ""
    start: int = 0
    length: int | None = None

    def body(self) -> bytes:
        """The event body itself."""
        plain = decompress(self.data, self.encoding)
        stop = len(plain) if self.length is None else self.start + self.length
        return plain[self.start : stop]


def decompress(data: bytes, encoding: str) -> bytes:
    """The plain bytes. Raises UnreadableBody."""
    if encoding in ("", "identity"):
        return data
    if encoding == "br":
        return _brotli(data)
    if encoding not in _WINDOW_BITS:
        raise UnreadableBody(f"unknown content encoding {encoding!r}")
    decompressor = zlib.decompressobj(_WINDOW_BITS[encoding])
    try:
        plain = decompressor.decompress(data, MAX_PLAIN)
    except zlib.error as error:
        raise UnreadableBody(f"the body is not {encoding}") from error
    if decompressor.unconsumed_tail:
        raise UnreadableBody("the body is too large")
    return plain


def _brotli(data: bytes) -> bytes:
    """With the optional library; an SDK sends this only where it has the library itself."""
    try:
        brotli = importlib.import_module("brotli")
        return bytes(brotli.decompress(data))
    except ImportError as error:
        raise UnreadableBody("brotli is not installed here") from error
    except brotli.error as error:
        raise UnreadableBody("the body is not brotli") from error
