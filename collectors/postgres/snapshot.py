"""One look at a Target: a read-only transaction, in which every question sees the same rows.

Statements are sent with `$1` placeholders as the server reads them: a fragment of the catalog that
holds `%` or `:` needs no escaping, a value has no way into the SQL.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Any, TypeVar

import psycopg
from psycopg import RawCursor

from collectors.postgres.outage import Halted, StatementFailed, explained

# Its warnings name the host and the user; what matters of them comes to us as errors too.
logging.getLogger("psycopg").setLevel(logging.ERROR)

_SAVEPOINT, _RELEASE = "SAVEPOINT tombstone", "RELEASE SAVEPOINT tombstone"
_TAKE_BACK = f"ROLLBACK TO SAVEPOINT tombstone; {_RELEASE}"

Question = tuple[Any, ...]
"""One statement, and what is bound to its `$1`, `$2`, …"""

Rows = list[tuple[Any, ...]]

Sent = RawCursor[tuple[Any, ...]]
"""A statement under way, whose rows are fetched later."""

Send = Callable[..., Sent]
"""Takes what a Question is made of."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One read-only transaction: every statement in it sees the same rows.

    as_of           rows committed by then are in it: the server's clock, or a standby's replay time
    server_version  as `server_version_num` has it: 150018, 180006
    patience_s      after which a server silent on one statement is given up on; None: never
    where           the database's name, and when its server started: two connections that agree in
                    both are to one
    """

    target: str
    as_of: datetime
    is_standby: bool
    server_version: int
    connection: psycopg.Connection[Any]
    patience_s: float | None = None
    where: tuple[str, str] = ("", "")

    def rows(self, statement: str, *parameters: object) -> Rows:
        """Run a statement with its `$1`, `$2`, … bound; of several in one text, the last's rows.

        Raises TargetUnreachable, or StatementFailed where only this statement was refused.
        """
        try:
            with self._patience(), RawCursor(self.connection) as cursor:
                cursor.execute(statement, parameters or None)
                while cursor.nextset():
                    pass
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise explained(self.target, error) from None

    def rows_of_each_while(
        self, first: Sequence[Question], work: Callable[..., T], then: Sequence[Question]
    ) -> tuple[T, list[Rows]]:
        """Run SELECTs in two round trips, with `work` on what the `first` answer between them.

        The server goes on meanwhile. `work` is given a list of rows for each of the first; it may
        not ask. Returned are what it made, and what each of the others answers. Raises as `rows`
        does, for the first that is refused; those after it were not run.
        """
        with self._sending(at_work=len(first) + len(then)) as send:
            with self.connection.pipeline():
                begun = [send(*question) for question in first]
                rows = [cursor.fetchall() for cursor in begun]
                rest = [send(*question) for question in then]
                done = work(*rows)
            return done, [cursor.fetchall() for cursor in rest]

    def attempt_each(self, *questions: Question) -> list[Rows]:
        """Run SELECTs that may be refused in one round trip: what each answers, in their order.

        Raises as `rows` does, for the first that is refused; those after it were not run, and the
        Snapshot stays usable.
        """
        with self._taking_back(), self._sending(at_work=len(questions)) as send:
            with self.connection.pipeline():
                sent = self._attempted(send, questions)
            return [cursor.fetchall() for cursor in sent]

    def attempt_in_turn(self, questions: Sequence[Question]) -> Iterator[Rows]:
        """As `attempt_each`, but each answer is given as it comes.

        While it is taken in the server is at the next one. Nothing else may be asked meanwhile.
        """
        with (
            self._taking_back(),
            self._sending(at_work=len(questions)) as send,
            self.connection.pipeline(),
        ):
            for cursor in self._attempted(send, questions):
                yield cursor.fetchall()

    def _attempted(self, send: Send, questions: Sequence[Question]) -> list[Sent]:
        send(_SAVEPOINT)
        sent = [send(*question) for question in questions]
        send(_RELEASE)
        return sent

    @contextmanager
    def _sending(self, *, at_work: int) -> Iterator[Send]:
        """A way to send a statement; so many may each take as long as a statement may."""
        try:
            with self._patience(at_work), ExitStack() as opened:

                def send(statement: str, *parameters: object) -> Sent:
                    cursor = opened.enter_context(RawCursor(self.connection))
                    return cursor.execute(statement, parameters or None)

                yield send
        except psycopg.Error as error:
            raise explained(self.target, error) from None

    @contextmanager
    def _patience(self, at_work: int = 1) -> Iterator[None]:
        """The limits set in the transaction are the server's clock, and a hung server's stands."""
        if self.patience_s is None:
            yield
            return
        waiting = Timer(self.patience_s * at_work, _hang_up, [self.connection])
        waiting.daemon = True
        waiting.start()
        try:
            yield
        finally:
            waiting.cancel()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A savepoint around statements that may be refused: what came before stays usable."""
        self.rows(_SAVEPOINT)
        with self._taking_back():
            yield
        self.rows(_RELEASE)

    @contextmanager
    def _taking_back(self) -> Iterator[None]:
        try:
            yield
        except (StatementFailed, Halted):
            self.rows(_TAKE_BACK)
            raise


def _hang_up(connection: psycopg.Connection[Any]) -> None:
    """End a connection under whoever waits for it; closing it would free what they still use."""
    with suppress(OSError, psycopg.Error), socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(SHUT_RDWR)
