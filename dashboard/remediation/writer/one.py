"""One plan, one transaction, on a connection that no reader shares.

Everything is set inside the transaction, so it works through PgBouncer's transaction mode: no
prepared statements, no session state. One apply takes nine round trips.

A row that somebody else has locked is asked for again until `lock_timeout_ms` has passed, without
ever standing in the queue for it, so nobody waits behind us. Should this process hang between two
statements, `idle_in_transaction_session_timeout` ends the transaction and lets go of the row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from dashboard.remediation import guard, statements
from dashboard.remediation.changes import Statement
from dashboard.remediation.database_errors import is_final, refusal_of
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.outcomes import Refusal, RefusalCode, Step
from dashboard.remediation.plan import RemediationPlan
from dashboard.remediation.writer.connecting import (
    Begun,
    Connecting,
    EndUnknown,
    RolledBack,
    records,
    unless,
)

LOOKS_FOR_A_LOCKED_ROW = 5

BeforeCommit = Callable[["Written"], None]
"""Called with what is about to be committed."""

Announce = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Written:
    """The row as the plan left it and, for what was committed, as it was read again.

    Either is None where the row is not there, as after a purge.

    xid, horizon  the transaction's id, and the oldest one that was still running beside it
    children      the same of each row that was written along, in the plan's order
    """

    after: Row | None
    xid: str
    horizon: str
    children: tuple[Written, ...] = ()
    found: Row | None = None


class Writer(Connecting):
    """The read-write handle on one application database, for one plan at a time."""

    def look(self, place: Place) -> Row | Refusal | None:
        """The row as it is now, unlocked. Raises TargetUnreachable."""
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone look"):
                    return _row(connection, place, statements.look(place, lock=False))
            except psycopg.Error as error:
                return refusal_of(error)

    def look_at_all(self, places: Sequence[Place]) -> list[Row | None] | Refusal:
        """Each row as it is now, unlocked. Raises TargetUnreachable."""
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone look"):
                    asked = [statements.look(place, lock=False) for place in places]
                    pairs = zip(places, asked, strict=True)
                    return [_row(connection, place, one) for place, one in pairs]
            except psycopg.Error as error:
                return refusal_of(error)

    def rehearse(self, plan: RemediationPlan) -> Written | Refusal:
        """The Preview: the plan run for real, and rolled back. Raises TargetUnreachable."""
        with self._connected() as connection:
            try:
                with self._transaction(connection, "tombstone preview"):
                    return self._write_all(connection, plan, lambda _: None)
            except RolledBack as refused:
                return refused.refusal
            except psycopg.Error as error:
                return refusal_of(error, plan)

    def apply(
        self,
        plan: RemediationPlan,
        name: str,
        before_commit: BeforeCommit,
        announce: Announce,
        begun: Callable[[Begun], Refusal | None] = lambda _: None,
    ) -> Written | Refusal:
        """Run the plan and commit it, then read the row again on the same connection.

        `begun` says whether it may be run where the transaction was begun. `name` is the
        remediation's id, for the application's name. Whatever `before_commit` raises rolls back.
        Raises TargetUnreachable before anything began, EndUnknown once COMMIT was sent or the row
        could not be read again.
        """
        with self._connected() as connection:
            try:
                unless(begun(self._begin(connection, f"tombstone {name}")))
                written = self._write_all(connection, plan, announce)
                before_commit(written)
            except RolledBack as refused:
                return refused.refusal
            except psycopg.Error as error:
                return refusal_of(error, plan)
            announce(Step.COMMITTING)
            try:
                connection.commit()
            except psycopg.Error as error:
                if is_final(error):
                    return refusal_of(error, plan)
                raise EndUnknown from None
            announce(Step.COMMITTED)
            return self._verified(connection, plan, written)

    def _write_all(
        self, connection: psycopg.Connection[Any], plan: RemediationPlan, announce: Announce
    ) -> Written:
        """The plan's own row, then those that are written along: all of them, or none."""
        written = self._write(connection, plan, announce)
        children = [self._write_along(connection, child) for child in plan.children]
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if any(one.table.triggers for one in (plan, *plan.children)):
            written = _as_left(connection, plan, written)
            pairs = zip(plan.children, children, strict=True)
            children = [_as_left(connection, child, its) for child, its in pairs]
        announce(Step.WRITTEN)
        return replace(written, children=tuple(children))

    def _write_along(self, connection: psycopg.Connection[Any], child: RemediationPlan) -> Written:
        """A row beside the plan's own; a Refusal says of which table it is."""
        try:
            return self._write(connection, child, lambda _: None)
        except RolledBack as refused:
            text = f"{child.table.label}: {refused.refusal.text}"
            raise RolledBack(replace(refused.refusal, text=text)) from None

    def _write(
        self, connection: psycopg.Connection[Any], plan: RemediationPlan, announce: Announce
    ) -> Written:
        """Lock, re-check, write, count.

        A purged row is looked for again: a trigger may have put it back.
        """
        found = self._lock(connection, plan.place)
        announce(Step.LOCKED)
        unless(guard.changed_since(plan, found))
        unless(_answered(connection, plan, plan.occupied, guard.met))
        unless(_answered(connection, plan, plan.referenced, guard.referred_to))
        unless(_answered(connection, plan, plan.along, guard.written_along))
        announce(Step.CHECKED)
        for statement in plan.statements:
            written = records(connection, statement)
            if len(written) != 1:
                found = _row(connection, plan.place, statements.look(plan.place, lock=False))
                raise RolledBack(guard.changed_since(plan, found) or _not_one(len(written)))
        *row, xid, horizon = written[0]
        if plan.goal.gone:
            # From the DELETE on no foreign key can be added: one that came after the count shows.
            unless(_answered(connection, plan, plan.referenced, guard.referred_to))
            after = _row(connection, plan.place, statements.look(plan.place, lock=False))
        else:
            after = statements.read_row(plan.place, row)
        unless(guard.missed(plan, after))
        return Written(after, xid, horizon)

    def _lock(self, connection: psycopg.Connection[Any], place: Place) -> Row | None:
        pause = self._limits.lock_timeout_ms / 1_000 / LOOKS_FOR_A_LOCKED_ROW
        for attempt in range(LOOKS_FOR_A_LOCKED_ROW):
            time.sleep(pause if attempt else 0)
            row = _row(connection, place, statements.look(place, lock=True))
            if row is not None:
                return row
            if not attempt and not _is_there(connection, place):
                return None
        raise RolledBack(
            Refusal(RefusalCode.LOCKED, "Another session has the row locked: try again shortly.")
        )

    def _verified(
        self, connection: psycopg.Connection[Any], plan: RemediationPlan, written: Written
    ) -> Written:
        """The same, with every row as it is found now."""
        try:
            with self._transaction(connection, "tombstone verify"):
                pairs = zip(plan.children, written.children, strict=True)
                children = [_found(connection, child, its) for child, its in pairs]
                return replace(_found(connection, plan, written), children=tuple(children))
        except psycopg.Error:
            raise EndUnknown from None


