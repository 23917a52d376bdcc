"""A Failure's key while its Verdict may still change: sealed, so that a later Run can ask again."""

from __future__ import annotations

from typing import Any

from collectors.evidence.privacy import Vault
from collectors.model import Failure, ValueSource, ViolatedKey


def seal_key(vault: Vault, failure: Failure) -> bytes | None:
    """Encrypt what the Event said of its key; None where there is nothing to ask with.

    An odd Event stays odd: its oddity is kept beside the key.
    """
    key = failure.key
    if key is None or not (key.splits or key.fields):
        return None
    return vault.seal(
        {
            "constraint": key.constraint,
            "schema": key.schema,
            "table": key.table,
            "columns": key.columns,
            "splits": key.splits,
            "fields": key.fields,
            "source": key.source,
            "doubt": key.doubt,
            "oddity": failure.oddity,
        }
    )


def open_key(vault: Vault, sealed: bytes) -> tuple[ViolatedKey, str | None]:
    """The reverse of `seal_key`: the key, and the Event's oddity."""
    stored: dict[str, Any] = vault.open(sealed)
    key = ViolatedKey(
        constraint=stored["constraint"],
        schema=stored["schema"],
        table=stored["table"],
        columns=tuple(stored["columns"]),
        splits=tuple(tuple(split) for split in stored["splits"]),
        fields=tuple((name, value) for name, value in stored["fields"]),
        source=None if stored["source"] is None else ValueSource(stored["source"]),
        doubt=stored["doubt"],
    )
    return key, stored["oddity"]
