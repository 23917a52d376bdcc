"""Forgetting a person on the write side: images, previews, and what waiting bulks would write."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet
from sqlalchemy import Connection, delete, select, update

from collectors.evidence.database import Store
from collectors.evidence.forgetting import holds
from collectors.evidence.privacy import Vault
from collectors.evidence.reads.remediations import find_remediation
from collectors.evidence.schema import (
    before_images,
    bulk_batches,
    bulk_rows,
    bulks,
    previews,
    remediations,
)
from dashboard.remediation.journal.bulks import drop_bulks
from dashboard.remediation.journal.images import forget_image
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.undo import BeforeImage

FORGOTTEN = Refusal(
    RefusalCode.NOT_PREVIEWED,
    "Somebody of its batch was forgotten since the preview: preview the others again.",
)

_WRITE = ("applied", "running")
"""The states of a remediation that has moved a value, or is about to."""


@dataclass(frozen=True, slots=True)
class HiddenIn:
    """A row of a Target from which, or within which, a Remedy has moved a value.

    now_in  the columns that hold the value now; none where it was replaced or the row is gone
    """

    remediation_id: str
    target: str
    table: str
    row_id: str
    remedy: str
    wrote: tuple[str, ...]
    now_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acted:
    """What the write side holds of a person: by id, and the rows that a Remedy has touched."""

    images: tuple[str, ...]
    previews: tuple[str, ...]
    batches: tuple[tuple[str, int], ...]
    rows: tuple[HiddenIn, ...]


def find_acted(store: Store, spellings: Collection[str], conflicts: Collection[str]) -> Acted:
    """Everything of theirs, opened and compared, and what was done for these Conflicts."""
    with store.read() as connection:
        images = dict(_images(connection, store.vault, spellings))
        seen = tuple(_previews(connection, store.vault, spellings))
        batches = tuple(_batches(connection, store.vault, spellings))
        applied = remediations.c.undoes.is_(None), remediations.c.state.in_(_WRITE)
        query = select(remediations.c.id, remediations.c.conflict_id).where(*applied)
        done = {one for one, of in connection.execute(query) if of in conflicts or one in images}
    rows = [_hidden(store, one, images.get(one), spellings) for one in sorted(done)]
    return Acted(tuple(sorted(images)), seen, batches, tuple(rows))


def erase_acted(connection: Connection, found: Acted) -> None:
    """Destroy the images with their keys, the previews, and the plans that name the person."""
    for remediation_id in found.images:
        forget_image(connection, remediation_id)
    for digest in found.previews:
        connection.execute(delete(previews).where(previews.c.digest == digest))
    for bulk_id in {bulk_id for bulk_id, _ in found.batches}:
        state = connection.scalar(select(bulks.c.state).where(bulks.c.id == bulk_id))
        if state == "previewed":
            drop_bulks(connection, [bulk_id])
    for bulk_id, number in found.batches:
        _call_off(connection, bulk_id, number)


def _call_off(connection: Connection, bulk_id: str, batch: int) -> None:
    """Forget what a batch would write; one that waits is never written, and its rows say why."""
    its = bulk_batches.c.bulk_id == bulk_id, bulk_batches.c.number == batch
    connection.execute(update(bulk_batches).where(*its).values(sealed=None))
    waiting = *its, bulk_batches.c.state == "waiting"
    if connection.execute(update(bulk_batches).where(*waiting).values(state="refused")).rowcount:
        row = bulk_rows.c
        rows = row.bulk_id == bulk_id, row.batch == batch, row.state == "planned"
        values = {"state": "refused", "code": FORGOTTEN.code, "said": FORGOTTEN.text}
        connection.execute(update(bulk_rows).where(*rows).values(values))


def unread_batches(store: Store, bulk_id: str) -> list[tuple[int, str]]:
    """Batches in hand of which nothing can be read any more: number, and the transaction's id."""
    table = bulk_batches.c
    query = select(table.number, table.xid).where(
        table.bulk_id == bulk_id, table.state == "running", table.sealed.is_(None)
    )
    with store.read() as connection:
        return [(number, str(xid)) for number, xid in connection.execute(query)]


def refusals_of(store: Store, bulk_id: str, batch: int) -> dict[str, Refusal]:
    """What is said of each row of such a batch, where nothing of it was committed."""
    row = bulk_rows.c
    its = row.bulk_id == bulk_id, row.batch == batch, row.state == "planned"
    with store.read() as connection:
        return dict.fromkeys(connection.scalars(select(row.remediation_id).where(*its)), FORGOTTEN)


def _images(
    connection: Connection, vault: Vault, spellings: Collection[str]
) -> Iterator[tuple[str, BeforeImage]]:
    table = before_images.c
    query = select(table.remediation_id, table.data_key, table.sealed)
    for one, key, sealed in connection.execute(query.where(table.sealed.is_not(None))):
        told = json.loads(Fernet(vault.open(key).encode()).decrypt(sealed))
        if holds(told, spellings):
            yield one, BeforeImage.from_json(told)


def _previews(connection: Connection, vault: Vault, spellings: Collection[str]) -> Iterator[str]:
    for digest, sealed in connection.execute(select(previews.c.digest, previews.c.sealed)):
        if holds(vault.open(sealed), spellings):
            yield digest


def _batches(
    connection: Connection, vault: Vault, spellings: Collection[str]
) -> Iterator[tuple[str, int]]:
    table = bulk_batches.c
    query = select(table.bulk_id, table.number, table.sealed).where(table.sealed.is_not(None))
    for bulk_id, number, sealed in connection.execute(query):
        content = vault.open(sealed)
        if holds([content["telling"], content["lead"], json.loads(content["rows"])], spellings):
            yield bulk_id, number


def _hidden(
    store: Store, remediation_id: str, image: BeforeImage | None, spellings: Collection[str]
) -> HiddenIn:
    done = find_remediation(store, remediation_id)
    assert done is not None
    after = image.after if image else None
    columns = after.columns if after else {}
    return HiddenIn(
        done.id,
        done.target,
        done.table,
        done.row_id,
        done.remedy,
        image.written if image else (),
        tuple(name for name, text in columns.items() if holds(text, spellings)),
    )
