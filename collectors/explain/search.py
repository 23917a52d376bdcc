"""Which Conflicts does a text mean, and are they still blocked right now?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.privacy import mask
from collectors.evidence.reads.conflicts import (
    ConflictRow,
    conflicts_of_rows,
    conflicts_of_values,
    failing_around,
    find_conflict,
)
from collectors.evidence.reads.failures import FailureFilter, FailureRow, list_failures
from collectors.evidence.reads.followup import newest_failure
from collectors.evidence.reads.organizations import organizations_meant
from collectors.explain.printed import of_printed_key
from collectors.inquiry import Inquiry
from collectors.linking.ticket import OF_VALUES, Identifier, IdentifierKind, is_uuid
from collectors.linking.violation import TextReading, read_text
from collectors.model import Verdict, ViolatedKey
from collectors.open_target import OpenTarget
from collectors.postgres.folding import fold_values

_ROWS = (IdentifierKind.UUID, IdentifierKind.ORGANIZATION, IdentifierKind.EXTERNAL_ID)
AROUND = timedelta(hours=1)
"""How far from a ticket's own time a Failure may lie and still be meant."""

_SHOWN_AS_IT_IS = (IdentifierKind.EVENT_ID, IdentifierKind.ISSUE_ID, IdentifierKind.TIME)


@dataclass(frozen=True, slots=True)
class ReadAs:
    """Something that a pasted text names, masked."""

    kind: str
    shown: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The Conflicts a text means, newest first, and Failures of its Events that have none."""

    conflicts: tuple[ConflictRow, ...] = ()
    failures: tuple[FailureRow, ...] = ()
    read_as: tuple[ReadAs, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveLook:
    """Whether a Conflict's key is held by what blocked it, asked just now; None: not to be told."""

    holds: bool | None
    sentence: str
    asked_at: datetime


def search(inquiry: Inquiry, store: Store, text: str) -> SearchAnswer:
    """The Conflicts that a pasted ticket, value, id or link means.

    Where it names an organization by its id, another organization's Conflict is never among them,
    and its id alone means a Conflict only where nothing narrower is named. A Target that cannot be
    asked costs other spellings, and a note says so.
    """
    reading = read_text(text)
    organizations = _organizations(store, inquiry, reading)
    named = _Named.of(reading.identifiers, reading.key, text, organizations)
    spellings, notes = _spellings(inquiry, named.values)
    failures = _failures_named(store, named)
    valued = conflicts_of_values(store, sorted(spellings))
    conflicts = {c.id: c for c in of_printed_key(inquiry, valued, reading.key)}
    conflicts |= {c.id: c for c in conflicts_of_rows(store, named.rows) if _names_row(c, named)}
    for failure in failures:
        if failure.conflict_id and (conflict := find_conflict(store, failure.conflict_id)):
            conflicts[conflict.id] = conflict
    mine = [
        conflict
        for conflict in conflicts.values()
        if not organizations or conflict.organization_id in organizations
    ]
    if not set(named.values) - set(named.organizations):
        mine, more = _of_that_time(store, mine, reading)
        notes += more
    return SearchAnswer(
        tuple(sorted(mine, key=_newest, reverse=True)),
        tuple(failure for failure in failures if failure.conflict_id is None),
        tuple(_shown(identifier) for identifier in reading.identifiers),
        tuple(notes),
    )


def still_blocked(inquiry: Inquiry, store: Store, conflict_id: str) -> LiveLook:
    """Ask the Target now, read-only, and store nothing."""
    pending = newest_failure(store, conflict_id)
    if pending is None:
        sentence = "Its values have been erased since it was settled, so it cannot be asked again."
        return LiveLook(None, sentence, datetime.now(UTC))
    (judged,) = inquiry.judge([pending])
    outage = next(iter(inquiry.unreachable.values()), None)
    verdict, reasons = judged.judgement.verdict, judged.judgement.reasons
    sentence = outage or (reasons[0] if reasons else "")
    holds = None if outage or verdict is Verdict.UNDECIDED else verdict.is_blocked
    return LiveLook(holds, sentence, judged.looked_at)


