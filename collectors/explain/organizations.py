"""Which organizations is a text about? It may name one by its id, or by what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collectors.evidence.database import Store
from collectors.evidence.reads.organizations import organizations_meant
from collectors.linking.ticket import Identifier, IdentifierKind, organization_names


def organizations_told(
    store: Store, identifiers: Iterable[Identifier], text: str
) -> Mapping[str, set[str]]:
    """The ids that each UUID and each named organization means, of those that mean any.

    A name may be of several words, and nothing says where it ends: the longest known one counts.
    """
    uuids = {one.value for one in identifiers if one.kind is IdentifierKind.UUID}
    names = organization_names(text)
    meant = organizations_meant(
        store, sorted(uuids.union(*({n, *more} for n, more in names.items())))
    )
    found = {one: meant[one] for one in uuids if one in meant}
    for first, longer in names.items():
        known = next((meant[name] for name in (*longer, first) if name in meant), None)
        if known is not None:
            found[first] = found.get(first, set()) | known
    return found
