"""What depends on a Tombstone: rows of other tables through every foreign key, and money.

Asked for the few rows that block somebody, never for a whole table.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from collectors.model import Catalog, Dependents, ForeignKey, Payment, Table, row_id, row_id_parts
from collectors.postgres.casting import text_array
from collectors.postgres.printing import text_of
from collectors.postgres.rows import created_at, identity, source
from collectors.postgres.snapshot import Snapshot

T = TypeVar("T")

PAID_WITHIN_DAYS = 90
"""How long before its deletion a payment still tells what the customer was worth."""


def count_dependents(
    snapshot: Snapshot, catalog: Catalog, table: Table, row_ids: Sequence[str]
) -> list[Dependents]:
    """For each of these rows and each table that refers to it, how many rows do, and are live.

    One that does so twice counts once; a row that is gone has no line. Raises StatementFailed and
    TargetUnreachable.
    """
    found: dict[tuple[str, str], Dependents] = {}
    referring = children(catalog, table)
    for place, (child, link) in enumerate(referring):
        once = " AND ".join(_not_before(referring, place)) or None
        statement = f"""
SELECT {_shown(table)}, count(tombstone_link0), count(*) FILTER (WHERE tombstone_live)
{_joined(table, child, link, f"{live_row(child)} AS tombstone_live", once)}
GROUP BY {_grouped(table)}"""
        for *ids, rows, live in snapshot.rows(statement, *_arrays(table, row_ids)):
            name = row_id(ids)
            known = live if tells_live(child) else None
            before = found.get((name, child.label), Dependents(name, child.label, 0, 0))
            total = None if known is None or before.live is None else before.live + known
            found[name, child.label] = Dependents(name, child.label, before.rows + rows, total)
    return list(found.values())


def count_payments(
    snapshot: Snapshot, catalog: Catalog, table: Table, rows: Mapping[str, datetime | None]
) -> list[Payment] | None:
    """What was paid through these rows in the days before their deletion, by currency.

    Each with the deletion that we saw, if any: a row that was restored since tells of none. A
    payment that refers to a row twice counts once, one without an amount (NaN is none) not at all,
    and a currency is one however it is spelled. None where the mapping names no payments, or a time
    is missing to place them by.
    """
    marker = table.marker
    paying = [(child, link) for child, link in children(catalog, table) if _is_payment(child)]
    if not paying or marker is None or marker.since is None:
        return None
    width, found = len(identity(table)), list[Payment]()
    told = [None if at is None else at.isoformat() for _, at in _parsed(rows, width)]
    for place, (child, link) in enumerate(paying):
        once = " AND ".join([f"({child.paid_when})", *_not_before(paying, place)])
        currency = f"lower(btrim(({child.currency})::text))" if child.currency else "''"
        amount = f"({child.money})::numeric"
        finite = f"CASE WHEN {amount} > '-Infinity' AND {amount} < 'Infinity' THEN {amount} END"
        outputs = (
            f"{finite} AS tombstone_money, {currency} AS tombstone_currency,"
            f" {created_at(child)} AS tombstone_at"
        )
        statement = f"""
SELECT {_shown(table)}, coalesce(tombstone_currency, ''), sum(tombstone_money)::bigint
{_joined(table, child, link, outputs, once, told=True)}
WHERE tombstone_at <= coalesce(tombstone_told, tombstone_since)
  AND tombstone_at > coalesce(tombstone_told, tombstone_since)
      - interval '{PAID_WITHIN_DAYS} days'
