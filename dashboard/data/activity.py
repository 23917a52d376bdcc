"""What people did, and whether the journal that says so is as it was written."""

from __future__ import annotations

from collectors.evidence.database import Store
from collectors.evidence.reads import activity
from collectors.evidence.reads.activity import ActFilter, ActRow
from dashboard.data.held import remembered
from dashboard.remediation.service import ChainReport, verify

ACTS_PAGE = 50
ACTS_EXPORTED = 10_000


def acts_page(wanted: ActFilter, before: int | None) -> list[ActRow]:
    """A page of acts, newest first, with one row more if there is another page."""
    return remembered(_acts, wanted, before, ACTS_PAGE + 1)


def acts_to_export(wanted: ActFilter) -> list[ActRow]:
    """The newest ACTS_EXPORTED of them."""
    return remembered(_acts, wanted, None, ACTS_EXPORTED)


def actors() -> list[str]:
    """Everybody who ever did anything."""
    return remembered(activity.known_actors)


def journal_check() -> ChainReport:
    """The whole journal read and checked, once for each state of the store."""
    return remembered(verify)


def _acts(store: Store, wanted: ActFilter, before: int | None, limit: int) -> list[ActRow]:
    return activity.list_acts(store, wanted, before=before, limit=limit)
