"""What a source knows of a body beyond its text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a body came from.

    received_at  stands in for a time that the body does not give, or gives absurdly; it should be
                 the same when the same body is read again
    now          what later times are measured against; `received_at` when not given
    project      wins over what the body says, as does
    issue_id     the same
    """

    received_at: datetime
    now: datetime | None = None
    project: str | None = None
    issue_id: str | None = None
