"""Many rows in one transaction: locked without waiting, guarded one by one, counted, verified.

A row that somebody else has locked, that has changed, or that the database will not have written is
an exception of its batch and stays as it is; the others are written. A statement that the database
refuses is cut in halves behind a savepoint until the rows that it is refused for stand alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from dashboard.remediation import batch as sets
from dashboard.remediation import guard
from dashboard.remediation.batch import BatchRow, Form, SetStatement
from dashboard.remediation.database_errors import is_about_rows, is_final, refusal_of
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.statements import read_row
from dashboard.remediation.writer.connecting import (
    Connecting,
    EndUnknown,
    RolledBack,
    records,
)

BeforeCommit = Callable[["BatchWritten"], None]

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


class BatchWriter(Connecting):
    """The read-write handle on one application database, for many rows at a time.

    Rows are found by their primary keys alone: whatever the planner believes of the arrays, no
    table is read whole.
    """

    _more_settings = "".join(
        f"; SET LOCAL enable_{plan} = off" for plan in ("seqscan", "hashjoin", "mergejoin")
    )

    def look(
        self, place: Place, rows: Sequence[tuple[str, sets.Values | None]]
    ) -> list[Seen | None] | Refusal:
        """Many rows as they are now, unlocked; None for one that is not there.

        Raises TargetUnreachable.
        """
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone look"):
                    return _looked(connection, place, rows)
            except psycopg.Error as error:
                return refusal_of(error)

    def rehearse(
        self,
        form: Form,
        lead: RemediationPlan,
        rows: Sequence[BatchRow],
        values: Sequence[sets.Values | None],
    ) -> BatchWritten:
        """A batch run for real and rolled back; `values` are each row's KeyValues.

        Raises TargetUnreachable.
        """
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone preview"):
                    written = _written(connection, form, lead, rows, every_key=True)
                    hit = list(written.after)
                    asked = [(rows[number].row_id, values[number]) for number in hit]
                    found = _looked(connection, form.place, asked)
                    pairs = zip(hit, found, strict=True)
                    written.seen = {number: seen for number, seen in pairs if seen}
                    return written
            except psycopg.Error as error:
                return _all_refused(rows, refusal_of(error, lead))

    @contextmanager
    def lane(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection for one batch after another. Raises TargetUnreachable."""
        with self._connected() as connection:
            yield connection

    def apply(
        self,
        connection: psycopg.Connection[Any],
        form: Form,
        lead: RemediationPlan,
        rows: Sequence[BatchRow],
        name: str,
        before_commit: BeforeCommit,
    ) -> BatchWritten:
        """Write a batch, commit it, and read its rows again on the same connection.

        Rows whose text after is not the previewed one take the whole batch back. Whatever
        `before_commit` raises does too. Raises EndUnknown once COMMIT was sent, or where the rows
        could not be read again.
        """
        try:
            self._begin(connection, f"tombstone {name}")
            written = _written(connection, form, lead, rows, every_key=False)
            _unless_as_previewed(rows, written)
            if written.after:
                before_commit(written)
        except RolledBack as refused:
            written = _all_refused(rows, refused.refusal)
        except psycopg.Error as error:
            written = _all_refused(rows, refusal_of(error, lead))
        if written.after:
            self._commit(connection, form, rows, written)
        else:
            _roll_back(connection)
        return written

    def _commit(
        self,
        connection: psycopg.Connection[Any],
        form: Form,
        rows: Sequence[BatchRow],
        written: BatchWritten,
    ) -> None:
        try:
            connection.commit()
        except psycopg.Error as error:
            if not is_final(error):
                raise EndUnknown from None
            written.after = {}
            written.refused |= _all_refused(rows, refusal_of(error)).refused
            return
        hit = list(written.after)
        try:
            with self._transaction(connection, "tombstone verify"):
                statement = sets.standing(form, [rows[number] for number in hit])
                found = {number for (number,) in _asked(connection, statement)}
        except psycopg.Error:
            raise EndUnknown from None
        written.missing = tuple(number for n, number in enumerate(hit) if n not in found)

    def standing(self, form: Form, rows: Sequence[BatchRow]) -> set[int]:
        """The numbers of the rows that are as the batch leaves them.

        Raises TargetUnreachable.
        """
        with self._connected() as connection, self._transaction(connection, "tombstone look"):
            return {number for (number,) in _asked(connection, sets.standing(form, rows))}


def _written(
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
    free = {number for (number,) in _asked(connection, sets.lock(form, rows))}
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
    answers = {number: some for number, *some in _asked(connection, statement) if any(some)}
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
            answers = _asked(connection, sets.write(form, [rows[number] for number in wanted]))
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
    found = _looked(connection, form.place, [(rows[n].row_id, None) for n in missed])
    for number, seen in zip(missed, found, strict=True):
        written.refused[number] = _missed(rows[number], seen, locked=number not in free)


def _missed(row: BatchRow, seen: Seen | None, *, locked: bool) -> Refusal:
    if seen is None:
        return Refusal(RefusalCode.ROW_GONE, "The row is no longer there.")
    if not seen.row.deleted:
        text = "The row is not deleted any more: it was restored since the preview."
        return Refusal(RefusalCode.NOT_A_TOMBSTONE, text)
    if locked and seen.print == row.seen:
        return _LOCKED
    return _CHANGED


def _unless_as_previewed(rows: Sequence[BatchRow], written: BatchWritten) -> None:
    others = [number for number, after in written.after.items() if after != rows[number].after]
    if others:
        text = f"The database wrote {len(others)} rows otherwise than in the preview: rolled back."
        raise RolledBack(Refusal(RefusalCode.DATABASE_REFUSED, text))


def _roll_back(connection: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error):  # a lost connection has rolled back by itself
        connection.rollback()


def _looked(
    connection: psycopg.Connection[Any],
    place: Place,
    rows: Sequence[tuple[str, sets.Values | None]],
) -> list[Seen | None]:
    found = {
        number: Seen(printed, read_row(place, record))
        for number, printed, *record in _asked(connection, sets.look(place, rows))
    }
    return [found.get(number) for number in range(len(rows))]


def _asked(connection: psycopg.Connection[Any], statement: SetStatement) -> list[tuple[Any, ...]]:
    return records(connection, statement.sql, statement.params)


def _all_refused(rows: Sequence[BatchRow], refusal: Refusal) -> BatchWritten:
    return BatchWritten(refused=dict.fromkeys(range(len(rows)), refusal))
