"""Writing down what a Target's tables answered: each table and topic in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.places import at_place, end_trend, place_of, places_gone, save_survey
from collectors.evidence.writing import midnight, next_generation, upsert
from collectors.model import Counting, Dependents, Payment, TableCounts, Topic
from collectors.model import Table as CatalogTable


def save_counts(store: Store, counts: TableCounts) -> None:
    """What one table answered to one Topic, in the place of what it answered before.

    Days before `covers_from` stay as they were: rows that were purged since are still in them.
    """
    with store.write() as connection:
        save_survey(connection, _place(counts), counts.topic, counts.how)
        if counts.topic is Topic.EXPOSURE:
            _save_exposure(connection, counts)
        elif counts.topic is Topic.CREATES:
            _save_days(connection, schema.create_days, "creates", counts)
        elif counts.topic is Topic.RECREATIONS:
            _save_days(connection, schema.recreation_days, "succeeded", counts)
        next_generation(connection)


def save_estimates(store: Store, estimates: Iterable[TableCounts]) -> None:
    """Estimates, for the tables that were never counted."""
    for counts in estimates:
        if last_counted(store, counts.target, counts.schema, counts.table, counts.topic) is None:
            save_counts(store, counts)


def save_organizations(store: Store, target: str, names: Mapping[str, str]) -> None:
    """What a Target's organizations are called now, in the place of before."""
    table = schema.organizations
    lines = [{"target": target, "organization_id": one, "name": names[one]} for one in names]
    with store.write() as connection:
        connection.execute(delete(table).where(table.c.target == target))
        _insert(connection, table, lines)
        next_generation(connection)


def save_dependents(
    store: Store,
    target: str,
    table: CatalogTable,
    at: datetime,
    dependents: Sequence[Dependents],
    payments: Sequence[Payment] | None,
    *,
    paid_within_days: int,
) -> None:
    """What depends on the Tombstones of one table that block somebody, in the place of before.

    Where payments are not known now, nothing says any more that they were counted.
    """
    surveys, place = schema.surveys, place_of(target, table.schema, table.name)
    about = {"target": target, "table_name": table.label, "counted_at": at}
    counted = [
        {"row_id": one.row_id, "child_table": one.table, "rows": one.rows, "live": one.live} | about
        for one in dependents
    ]
    paid = [line | about | {"days": paid_within_days} for line in _amounts(payments or ())]
    topics = [Topic.DEPENDENTS, *([] if payments is None else [Topic.PAYMENTS])]
    with store.write() as connection:
        for stored, lines in ((schema.dependents, counted), (schema.payments, paid)):
            of_table = (stored.c.target == target, stored.c.table_name == table.label)
            connection.execute(delete(stored).where(*of_table))
            _insert(connection, stored, lines)
        if payments is None:
            earlier = *at_place(surveys, place), surveys.c.topic == Topic.PAYMENTS
            connection.execute(delete(surveys).where(*earlier))
        for topic in topics:
            save_survey(connection, place, topic, Counting(at))
        next_generation(connection)


def _amounts(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """A row's payments of one currency as one."""
    amounts: Counter[tuple[str, str]] = Counter()
    for payment in payments:
        amounts[payment.row_id, payment.currency] += payment.amount
    return [
        {"row_id": row, "currency": currency, "amount": amount}
        for (row, currency), amount in amounts.items()
    ]


def forget_tables(
    store: Store, target: str, there: Sequence[tuple[str, str]], at: datetime
) -> None:
    """Drop what was counted in tables that are not `there` (schema, name) any more, seen `at`."""
    with store.write() as connection:
        for place in places_gone(connection, schema.surveys, target, there):
            for table in (schema.surveys, schema.exposures):
                connection.execute(delete(table).where(*at_place(table, place)))
            end_trend(connection, schema.exposure_days, place, (), at)


def last_counted(
    store: Store, target: str, schema_name: str, table: str, topic: Topic
) -> datetime | None:
    """When a table last answered a Topic with more than an estimate."""
    surveys = schema.surveys.c
    query = select(surveys.as_of).where(
        surveys.target == target,
        surveys.schema_name == schema_name,
        surveys.table_name == table,
        surveys.topic == topic,
        surveys.estimated.is_(False),
    )
    with store.read() as connection:
        found: datetime | None = connection.scalar(query)
    return found


def surveyed_at(store: Store, target: str) -> datetime | None:
    """When a Target was last surveyed, as far as it answered."""
    surveys = schema.surveys.c
    query = select(func.max(surveys.as_of)).where(
        surveys.target == target, surveys.estimated.is_(False)
    )
    with store.read() as connection:
        found: datetime | None = connection.scalar(query)
    return found


def _save_exposure(connection: Connection, counts: TableCounts) -> None:
    table = schema.exposures
    connection.execute(delete(table).where(*at_place(table, _place(counts))))
    lines: list[dict[str, Any]] = [
        {
            **_place(counts),
            "constraint_name": one.constraint or "",
            "organization_id": one.organization_id or "",
            "tombstones": one.tombstones,
            "oldest": one.oldest,
            "askable": one.askable,
        }
        for one in counts.exposures
    ]
    _insert(connection, table, lines)
    day = midnight(counts.how.as_of)
    wholes = [
        {key: line[key] for key in line if key not in ("organization_id", "oldest", "askable")}
        | {"day": day}
        for line in lines
        if not line["organization_id"]
    ]
    upsert(connection, schema.exposure_days, wholes)
    there = {(line["constraint_name"],) for line in wholes}
    end_trend(connection, schema.exposure_days, _place(counts), there, counts.how.as_of)


def _save_days(connection: Connection, table: Table, column: str, counts: TableCounts) -> None:
    again = table.c.day >= counts.how.covers_from
    connection.execute(delete(table).where(*at_place(table, _place(counts)), again))
    by_key = "constraint_name" in table.c
    lines = [
        {
            **_place(counts),
            **({"constraint_name": one.constraint or ""} if by_key else {}),
            "organization_id": one.organization_id or "",
            "day": midnight(one.day),
            column: one.count,
        }
        for one in counts.days
    ]
    _insert(connection, table, lines)
    _save_whole_days(connection, counts)


def _save_whole_days(connection: Connection, counts: TableCounts) -> None:
    """The same of all organizations together."""
    table = schema.counted_days
    again = table.c.day >= counts.how.covers_from
    place = {**_place(counts), "topic": counts.topic}
    connection.execute(delete(table).where(*at_place(table, place), again))
    whole: Counter[tuple[str, date]] = Counter()
    for one in counts.days:
        whole[one.constraint or "", one.day] += one.count
    lines = [
        {**place, "constraint_name": constraint, "day": midnight(day), "counted": number}
        for (constraint, day), number in whole.items()
    ]
    _insert(connection, table, lines)


def _place(counts: TableCounts) -> dict[str, str]:
    return place_of(counts.target, counts.schema, counts.table)


def _insert(connection: Connection, table: Table, lines: list[dict[str, Any]]) -> None:
    if lines:
        connection.execute(table.insert(), lines)
