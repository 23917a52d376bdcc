"""Which rows a bulk is about: the Conflicts chosen, or what an earlier bulk has done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from collectors.evidence.reads.bulks import BulkStanding
from collectors.evidence.reads.conflicts import (
    ConflictFilter,
    ConflictRow,
    find_conflict,
    list_conflicts,
)
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    find_remediation,
    key_values_of,
    list_remediations,
)
from collectors.model import Confidence, Verdict
from dashboard.remediation.facts import Place
from dashboard.remediation.journal.images import open_image
from dashboard.remediation.journal.ledger import done_by
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.service.bulk.values import Chosen, Excepted
from dashboard.remediation.service.gather import Places, Sources
from dashboard.remediation.undo import BeforeImage

_UNKNOWN = Refusal(RefusalCode.UNKNOWN_CONFLICT, "There is no such Conflict.")
_NOT_BLOCKED = Refusal(RefusalCode.KEY_NOT_HELD, "It is not blocked: nothing needs to be released.")
_NOT_SURE = Refusal(
    RefusalCode.NOT_SURE_ENOUGH,
    "It is not certain that this row is the cause: look at it, and release it by itself.",
)
_NOTHING = Refusal(RefusalCode.UNKNOWN_CONFLICT, "No blocked Conflict is among those chosen.")
_SEVERAL = Refusal(
    RefusalCode.NOT_IN_BULK, "They lie in several Targets: choose those of one at a time."
)
_FORGOTTEN = Refusal(
    RefusalCode.NOTHING_TO_UNDO,
    "Its before-image is no longer kept, or never was because the row was erased.",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that a bulk may write: a Conflict's Blocker, or a row that a bulk has written.

    image, undoes  of the remediation that is to be taken back
    """

    place: Place
    confidence: Confidence | None
    image: BeforeImage | None = field(default=None, repr=False)
    undoes: str | None = None


@dataclass
class Choice:
    """What a bulk is about, and what was left out of it on the way."""

    target: str
    candidates: list[Candidate] = field(default_factory=list)
    exceptions: list[Excepted] = field(default_factory=list)

    def leave_out(self, conflict_id: str, refusal: Refusal) -> None:
        """It stays as it is."""
        self.exceptions.append(Excepted(conflict_id, refusal))

    def add(
        self,
        conflict: ConflictRow,
        place: Place | Refusal,
        image: BeforeImage | None = None,
        undoes: str | None = None,
    ) -> None:
        """A Conflict's row, unless there is a reason why it has no place."""
        if isinstance(place, Refusal):
            self.leave_out(conflict.id, place)
        else:
            self.candidates.append(Candidate(place, conflict.confidence, image, undoes))


@dataclass(frozen=True, slots=True)
class Chooser:
    """Finds the rows in our store and names their places by today's catalog."""

    sources: Sources

    def conflicts(self, chosen: Chosen) -> Choice | Refusal:
        """The Conflicts that are chosen, as rows. Raises TargetUnreachable."""
        found = dict(self._chosen(chosen))
        known = [conflict for conflict in found.values() if conflict is not None]
        targets = {conflict.target for conflict in known}
        if not known:
            return _NOTHING
        if len(targets) > 1:
            return _SEVERAL
        choice = Choice(targets.pop())
        places = self._places(choice.target)
        if isinstance(places, Refusal):
            return places
        known_values = key_values_of(self.sources.store, [conflict.id for conflict in known])
        for conflict_id, conflict in found.items():
            refusal = _unfit(conflict)
            if conflict is None or refusal is not None:
                choice.leave_out(conflict_id, refusal or _UNKNOWN)
                continue
            assert conflict.blocker is not None
            values = known_values.get(conflict_id)
            choice.add(conflict, places.of(conflict, conflict.blocker.id, values))
        return choice

    def written_by(self, bulk: BulkStanding, now: datetime) -> Choice | Refusal:
        """The rows that a bulk has written and nobody has taken back. Raises TargetUnreachable."""
        choice = Choice(bulk.target)
        places = self._places(bulk.target)
        if isinstance(places, Refusal):
            return places
        store = self.sources.store
        for done in reversed(list_remediations(store, RemediationFilter(bulk_id=bulk.id))):
            image = open_image(store, done.id, now)
            conflict = find_conflict(store, done.conflict_id)
            if done.state == "undone":
                undo = find_remediation(store, done.undone_by or "")
                text = f"This was already undone {done_by(undo or done)}."
                choice.leave_out(done.conflict_id, Refusal(RefusalCode.ALREADY_DONE, text))
            elif conflict is None or image is None or done.state != "applied":
                choice.leave_out(done.conflict_id, _FORGOTTEN)
            else:
                place = places.of(conflict, done.row_id, image.values)
                choice.add(conflict, place, image, done.id)
        return choice

    def _chosen(self, chosen: Chosen) -> Iterable[tuple[str, ConflictRow | None]]:
        if chosen.conflict_ids:
            store = self.sources.store
            return [(one, find_conflict(store, one)) for one in chosen.conflict_ids]
        found = self._blocked(chosen) if chosen.like is None else self._like(chosen.like)
        return [(conflict.id, conflict) for conflict in found]

    def _like(self, conflict_id: str) -> list[ConflictRow]:
        one = find_conflict(self.sources.store, conflict_id)
        if one is None:
            return []
        chosen = Chosen((), one.environment, one.constraint, one.organization_id)
        return [other for other in self._blocked(chosen) if _whose(other) == _whose(one)]

    def _blocked(self, chosen: Chosen) -> list[ConflictRow]:
        wanted = ConflictFilter(
            environments=(chosen.environment,) if chosen.environment else (),
            verdicts=(Verdict.BLOCKED_BY_TOMBSTONE,),
            organization_id=chosen.organization_id,
            constraint=chosen.constraint,
        )
        return list_conflicts(self.sources.store, wanted)

    def _places(self, target: str) -> Places | Refusal:
        reader = self.sources.readers.get(target)
        if reader is None:
            text = f"Target {target!r} is not in the settings."
            return Refusal(RefusalCode.UNREACHABLE, text)
        return Places(reader.ask(self.sources.catalogs))


def _whose(conflict: ConflictRow) -> tuple[str | None, ...]:
    return conflict.target, conflict.schema, conflict.table, conflict.organization_id


def _unfit(conflict: ConflictRow | None) -> Refusal | None:
    """Only what is certainly blocked by a Tombstone enters a bulk."""
    if conflict is None:
        return _UNKNOWN
    if conflict.verdict is not Verdict.BLOCKED_BY_TOMBSTONE or conflict.blocker is None:
        return _NOT_BLOCKED
    return None if conflict.confidence is Confidence.CERTAIN else _NOT_SURE
