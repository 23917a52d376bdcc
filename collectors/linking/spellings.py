"""The ways in which the same value may stand in a row and in a ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from unicodedata import normalize


def spellings(value: str) -> tuple[str, ...]:
    """As it is first; then without blanks around it, with its marks put together or apart.

    And an address's host as people write it, or as mail carries it.

    >>> spellings("jane@example.com"), spellings("jane@xn--bro-hoa.de")
    (('jane@example.com',), ('jane@xn--bro-hoa.de', 'jane@büro.de'))
    """
    return tuple(dict.fromkeys(_spellings(value)))


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield value.strip()
    for form in ("NFC", "NFD"):
        yield normalize(form, value)
    name, at, host = value.rpartition("@")
    if at:
        with suppress(UnicodeError):
            carried = host.encode("idna")
            yield f"{name}@{carried.decode() if not host.isascii() else carried.decode('idna')}"
