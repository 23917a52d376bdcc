"""Do the bulks, their batches and their rows stand as the chain tells of them?

Which Conflict a row of a bulk is about stands in no line: the journal names the row itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from collectors.evidence import schema
from dashboard.remediation.journal.tampering import WRITTEN, rows_print

_FROM_LINES = {"intent": ("waiting",), "committing": ("running", "waiting")}
"""Where a batch stands after its last line: what was not committed waits again, without a line."""

_CALLED_OFF = "refused"
"""And so may any that was not committed: somebody of it was forgotten, whom no line names."""


@dataclass
class Batch:
    """What the chain tells of one batch: what it was to write, who was not in it, how it ended."""

    intent: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    states: tuple[str, ...] = ()
    outcome: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Told:
    """What the chain tells of one bulk: what was approved, by whom last, and where it stands."""

    approved: Mapping[str, Any] = field(default_factory=dict)
    standing: Mapping[str, Any] = field(default_factory=dict)
    batches: dict[int, Batch] = field(default_factory=dict)


def disagreements_of_bulks(connection: Connection, changed: Set[int]) -> list[str]:
    """Every bulk that is told otherwise, was taken away, or that no line tells of."""
    told = _told(connection, changed)
    found = {row.id: row for row in connection.execute(_BULKS)}
    gone = [f"Bulk {one} of the journal is not there any more." for one in told if one not in found]
    batches, rows = _batches(connection), _rows(connection)
    return gone + [
        f"Bulk {one} is told otherwise than its lines in the journal tell it."
        for one, row in found.items()
        if not _agrees(row, told.get(one), batches.get(one, {}), rows.get(one, {}))
    ]


_BULKS = select(
    *(one for one in schema.bulks.c if not one.name.endswith("_at") and one.name != "owner")
).order_by(schema.bulks.c.id)
"""Without its times: what stands there may be none, and that is not the journal's to say."""


def _agrees(
    row: Row[Any],
    told: Told | None,
    batches: Mapping[int, Row[Any]],
    rows: Mapping[int, list[Row[Any]]],
) -> bool:
    if told is None:
        return bool(row.state == "previewed")
    if not told.standing:  # each of its lines was changed, which is said elsewhere
        return True
    names = ("remedy", "undoes", "target", "digest", "rows", "reason", "ticket", "actor", "role")
    meant = all(told.approved.get(name) == getattr(row, name) for name in names)
    state = told.standing["state"]
    now = ("running", None) if state in ("begins", "goes on") else (state, told.standing["said"])
    return bool(
        meant
        and (row.state, row.said) == now
        and told.batches.keys() <= batches.keys()
        and all(
            _batch_agrees(batches[number], batch, rows.get(number, []))
            for number, batch in told.batches.items()
        )
    )


def _batch_agrees(row: Row[Any], told: Batch, rows: list[Row[Any]]) -> bool:
    if not told.intent:
        return True
    if told.intent["digest"] != row.digest or row.state not in (*told.states, _CALLED_OFF):
        return False
    meant = {*told.intent["rows"]}
    if any(one.row_id not in meant or one.table_name != told.intent["table"] for one in rows):
        return False
    if not told.outcome:
        return bool(row.state != "applied")
    written = [(one.remediation_id, one.image_digest) for one in rows if one.state in WRITTEN]
    found = {
        "images": rows_print(written),
        "failed": sorted(one.remediation_id for one in rows if one.state == "failed"),
    }
    refused = {one.remediation_id: one.code for one in rows if one.state == "refused"}
    as_said = all(told.outcome.get(name, value) == value for name, value in found.items())
    return bool(row.state == "applied" and as_said and refused == told.refused)


def _told(connection: Connection, changed: Set[int]) -> dict[str, Told]:
    told: dict[str, Told] = {}
    for kind, who, body in _lines(connection, changed):
        bulk = told.setdefault(body["bulk"], Told())
        if kind == "bulk":
            bulk.standing = body
            bulk.approved = body | who if "reason" in body else bulk.approved
            continue
        batch = bulk.batches.setdefault(body["batch"], Batch())
        batch.states = _FROM_LINES.get(kind) or (body["state"],)
        if kind == "intent":
            batch.intent = body
        elif kind == "committing":
            batch.refused = body["refused"]
        elif kind == "outcome":
            batch.outcome = body
    return told


def _lines(
    connection: Connection, changed: Set[int]
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What each line of a bulk, in their order, is; who is in it, and what it says."""
    line = schema.audit_entries.c
    query = select(line.seq, line.kind, line.actor, line.role, line.body).where(
        line.remediation_id.is_(None),
        line.kind.in_(("bulk", "intent", "committing", "refused", "outcome")),
    )
    for one in connection.execute(query.order_by(line.seq)):
        body = {} if one.seq in changed else json.loads(one.body)
        if isinstance(body.get("bulk"), str):  # a Refusal that came before anything began says true
            yield one.kind, {"actor": one.actor, "role": one.role}, body


def _batches(connection: Connection) -> dict[str, dict[int, Row[Any]]]:
    batch = schema.bulk_batches.c
    found: dict[str, dict[int, Row[Any]]] = {}
    query: Select[Any] = select(batch.bulk_id, batch.number, batch.state, batch.digest)
    for row in connection.execute(query):
        found.setdefault(row.bulk_id, {})[row.number] = row
    return found


def _rows(connection: Connection) -> dict[str, dict[int, list[Row[Any]]]]:
    row = schema.bulk_rows.c
    found: dict[str, dict[int, list[Row[Any]]]] = {}
    what = row.bulk_id, row.batch, row.remediation_id, row.table_name, row.row_id, row.image_digest
    query: Select[Any] = select(*what, row.state, row.code).where(row.batch.is_not(None))
    for one in connection.execute(query.order_by(row.number)):
        found.setdefault(one.bulk_id, {}).setdefault(one.batch, []).append(one)
    return found
