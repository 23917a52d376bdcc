"""What went live when: the dates that a regression is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A version of an application; `deploys` is how many of them the server counts."""

    version: str
    projects: tuple[str, ...] = ()
    created_at: datetime | None = None
    released_at: datetime | None = None
    first_event: datetime | None = None
    last_event: datetime | None = None
    deploys: int = 0


@dataclass(frozen=True, slots=True)
class Deploy:
    """A Release that went live in an environment."""

    version: str
    environment: str
    finished_at: datetime
