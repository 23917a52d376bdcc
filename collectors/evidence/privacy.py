"""How the store knows a value again without holding it: fingerprints, masks, sealed values.

One secret (`TOMBSTONE_SECRET_KEY`) is stretched by HKDF (RFC 5869) into a key a purpose, so that
none of them can stand in for another. Whoever has the files but not the secret learns nothing but
which values were equal.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from collectors.model import KeyValues

_HIDDEN = "…"
_SHORTEST = 4
"""Characters. Of a shorter value even one character tells too much."""
_LONGEST_ENDING = 4
"""Characters. `.com` and `.info` tell nothing of a person; a longer ending might."""

_PLAIN = r"[^\s@<>(),;:\"'=]"
_WITHIN = rf"(?:(?<=\w)'(?=\w){_PLAIN}{{1,64}}+){{0,4}}+"
_EMAIL = re.compile(rf"{_PLAIN}{{1,320}}+{_WITHIN}@{_PLAIN}{{1,255}}")
"""An apostrophe within a name belongs to it: o'neil@example.com."""

_PRINTED_ROW = re.compile(r"(\)\s*=\s*\(|row contains \().*", re.DOTALL)
"""PostgreSQL prints a key as `Key (a, b)=(1, x)`, a whole row as `Failing row contains (1, x)`."""

_CLASS = re.compile(r"[\w.$\\:]{0,80}(?:Error|Exception|Violation)(?=:|\Z)", re.ASCII)
"""What an exception is called, as a title begins with it."""


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose; the same secret and purpose give the same bytes."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tombstone/{purpose}".encode())
    return hkdf.derive(secret.encode())


@dataclass(frozen=True)
class Vault:
    """Fingerprints and seals with the keys derived from one secret.

    >>> vault = Vault.of("0123456789abcdef0123456789abcdef")
    >>> vault.open(vault.seal({"email": "jane@example.com"}))
    {'email': 'jane@example.com'}
    """

    _fingerprint_key: bytes = field(repr=False)
    _journal_key: bytes = field(repr=False)
    _fernet: Fernet = field(repr=False)
    check: str
    """Differs for every other secret, and tells nothing of this one: the store keeps it."""

    @classmethod
    def of(cls, secret: str) -> Vault:
        """The vault of a secret."""
        return cls(
            _fingerprint_key=derive(secret, "fingerprint"),
            _journal_key=derive(secret, "journal"),
            _fernet=Fernet(base64.urlsafe_b64encode(derive(secret, "seal"))),
            check=derive(secret, "check").hex(),
        )

    def fingerprint(self, value: str) -> str:
        """HMAC-SHA-256 of one value, in hex."""
        return hmac.new(self._fingerprint_key, value.encode(), hashlib.sha256).hexdigest()

    def sign(self, line: str) -> str:
        """HMAC-SHA-256 of a line of the journal, in hex."""
        return hmac.new(self._journal_key, line.encode(), hashlib.sha256).hexdigest()

    def conflict_id(self, target: str, table: str, columns: Sequence[str], key: KeyValues) -> str:
        """16 hex digits that name this key with these values in this Target, whenever it is met."""
        return self.fingerprint(json.dumps([target, table, list(columns), list(key)]))[:16]

    def seal(self, value: Any) -> bytes:
        """Encrypt a JSON value (Fernet)."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open(self, sealed: bytes) -> Any:
        """Decrypt what `seal` made."""
        return json.loads(self.open_text(sealed))

    def open_text(self, sealed: bytes) -> str:
        """The same as the JSON that it was."""
        return self._fernet.decrypt(sealed).decode()


def mask(value: str | None) -> str:
    """At most one character of each part of a value; nothing of a short one.

    >>> mask("jane.doe@example.com"), mask("cus_12345"), mask("abc"), mask(None)
    ('j…@e….com', 'c…', '…', '…')
    """
    if value is None or len(value) < _SHORTEST:
        return _HIDDEN
    local, at, domain = value.rpartition("@")
    if not at or not local or not domain:
        return value[0] + _HIDDEN
    name, dot, top = domain.rpartition(".")
    ending = top if len(top) <= _LONGEST_ENDING else top[0] + _HIDDEN
    return f"{local[0]}{_HIDDEN}@{(name or top)[0]}{_HIDDEN}{dot}{ending if dot else ''}"


def mask_text(text: str) -> str:
    """A title or exception text without the values in it: addresses, and printed keys and rows.

    >>> mask_text("Key (email)=(jane@example.com) already exists.")
    'Key (email)=(…)'
    """
    without_rows = _PRINTED_ROW.sub(lambda found: f"{found[1]}{_HIDDEN})", text)
    if "@" not in without_rows:  # nearly none has one, and the filter bar masks 2,000 names
        return without_rows
    return _EMAIL.sub(lambda found: mask(found[0]), without_rows)


def mask_title(title: str) -> str:
    """An Issue's title without its text: applications quote whatever value they like in there.

    >>> mask_title("QueryFailedError: Gift card SUMMER-829 already exists."), mask_title("No Jane")
    ('QueryFailedError: …', '…')
    """
    kind = _CLASS.match(title)
    if kind is None:
        return _HIDDEN
    return kind[0] if kind[0] == title else f"{kind[0]}: {_HIDDEN}"


def mask_values(text: str, values: Iterable[str | None]) -> str:
    """A text without any of these values where one stands by itself, in whatever case.

    >>> mask_values("POST /v1/customers/Acme", ["acme", None])
    'POST /v1/customers/a…'
    """
    folded = text.lower()
    found = {one for one in values if one and len(one) >= _SHORTEST and one.lower() in folded}
    for value in sorted(found, key=len, reverse=True):
        alone = rf"(?<![^\s/\"'(=:]){re.escape(value)}(?![^\s/\"'),;:])"
        masked = mask(value).replace("\\", r"\\")
        text = re.sub(alone, masked, text, flags=re.IGNORECASE)
    return text
