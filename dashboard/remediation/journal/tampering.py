"""What must agree with the chain beside it: every remediation's intent, and every sealed image."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, select

from collectors.evidence import schema


def images_and_intents(connection: Connection) -> list[str]:
    """A remediation whose intent was cut away, an image that is not the one that was journalled."""
    said, began = _said_of_images(connection)
    known = connection.scalars(select(schema.remediations.c.id).order_by(schema.remediations.c.id))
    problems = [
        f"Remediation {one} has no line in the journal." for one in known if one not in began
    ]
    for row in connection.execute(select(schema.before_images)):
        if row.sealed is None:
            continue
        if row.digest != said.get(row.remediation_id) or row.digest != digest_of(row.sealed):
            problems.append(f"The before-image of remediation {row.remediation_id} was changed.")
    return problems


def digest_of(sealed: bytes) -> str:
    """SHA-256 of what is sealed, never of what is in it: it may be published, and outlives it."""
    return hashlib.sha256(sealed).hexdigest()


def _said_of_images(connection: Connection) -> tuple[dict[str, str], set[str]]:
    """The newest image digest that the chain holds for each remediation, and all that began."""
    entries = schema.audit_entries.c
    query = select(entries.remediation_id, entries.body).where(entries.remediation_id.is_not(None))
    said: dict[str, str] = {}
    began: set[str] = set()
    for remediation_id, body in connection.execute(query.order_by(entries.seq)):
        began.add(remediation_id)
        try:
            image = json.loads(body).get("image")
        except ValueError:  # a changed line; the chain's own check names it
            continue
        if image is not None:
            said[remediation_id] = image
    return said, began
