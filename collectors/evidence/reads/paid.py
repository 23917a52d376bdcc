"""What had been paid by the customers who were hit, in the days before their deletion?

Only what was counted in the Target; of the others it is not known, which is not nothing. A row that
stands in the way of two keys paid once.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, select

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter
from collectors.evidence.reads.customer_terms import customers
from collectors.evidence.reads.surveys import label_of
from collectors.evidence.schema import conflicts as table
from collectors.evidence.schema import dependents, payments, surveys
from collectors.model import Topic


@dataclass(frozen=True, slots=True)
class PaidIn:
    """What an organization's customers had paid in one currency ('': not told), smallest units."""

    organization_id: str | None
    currency: str
    amount: int


def paid(store: Store, wanted: ConflictFilter) -> list[PaidIn]:
    """By organization and currency."""
    row = (payments.c.target, payments.c.table_name, payments.c.row_id, payments.c.currency)
    each = (
        select(table.c.organization_id, payments.c.amount, *row)
        .join_from(payments, table, _row_of(payments))
        .where(*customers(wanted), table.c.last_seen.is_not(None))
        .distinct()
        .subquery()
    )
    query = select(each.c.organization_id, each.c.currency, func.sum(each.c.amount))
    with store.read() as connection:
        rows = connection.execute(query.group_by(each.c.organization_id, each.c.currency))
        return [PaidIn(owner, currency, int(amount)) for owner, currency, amount in rows]


def payments_known(store: Store, wanted: ConflictFilter) -> dict[str | None, int]:
    """Of how many customers of each organization payments were counted, be they none."""
    asked = select(surveys).where(surveys.c.topic == Topic.PAYMENTS)
    with store.read() as connection:
        places = {(line.target, label_of(line)) for line in connection.execute(asked)}
        if not places:
            return {}
        there = dependents.c
        row = (there.target, there.table_name, there.row_id)
        where = [and_(row[0] == target, row[1] == label) for target, label in sorted(places)]
        counted = select(*row).where(or_(*where)).distinct().subquery()
        query = (
            select(table.c.organization_id, func.count())
            .join_from(counted, table, _row_of(counted))
            .where(*customers(wanted), table.c.last_seen.is_not(None))
            .group_by(table.c.organization_id)
        )
        return {row[0]: int(row[1]) for row in connection.execute(query)}


def _row_of(other: FromClause) -> ColumnElement[bool]:
    return and_(
        table.c.target == other.c.target,
        table.c.row_table == other.c.table_name,
        table.c.row_id == other.c.row_id,
    )
