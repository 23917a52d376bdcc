"""May this person use this remedy here? Asked for every Preview and again for every Approval."""

from __future__ import annotations

from collectors.evidence.reads.remediations import RemediationRow
from collectors.model import Table
from dashboard.access import Actor, Role
from dashboard.remediation.facts import Facts, Place, RemedyName
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.remedies import REMEDIES
from dashboard.settings import WriteSettings


def standing_refusal(settings: WriteSettings, actor: Actor, place: Place) -> Refusal | None:
    """Why this person may write nothing here, or nobody may."""
    if not actor.role.is_at_least(Role.SUPPORT):
        return Refusal(RefusalCode.ROLE_MAY_NOT, f"A {actor.role} may look, and change nothing.")
    if settings.write_dsn(place.target) is None:
        return no_writer(place.target)
    return None


def no_writer(target: str) -> Refusal:
    """The remedies are off there."""
    return Refusal(
        RefusalCode.NO_WRITER, f"No writer is set up for target {target!r}: set its write_dsn."
    )


def remedy_refusal(
    settings: WriteSettings, actor: Actor, remedy: RemedyName, place: Place
) -> Refusal | None:
    """Why not this remedy, before anything is asked of the row."""
    refusal = standing_refusal(settings, actor, place)
    places = (place.environment, place.target)
    if refusal is None and settings.remediation.forbids(
        remedy, places, (*names_of(place.table), place.table.name)
    ):
        return Refusal(
            RefusalCode.FORBIDDEN,
            f"The settings forbid {remedy} on {place.table.label} of {place.environment}.",
        )
    return refusal


def role_refusal(actor: Actor, remedy: RemedyName, facts: Facts) -> Refusal | None:
    """Why not in this role, given the row. Engineers may use every remedy."""
    if actor.role.is_at_least(Role.ENGINEER):
        return None
    why = REMEDIES[remedy].not_for_support(facts)
    if why is None:
        return None
    return Refusal(RefusalCode.ROLE_MAY_NOT, f"Only an engineer may do this: {why}.")


def bulk_refusal(actor: Actor) -> Refusal | None:
    """Support releases one at a time; many at once are an engineer's."""
    if actor.role.is_at_least(Role.ENGINEER):
        return None
    return Refusal(
        RefusalCode.ROLE_MAY_NOT,
        "Only an engineer may do many at once; support does one at a time.",
    )


def undo_refusal(actor: Actor, done: RemediationRow) -> Refusal | None:
    """Support takes back what the same person did; an engineer anything."""
    if actor.role.is_at_least(Role.ENGINEER) or done.actor == str(actor):
        return None
    return Refusal(
        RefusalCode.ROLE_MAY_NOT, "Only an engineer may take back what somebody else did."
    )


def reopen_refusal(actor: Actor) -> Refusal | None:
    """Only an engineer can tell what an unclear row needs."""
    if actor.role.is_at_least(Role.ENGINEER):
        return None
    return Refusal(RefusalCode.ROLE_MAY_NOT, "Only an engineer may open the row again.")


def triggers_known(settings: WriteSettings, place: Place) -> bool:
    """Somebody has read this table's triggers and said so in the settings."""
    return not set(names_of(place.table)).isdisjoint(settings.remediation.allow_triggers)


def names_of(table: Table) -> tuple[str, ...]:
    """What the settings may call it: with its schema or not (`public`), with quotes or not."""
    names = (table.label, f"{table.schema}.{table.name}")
    return tuple(dict.fromkeys((*names, *(name.replace('"', "") for name in names))))
