"""A Target as one Run has it open: its catalog, and whether it still answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from collectors.errors import TargetUnreachable
from collectors.evidence.reads.unfailed import Pending
from collectors.linking.dropped import dropped, remembered
from collectors.linking.question import KeyStanding, Question
from collectors.linking.resolve import resolve
from collectors.model import Catalog, Failure
from collectors.postgres.engine import ReadTarget
from collectors.postgres.outage import Halted
from collectors.postgres.snapshot import Snapshot
from collectors.settings import TargetSettings
from collectors.targets import target_catalog

T = TypeVar("T")


class OpenTarget:
    """A Target with its catalog, which is read once, and again when a key is not in it."""

    def __init__(self, target: ReadTarget, settings: TargetSettings) -> None:
        self.target = target
        self.settings = settings
        self.outage: TargetUnreachable | None = None
        self._catalog: Catalog | None = None
        self._reread = False

    @property
    def name(self) -> str:
        """The Target's name."""
        return self.target.name

    def ask(self, question: Callable[[Snapshot], T]) -> T:
        """A question's answer. Raises TargetUnreachable, at once if it did so before.

        A statement that a time limit ended says nothing of the Target's other questions.
        """
        if self.outage is not None:
            raise self.outage
        try:
            return self.target.ask(question)
        except Halted:
            raise
        except TargetUnreachable as outage:
            self.outage = outage
            raise

    def catalog(self, snapshot: Snapshot) -> Catalog:
        """The catalog as we have it."""
        if self._catalog is None:
            self._catalog = target_catalog(snapshot, self.settings)
        return self._catalog

    def questions(self, snapshot: Snapshot, pending: Sequence[Pending]) -> list[Question]:
        """What to ask; a key that the catalog lacks may be younger than it, so it is read again."""
        asked = [_question(one, self.catalog(snapshot)) for one in pending]
        if self._reread or all(map(_is_known, asked)):
            return asked
        self._catalog, self._reread = None, True
        return [_question(one, self.catalog(snapshot)) for one in pending]


def _question(one: Pending, catalog: Catalog) -> Question:
    """As the Event tells it; where that names no table, its Conflict does.

    So a key that a migration mended under a new name is known by its table and columns, and one
    that was dropped is told from one that nobody ever saw. Of one that has other columns today the
    row that held it tells.
    """
    failure = _whole(one)
    asked, key = resolve(failure, catalog), failure.key
    if key is None or one.key_table is None:
        return asked
    if _is_known(asked):
        return remembered(asked, one.key_columns) if one.verdict.is_blocked else asked
    schema, name = one.key_table
    if key.table is None:
        asked = resolve(replace(failure, key=replace(key, schema=schema, table=name)), catalog)
    table = None if _is_known(asked) else catalog.table(schema, name)
    return (table and dropped(failure, one.key_columns, table)) or asked


def _whole(one: Pending) -> Failure:
    """With the values of its Conflict, where the Event itself does not print them whole.

    What the Event gives may fit anybody's row by now, or none: the Conflict is about one key.
    """
    key = one.failure.key
    if key is None or one.key_values is None:
        return one.failure
    told = replace(key, columns=one.key_columns, splits=(one.key_values,))
    return replace(one.failure, key=told)


def _is_known(asked: Question) -> bool:
    gone = asked.standing in (KeyStanding.UNKNOWN, KeyStanding.DROPPED)
    return asked.key is not None or not gone
