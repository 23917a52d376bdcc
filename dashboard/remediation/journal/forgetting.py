"""Forgetting a person on the write side: images, previews, and what waiting bulks would write."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Connection, Row, delete, or_, select, update

from collectors.evidence.database import Store
from collectors.evidence.forgetting import holds
from collectors.evidence.privacy import Vault
from collectors.evidence.schema import (
    before_images,
    bulk_batches,
    bulk_rows,
    bulks,
    previews,
    remediations,
)
from dashboard.remediation.journal.bulks import drop_bulks
from dashboard.remediation.journal.chain import Recording
from dashboard.remediation.journal.images import forget_image
from dashboard.remediation.journal.ledger import close
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.undo import BeforeImage

FORGOTTEN = Refusal(
    RefusalCode.NOT_PREVIEWED,
    "Somebody of its batch was forgotten since the preview: preview the others again.",
)

CALLED_OFF = Refusal(
    RefusalCode.INTERRUPTED,
    "Somebody whom it is about was forgotten before it was committed: nothing was changed.",
)


@dataclass(frozen=True, slots=True)
class HiddenIn:
    """A row of a Target from which, or within which, a Remedy has moved a value.

    now_in  the columns that hold the value now; none where it was replaced or the row is gone, and
            None where we do not know, for what was written is no longer kept
    """

    remediation_id: str
    target: str
    table: str
    row_id: str
    remedy: str
    wrote: tuple[str, ...]
    now_in: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Acted:
    """What the write side holds of a person: by id, and the rows that a Remedy has touched.

    in_hand  the remediations that are at work on it, each with the transaction that it is to commit
    """

    images: tuple[str, ...]
    previews: tuple[str, ...]
    batches: tuple[tuple[str, int], ...]
    rows: tuple[HiddenIn, ...]
    in_hand: frozenset[tuple[str, str | None]] = frozenset()


class MovedOn(Exception):
    """A remediation has come further since it was found: what it writes is to be looked for."""


def find_acted(store: Store, spellings: Collection[str], conflicts: Collection[str]) -> Acted:
    """Everything of theirs, opened and compared, and what was done for these Conflicts."""
    with store.read() as connection:
        images = dict(_images(connection, store.vault, spellings))
        seen = tuple(_previews(connection, store.vault, spellings))
        batches = tuple(_batches(connection, store.vault, spellings))
        table = remediations.c
        moved = or_(table.state == "applied", (table.state == "running") & table.xid.is_not(None))
        what = table.id, table.conflict_id, table.target, table.table_name, table.row_id
        query = select(*what, table.remedy).where(table.undoes.is_(None), moved)
        known = [*connection.execute(query), *_being_written(connection)]
        done = {one.id: one for one in known if one.conflict_id in conflicts or one.id in images}
        in_hand = _in_hand(connection, conflicts, (*images, *seen), batches)
    rows = [_hidden(done[one], images.get(one), spellings) for one in sorted(done)]
    return Acted(tuple(sorted(images)), seen, batches, tuple(rows), in_hand)


def erase_acted(
    recording: Recording, found: Acted, conflicts: Collection[str], now: datetime
) -> None:
    """Destroy the images with their keys, the previews, and the plans that name the person.

    A remediation that has not come to its COMMIT is called off: erasure wins over every remedy, and
    what it would have written could not be told of. Raises MovedOn.
    """
    connection = recording.connection
    kept = (*found.images, *found.previews)
    if _in_hand(connection, conflicts, kept, found.batches) != found.in_hand:
        raise MovedOn
    for remediation_id, xid in sorted(found.in_hand):
        if xid is None:
            code, said = CALLED_OFF.code, CALLED_OFF.text
            close(recording, remediation_id, "refused", now, code=code, said=said)
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


def _being_written(connection: Connection) -> list[Row[Any]]:
    """The rows of batches that are at their COMMIT: none is a remediation yet."""
    row, batch = bulk_rows.c, bulk_batches.c
    its = (batch.bulk_id == row.bulk_id) & (batch.number == row.batch)
    query = (
        select(
            row.remediation_id.label("id"),
            row.conflict_id,
            bulks.c.target,
            row.table_name,
            row.row_id,
            bulks.c.remedy,
        )
        .join(bulk_batches, its)
        .join(bulks, bulks.c.id == row.bulk_id)
        .where(batch.state == "running", row.state == "planned", bulks.c.undoes.is_(None))
    )
    return [*connection.execute(query)]


def _in_hand(
    connection: Connection,
    conflicts: Collection[str],
    images_and_previews: Collection[str],
    batches: Collection[tuple[str, int]],
) -> frozenset[tuple[str, str | None]]:
    """The remediations at work for these Conflicts, or by what was kept of the person.

    And those of these batches that are at their COMMIT.
    """
    known = {*conflicts, *images_and_previews}
    table, batch = remediations.c, bulk_batches.c
    query = select(table.id, table.xid, table.conflict_id, table.undoes, table.digest)
    single = connection.execute(query.where(table.state == "running"))
    of_bulks = select(batch.bulk_id, batch.number, batch.xid).where(batch.state == "running")
    return frozenset(
        (one, xid) for one, xid, *about in single if not known.isdisjoint((one, *about))
    ) | {
        (f"{bulk_id}/{number}", xid)
        for bulk_id, number, xid in connection.execute(of_bulks)
        if (bulk_id, number) in batches
    }


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


def _hidden(done: Row[Any], image: BeforeImage | None, spellings: Collection[str]) -> HiddenIn:
    columns = image.after.columns if image and image.after else {}
    now_in = tuple(name for name, text in columns.items() if holds(text, spellings))
    return HiddenIn(
        done.id,
        done.target,
        done.table_name,
        done.row_id,
        done.remedy,
        image.written if image else (),
        None if image is None else now_in,
    )
