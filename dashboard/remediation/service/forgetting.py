"""`forget`: find everything that we hold of a person, erase it, and say where a Remedy hid it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import TargetUnreachable
from collectors.evidence.forgetting import (
    Collected,
    copies_beside,
    erase_collected,
    find_collected,
    scrub_files,
    still_in_clear,
)
from collectors.postgres.folding import fold_values
from dashboard.access import Actor, Role
from dashboard.remediation.journal import Kind, Line, recording
from dashboard.remediation.journal.forgetting import (
    Acted,
    HiddenIn,
    MovedOn,
    erase_acted,
    find_acted,
)
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.service.gather import Sources

_ROLE = Refusal(RefusalCode.ROLE_MAY_NOT, "Only an engineer may have somebody forgotten.")
_EMPTY = Refusal(RefusalCode.REASON_MISSING, "Say which value is to be forgotten.")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was found of a person, and whether it is erased.

    rows      where a Remedy hid or moved the value: those stand in the Targets, not with us
    in_clear  where the value stands as it is all the same: a fault, to be looked at
    copies    files that an upgrade of the store has left, which still hold what is erased here
    unasked   Targets that could not say how they spell the value: other spellings may be missed
    lingers   somebody read the store all the while: its write-ahead log still has it, sealed
    """

    conflicts: int
    failures: int
    fingerprints: int
    images: int
    previews: int
    batches: int
    rows: tuple[HiddenIn, ...]
    in_clear: tuple[str, ...]
    copies: tuple[str, ...]
    unasked: tuple[str, ...]
    lingers: bool
    erased: bool

    @property
    def held(self) -> int:
        """How many pieces there were."""
        pieces = self.conflicts, self.failures, self.fingerprints, self.images
        return sum(pieces) + self.previews + self.batches


@dataclass(frozen=True, slots=True)
class Forgetter:
    """Finds and erases; journals that it did, without the value."""

    sources: Sources
    clock: Callable[[], datetime]

    def forget(self, value: str, actor: Actor, *, erase: bool) -> Forgotten | Refusal:
        """List what is held of the person and, with `erase`, destroy it."""
        refusal = None if actor.role.is_at_least(Role.ENGINEER) else _ROLE
        refusal = refusal or (None if value.strip() else _EMPTY)
        if refusal is not None:
            self._journal(Kind.REFUSED, actor, {"code": refusal.code, "said": refusal.text})
            return refusal
        store = self.sources.store
        spellings, unasked = self._spellings(value.strip())
        collected = find_collected(store, spellings)
        acted = find_acted(store, spellings, collected.conflicts)
        while erase:
            try:
                self._erase(collected, acted, actor)
                break
            except MovedOn:
                acted = find_acted(store, spellings, collected.conflicts)
        return Forgotten(
            len(collected.conflicts),
            len(collected.failures),
            collected.fingerprints,
            len(acted.images),
            len(acted.previews),
            len(acted.batches),
            acted.rows,
            tuple(still_in_clear(store, spellings)),
            tuple(copies_beside(store)),
            tuple(unasked),
            lingers=erase and not scrub_files(store),
            erased=erase,
        )

    def _erase(self, collected: Collected, acted: Acted, actor: Actor) -> None:
        """Raises MovedOn."""
        body = {
            "forgotten": {
                "conflicts": list(collected.conflicts),
                "failures": len(collected.failures),
                "images": list(acted.images),
                "previews": len(acted.previews),
                "batches": len(acted.batches),
            },
            "rows": [f"{one.target} {one.table} {one.row_id}" for one in acted.rows],
        }
        with recording(self.sources.store) as line:
            erase_collected(line.connection, collected)
            erase_acted(line, acted, collected.conflicts, self.clock())
            line.append(Line(Kind.FORGET, self.clock(), str(actor), actor.role, body))

    def _spellings(self, value: str) -> tuple[set[str], list[str]]:
        """The value as it is written, and as each Target's own keys fold it."""
        found, unasked = {value, value.lower(), value.casefold()}, []
        for name, reader in self.sources.readers.items():
            try:
                with reader.snapshot() as snapshot:
                    found |= fold_values(snapshot, self.sources.catalogs(snapshot), [value])
            except TargetUnreachable:
                unasked.append(name)
        return found, unasked

    def _journal(self, kind: Kind, actor: Actor, body: dict[str, str]) -> None:
        with recording(self.sources.store) as line:
            line.append(Line(kind, self.clock(), str(actor), actor.role, body))
