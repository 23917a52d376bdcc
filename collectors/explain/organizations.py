"""Which organizations is a text about? It may name one by its id, or by what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collectors.evidence.database import Store
from collectors.evidence.reads.organizations import (
    names_of,
    organizations_meant,
    organizations_of_slug,
)
from collectors.linking.ticket import Identifier, IdentifierKind, organization_names, phrases
from collectors.linking.violation import TextReading


def organizations_told(
    store: Store, identifiers: Iterable[Identifier], text: str
) -> Mapping[str, set[str]]:
    """The ids that each UUID and each named organization means, of those that mean any.

    A name may be of several words, and nothing says where it ends: the longest known one counts.
    Else the first word may be its slug.
    """
    uuids = {one.value for one in identifiers if one.kind is IdentifierKind.UUID}
    names = organization_names(text)
    meant = organizations_meant(
        store, sorted(uuids.union(*({n, *more} for n, more in names.items())))
    )
    found = {one: meant[one] for one in uuids if one in meant}
    for first, longer in names.items():
        known = next((meant[name] for name in (*longer, first) if name in meant), None)
        if known := known or organizations_of_slug(store, first):
            found[first] = found.get(first, set()) | known
    return found


def organizations_in_prose(store: Store, reading: TextReading, text: str) -> Mapping[str, set[str]]:
    """Those whose whole names stand in a text that says of none "organization: …", and has no key.

    A single word counts only as its organization writes it: "test" is no "Test".
    """
    if reading.key is not None or organization_names(text):
        return {}
    begun = phrases(text)
    meant = organizations_meant(store, sorted({name for names in begun for name in names}))
    written = set(names_of(store, sorted(set().union(*meant.values()))).values())
    found: dict[str, set[str]] = {}
    after = 0
    for first, names in enumerate(begun):
        known = (one for one in names if one in meant and (" " in one or one in written))
        name = next(known, None) if first >= after else None
        if name is not None:
            found[name] = meant[name]
            after = first + len(name.split())
    return found
