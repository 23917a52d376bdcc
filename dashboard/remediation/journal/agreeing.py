"""Does the ledger, which people read, say of each remediation what the chain says of it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from collectors.evidence import schema
from dashboard.remediation.journal.tampering import WRITTEN

Who = tuple[str, str, str, str | None]
"""Actor, role, reason, ticket."""


_LEDGER = select(*(one for one in schema.remediations.c if not one.name.endswith("_at"))).order_by(
    schema.remediations.c.id
)
"""Without its times: what stands there may be none, and that is not the journal's to say."""

_WRITTEN_IN_BULK = (
    select(schema.bulk_rows, schema.bulks.c.remedy, schema.bulks.c.target)
    .join(schema.bulks, schema.bulks.c.id == schema.bulk_rows.c.bulk_id)
    .join(
        schema.bulk_batches,
        (schema.bulk_batches.c.bulk_id == schema.bulk_rows.c.bulk_id)
        & (schema.bulk_batches.c.number == schema.bulk_rows.c.batch),
    )
    .where(schema.bulk_rows.c.state.in_(WRITTEN), schema.bulk_batches.c.state == "applied")
    .order_by(schema.bulk_rows.c.bulk_id, schema.bulk_rows.c.number)
)


@dataclass
class Told:
    """What the chain says of one remediation: who meant what for whom, and how it ended."""

    conflict: str | None = None
    who: Who | None = None
    meant: Mapping[str, Any] = field(default_factory=dict)
    ended: str = "running"
    looked_at: bool = False


def disagreements(connection: Connection, changed: Set[int]) -> list[str]:
    """Every remediation that the ledger tells otherwise, or not; a changed line tells nothing."""
    told, bulks = _told(connection, changed), _told_of_bulks(connection, changed)
    of_bulks = {row.remediation_id: row for row in connection.execute(_WRITTEN_IN_BULK)}
    applied = [one for one in told.values() if one.ended == "applied"]
    taken_back = {one.meant["undoes"] for one in applied if one.meant.get("undoes")}
    taken_back |= {row.undoes for row in of_bulks.values() if row.state == "planned"}
    meant = _rows_of_bulks(connection, changed)
    ledger = {row.id: row for row in connection.execute(_LEDGER)}
    known = [*(one for one, its in told.items() if its.who), *of_bulks]
    return [
        f"Remediation {one} of the journal is not in the ledger any more."
        for one in known
        if one not in ledger
    ] + [
        f"Remediation {row.id} is told otherwise than its lines in the journal tell it."
        for row in ledger.values()
        if not (
            _agrees(row, told.get(row.id, Told()), taken_back)
            if row.bulk_id is None
            else (row.actor, row.role, row.reason, row.ticket) in bulks.get(row.bulk_id, ())
            and (row.bulk_id, row.table_name, row.row_id) in meant
            and _agrees_with_its_bulk(row, of_bulks.get(row.id), told.get(row.id), taken_back)
        )
    ]


def _agrees(row: Row[Any], told: Told, taken_back: set[str]) -> bool:
    if told.who is None:  # that it has no line is said elsewhere
        return True
    state = "looked-at" if told.looked_at else told.ended
    if row.id in taken_back:
        state = "undone"
    names = {
        "remedy": row.remedy,
        "undoes": row.undoes,
        "target": row.target,
        "table": row.table_name,
        "row": row.row_id,
        "digest": row.digest,
    }
    meant = all(told.meant.get(name, value) == value for name, value in names.items())
    who = row.actor, row.role, row.reason, row.ticket
    about = who == told.who and row.conflict_id == told.conflict
    return meant and about and row.state == state


def _agrees_with_its_bulk(
    row: Row[Any], its: Row[Any] | None, told: Told | None, taken_back: set[str]
) -> bool:
    """Its bulk's row stands for its lines, which `agreeing_bulks` compares with the chain."""
    if its is None:
        return False
    state = "applied" if its.state == "planned" else its.state
    state = "looked-at" if told and told.looked_at else state
    state = "undone" if row.id in taken_back else state
    names = "conflict_id", "digest", "remedy", "slot", "table_name", "row_id", "target", "undoes"
    same = all(getattr(row, name) == getattr(its, name) for name in names)
    return same and (row.bulk_id, row.state) == (its.bulk_id, state)


def _told(connection: Connection, changed: Set[int]) -> dict[str, Told]:
    told: dict[str, Told] = {}
    of_one = schema.audit_entries.c.remediation_id.is_not(None)
    for entry, body in _lines(connection, of_one, changed):
        one = told.setdefault(entry.remediation_id, Told())
        if entry.kind == "intent":
            one.meant, one.conflict = body, entry.conflict_id
            one.who = entry.actor, entry.role, body.get("reason", ""), body.get("ticket")
        elif entry.kind in ("outcome", "refused"):
            one.ended = body.get("state", one.ended)
        elif entry.kind == "looked":
            one.looked_at = True
    return told


def _told_of_bulks(connection: Connection, changed: Set[int]) -> dict[str, set[Who]]:
    """Everybody who began a bulk or went on with it."""
    told: dict[str, set[Who]] = {}
    for entry, body in _lines(connection, schema.audit_entries.c.kind == "bulk", changed):
        if "bulk" in body and "reason" in body:
            who = entry.actor, entry.role, body["reason"], body.get("ticket")
            told.setdefault(body["bulk"], set()).add(who)
    return told


def _rows_of_bulks(connection: Connection, changed: Set[int]) -> set[tuple[Any, ...]]:
    """Bulk, table and row, of every row that a batch was to write."""
    line = schema.audit_entries.c
    of_a_batch = (line.kind == "intent") & line.remediation_id.is_(None)
    return {
        (body.get("bulk"), body.get("table"), row)
        for _, body in _lines(connection, of_a_batch, changed)
        for row in body.get("rows", ())
    }


def _lines(
    connection: Connection, which: ColumnElement[bool], changed: Set[int]
) -> Iterator[tuple[Row[Any], Mapping[str, Any]]]:
    """These lines in their order."""
    line = schema.audit_entries.c
    query: Select[Any] = select(
        line.seq,
        line.kind,
        line.remediation_id,
        line.conflict_id,
        line.actor,
        line.role,
        line.body,
    )
    for entry in connection.execute(query.where(which).order_by(line.seq)):
        if entry.seq not in changed:
            yield entry, json.loads(entry.body)
