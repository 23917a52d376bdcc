"""Which organizations there are, and which a person means by an id or a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from sqlalchemy import func, or_, select

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import known_organizations
from collectors.evidence.schema import conflicts
from collectors.evidence.schema import organizations as table

LISTED = 2_000


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization with Conflicts; `name` is None where it is not known.

    `only_in` is the Target that knows it, where another of the same name is known to another.
    """

    id: str
    name: str | None
    only_in: str | None = None


def organizations_met(store: Store) -> list[Organization]:
    """Organizations with Conflicts by what they are called, LISTED at most.

    Found by leaps through an index, for each may have very many Conflicts.
    """
    met = conflicts.c.organization_id
    leaps = select(func.min(met).label("id")).cte("leaps", recursive=True)
    beyond = select(func.min(met)).where(met > leaps.c.id).scalar_subquery()
    leaps = leaps.union_all(select(beyond).where(leaps.c.id.is_not(None)))
    with store.read() as connection:
        met_ids = select(leaps.c.id).where(leaps.c.id.is_not(None)).limit(LISTED)
        ids = connection.scalars(met_ids).all()
    known = names_of(store)
    names, apart = agreed(known), told_apart(known)
    found = [Organization(id_, names.get(id_), apart.get(id_)) for id_ in ids]
    return sorted(found, key=lambda one: (one.name is None, (one.name or one.id).lower(), one.id))


def names_of(store: Store, ids: Sequence[str] | None = None) -> dict[tuple[str, str], str]:
    """What those of the organizations (None: all) are called, by Target and id.

    By both, for in two Targets the same number may be two organizations.
    """
    query = select(table.c.target, table.c.organization_id, table.c.name)
    if ids is not None:
        query = query.where(table.c.organization_id.in_(ids))
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {(target, id_): name for target, id_, name in rows}


def agreed(names: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """By id alone: only those that every Target calls the same.

    >>> agreed({("a", "1"): "Acme", ("b", "1"): "Acme", ("a", "2"): "Acme", ("b", "2"): "Globex"})
    {'1': 'Acme'}
    """
    called: defaultdict[str, set[str]] = defaultdict(set)
    for (_, id_), name in names.items():
        called[id_].add(name)
    return {id_: each.pop() for id_, each in called.items() if len(each) == 1}


def told_apart(names: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """The Target of each organization that shares its name with one of another Target.

    >>> told_apart({("live", "1"): "Acme", ("test", "2"): "Acme", ("live", "3"): "Globex"})
    {'1': 'live', '2': 'test'}
    """
    called: defaultdict[str, set[str]] = defaultdict(set)
    known_to: defaultdict[str, set[str]] = defaultdict(set)
    for (target, id_), name in names.items():
        called[name].add(id_)
        known_to[id_].add(target)
    return {
        id_: target
        for (target, id_), name in names.items()
        if len(called[name]) > 1 and len(known_to[id_]) == 1
    }


def organizations_meant(store: Store, told: Sequence[str]) -> dict[str, set[str]]:
    """For each text that means any, the ids of the organizations it means."""
    lower = {text.lower() for text in told}
    name = func.lower(table.c.name)
    query = select(table.c.organization_id, name.label("name"))
    query = query.where(or_(name.in_(lower), table.c.organization_id.in_(told)))
    met = known_organizations(store, told)
    with store.read() as connection:
        rows = connection.execute(query).all()
    found = {
        text: {row.organization_id for row in rows if text in row or text.lower() == row.name}
        | ({text} & met)
        for text in told
    }
    return {text: ids for text, ids in found.items() if ids}


def organizations_of_slug(store: Store, slug: str) -> set[str]:
    """The ids of those whose names have the same letters and digits, as an address has them.

    >>> _letters("alder-ash"), _letters("Alder & Ash"), _letters("Café Noir")
    ('alderash', 'alderash', 'cafenoir')
    """
    wanted = _letters(slug)
    if not wanted:
        return set()
    return {id_ for (_, id_), name in names_of(store).items() if wanted == _letters(name)}


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalize("NFKD", text))).casefold()
