"""Where it can still happen, what deletions left behind, and whether transactions are whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from collectors.evidence.database import Store
from collectors.evidence.reads import findings as stored
from collectors.evidence.reads import leftovers
from collectors.evidence.reads.exposure import ExposureTotal, exposure_total, exposure_trend
from collectors.evidence.reads.findings import FindingRow
from collectors.evidence.reads.leftovers import LeftoverRow
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.model import CheckedInvariant
from dashboard.data.held import opened, remembered
from dashboard.metrics.prevention import IN_THE_WAY, KINDS, NOT_WHOLE, Counted, Point, by_day


@dataclass(frozen=True, slots=True)
class Audited:
    """Everything that the audits found, of the Targets and the key that were asked about.

    at       when each Target was last audited
    never    the Targets that never were: of them nothing is known
    open     found by the last audit, without those that somebody accepted
    mended   no longer found, the newest first
    """

    at: dict[str, datetime]
    never: tuple[str, ...]
    open: tuple[FindingRow, ...]
    accepted: tuple[FindingRow, ...]
    mended: tuple[FindingRow, ...]


def audited(wanted: SurveyFilter) -> Audited:
    """The Findings as they stand."""
    names = tuple(opened().settings.targets)
    return remembered(_audited, wanted.targets, wanted.constraint, names)


def with_texts(row: FindingRow) -> FindingRow:
    """A Finding with its migration and backfill, which the list leaves out."""
    return remembered(stored.with_texts, row)


def exposure(wanted: SurveyFilter) -> ExposureTotal | None:
    """Tombstones that hold a key; None where nothing was counted."""
    return remembered(exposure_total, wanted)


def exposure_by_day(wanted: SurveyFilter) -> list[Point]:
    """How many of them there were on each day that they were counted; none of an organization."""
    days = remembered(exposure_trend, wanted)
    counted = () if days is None else days.rows
    return by_day(
        [
            Counted(f"{one.target}/{one.table}", one.day, IN_THE_WAY, one.tombstones)
            for one in counted
        ]
    )


def findings_by_day(wanted: SurveyFilter) -> list[Point]:
    """How many Findings there were at the end of each audited day, by severity."""
    since = None if wanted.since is None else wanted.since.date()
    return remembered(_findings_by_day, wanted.targets, since, wanted.constraint)


def leftovers_found(wanted: SurveyFilter) -> list[LeftoverRow] | None:
    """What deletions left behind, oldest first; None where nobody ever counted."""
    return remembered(leftovers.list_leftovers, wanted.targets, wanted.constraint)


def leftover_notes(wanted: SurveyFilter) -> list[str]:
    """What those counts leave out."""
    return remembered(leftovers.leftover_notes, wanted.targets)


def leftovers_by_day(wanted: SurveyFilter) -> list[Point]:
    """How many leftovers there were on each day that they were counted, by kind."""
    days = remembered(leftovers.leftover_trend, wanted.targets, wanted.since, wanted.constraint)
    return by_day(
        [Counted(f"{one.target}/{one.place}", one.day, KINDS[one.kind], one.rows) for one in days]
    )


def left_by_deletion(wanted: SurveyFilter) -> list[Point]:
    """What is left now, by the day of the deletion that left it."""
    counts: Counter[tuple[date, str]] = Counter()
    for row in leftovers_found(wanted) or ():
        for day, rows in row.leftover.growth:
            counts[day, KINDS[row.leftover.kind]] += rows
    return [Point(day, series, count) for (day, series), count in sorted(counts.items())]


def invariants(targets: tuple[str, ...] | None, about: str | None = None) -> list[CheckedInvariant]:
    """How each Invariant stands, broken ones first; `about` keeps those of one table."""
    return remembered(leftovers.list_invariants, targets, about)


def invariants_by_day(wanted: SurveyFilter) -> list[Point]:
    """How many rows broke them on each day that they were asked."""
    days = remembered(leftovers.invariant_trend, wanted.targets, wanted.since)
    return by_day(
        [Counted(f"{one.target}/{one.name}", one.day, NOT_WHOLE, one.rows) for one in days]
    )


def _audited(
    store: Store,
    targets: tuple[str, ...] | None,
    constraint: str | None,
    configured: tuple[str, ...],
) -> Audited:
    asked = configured if targets is None else targets
    at = stored.last_audits(store)
    at = at if targets is None else {name: at[name] for name in targets if name in at}
    found = _of_key(stored.list_findings(store, targets, texts=False), constraint)
    gone = stored.list_findings(store, targets, gone=True, texts=False)
    return Audited(
        at=at,
        never=tuple(name for name in asked if name not in at),
        open=tuple(one for one in found if one.accepted is None),
        accepted=tuple(one for one in found if one.accepted is not None),
        mended=tuple(_of_key(gone, constraint)),
    )


def _findings_by_day(
    store: Store, targets: tuple[str, ...] | None, since: date | None, constraint: str | None
) -> list[Point]:
    found = [
        Counted(one.target, one.day, one.severity, one.findings)
        for one in stored.finding_trend(store, targets, constraint)
    ]
    audits = {name: at.date() for name, at in stored.last_audits(store).items()}
    return [one for one in by_day(found, audits) if since is None or one.day >= since]


def _of_key(rows: Sequence[FindingRow], constraint: str | None) -> list[FindingRow]:
    return [one for one in rows if constraint in (None, one.finding.constraint)]