@dataclass(frozen=True, slots=True)
class _Named:
    """A text's identifiers, by what they can be looked up as."""

    values: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        found: Sequence[Identifier],
        key: ViolatedKey | None,
        text: str,
        organizations: Iterable[str],
    ) -> _Named:
        def kinds(*wanted: IdentifierKind) -> tuple[str, ...]:
            return tuple(i.value for i in found if i.kind in wanted)

        printed = [value for split in (key.splits if key else ()) for value in split if value]
        alone = [text.strip()] if len(text.split()) == 1 else []
        values = (*kinds(*OF_VALUES), *printed, *alone)
        return cls(
            values=tuple(dict.fromkeys(values)),
            rows=tuple({*kinds(*_ROWS), *alone, *organizations}),
            events=kinds(IdentifierKind.EVENT_ID),
            issues=kinds(IdentifierKind.ISSUE_ID),
            organizations=(
                *kinds(IdentifierKind.UUID, IdentifierKind.ORGANIZATION),
                *organizations,
            ),
        )


def _spellings(inquiry: Inquiry, values: Sequence[str]) -> tuple[set[str], list[str]]:
    """The values as the Targets fold them; as Python does, where one cannot be asked."""
    spellings = {spelling for value in values for spelling in (value, value.strip())}
    notes: list[str] = []
    if not spellings:
        return spellings, notes
    asked = sorted(spellings)
    for opened in inquiry.targets():
        try:
            spellings |= _folded(opened, asked)
        except TargetUnreachable as outage:
            notes.append(f"{outage} Other spellings of the value may be missed.")
            spellings |= {value.lower() for value in asked}
    return spellings, notes


def _folded(opened: OpenTarget, values: Sequence[str]) -> set[str]:
    return opened.ask(lambda snapshot: fold_values(snapshot, opened.catalog(snapshot), values))


def _failures_named(store: Store, named: _Named) -> list[FailureRow]:
    wanted = [FailureFilter(event_id=event) for event in named.events]
    wanted += [FailureFilter(issue_id=issue) for issue in named.issues]
    return [failure for one in wanted for failure in list_failures(store, one)]


def _names_row(conflict: ConflictRow, named: _Named) -> bool:
    """By its organization alone a Conflict is meant only where nothing narrower was named."""
    rows = {row.id for row in (conflict.blocker, conflict.holder) if row is not None}
    return bool(rows & set(named.rows)) or not (set(named.values) - set(named.organizations))


def _organizations(store: Store, inquiry: Inquiry, reading: TextReading) -> set[str]:
    """The ids of the organizations that a text is about, whether we have met them or not."""
    uuids = {i.value for i in reading.identifiers if i.kind is IdentifierKind.UUID}
    named = {i.value for i in reading.identifiers if i.kind is IdentifierKind.ORGANIZATION}
    told = set(filter(is_uuid, named))
    if reading.key is not None and reading.key.columns:
        own = inquiry.organization_columns()
        told |= {
            value
            for split in reading.key.splits
            for column, value in zip(reading.key.columns, split, strict=True)
            if value is not None and column in own
        }
    meant = organizations_meant(store, sorted(uuids | named)).values()
    return told | {organization for some in meant for organization in some}


def _of_that_time(
    store: Store, conflicts: list[ConflictRow], reading: TextReading
) -> tuple[list[ConflictRow], list[str]]:
    """An organization with a time means what failed there then; if nothing did, all there is."""
    times = [i.value for i in reading.identifiers if i.kind is IdentifierKind.TIME]
    moments = [datetime.fromisoformat(time) for time in times]
    if not moments or not conflicts:
        return conflicts, []
    ids = [conflict.id for conflict in conflicts]
    near = failing_around(store, ids, moments, AROUND)
    if near:
        return [conflict for conflict in conflicts if conflict.id in near], []
    return conflicts, ["Nothing of this failed within an hour of the time that is named."]


def _shown(identifier: Identifier) -> ReadAs:
    plain = identifier.kind in _SHOWN_AS_IT_IS
    return ReadAs(identifier.kind, identifier.value if plain else mask(identifier.value))


def _newest(conflict: ConflictRow) -> datetime:
    return conflict.last_seen or conflict.asked_at