GROUP BY {_grouped(table)}, {width + 1}
HAVING count(tombstone_money) > 0"""
        paid = snapshot.rows(statement, *_arrays(table, list(rows)), text_array(told))
        found += [Payment(row_id(ids), cur, amount) for *ids, cur, amount in paid]
    return found


def _not_before(links: Sequence[tuple[Table, ForeignKey]], place: int) -> list[str]:
    """A row of this child refers to another row by the links of that child that came before."""
    child, link = links[place]
    return [_differ(link, one) for other, one in links[:place] if other is child]


def _differ(link: ForeignKey, other: ForeignKey) -> str:
    """The two do not refer to one row; those to other columns cannot be compared."""
    if link.to_columns != other.to_columns:
        return "true"
    same = (f"{one} = {two}" for one, two in zip(link.columns, other.columns, strict=True))
    return f"({' AND '.join(same)}) IS NOT TRUE"


def children(catalog: Catalog, table: Table) -> list[tuple[Table, ForeignKey]]:
    """The tables that refer to this one, as often as they do."""
    return [
        (child, link)
        for link in catalog.foreign_keys
        if (link.to_schema, link.to_table) == (table.schema, table.name)
        and (child := catalog.table(link.schema, link.table))
    ]


def tells_live(table: Table) -> bool:
    """Its catalog or the mapping says which rows are live; without that a row is history."""
    return bool(table.markers or table.live_when)


def live_row(table: Table) -> str:
    """A row that is not deleted, and still does something where the mapping says what."""
    terms = [f"({marker.deleted}) IS NOT TRUE" for marker in table.markers]
    terms += [f"({table.live_when}) IS TRUE"] if table.live_when else []
    return f"({' AND '.join(terms) or 'true'})"


def _is_payment(table: Table) -> bool:
    return bool(table.money and table.paid_when and created_at(table))


def _shown(table: Table) -> str:
    parts = identity(table)
    return ", ".join(text_of(f"tombstone_id{n}", part.type) for n, part in enumerate(parts))


def _grouped(table: Table) -> str:
    return ", ".join(f"tombstone_id{n}" for n in range(len(identity(table))))


def _joined(
    table: Table,
    child: Table,
    link: ForeignKey,
    outputs: str,
    where: str | None = None,
    *,
    told: bool = False,
) -> str:
    """The asked rows, each with the rows of `child` that refer to it.

    With `told` one more array has the time at which each was deleted, as far as we know it.
    """
    parts, marker = identity(table), table.marker
    ids = ", ".join(f"({part.expression}) AS tombstone_id{n}" for n, part in enumerate(parts))
    to = ", ".join(f"{column} AS tombstone_to{n}" for n, column in enumerate(link.to_columns))
    links = ", ".join(f"{column} AS tombstone_link{n}" for n, column in enumerate(link.columns))
    asked = ", ".join(f"c{n}::{part.type} AS tombstone_v{n}" for n, part in enumerate(parts))
    arrays = ", ".join(f"${n + 1}::text[]" for n in range(len(parts)))
    names = ", ".join(f"c{n}" for n in range(len(parts)))
    if told:
        asked += ", told::timestamptz AS tombstone_told"
        arrays += f", ${len(parts) + 1}::text[]"
        names += ", told"
    same = " AND ".join(f"tombstone_id{n} = tombstone_v{n}" for n in range(len(parts)))
    joined = " AND ".join(f"tombstone_link{n} = tombstone_to{n}" for n in range(len(link.columns)))
    since = marker.since if marker and marker.since else "NULL::timestamptz"
    return f"""FROM (
    SELECT {asked} FROM unnest({arrays}) AS tombstone_given ({names})
) AS tombstone_asked
JOIN (
    SELECT {ids}, {to}, {since} AS tombstone_since FROM {source(table)}
) AS tombstone_row ON {same}
LEFT JOIN (
    SELECT {links}, {outputs} FROM {source(child)}{f" WHERE {where}" if where else ""}
) AS tombstone_child ON {joined}"""


def _arrays(table: Table, row_ids: Sequence[str]) -> list[str]:
    width = len(identity(table))
    parts = [parts for parts, _ in _parsed(dict.fromkeys(row_ids), width)]
    return [text_array([part[n] for part in parts]) for n in range(width)]


def _parsed(rows: Mapping[str, T], width: int) -> list[tuple[tuple[str, ...], T]]:
    """The parts of each id, of those that have as many as the table's."""
    told = ((row_id_parts(one, width), what) for one, what in rows.items())
    return [(parts, what) for parts, what in told if parts]
