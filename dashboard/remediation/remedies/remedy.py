"""What every Remedy answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from collectors.model import UniqueKey
from dashboard.remediation.changes import Change
from dashboard.remediation.facts import Facts, RemedyName
from dashboard.remediation.outcomes import Refusal


@dataclass(frozen=True, slots=True)
class Goal:
    """What must be true of the row afterwards; `holds` None where it does not matter.

    gone  it must not be there at all
    """

    deleted: bool
    holds: bool | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a Remedy would do to one row, before it becomes statements.

    checked        the unique keys on which no other row may be met
    preconditions  in words, each checked again under the row's lock
    warnings       what whoever approves should know, and what is not brought about
    undo           how it can be taken back, or why it cannot
    evidence       the row as it was is kept sealed although there is no way back
    """

    changes: tuple[Change, ...]
    goal: Goal
    checked: tuple[UniqueKey, ...]
    preconditions: tuple[str, ...]
    undo: str
    warnings: tuple[str, ...] = ()
    undoable: bool = True
    evidence: bool = False


class Remedy(Protocol):
    """One kind of cure. `draft` is only asked about a Tombstone that holds the Conflict's key."""

    @property
    def name(self) -> RemedyName:
        """Its name in commands, the journal and the settings."""

    @property
    def title(self) -> str:
        """The words on its button."""

    @property
    def advice(self) -> str:
        """When to choose it, in a sentence."""

    @property
    def has_undo(self) -> bool:
        """Whether it can ever be taken back. What cannot is never the first offer."""

    def draft(self, facts: Facts) -> Draft | Refusal:
        """What it would write, or why it may not."""

    def not_for_support(self, facts: Facts) -> str | None:
        """Why somebody in support may not use it here; None if they may."""
