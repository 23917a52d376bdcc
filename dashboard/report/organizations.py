"""The table of organizations, as the page, the CSV and the report have it."""

from __future__ import annotations

import pandas as pd

from collectors.evidence.reads.customers import OrganizationHit
from dashboard.metrics.money import amounts
from dashboard.report.answers import Impact
from dashboard.text import cell, organization_name


def frame(found: Impact) -> pd.DataFrame:
    """Every text of it is cleaned, and none can run as a formula."""
    listed = found.hurt.listed
    return pd.DataFrame(
        {
            "organization": [cell(called(one)) for one in listed],
            "blocked": [one.blocked for one in listed],
            "hit": [one.hit for one in listed],
            "attempts": [one.attempts for one in listed],
            "blocked_since": pd.Series(
                [one.blocked_since for one in listed], dtype="datetime64[us, UTC]"
            ),
            "paid": [cell(paid(found, one)) for one in listed],
            "got_through": [one.got_through for one in listed],
            "gave_up": [one.gave_up for one in listed],
            "id": [cell(one.organization_id) for one in listed],
        }
    )


def called(one: OrganizationHit) -> str:
    """By its name; by its id where that is not known."""
    if one.organization_id is None:
        return "not known"
    return organization_name(one.organization_id, one.name)


def paid(found: Impact, one: OrganizationHit) -> str:
    """By currency, and whether it was counted of all its customers."""
    known = found.paid.known.get(one.organization_id, 0)
    told = amounts(found.paid.by_organization.get(one.organization_id, {}), known=known > 0)
    return f"{told} (of {known} of {one.hit} customers)" if 0 < known < one.hit else told
