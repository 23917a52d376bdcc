"""What an Event says of the key it violated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectors.model.words import KeyValues, Operation, ValueSource


@dataclass(frozen=True, slots=True)
class ViolatedKey:
    """A unique violation as read from an Event or a text; any part may be missing.

    columns  the key expressions as the message prints them: ("organization_id", "lower(email)")
    splits   every way to cut the printed tuple into that many values; one when it is unambiguous,
             none when the message held no values
    fields   values known by column name only (SQL parameters, frame variables, request body); they
             may cover just some of the key's columns
    doubt    why the values are not to be had, in words ("the value was hidden by a scrubber")
    """

    constraint: str | None = None
    schema: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    splits: tuple[KeyValues, ...] = ()
    fields: tuple[tuple[str, str | None], ...] = ()
    source: ValueSource | None = None
    doubt: str | None = None

    @property
    def complete(self) -> bool:
        """The key's own values are known, in exactly one way."""
        return len(self.splits) == 1


@dataclass(frozen=True, slots=True)
class Failure:
    """An Event of a failed create, update, delete or restore, reduced to the facts we use.

    `key` is None unless a unique constraint was violated; then `other` says in a few masked words
    what kind of failure it was instead. `organization_id` is only a hint, and never decides.
    """

    event_id: str
    environment: str
    occurred_at: datetime
    project: str | None = None
    operation: Operation | None = None
    transaction: str | None = None
    release: str | None = None
    issue_id: str | None = None
    key: ViolatedKey | None = None
    other: str | None = None
    oddity: str | None = None
    organization_id: str | None = None
