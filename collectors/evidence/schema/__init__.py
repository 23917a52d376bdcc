"""The store's tables, a file a subject.

Times are whole microseconds since 1970 in UTC, so that they sort and bucket the same in SQLite and
PostgreSQL. A change here needs a migration and a new VERSION. Nothing here may hold a customer's
e-mail address, external ID or name in clear: see `privacy`.
"""

from collectors.evidence.schema.acted import audit_entries, before_images, previews, remediations
from collectors.evidence.schema.base import VERSION, Moment, from_micros, metadata, to_micros
from collectors.evidence.schema.bulk import bulk_batches, bulk_rows, bulks
from collectors.evidence.schema.collected import (
    conflicts,
    failures,
    fingerprints,
    meta,
    verdict_history,
)
from collectors.evidence.schema.counted import (
    customer_days,
    failed_recreation_days,
    failure_days,
    release_customers,
)
from collectors.evidence.schema.leftovers import (
    invariant_days,
    invariants,
    leftover_days,
    leftovers,
)
from collectors.evidence.schema.prevention import audits, finding_days, findings
from collectors.evidence.schema.signed_in import ended_logins
from collectors.evidence.schema.sources import (
    coverages,
    cursors,
    deploys,
    issues,
    passed_events,
    releases,
    runs,
)
from collectors.evidence.schema.surveyed import (
    counted_days,
    create_days,
    dependents,
    exposure_days,
    exposures,
    organizations,
    payments,
    recreation_days,
    surveys,
)
from collectors.evidence.schema.triaged import conflict_tickets
from collectors.evidence.schema.walked import walks

__all__ = [
    "VERSION",
    "Moment",
    "audit_entries",
    "audits",
    "before_images",
    "bulk_batches",
    "bulk_rows",
    "bulks",
    "conflict_tickets",
    "conflicts",
    "counted_days",
    "coverages",
    "create_days",
    "cursors",
    "customer_days",
    "dependents",
    "deploys",
    "ended_logins",
    "exposure_days",
    "exposures",
    "failed_recreation_days",
    "failure_days",
    "failures",
    "finding_days",
    "findings",
    "fingerprints",
    "from_micros",
    "invariant_days",
    "invariants",
    "issues",
    "leftover_days",
    "leftovers",
    "meta",
    "metadata",
    "organizations",
    "passed_events",
    "payments",
    "previews",
    "recreation_days",
    "release_customers",
    "releases",
    "remediations",
    "runs",
    "surveys",
    "to_micros",
    "verdict_history",
    "walks",
]
