"""What the filter bar offers to choose from, and which Targets a choice is about."""

from __future__ import annotations

from collectors.evidence.database import Store
from collectors.evidence.reads import conflicts, failures, organizations, tallies
from dashboard.data.held import opened, remembered
from dashboard.text import organization_words


def environments() -> list[str]:
    """Every environment that something was stored for."""
    return remembered(failures.known_environments)


def constraints() -> list[str]:
    """Every unique key that a Failure is about."""
    return remembered(tallies.known_constraints)


def releases() -> list[str]:
    """Every release that something failed in, the most recent first."""
    return remembered(tallies.known_releases)


def organizations_met() -> dict[str, str]:
    """The organizations with Conflicts by id, in the words that they are chosen by."""
    return remembered(_met_in_words)


def organization_met(id_: str) -> str | None:
    """In the same words one that need not be among those listed; None if it has no Conflict."""
    return organizations_met().get(id_) or remembered(_one_met_in_words, id_)


def _one_met_in_words(store: Store, id_: str) -> str | None:
    if not conflicts.known_organizations(store, [id_]):
        return None
    names = organizations.agreed(organizations.names_of(store, [id_]))
    return organization_words(id_, names.get(id_))


def _met_in_words(store: Store) -> dict[str, str]:
    """Kept in words: there may be 2,000, and every run of every page offers them."""
    met = organizations.organizations_met(store)
    return {one.id: organization_words(one.id, one.name, one.only_in) for one in met}


def organization_names(ids: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """What those of the organizations are called, by Target and id."""
    return remembered(organizations.names_of, ids)


def targets_of(environments: tuple[str, ...]) -> tuple[str, ...]:
    """The Targets that these environments run on, each once."""
    settings = opened().settings
    found = (settings.target_of(environment) for environment in environments)
    return tuple(dict.fromkeys(target for target in found if target is not None))
