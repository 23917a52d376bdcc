"""What the filter bar offers to choose from, and what was meant by a choice."""

from __future__ import annotations

from collectors.evidence.database import Store
from collectors.evidence.reads import failures, organizations, tallies
from collectors.evidence.reads.organizations import Organization
from dashboard.data.held import opened, remembered


def environments() -> list[str]:
    """Every environment that something was stored for."""
    return remembered(failures.known_environments)


def constraints() -> list[str]:
    """Every unique key that a Failure is about."""
    return remembered(tallies.known_constraints)


def releases() -> list[str]:
    """Every release that something failed in, the most recent first."""
    return remembered(tallies.known_releases)


def organizations_met() -> list[Organization]:
    """The organizations with the most Conflicts, with what they are called."""
    return remembered(organizations.organizations_met)


def organization_meant(told: str) -> str | None:
    """The id of the one organization that an id or a name means, None for none or several."""
    found = remembered(_meant, told.strip())
    return next(iter(found)) if len(found) == 1 else None


def targets_of(environments: tuple[str, ...]) -> tuple[str, ...]:
    """The Targets that these environments run on, each once."""
    settings = opened().settings
    found = (settings.target_of(environment) for environment in environments)
    return tuple(dict.fromkeys(target for target in found if target is not None))


def _meant(store: Store, told: str) -> set[str]:
    return organizations.organizations_meant(store, [told]).get(told, set())
