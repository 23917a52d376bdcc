"""Many rows in one transaction: locked without waiting, guarded one by one, counted, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from collectors.errors import TargetUnreachable
from dashboard.remediation import batch as sets
from dashboard.remediation.batch import BatchRow, Form
from dashboard.remediation.database_errors import is_about_rows, is_final, refusal_of
from dashboard.remediation.facts import Place
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.writer.batch_steps import (
    BatchWritten,
    Seen,
    all_refused,
    look_at,
    unless_as_previewed,
    write_rows,
)
from dashboard.remediation.writer.connecting import Connecting, EndUnknown, RolledBack, records

BeforeCommit = Callable[[BatchWritten], None]


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
    ) -> list[Seen | Refusal | None]:
        """Many rows as they are now, unlocked; None for one that is not there.

        Raises TargetUnreachable.
        """
        with self._connected() as connection:
            return self._look(connection, place, rows)

    def _look(
        self,
        connection: psycopg.Connection[Any],
        place: Place,
        rows: Sequence[tuple[str, sets.Values | None]],
    ) -> list[Seen | Refusal | None]:
        """A row that cannot be read (not UTF-8, an expression fails on it) is refused by itself."""
        try:
            with self._transaction(connection, "tombstone look"):
                return [*look_at(connection, place, rows)]
        except psycopg.Error as error:
            _roll_back(connection)
            if len(rows) == 1 or not is_about_rows(error):
                return [self._refusal_of(error)] * len(rows)
        middle = len(rows) // 2
        return [
            seen
            for half in (rows[:middle], rows[middle:])
            for seen in self._look(connection, place, half)
        ]

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
                    written = write_rows(connection, form, lead, rows, every_key=True)
                    hit = list(written.after)
                    asked = [(rows[number].row_id, values[number]) for number in hit]
                    found = look_at(connection, form.place, asked)
                    pairs = zip(hit, found, strict=True)
                    written.seen = {number: seen for number, seen in pairs if seen}
                    return written
            except psycopg.Error as error:
                return all_refused(rows, self._refusal_of(error, lead))

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
        `before_commit` raises does too. Raises TargetUnreachable where the connection was lost
        before, EndUnknown once COMMIT was sent, or where the rows could not be read again.
        """
        try:
            self._begin(connection, f"tombstone {name}")
            written = write_rows(connection, form, lead, rows, every_key=False)
            unless_as_previewed(rows, written)
            if written.after:
                before_commit(written)
        except RolledBack as refused:
            written = all_refused(rows, refused.refusal)
        except psycopg.Error as error:
            written = all_refused(rows, self._refusal_of(error, lead, ", in one batch"))
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
            written.refused |= all_refused(rows, refusal_of(error)).refused
            return
        hit = list(written.after)
        try:
            with self._transaction(connection, "tombstone verify"):
                statement = sets.standing(form, [rows[number] for number in hit])
                found = {number for (number,) in records(connection, statement)}
        except psycopg.Error:
            raise EndUnknown from None
        written.missing = tuple(number for n, number in enumerate(hit) if n not in found)

    def _refusal_of(
        self, error: psycopg.Error, lead: RemediationPlan | None = None, where: str = ""
    ) -> Refusal:
        """Why its rows are refused. Raises TargetUnreachable where that is no fault of theirs."""
        refusal = refusal_of(error, lead)
        if refusal.code is RefusalCode.UNREACHABLE:
            raise TargetUnreachable(f"Target {self._target!r}{where}: {refusal.text}") from None
        return refusal

    def standing(self, form: Form, rows: Sequence[BatchRow]) -> set[int]:
        """The numbers of the rows that are as the batch leaves them.

        Raises TargetUnreachable.
        """
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone look"):
                    return {number for (number,) in records(connection, sets.standing(form, rows))}
            except psycopg.Error as error:
                raise self._unanswered(error) from None


def _roll_back(connection: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error):  # a lost connection has rolled back by itself
        connection.rollback()
