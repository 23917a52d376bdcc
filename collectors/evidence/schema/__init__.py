"""The store's tables, a file a subject.

Times are whole microseconds since 1970 in UTC, so that they sort and bucket the same in SQLite and
PostgreSQL. A change here needs a migration and a new VERSION. Nothing here may hold a customer's
e-mail address, external ID or name in clear: see `privacy`.
"""

from collectors.evidence.schema.acted import audit_entries, before_images, previews, remediations
from collectors.evidence.schema.base import VERSION, Moment, from_micros, metadata, to_micros
from collectors.evidence.schema.collected import (
    conflicts,
    cursors,
    failures,
    fingerprints,
    issues,
    meta,
    runs,
    verdict_history,
)
from collectors.evidence.schema.surveyed import (
    create_days,
    exposure_days,
    exposures,
    recreation_days,
    surveys,
)

__all__ = [
    "VERSION",
    "Moment",
    "audit_entries",
    "before_images",
    "conflicts",
    "create_days",
    "cursors",
    "exposure_days",
    "exposures",
    "failures",
    "fingerprints",
    "from_micros",
    "issues",
    "meta",
    "metadata",
    "previews",
    "recreation_days",
    "remediations",
    "runs",
    "surveys",
    "to_micros",
    "verdict_history",
]
