"""Plain functions that make the vocabulary's values; each takes what a test cares about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from collectors.evidence.database import Store, open_store
from collectors.evidence.lines import Judged
from collectors.evidence.reads.conflicts import ConflictRow
from collectors.model import (
    Confidence,
    Failure,
    Finding,
    Holder,
    Judgement,
    KeyPart,
    KeyValues,
    Operation,
    RowRef,
    UniqueKey,
    ValueSource,
    Verdict,
    ViolatedKey,
)

SECRET = "a secret of the tests, long enough"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORGANIZATION = "0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a10"

EMAIL_KEY = UniqueKey(
    "ix_customers_organization_id_email_case_insensitive",
    "public",
    "customers",
    (
        KeyPart("organization_id", ("organization_id",), "uuid", nullable=False),
        KeyPart("lower(email::text)", ("email",), "text", nullable=False),
    ),
    counts_deleted=True,
)


def new_store(folder: Path, secret: str = SECRET) -> Store:
    """A store in a folder of its own."""
    file = folder / "store.sqlite"
    if secret == SECRET and not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(_empty_store())
    _opened.append(open_store(f"sqlite:///{file}", secret))
    return _opened[-1]


_opened: list[Store] = []


def close_stores() -> None:
    """Let go of every connection to the stores that were made; whoever goes on gets a new one."""
    while _opened:
        _opened.pop().close()


@cache
def _empty_store() -> bytes:
    """An empty store's file, made once a process: migrating one takes longer than most tests."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "store.sqlite"
        open_store(f"sqlite:///{file}", SECRET).close()
        return file.read_bytes()


def failure(**facts: Any) -> Failure:
    """A failed create of a customer, at noon unless told otherwise."""
    defaults: dict[str, Any] = {
        "event_id": uuid4().hex,
        "environment": "production",
        "occurred_at": NOON,
        "operation": Operation.CREATE,
        "transaction": "shop.customer.endpoints.create",
        "release": "shop@2026.10.0",
        "issue_id": "1",
        "key": violated(),
    }
    return Failure(**defaults | facts)


def violated(*values: str | None, columns: tuple[str, ...] = EMAIL_KEY.columns) -> ViolatedKey:
    """What an Event with a readable DETAIL says."""
    split: KeyValues = values or (ORGANIZATION, "jane@example.com")
    return ViolatedKey(EMAIL_KEY.name, None, None, columns, (split,), (), ValueSource.DETAIL)


def tombstone(row_id: str = "c-1", deleted_at: datetime = NOON - timedelta(days=1)) -> Holder:
    """A soft-deleted row that holds Jane's key."""
    values: KeyValues = (ORGANIZATION, "jane@example.com")
    row = RowRef("customers", row_id, deleted_at)
    return Holder(row, deleted=True, values=values, created_at=NOON - timedelta(days=30))


def conflict_row(**facts: Any) -> ConflictRow:
    """A Conflict as stored: of one Failure, and blocked."""
    told: dict[str, Any] = {
        "id": "c" * 16,
        "environment": "production",
        "target": "production",
        "schema": "public",
        "table": "customers",
        "constraint": EMAIL_KEY.name,
        "columns": EMAIL_KEY.columns,
        "organization_id": None,
        "masked_key": ("7…", "j…"),
        "verdict": Verdict.BLOCKED_BY_TOMBSTONE,
        "confidence": Confidence.CERTAIN,
        "reasons": (),
        "blocker": None,
        "holder": None,
        "row_created_at": None,
        "candidates": (),
        "failures": 1,
        "first_seen": NOON,
        "last_seen": NOON,
        "held_at": NOON,
        "asked_at": NOON,
        "released_by": None,
    }
    return ConflictRow(**told | facts)


def judged(verdict: Verdict = Verdict.BLOCKED_BY_TOMBSTONE, **facts: Any) -> Judged:
    """A Failure with its Judgement, as the pipeline hands it to the store."""
    one = facts.pop("failure", None) or failure(**facts)
    holder = tombstone()
    values: KeyValues = one.key.splits[0] if one.key else ()
    judgement = Judgement(
        verdict,
        Confidence.CERTAIN,
        (Finding("test", "A row deleted the day before holds this key."),),
        key=EMAIL_KEY,
        values=values,
        blocker=holder.row if verdict.is_blocked else None,
        holder=holder,
    )
    conflict_id = "c0ffee" + str(abs(hash(values)))[:10].rjust(10, "0")
    return Judged("test", one, "production", judgement, NOON, conflict_id, ORGANIZATION)
