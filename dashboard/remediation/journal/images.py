"""Rows at rest: BeforeImages, each under a data key of its own, and the rows that Previews saw.

An image lies outside the journal's chain, which holds only the digest of what is sealed. So an
image can be forgotten, by destroying its data key and itself, and the chain still verifies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.fernet import Fernet
from sqlalchemy import Connection, delete, func, or_, select, update

from collectors.evidence.database import Store
from collectors.evidence.privacy import Vault
from collectors.evidence.schema import (
    before_images,
    bulk_rows,
    bulks,
    previews,
    remediations,
)
from dashboard.remediation.facts import Row
from dashboard.remediation.journal.chain import Recording
from dashboard.remediation.journal.tampering import digest_of
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.undo import BeforeImage

PREVIEW_LASTS = timedelta(days=1)
"""How long a Preview is kept, of one row or of a bulk."""

_its_target = func.coalesce(
    select(remediations.c.target)
    .where(remediations.c.id == before_images.c.remediation_id)
    .scalar_subquery(),
    select(bulks.c.target)
    .join(bulk_rows, bulk_rows.c.bulk_id == bulks.c.id)
    .where(bulk_rows.c.remediation_id == before_images.c.remediation_id)
    .scalar_subquery(),
)
"""Whose row an image is of: until a batch was written, its bulk says so."""


def keep_image(
    recording: Recording, remediation_id: str, image: BeforeImage, expires_at: datetime
) -> str:
    """Seal an image under a new data key; returns the digest for the journal."""
    sealed = seal_image(recording.vault, image)
    line = {
        "remediation_id": remediation_id,
        "expires_at": expires_at,
        "forgotten": False,
        **sealed,
    }
    recording.connection.execute(
        delete(before_images).where(before_images.c.remediation_id == remediation_id)
    )
    recording.connection.execute(before_images.insert(), line)
    return str(sealed["digest"])


def seal_image(vault: Vault, image: BeforeImage) -> dict[str, Any]:
    """An image under a new data key, with that key sealed, and the digest of what is sealed."""
    data_key = Fernet.generate_key()
    sealed = Fernet(data_key).encrypt(msgspec.json.encode(image.as_json()))
    return {
        "data_key": vault.seal(data_key.decode()),
        "sealed": sealed,
        "digest": digest_of(sealed),
    }


def open_image(store: Store, remediation_id: str, now: datetime) -> BeforeImage | None:
    """The image in clear, for an undo; None where it was never kept, or is no longer."""
    query = select(before_images).where(before_images.c.remediation_id == remediation_id)
    with store.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or row.sealed is None or row.data_key is None or row.expires_at <= now:
        return None
    data_key = store.vault.open(row.data_key)
    return BeforeImage.from_json(json.loads(Fernet(data_key.encode()).decrypt(row.sealed)))


def forget_image(connection: Connection, remediation_id: str) -> None:
    """Destroy an image and its key; what stays is that there was one."""
    connection.execute(
        update(before_images)
        .where(before_images.c.remediation_id == remediation_id)
        .values(sealed=None, data_key=None, forgotten=True)
    )


def is_forgotten(connection: Connection, remediation_id: str) -> bool:
    """Whether there was an image, and somebody was forgotten or it has expired since."""
    table = before_images.c
    query = select(table.forgotten).where(table.remediation_id == remediation_id)
    return bool(connection.scalar(query))


def targets_of_expired(connection: Connection, now: datetime) -> set[str]:
    """The Targets whose rows have images that are of no more use by this time."""
    images = before_images.c
    query = (
        select(_its_target).where(images.expires_at <= now, images.sealed.is_not(None)).distinct()
    )
    return {target for target in connection.scalars(query) if target is not None}


def forget_expired(connection: Connection, now: datetime, told: Mapping[str, datetime]) -> None:
    """Destroy images after `undo_days`: what a clock destroys that is ahead is gone for good.

    So of a Target that is in `told` its own clock must say so, too.
    """
    images = before_images.c
    here = images.expires_at <= now, images.sealed.is_not(None)
    nobody = or_(_its_target.is_(None), _its_target.not_in(told))
    theirs = (
        (_its_target == target) & (images.expires_at <= moment) for target, moment in told.items()
    )
    connection.execute(
        update(before_images)
        .where(*here, or_(nobody, *theirs))
        .values(sealed=None, data_key=None, forgotten=True)
    )


def forget_previews(connection: Connection, now: datetime) -> None:
    """Destroy Previews after `PREVIEW_LASTS`: another one is soon made."""
    connection.execute(delete(previews).where(previews.c.made_at <= now - PREVIEW_LASTS))


KeptChild = tuple[str, str, str, Row]
"""A row that is to be restored along: its table's schema and name, its id, and as it was seen."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """What the newest Preview of a digest saw.

    done  the remediations that had changed the row by then
    """

    row: Row
    children: tuple[KeptChild, ...]
    done: frozenset[str]


def keep_preview(store: Store, plan: RemediationPlan, done: Iterable[str], now: datetime) -> None:
    """Remember, for `PREVIEW_LASTS`, the rows that a plan of this digest is about.

    What was `done` to the row is known by name: clocks may be set back, or be two machines'.
    """
    digest = plan.digest
    along = [
        [one.table.schema, one.table.name, one.place.row_id, one.before.as_json()]
        for one in plan.children
    ]
    beside = {"children": along, "done": sorted(done)}
    sealed = store.vault.seal(plan.before.as_json() | beside)
    line = {"digest": digest, "sealed": sealed, "made_at": now}
    with store.write() as connection:
        connection.execute(delete(previews).where(previews.c.digest == digest))
        connection.execute(previews.insert(), line)
        forget_previews(connection, now)


def previewed(store: Store, digest: str, now: datetime) -> Previewed | None:
    """The rows as the newest Preview of this digest saw them, while it lasts."""
    query = select(previews.c.sealed).where(
        previews.c.digest == digest, previews.c.made_at > now - PREVIEW_LASTS
    )
    with store.read() as connection:
        sealed = connection.scalar(query)
    if sealed is None:
        return None
    told = store.vault.open(sealed)
    along = [(*name, Row.from_json(row)) for *name, row in told.get("children", ())]
    return Previewed(Row.from_json(told), tuple(along), frozenset(told.get("done", ())))


def is_previewed(connection: Connection, digest: str) -> bool:
    """Whether a Preview of this digest is still kept."""
    return connection.scalar(select(previews.c.digest).where(previews.c.digest == digest)) == digest


def row_print(vault: Vault, row: Row) -> str:
    """A fingerprint of a whole row: it tells, after a crash, which of two states it is in."""
    texts: dict[str, Any] = dict(row.columns)
    return vault.fingerprint(json.dumps(texts, sort_keys=True, ensure_ascii=False))
