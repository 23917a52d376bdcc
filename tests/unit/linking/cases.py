"""A small catalog of customers, and plain functions that make Failures, rows and Cases.

Times are given in seconds from the Event's own: `row(created=-3600, deleted=-60)`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.linking.judge import Case, judge
from collectors.linking.resolve import resolve
from collectors.model import (
    Catalog,
    Column,
    Earlier,
    Failure,
    Holder,
    Judgement,
    KeyPart,
    KeyValues,
    LookupAnswer,
    MarkerKind,
    Operation,
    RowRef,
    SoftDeleteMarker,
    Table,
    UniqueKey,
    ValueSource,
    Verdict,
    ViolatedKey,
)

EVENT_TIME = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = 86_400.0
MONTH = 30 * DAY

ORGANIZATION = "8d1f6c4e-0b57-4c56-9a53-3f6f2f1b7a10"
EMAIL = "jane@example.com"
VALUES: KeyValues = (ORGANIZATION, EMAIL)
COLUMNS = ("organization_id", "lower(email::text)")
MARKED = (*COLUMNS, "deleted_at")

ORGANIZATION_PART = KeyPart("organization_id", ("organization_id",), "uuid", nullable=False)
EMAIL_PART = KeyPart("lower(email::text)", ("email",), "text", nullable=True)
EXTERNAL_PART = KeyPart("external_id", ("external_id",), "character varying", nullable=True)
DELETED_PART = KeyPart("deleted_at", ("deleted_at",), "timestamp with time zone", nullable=True)
FLAG_PART = KeyPart("is_deleted", ("is_deleted",), "boolean", nullable=False)

EMAIL_KEY = UniqueKey(
    "ix_customers_email",
    "public",
    "customers",
    (ORGANIZATION_PART, EMAIL_PART),
    counts_deleted=True,
)
EXTERNAL_KEY = UniqueKey(
    "customers_external_id_key",
    "public",
    "customers",
    (ORGANIZATION_PART, EXTERNAL_PART),
    counts_deleted=True,
)
MENDED_KEY = replace(
    EMAIL_KEY,
    parts=(ORGANIZATION_PART, EMAIL_PART, DELETED_PART),
    nulls_distinct=False,
    counts_deleted=False,
)
PARTIAL_KEY = replace(EMAIL_KEY, predicate="deleted_at IS NULL", counts_deleted=False)
FLAG_KEY = replace(EMAIL_KEY, parts=(ORGANIZATION_PART, EMAIL_PART, FLAG_PART))

TIMED = SoftDeleteMarker(
    "deleted_at", MarkerKind.TIMESTAMP, "deleted_at IS NOT NULL", "NULL", "deleted_at"
)
UNTIMED = SoftDeleteMarker("is_deleted", MarkerKind.BOOLEAN, "is_deleted IS TRUE", "false", None)

CUSTOMERS = Table(
    "public",
    "customers",
    (
        Column("id", "uuid", nullable=False),
        Column("organization_id", "uuid", nullable=False),
        Column("email", "character varying(320)", nullable=False, category="S"),
        Column("external_id", "character varying", nullable=True, category="S"),
        Column("created_at", "timestamp with time zone", nullable=False, category="D"),
        Column("deleted_at", "timestamp with time zone", nullable=True, category="D"),
    ),
    primary_key=("id",),
    keys=(EMAIL_KEY, EXTERNAL_KEY),
    marker=TIMED,
    created_at="created_at",
)


def at(seconds: float) -> datetime:
    """A time so many seconds from the Event's."""
    return EVENT_TIME + timedelta(seconds=seconds)


def catalog(*keys: UniqueKey, more: tuple[Table, ...] = (), **facts: Any) -> Catalog:
    """The customers table with these keys (by default as it was when the bug was there)."""
    customers = replace(CUSTOMERS, keys=keys or CUSTOMERS.keys, **facts)
    return Catalog(EVENT_TIME, (customers, *more))


def violated(**facts: Any) -> ViolatedKey:
    """The e-mail key as the database's own message tells it."""
    told: dict[str, Any] = {
        "constraint": EMAIL_KEY.name,
        "columns": COLUMNS,
        "splits": (VALUES,),
        "source": ValueSource.DETAIL,
    }
    return ViolatedKey(**told | facts)


def by_fields(*fields: tuple[str, str | None], **facts: Any) -> ViolatedKey:
    """A key whose values are known by name only."""
    told = {"columns": (), "splits": (), "fields": fields, "source": ValueSource.REQUEST}
    return violated(**told | facts)


def failure(key: ViolatedKey | None = None, **facts: Any) -> Failure:
    """A failed create of a customer."""
    told: dict[str, Any] = {
        "event_id": "e" * 32,
        "environment": "production",
        "occurred_at": EVENT_TIME,
        "operation": Operation.CREATE,
        "key": key,
    }
    return Failure(**told | facts)


def row(
    name: str = "a",
    *,
    created: float | None = -MONTH,
    deleted: float | None = None,
    parent_deleted: float | None = None,
    values: KeyValues = VALUES,
    **facts: Any,
) -> Holder:
    """A customer row; `deleted=None` is a live one."""
    return Holder(
        row=RowRef("customers", name, None if deleted is None else at(deleted)),
        deleted=facts.pop("marked", deleted is not None),
        values=values,
        created_at=None if created is None else at(created),
        parent=None if parent_deleted is None else RowRef("teams", "t", at(parent_deleted)),
        **facts,
    )


def untimed(name: str = "a", **facts: Any) -> Holder:
    """A row that is deleted, nobody knows since when."""
    return row(name, marked=True, **facts)


def leftover(name: str = "a", *, parent_deleted: float = -DAY, **facts: Any) -> Holder:
    """A live row of a deleted parent."""
    return row(name, parent_deleted=parent_deleted, **facts)


def held_by(*rows: Holder) -> LookupAnswer:
    """The answer that names these rows."""
    return LookupAnswer(rows)


def seen(
    blocker: RowRef | None = None,
    *,
    held: float | None = DAY,
    verdict: Verdict = Verdict.BLOCKED_BY_TOMBSTONE,
    **facts: Any,
) -> Earlier:
    """An earlier look that saw a Tombstone, deleted the day before the Event, in the way."""
    told = blocker or RowRef("customers", "a", at(-DAY))
    return Earlier(verdict, told, None if held is None else at(held), **facts)


def case(
    *answers: LookupAnswer,
    key: ViolatedKey | None = None,
    today: Catalog | None = None,
    looked: float | None = 2 * DAY,
    about: dict[str, Any] | None = None,
    **facts: Any,
) -> Case:
    """A Case about a failed create, looked at two days later."""
    question = resolve(failure(key or violated(), **about or {}), today or catalog())
    return Case(question, answers, as_of=None if looked is None else at(looked), **facts)


def verdict_of(*rows: Holder, **facts: Any) -> Judgement:
    """What is said when these rows came back for the only look-up."""
    return judge(case(held_by(*rows), **facts))
