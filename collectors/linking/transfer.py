"""What a text went through on its way here: the encoding of mail, and letters that were misread.

Quoted-printable is what a ticket's raw source is written in. Its lines are cut anywhere, and `=` is
always escaped, so the joint of the server's sentence shows it. Other encodings (percent signs,
base64) may be a value's own: they are left alone.
"""

from __future__ import annotations

import re
from contextlib import suppress

_JOINT = ")=3D("
_HEADER = re.compile(r"content-transfer-encoding:\s{0,8}quoted-printable", re.IGNORECASE)
_SOFT_BREAK = re.compile(r"=[ \t]{0,8}\r?\n")
_BYTES = re.compile(r"(?:=[0-9A-F]{2})+")


def from_quoted_printable(text: str) -> str:
    r"""The text as it was before it was sent; any other text as it is.

    >>> from_quoted_printable("Key (a)=3D(J=C3=BCr=\ngen)")
    'Key (a)=(Jürgen)'
    """
    if _JOINT not in text and ("=" not in text or _HEADER.search(text) is None):
        return text
    return _BYTES.sub(_decoded, _SOFT_BREAK.sub("", text))


def _decoded(run: re.Match[str]) -> str:
    data = bytes.fromhex(run[0].replace("=", ""))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def as_utf8(text: str) -> str:
    """UTF-8 that a program took for the letters of Windows or of Latin-1; any other text as it is.

    >>> as_utf8("JÃ¼rgen"), as_utf8("Jürgen")
    ('Jürgen', 'Jürgen')
    """
    if not text.isascii():
        for letters in ("cp1252", "latin-1"):
            with suppress(UnicodeError):
                return text.encode(letters).decode()
    return text
