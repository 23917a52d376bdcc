"""What is done to many rows within one open transaction: locked, checked, written, counted.

A row that somebody else has locked, that has changed, or that the database will not have written is
an exception of its batch and stays as it is; the others are written. A statement that the database
refuses is cut in halves behind a savepoint until the rows that it is refused for stand alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from dashboard.remediation import batch as sets
from dashboard.remediation import guard
from dashboard.remediation.batch import BatchRow, Form
from dashboard.remediation.database_errors import is_about_rows, refusal_of
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.statements import read_row
from dashboard.remediation.writer.connecting import RolledBack, records

_LOCKED = Refusal(RefusalCode.LOCKED, "Another session has the row locked: try it again later.")
_CHANGED = Refusal(RefusalCode.CHANGED_SINCE_PREVIEW, "The row has changed since the preview.")


@dataclass(frozen=True, slots=True)
class Seen:
    """A row of many: the print of its whole text, and what `look` reads of one."""

    print: str
    row: Row


@dataclass
class BatchWritten:
    """What became of each row of a batch, by its number.

    after    the written columns of each row that was; `seen` is the row itself, of a rehearsal
    refused  why each of the others was not
    missing  rows that were committed and are not as they were left
    """

    after: dict[int, sets.Values] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    seen: dict[int, Seen] = field(default_factory=dict)
    xid: str = ""
    horizon: str = ""


def write_rows(
    connection: psycopg.Connection[Any],
    form: Form,
    lead: RemediationPlan,
    rows: Sequence[BatchRow],
    *,
    every_key: bool,
) -> BatchWritten:
    """Lock, check, write and count, within the transaction that is open."""
    written = BatchWritten()
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    free = {number for (number,) in records(connection, sets.lock(form, rows))}
    keys = form.checked if every_key else form.unenforced
    written.refused |= _taken(connection, form, lead, rows, keys)
    wanted = [number for number in sorted(free) if number not in written.refused]
    _write(connection, form, lead, rows, wanted, written)
    _name_the_missed(connection, form, rows, free, written)
    return written


def _taken(
    connection: psycopg.Connection[Any],
    form: Form,
    lead: RemediationPlan,
    rows: Sequence[BatchRow],
    keys: Sequence[Any],
) -> dict[int, Refusal]:
    statement = sets.taken(form, rows, keys)
    if statement is None:
        return {}
    names = tuple(key.name for key in keys)
    answers = {number: some for number, *some in records(connection, statement) if any(some)}
    refusals = {number: guard.met(lead, some, names) for number, some in answers.items()}
    return {number: refusal for number, refusal in refusals.items() if refusal}


def _write(
    connection: psycopg.Connection[Any],
    form: Form,
    lead: RemediationPlan,
    rows: Sequence[BatchRow],
    wanted: Sequence[int],
    written: BatchWritten,
) -> None:
    """Write these rows in one statement; if the database will not, each half for itself."""
    if not wanted:
        return
    try:
        with connection.transaction():
            answers = records(connection, sets.write(form, [rows[number] for number in wanted]))
    except psycopg.Error as error:
        if not is_about_rows(error):
            raise
        if len(wanted) == 1:
            written.refused[wanted[0]] = refusal_of(error, lead)
            return
        middle = len(wanted) // 2
        for half in (wanted[:middle], wanted[middle:]):
            _write(connection, form, lead, rows, half, written)
        return
    for number, *after, xid, horizon in answers:
        written.after[wanted[number]] = tuple(after)
        written.xid, written.horizon = xid, horizon


def _name_the_missed(
    connection: psycopg.Connection[Any],
    form: Form,
    rows: Sequence[BatchRow],
    free: set[int],
    written: BatchWritten,
) -> None:
    """Why each row was not written that nothing has been said of yet."""
    missed = [n for n in range(len(rows)) if n not in written.after and n not in written.refused]
    if not missed:
        return
    found = look_at(connection, form.place, [(rows[n].row_id, None) for n in missed])
    for number, seen in zip(missed, found, strict=True):
        written.refused[number] = _missed(
            rows[number], seen, locked=number not in free, erased=form.erased
        )


def _missed(row: BatchRow, seen: Seen | None, *, locked: bool, erased: bool) -> Refusal:
    if seen is None:
        return Refusal(RefusalCode.ROW_GONE, "The row is no longer there.")
    if not seen.row.deleted:
        text = "The row is not deleted any more: it was restored since the preview."
        return Refusal(RefusalCode.NOT_A_TOMBSTONE, text)
    if seen.row.erased and not erased:
        return Refusal(RefusalCode.ERASED, "The row was erased since the preview.")
    if locked and seen.print == row.seen:
        return _LOCKED
    return _CHANGED


def unless_as_previewed(rows: Sequence[BatchRow], written: BatchWritten) -> None:
    """Raises RolledBack where the database wrote a row otherwise than in the Preview."""
    others = [number for number, after in written.after.items() if after != rows[number].after]
    if others:
        text = f"The database wrote {len(others)} rows otherwise than in the preview: rolled back."
        raise RolledBack(Refusal(RefusalCode.DATABASE_REFUSED, text))


def look_at(
    connection: psycopg.Connection[Any],
    place: Place,
    rows: Sequence[tuple[str, sets.Values | None]],
) -> list[Seen | None]:
    """Each row as it is now; None for one that is not there."""
    found = {
        number: Seen(printed, read_row(place, record))
        for number, printed, *record in records(connection, sets.look(place, rows))
    }
    return [found.get(number) for number in range(len(rows))]


def all_refused(rows: Sequence[BatchRow], refusal: Refusal) -> BatchWritten:
    """A batch of which nothing was written, for one reason."""
    return BatchWritten(refused=dict.fromkeys(range(len(rows)), refusal))
