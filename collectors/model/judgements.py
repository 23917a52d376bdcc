"""What follows from an Event and the rows it met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectors.model.keys import UniqueKey
from collectors.model.rows import Holder, RowRef
from collectors.model.words import Confidence, KeyValues, Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """What one Rule says, with its reason in plain words."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A Verdict with everything it rests on.

    `values` are the complete KeyValues of the Conflict (the Holder's where there is one), None when
    they are not known; a Failure with `key` and `values` has a Conflict. `confidence` is None only
    without a UniqueKey.
    """

    verdict: Verdict
    confidence: Confidence | None
    findings: tuple[Finding, ...]
    key: UniqueKey | None = None
    values: KeyValues | None = None
    blocker: RowRef | None = None
    holder: Holder | None = None
    candidates: tuple[RowRef, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons alone, in the order in which they were found."""
        return tuple(finding.reason for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What our own last look at a Conflict found; the judge's only memory.

    `blocker` is the Tombstone or leftover we saw hold the key, `held_at` when we last saw it hold,
    `released_by` who or what freed it if we know ("release-key by alice"), `released_at` when our
    own remedy did: until then it held. `organization_id` is whose customer it was about.
    """

    verdict: Verdict
    blocker: RowRef | None = None
    held_at: datetime | None = None
    released_by: str | None = None
    released_at: datetime | None = None
    organization_id: str | None = None
