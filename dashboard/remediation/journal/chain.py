"""The AuditEntries: append-only, each signed over itself and the one before.

Whoever lacks the secret can neither change a line nor put one in between. Cutting lines off the end
leaves a chain that is whole in itself; so every new head is logged, kept beside the chain, and
every remediation must have its intent in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, select, type_coerce, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.privacy import Vault
from collectors.evidence.schema import to_micros
from collectors.evidence.writing import next_generation
from dashboard.remediation.journal import agreeing, agreeing_bulks, tampering

HEAD = "journal_head"
NOTHING_BEFORE = "0" * 64

_log = logging.getLogger("tombstone.journal")


class Kind(StrEnum):
    """What an AuditEntry tells."""

    INTENT = "intent"
    COMMITTING = "committing"
    OUTCOME = "outcome"
    REFUSED = "refused"
    LOOKED = "looked"
    REVEAL = "reveal"
    LOOK_UP = "look-up"
    BULK = "bulk"
    FORGET = "forget"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Line:
    """One AuditEntry to write. `body` holds masked values only."""

    kind: Kind
    at: datetime
    actor: str
    role: str
    body: Mapping[str, Any]
    conflict_id: str | None = None
    remediation_id: str | None = None


@dataclass
class Recording:
    """One transaction of our store in which the journal grows."""

    vault: Vault
    connection: Connection
    head: tuple[int, str] = field(default=(0, NOTHING_BEFORE))

    def append(self, line: Line) -> None:
        """Sign a line and put it at the end."""
        seq, previous = self.head[0] + 1, self.head[1]
        stored = {
            "seq": seq,
            "at": line.at,
            "kind": line.kind,
            "remediation_id": line.remediation_id,
            "conflict_id": line.conflict_id,
            "actor": line.actor,
            "role": line.role,
            "body": canonical(line.body),
            "previous_hash": previous,
        }
        signature = self.vault.sign(signed_text(stored | {"at": to_micros(line.at)}))
        self.connection.execute(schema.audit_entries.insert(), {**stored, "hash": signature})
        self.head = (seq, signature)


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the whole journal found; intact when it found nothing."""

    entries: int
    head: str | None
    problems: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Nothing was changed, put in, or cut off."""
        return not self.problems


@contextmanager
def recording(store: Store) -> Iterator[Recording]:
    """Everything written within it is committed together, and the new head is logged after."""
    with store.write() as connection:
        open_recording = Recording(store.vault, connection, _head(connection))
        before = open_recording.head
        yield open_recording
        if open_recording.head != before:
            _keep_head(connection, open_recording.head)
        next_generation(connection)
    if open_recording.head != before:
        _log.info("journal head %d %s", *open_recording.head)


def verify(store: Store) -> ChainReport:
    """Read the whole journal and name everything that is not as it was written."""
    problems: list[str] = []
    changed: set[int] = set()
    seq, previous = 0, NOTHING_BEFORE
    with store.read() as connection:
        for row in connection.execution_options(yield_per=1_000).execute(_in_order()):
            problems += _out_of_order(row, seq + 1, previous)
            if store.vault.sign(signed_text(row._asdict())) != row.hash:
                problems.append(f"Line {row.seq} was changed.")
                changed.add(row.seq)
            seq, previous = row.seq, row.hash
        problems += _cut_off(connection, seq, previous)
        problems += tampering.images_and_intents(connection, changed)
        problems += agreeing.disagreements(connection, changed)
        problems += agreeing_bulks.disagreements_of_bulks(connection, changed)
    return ChainReport(seq, previous if seq else None, tuple(problems))


def canonical(body: Mapping[str, Any]) -> str:
    """One spelling of a JSON object."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def signed_text(stored: Mapping[str, Any]) -> str:
    """Everything of a line that its hash covers, `at` in microseconds.

    A changed line may hold there what we never write: that, too, is only to read otherwise.
    """
    names = ("seq", "kind", "remediation_id", "conflict_id", "actor", "role", "body", "at")
    return json.dumps([stored[name] for name in (*names, "previous_hash")], default=repr)


def _in_order() -> Any:
    """Every line as it is stored, whatever stands where a time should."""
    entries = schema.audit_entries.c
    as_stored = [one for one in entries if one is not entries.at]
    at = type_coerce(entries.at, BigInteger).label("at")
    return select(*as_stored, at).order_by(entries.seq)


def _head(connection: Connection) -> tuple[int, str]:
    """Where the next line goes on: after the kept head, even where lines were cut off before it.

    So a cut shows for ever as missing lines, and is not papered over by the next one.
    """
    row = connection.execute(
        select(schema.audit_entries.c.seq, schema.audit_entries.c.hash)
        .order_by(schema.audit_entries.c.seq.desc())
        .limit(1)
    ).one_or_none()
    last = (0, NOTHING_BEFORE) if row is None else (row.seq, row.hash)
    return max(last, _kept_head(connection), key=lambda head: head[0])


def _kept_head(connection: Connection) -> tuple[int, str]:
    seq, _, signature = _kept(connection).partition(" ")
    return int(seq), signature


def _kept(connection: Connection) -> str:
    query = select(schema.meta.c.value).where(schema.meta.c.name == HEAD)
    return connection.scalar(query) or _as_kept(0, NOTHING_BEFORE)


def _as_kept(seq: int, signature: str) -> str:
    return f"{seq} {signature}"


def _keep_head(connection: Connection, head: tuple[int, str]) -> None:
    value = _as_kept(*head)
    changed = connection.execute(
        update(schema.meta).where(schema.meta.c.name == HEAD).values(value=value)
    )
    if not changed.rowcount:
        connection.execute(schema.meta.insert(), {"name": HEAD, "value": value})


def _out_of_order(row: Row[Any], expected: int, previous: str) -> list[str]:
    if row.seq != expected:
        return [f"Line {expected} is missing."]
    if row.previous_hash != previous:
        return [f"Line {row.seq} does not follow the one before it."]
    return []


def _cut_off(connection: Connection, seq: int, last: str) -> list[str]:
    if _kept(connection) == _as_kept(seq, last):
        return []
    return [f"The journal ends at line {seq}, which is not its last: lines were cut off."]
