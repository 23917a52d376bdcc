"""Nothing that was collected is about this text: what do the Targets themselves say, right now?

A value is looked for under every unique key that one value (and the organization's id) completes,
and as a row's own id: through the key's index, never by reading a table. A Tombstone found this way
opens a Conflict without Failures. What belongs to an organization other than those that the text
names is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.lines import LOOKED_UP, Judged, waits_for
from collectors.evidence.looked_up import last_asked, open_conflict
from collectors.evidence.reads.unfailed import Pending
from collectors.explain.asking import for_want_of_organization, questions
from collectors.explain.organizations import organizations_in_prose, organizations_told
from collectors.explain.printed import NO_EVENT
from collectors.inquiry import Inquiry
from collectors.linking.spellings import spellings
from collectors.linking.ticket import OF_VALUES, IdentifierKind
from collectors.linking.violation import read_text
from collectors.model import Failure, RowRef, Verdict, ViolatedKey
from collectors.model.counted import counted
from collectors.open_target import OpenTarget
from collectors.postgres.snapshot import Snapshot

MOST_VALUES = 8
MOST_QUESTIONS = 400


class Standing(StrEnum):
    """How a key stands in a Target now."""

    TOMBSTONE = "a Tombstone holds this key"
    LEFTOVER = "a row that a deleted parent left behind holds this key"
    LIVE = "a live row holds it"
    IN_PART = "nothing holds it under the keys that could be asked"
    NOTHING = "nothing holds it"
    UNREAD = "it could not be read"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a text names that a Target can be asked for.

    organizations  those that it is about: of no other one anything is told
    perhaps        ids that may be an organization's, and may be anything else's
    unknown        organizations that it names and nobody knows
    key            a whole printed key
    """

    values: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    key: ViolatedKey | None = None

    @property
    def can_be_asked(self) -> bool:
        """There is a value, or a whole printed key, to look for."""
        return bool(self.values) or self.key is not None


@dataclass(frozen=True, slots=True)
class LiveFinding:
    """What one Target says. `read_at` is when it was last read, None for never."""

    standing: Standing
    target: str
    sentence: str
    read_at: datetime | None
    table: str | None = None
    columns: tuple[str, ...] = ()
    row: RowRef | None = None
    conflict_id: str | None = None


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """What the Targets say, the row that is in the way first."""

    findings: tuple[LiveFinding, ...]


def wanted(store: Store, text: str) -> Wanted:
    """What to ask for. An organization may be named by its id or by what it is called."""
    reading = read_text(text)
    uuids = [i.value for i in reading.identifiers if i.kind is IdentifierKind.UUID]
    named = [i.value for i in reading.identifiers if i.kind is IdentifierKind.ORGANIZATION]
    meant = organizations_told(store, reading.identifiers, text)
    meant = meant or organizations_in_prose(store, reading, text)
    organizations = {one for ids in meant.values() for one in ids}
    organizations |= {value for value in named if value in uuids}
    values = [i.value for i in reading.identifiers if i.kind in OF_VALUES]
    alone = [text.strip()] if len(text.split()) == 1 and not reading.identifiers else []
    others = {*organizations, *named}
    kept = dict.fromkeys(one for v in (*values, *alone) if v not in others for one in spellings(v))
    key = reading.key if reading.key is not None and reading.key.complete else None
    return Wanted(
        values=tuple(islice(kept, MOST_VALUES)),
        organizations=tuple(sorted(organizations)),
        perhaps=tuple(one for one in uuids if one not in organizations),
        unknown=tuple(v for v in named if v not in meant and v not in organizations),
        key=key,
    )


def ask(inquiry: Inquiry, store: Store, sought: Wanted) -> LiveAnswer:
    """Ask every Target, read-only; what a Tombstone holds becomes a Conflict of ours."""
    findings: list[LiveFinding] = []
    for opened in inquiry.targets():
        try:
            pending, unasked = _pending(opened, sought)
        except TargetUnreachable as outage:
            findings.append(_unread(store, opened.name, str(outage)))
            continue
        findings += _findings(store, opened.name, inquiry.judge(pending), sought, unasked)
    order = list(Standing)
    return LiveAnswer(tuple(sorted(findings, key=lambda one: order.index(one.standing))))


