"""What there is to ask a Target about one Failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from collectors.model import (
    Blocks,
    Failure,
    KeyLookup,
    KeyPart,
    KeyValues,
    LookupAnswer,
    Operation,
    Table,
    UniqueKey,
)

_MAKES_LIVE = (Operation.CREATE, Operation.RESTORE)


class KeyStanding(StrEnum):
    """How the key that the Event names stands in today's catalog."""

    AS_REPORTED = "as reported"
    """Name and columns agree."""

    RENAMED = "renamed"
    """The name is unknown (or none was given); table and columns match the key that replaced it."""

    CHANGED = "changed"
    """The name is there, over other columns or with other rules about NULL."""

    UNKNOWN = "unknown"
    """No such key: nothing is asked, and nothing is judged."""

    DROPPED = "dropped"
    """Our own Conflict knows it, and the catalog no more, nor a key that its values could meet."""

    REMEMBERED = "remembered"
    """It has other columns today; the row that its Conflict was held by is asked instead."""

    WIDENED = "widened"
    """Today it covers more columns than the Event's: rows alike in those are candidates."""

    ELSEWHERE = "written elsewhere"
    """What the Event gives was written into another table: rows of its key are candidates."""

    AMBIGUOUS = "ambiguous"
    """Several keys fit, and the Event does not tell which: their rows are candidates."""


@dataclass(frozen=True, slots=True)
class Question:
    """A Failure, the key it is about, and the look-ups that would settle it.

    key              the UniqueKey as it is today
    asked_as         the shape that the Event's own columns name, made of catalog parts. Its
                     `counts_deleted` is true only if the key of that shape surely counted deleted
                     rows when the Event happened
    lookups          one for each reading of the values. A part that only says "deleted or not" is
                     left out where a live Holder was reported or nothing was: so a row that was
                     live then and is deleted now is found too, and each row says itself what it is
    readings         for each look-up the complete values in the order of `asked_as.parts`, None
                     where only the columns behind them are known
    others           the other unique keys of the same insert that count deleted rows
    holder_was_live  what the printed key itself says of its Holder (a `null` in the `deleted_at`
                     place: it was live); None where it says nothing
    note             in a sentence, what stands in the way, or how the key was matched
    """

    failure: Failure
    table: Table | None = None
    key: UniqueKey | None = None
    asked_as: UniqueKey | None = None
    standing: KeyStanding = KeyStanding.UNKNOWN
    lookups: tuple[KeyLookup, ...] = ()
    note: str | None = None
    readings: tuple[KeyValues | None, ...] = ()
    others: tuple[KeyLookup, ...] = ()
    holder_was_live: bool | None = None

    @property
    def in_part(self) -> bool:
        """Only some of the key's parts are known: rows that have them need not be alike."""
        return any(lookup.parts is not None for lookup in self.lookups)

    @property
    def counted_then(self) -> bool:
        """A soft-deleted row could hold the key when the Event happened, as far as we can know."""
        shape = self.asked_as
        if shape is None or self.holder_was_live is True or self._met_live_rows:
            return False
        return shape.counts_deleted or self.holder_was_live is False

    @property
    def counts_now(self) -> bool:
        """A soft-deleted row can hold the key today.

        One whose printed key says that it was deleted holds it against the same deletion only, as
        long as the key has the parts it had.
        """
        if self.key is None or self._met_live_rows:
            return False
        if self.key.counts_deleted:
            return True
        same = self.asked_as is not None and set(self.asked_as.parts) == set(self.key.parts)
        return same and self.holder_was_live is False

    @property
    def _met_live_rows(self) -> bool:
        """Live rows and deleted ones never meet in the key, and a live one was written.

        `(email, is_deleted)` stops the second deletion, never a create.
        """
        key = self.key
        if key is None or key.blocks is not Blocks.DELETE:
            return False
        if self.holder_was_live is None and self.failure.operation not in _MAKES_LIVE:
            return False
        apart = any(reads_marker(part, self.table) for part in key.parts)
        return apart and self.holder_was_live is not False

    @property
    def only_marker_changed(self) -> bool:
        """The key's columns are the Event's, every one, but for the mark of deletion."""
        violated = self.failure.key
        if self.key is None or self.asked_as is None or violated is None:
            return False
        if len(violated.columns) not in (0, len(self.asked_as.parts)):
            return False
        changed = set(self.key.parts) ^ set(self.asked_as.parts)
        return all(reads_marker(part, self.table) for part in changed)


def reads_marker(part: KeyPart, table: Table | None) -> bool:
    """The part depends on the table's mark of deletion."""
    return table is not None and table.marker is not None and table.marker.column in part.columns


def with_computed(question: Question, answers: Sequence[LookupAnswer]) -> Question:
    """With the key's values as the Target computed them, where its columns' are all that is known.

    So a Conflict is known again by what its Event gives, also when no row has it any more.
    """
    if not answers:
        return question
    width = len(question.asked_as.parts) if question.asked_as else 0
    readings = tuple(
        one.computed if reading is None and one.computed and len(one.computed) == width else reading
        for reading, one in zip(question.readings, answers, strict=True)
    )
    return question if readings == question.readings else replace(question, readings=readings)
