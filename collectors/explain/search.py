"""Which Conflicts does a text mean, and are they still blocked right now?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from collectors.evidence.reads.linked_issues import issues_of_links
from collectors.explain.organizations import organizations_in_prose, organizations_told
from collectors.explain.printed import of_printed_key
from collectors.inquiry import Inquiry
from collectors.linking.spellings import spellings
from collectors.linking.ticket import (
    OF_VALUES,
    Identifier,
    IdentifierKind,
    is_uuid,
    issue_of_link,
    perhaps_conflicts,
)
from collectors.linking.violation import TextReading, read_text
from collectors.model import Verdict, ViolatedKey
from collectors.open_target import OpenTarget
from collectors.postgres.folding import fold_values

CONFLICT = "conflict"
"""What a Conflict's id, or the link to its page, is read as."""
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
    """The Conflicts a text means, newest first, and Failures of its Events that have none.

    perhaps  they are all that an Issue or an organization has; nothing tells which of them is meant
    """

    conflicts: tuple[ConflictRow, ...] = ()
    failures: tuple[FailureRow, ...] = ()
    read_as: tuple[ReadAs, ...] = ()
    notes: tuple[str, ...] = ()
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class LiveLook:
    """Whether a Conflict's key is held by what blocked it, asked just now; None: not to be told."""

    holds: bool | None
    sentence: str
    asked_at: datetime


