"""What the filter bar offers to choose from, and which Targets a choice is about."""

from __future__ import annotations

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
    """The organizations with Conflicts, with what they are called."""
    return remembered(organizations.organizations_met)


def organization_names(ids: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """What those of the organizations are called, by Target and id."""
    return remembered(organizations.names_of, ids)


def targets_of(environments: tuple[str, ...]) -> tuple[str, ...]:
    """The Targets that these environments run on, each once."""
    settings = opened().settings
    found = (settings.target_of(environment) for environment in environments)
    return tuple(dict.fromkeys(target for target in found if target is not None))