def _pending(opened: OpenTarget, sought: Wanted) -> tuple[list[Pending], int]:
    """The questions to one Target, each as if a request had failed just now.

    And how many keys cannot be asked because no known organization is named.
    """
    organizations = (*sought.organizations, *sought.perhaps)

    def keys(snapshot: Snapshot) -> tuple[list[ViolatedKey], int]:
        catalog = opened.catalog(snapshot)
        found = questions(snapshot, catalog, sought.values, organizations)
        alone = 0 if sought.organizations else for_want_of_organization(catalog, sought.values)
        return list(islice(found, MOST_QUESTIONS)), alone

    found, unasked = opened.ask(keys) if sought.values else ([], 0)
    asked = [*([sought.key] if sought.key else []), *found]
    environment = next(iter(opened.settings.environments), opened.name)
    now = datetime.now(UTC)
    failures = (Failure(NO_EVENT, environment, now, key=key) for key in asked)
    return [Pending(LOOKED_UP, one) for one in failures], unasked


def _findings(
    store: Store, target: str, judged: Sequence[Judged], sought: Wanted, unasked: int
) -> Iterator[LiveFinding]:
    """What is in the way or lives; else that nothing does, or why that cannot be said."""
    told = [one for one in judged if _may_be_told(one, sought)]
    seen: set[str | None] = set()
    for one in told:
        standing = _STANDINGS.get(one.judgement.verdict)
        if standing is not None and one.conflict_id not in seen:
            seen.add(one.conflict_id)
            yield _found(store, target, standing, one)
    unread = [one for one in judged if waits_for(one.judgement) in ("target", "snapshot")]
    if unread:
        yield _unread(store, target, unread[0].judgement.reasons[0])
    elif judged and not any(one.judgement.verdict.is_blocked for one in told) and unasked:
        yield LiveFinding(Standing.IN_PART, target, _in_part(judged, unasked), judged[0].looked_at)
    elif judged and not seen:
        yield LiveFinding(
            Standing.NOTHING,
            target,
            f"No row holds it under any of {len(judged)} unique keys.",
            judged[0].looked_at,
        )


def _in_part(judged: Sequence[Judged], unasked: int) -> str:
    """An address that no other key knows may well be held in some organization."""
    asked, more = counted(len(judged), "unique key"), counted(unasked, "more counts", "more count")
    return (
        f"Asked under {asked}; {more} within an organization, and no known one is named: a "
        "deleted row may hold it there."
    )


_STANDINGS = {
    Verdict.BLOCKED_BY_TOMBSTONE: Standing.TOMBSTONE,
    Verdict.BLOCKED_BY_LEFTOVER: Standing.LEFTOVER,
    Verdict.LIVE_DUPLICATE: Standing.LIVE,
    Verdict.CONCURRENT_CREATE: Standing.LIVE,
}


def _found(store: Store, target: str, standing: Standing, one: Judged) -> LiveFinding:
    judgement = one.judgement
    key, held = judgement.key, judgement.holder
    blocked = judgement.verdict.is_blocked and one.conflict_id is not None
    return LiveFinding(
        standing,
        target,
        judgement.reasons[0],
        one.looked_at,
        key.table if key else None,
        key.columns if key else (),
        judgement.blocker or (held.row if held else None),
        open_conflict(store, one) if blocked else None,
    )


def _may_be_told(one: Judged, sought: Wanted) -> bool:
    """A ticket of one organization never shows, or opens, anything of another's."""
    if not sought.organizations and not sought.unknown:
        return True
    return one.organization_id in sought.organizations


def _unread(store: Store, target: str, sentence: str) -> LiveFinding:
    return LiveFinding(Standing.UNREAD, target, sentence, last_asked(store, target))
