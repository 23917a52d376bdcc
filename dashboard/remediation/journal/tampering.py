"""What must agree with the chain beside it: every remediation's intent, and every sealed image."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from sqlalchemy import Connection, select

from collectors.evidence import schema

WRITTEN = ("planned", "failed")
"""The states of a row that an applied batch has written."""


def images_and_intents(connection: Connection, changed: Set[int]) -> list[str]:
    """A remediation whose intent was cut away, an image that is not the one that was journalled.

    A changed line says nothing, but that there was one.
    """
    said, began = _said_of_images(connection, changed)
    for remediation_id, digest, has_begun in _said_of_bulk_images(connection, changed):
        began |= {remediation_id} if has_begun else set()
        if digest is not None:
            said[remediation_id] = digest
    known = connection.scalars(select(schema.remediations.c.id).order_by(schema.remediations.c.id))
    problems = [
        f"Remediation {one} has no line in the journal." for one in known if one not in began
    ]
    image = schema.before_images.c
    for row in connection.execute(select(image.remediation_id, image.sealed, image.digest)):
        if row.sealed is None:
            continue
        digest = digest_of(row.sealed) if isinstance(row.sealed, bytes) else None
        if not row.digest == digest == said.get(row.remediation_id):
            problems.append(f"The before-image of remediation {row.remediation_id} was changed.")
    return problems


def digest_of(sealed: bytes) -> str:
    """SHA-256 of what is sealed, never of what is in it: it may be published, and outlives it."""
    return hashlib.sha256(sealed).hexdigest()


def rows_print(rows: Sequence[tuple[str, str | None]]) -> str:
    """SHA-256 over a batch's remediations and the digests of their images, in their order."""
    return hashlib.sha256(json.dumps([list(one) for one in rows]).encode()).hexdigest()


def _said_of_images(connection: Connection, changed: Set[int]) -> tuple[dict[str, str], set[str]]:
    """The newest image digest that the chain holds for each remediation, and all that began."""
    entries = schema.audit_entries.c
    query = select(entries.seq, entries.remediation_id, entries.body).order_by(entries.seq)
    said: dict[str, str] = {}
    began: set[str] = set()
    for seq, remediation_id, body in connection.execute(
        query.where(entries.remediation_id.is_not(None))
    ):
        began.add(remediation_id)
        image = None if seq in changed else json.loads(body).get("image")
        if image is not None:
            said[remediation_id] = image
    return said, began


def _said_of_bulk_images(
    connection: Connection, changed: Set[int]
) -> Iterator[tuple[str, str | None, bool]]:
    """Each bulk's rows with their digests, and whether the chain has a line of their batch.

    The rows of an applied batch must agree with that line; the others have written nothing yet.
    """
    printed = _batch_prints(connection, changed)
    for (bulk_id, batch, state), rows in _batches(connection).items():
        applied = state == "applied"
        if not applied or printed.get((bulk_id, batch)) == rows_print(rows):
            yield from ((one, digest, applied) for one, digest in rows)


def _batch_prints(connection: Connection, changed: Set[int]) -> dict[tuple[str, int], str]:
    entries = schema.audit_entries.c
    query = select(entries.seq, entries.body).where(
        entries.kind == "outcome", entries.remediation_id.is_(None), entries.body.contains('"bulk"')
    )
    bodies = [json.loads(body) for seq, body in connection.execute(query) if seq not in changed]
    return {(told["bulk"], told["batch"]): told["images"] for told in bodies if "images" in told}


def _batches(connection: Connection) -> dict[tuple[str, int, str], list[tuple[str, str | None]]]:
    row, batch = schema.bulk_rows.c, schema.bulk_batches.c
    its = (batch.bulk_id == row.bulk_id) & (batch.number == row.batch)
    query = (
        select(row.bulk_id, row.batch, batch.state, row.remediation_id, row.image_digest)
        .join(schema.bulk_batches, its)
        .where(row.state.in_(WRITTEN) | (batch.state != "applied"))
        .order_by(row.bulk_id, row.number)
    )
    batches: dict[tuple[str, int, str], list[tuple[str, str | None]]] = defaultdict(list)
    for bulk_id, number, state, remediation_id, digest in connection.execute(query):
        batches[bulk_id, number, state].append((remediation_id, digest))
    return batches