def _as_left(
    connection: psycopg.Connection[Any], plan: RemediationPlan, written: Written
) -> Written:
    """The row once every trigger has run: AFTER triggers write later than RETURNING reads."""
    after = _row(connection, plan.place, statements.look(plan.place, lock=False))
    unless(guard.missed(plan, after))
    return replace(written, after=after)


def _found(connection: psycopg.Connection[Any], plan: RemediationPlan, written: Written) -> Written:
    return replace(
        written, found=_row(connection, plan.place, statements.look(plan.place, lock=False))
    )


def _row(connection: psycopg.Connection[Any], place: Place, statement: Statement) -> Row | None:
    found = records(connection, statement)
    return statements.read_row(place, found[0]) if found else None


def _is_there(connection: psycopg.Connection[Any], place: Place) -> bool:
    return bool(records(connection, statements.exists(place))[0][0])


def _answered(
    connection: psycopg.Connection[Any],
    plan: RemediationPlan,
    statement: Statement | None,
    judge: Callable[[RemediationPlan, Sequence[Any]], Refusal | None],
) -> Refusal | None:
    if statement is None:
        return None
    return judge(plan, records(connection, statement)[0])


def _not_one(count: int) -> Refusal:
    """The row stands under our lock as it was seen."""
    if not count:
        return Refusal(
            RefusalCode.DATABASE_REFUSED,
            "Something in the database (a trigger, a rule?) kept the row from being written.",
        )
    return Refusal(
        RefusalCode.CHANGED_SINCE_PREVIEW,
        f"The statement would have changed {count} rows instead of one: rolled back.",
    )
