"""The scenario's own record of what it did to whom, and the verdict that each failure deserves.

The verdicts come from what the stories did, and from what each Verdict means. They are those of
somebody who looks for the first time after the play has ended. Where the rows and the times then
allow several histories, all of them are listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any

from sample_data.api.modes import KEYS

IDEMPOTENCY_KEY = "idempotency_keys_organization_id_key_key"
_TABLES = {key.name: key.table for key in KEYS} | {IDEMPOTENCY_KEY: "idempotency_keys"}
_AT_ONCE = timedelta(seconds=5)


class Fate(Enum):
    """What somebody did to a whole row, later."""

    LEFT_ALONE = auto()
    RESTORED = auto()
    PURGED = auto()


@dataclass(slots=True)
class Row:
    """A row of the shop as the stories know it; the last four change as a story goes on.

    `released` names the keys that somebody took from it by hand, and says whether the old value
    was kept in the row's metadata.
    """

    id: str
    created_at: datetime
    email: str = ""
    external_id: str | None = None
    parent: Row | None = None
    deleted_at: datetime | None = None
    fate: Fate = Fate.LEFT_ALONE
    released: dict[str, bool] = field(default_factory=dict)

    @property
    def gone_since(self) -> datetime:
        """When it was deleted; only for rows that were."""
        assert self.deleted_at is not None
        return self.deleted_at

    def live_at(self, moment: datetime) -> bool:
        """It was not deleted then. No story asks about a moment after it was restored."""
        return self.deleted_at is None or self.deleted_at > moment


@dataclass(slots=True)
class Attempt:
    """One request that failed. `holder` held `constraint` at that moment; both None for the rest.

    `value` is any text that is the same for the same key of the same organization. `mended` says
    that the constraint has known deletion since some later release.
    """

    environment: str
    organization_id: str
    kind: str
    operation: str
    occurred_at: datetime
    constraint: str | None = None
    holder: Row | None = None
    value: str = ""
    mended: bool = False
    holder_live: bool | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.holder is not None:
            self.holder_live = self.holder.live_at(self.occurred_at)

    @property
    def conflict_key(self) -> str | None:
        """The same for all failures of one Conflict; tells nobody the value."""
        if self.constraint is None:
            return None
        parts = (self.environment, self.organization_id, self.constraint, self.value)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def line(self) -> dict[str, Any]:
        """The attempt as it stands in the record."""
        return {
            "environment": self.environment,
            "organization_id": self.organization_id,
            "kind": self.kind,
            "operation": self.operation,
            "occurred_at": self.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "constraint": self.constraint,
            "table": _TABLES[self.constraint] if self.constraint else None,
            "blocker_id": self.holder.id if self.holder else None,
            "holder_live": self.holder_live,
            "expected_verdict_now": list(expected(self)),
            "conflict_key": self.conflict_key,
        }


def expected(attempt: Attempt) -> tuple[str, ...]:
    """The verdicts that are right for this failure after the play."""
    holder = attempt.holder
    if holder is None or attempt.constraint is None:
        return ("OTHER_FAILURE",)
    if holder.fate is Fate.PURGED:
        return ("HOLDER_GONE",)
    if holder.fate is Fate.RESTORED:
        return ("UNBLOCKED", "LIVE_DUPLICATE")
    if attempt.constraint in holder.released:
        kept = holder.released[attempt.constraint]
        return ("UNBLOCKED", "HOLDER_GONE") if kept else ("HOLDER_GONE",)
    return (_of_untouched(attempt, holder),)


def _of_untouched(attempt: Attempt, holder: Row) -> str:
    if not attempt.holder_live:
        return "UNBLOCKED" if attempt.mended else "BLOCKED_BY_TOMBSTONE"
    if holder.parent is not None and not holder.parent.live_at(attempt.occurred_at):
        return "BLOCKED_BY_LEFTOVER"
    if abs(attempt.occurred_at - holder.created_at) < _AT_ONCE:
        return "CONCURRENT_CREATE"
    return "LIVE_DUPLICATE"


def write(attempts: Iterable[Attempt], path: Path) -> None:
    """One JSON line a failing request, oldest first; the file appears only when it is whole."""
    lines = [json.dumps(a.line()) for a in sorted(attempts, key=lambda a: a.occurred_at)]
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text("".join(f"{line}\n" for line in lines))
    unfinished.rename(path)