def search(inquiry: Inquiry, store: Store, text: str) -> SearchAnswer:
    """The Conflicts that a pasted ticket, value, id or link means.

    Where it names an organization, another organization's Conflict is never among them; a name that
    stands in its prose, called nothing, is said in a note.
    The narrowest that we know of is what is meant: a Conflict, an Event, a value or a row's id;
    else an Issue, which gathers everybody's; else, where no value is named, the organization. A
    Target that cannot be asked costs other spellings, and a note says so.
    """
    reading = read_text(text)
    organizations = _organizations(store, inquiry, reading, text)
    called = {} if organizations else organizations_in_prose(store, reading, text)
    organizations = organizations.union(*called.values())
    named = _Named.of(reading.identifiers, reading.key, text, organizations)
    folded, notes = _spellings(inquiry, named.values)
    notes += _whose(reading, organizations, tuple(called))
    linked = _found(store, perhaps_conflicts(text))
    failures = _failures_of(store, named.events)
    valued = of_printed_key(inquiry, conflicts_of_values(store, sorted(folded)), reading.key)
    rows = conflicts_of_rows(store, named.rows)
    held = [conflict for conflict in rows if _holds_key(conflict, named)]
    notes += _of_several([*valued, *held], organizations)
    mine = _mine([*linked, *_met_by(store, failures), *valued, *held], organizations)
    perhaps = not mine and all(failure.conflict_id for failure in failures)
    if perhaps:
        failures = _failures_of_issues(store, named.issues, organizations)
        mine = _mine(_met_by(store, failures), organizations)
        if not set(named.values) - set(named.organizations):
            all_of_it = mine or _mine(rows, organizations)
            mine, more = _of_that_time(store, all_of_it, reading)
            perhaps = len(mine) == len(all_of_it)
            notes += more
    return SearchAnswer(
        tuple(sorted(mine, key=_newest, reverse=True)),
        tuple(failure for failure in failures if failure.conflict_id is None),
        (
            *(ReadAs(CONFLICT, conflict.id) for conflict in linked),
            *(_shown(identifier) for identifier in reading.identifiers),
        ),
        tuple(notes),
        perhaps and len(mine) > 1,
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
    """A text's identifiers, by what they can be looked up as.

    An Event's id is a UUID, which some tools write with its dashes. Issues are named by links.
    """

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
        perhaps = set(kinds(IdentifierKind.UUID)) - set(kinds(IdentifierKind.EXTERNAL_ID))
        return cls(
            values=tuple(dict.fromkeys(values)),
            rows=tuple({*kinds(*_ROWS), *alone, *organizations}),
            events=tuple(
                value.replace("-", "")
                for value in kinds(IdentifierKind.EVENT_ID, IdentifierKind.UUID)
            ),
            issues=kinds(IdentifierKind.ISSUE_URL),
            organizations=(*perhaps, *kinds(IdentifierKind.ORGANIZATION), *organizations),
        )


def _spellings(inquiry: Inquiry, values: Sequence[str]) -> tuple[set[str], list[str]]:
    """The values as the Targets fold them; as Python does, where one cannot be asked."""
    found = {spelling for value in values for spelling in spellings(value)}
    notes: list[str] = []
    if not found:
        return found, notes
    asked = sorted(found)
    for opened in inquiry.targets():
        try:
            found |= _folded(opened, asked)
        except TargetUnreachable as outage:
            notes.append(f"{outage} Other spellings of the value may be missed.")
            found |= {value.lower() for value in asked}
    return found, notes


def _folded(opened: OpenTarget, values: Sequence[str]) -> set[str]:
    return opened.ask(lambda snapshot: fold_values(snapshot, opened.catalog(snapshot), values))


def _failures_of(store: Store, events: Iterable[str]) -> list[FailureRow]:
    return [one for event in events for one in list_failures(store, FailureFilter(event_id=event))]


def _failures_of_issues(
    store: Store, urls: Iterable[str], organizations: Iterable[str]
) -> list[FailureRow]:
    """The newest of each Issue, which gathers everybody's; of the organizations named alone."""
    links = {url: issue for url in urls if (issue := issue_of_link(url))}
    wanted = [
        FailureFilter(issue_id=issue, organization_id=one)
        for issue in issues_of_links(store, links)
        for one in (tuple(organizations) or (None,))
    ]
    return [failure for one in wanted for failure in list_failures(store, one)]


def _met_by(store: Store, failures: Iterable[FailureRow]) -> list[ConflictRow]:
    return _found(store, (one.conflict_id for one in failures if one.conflict_id))


def _mine(conflicts: Iterable[ConflictRow], organizations: set[str]) -> list[ConflictRow]:
    """Each once; where organizations are named, theirs alone."""
    each = {conflict.id: conflict for conflict in conflicts}.values()
    return [one for one in each if not organizations or one.organization_id in organizations]


def _found(store: Store, ids: Iterable[str]) -> list[ConflictRow]:
    """Those of the Conflicts that there are."""
    return list(filter(None, (find_conflict(store, one) for one in dict.fromkeys(ids))))


def _holds_key(conflict: ConflictRow, named: _Named) -> bool:
    """The row in the way is named by its own id, not only its organization."""
    rows = {row.id for row in (conflict.blocker, conflict.holder) if row is not None}
    return bool(rows & set(named.rows))


def _organizations(store: Store, inquiry: Inquiry, reading: TextReading, text: str) -> set[str]:
    """The ids of the organizations that a text is about, whether we have met them or not."""
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
    meant = organizations_told(store, reading.identifiers, text).values()
    return told | {organization for some in meant for organization in some}


def _whose(reading: TextReading, organizations: set[str], called: Sequence[str]) -> Iterator[str]:
    """Whose Conflicts are shown, where the text leaves that to be guessed."""
    if called:
        yield f"Read as about {' and '.join(called)} alone: no other organization is named."
    if not organizations and any(
        one.kind is IdentifierKind.ORGANIZATION for one in reading.identifiers
    ):
        yield "No organization is known by the name that it gives, so all of them were searched."


def _of_several(conflicts: Iterable[ConflictRow], organizations: set[str]) -> Iterator[str]:
    """A value may be in several organizations' hands: which of them asks, the text alone tells."""
    whose = {one.organization_id for one in conflicts if one.organization_id}
    if not organizations and len(whose) > 1:
        yield (
            f"They are of {len(whose)} organizations, and no known one is named: "
            "find out whose ticket it is before you answer."
        )


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
