"""What a table means beyond its catalog: told by its owners, here for the schema that ships.

The pipeline turns the settings' tables into these. Names are spelled as their author wrote them, or
as SQL quotes them; conditions are SQL over the table's own columns. Both are written by whoever
runs Tombstone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from collectors.model import MarkerKind

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


def unquoted(name: str) -> str:
    """A table's or column's name as its author wrote it, however it is spelled here.

    >>> unquoted("Member"), unquoted('"Member"'), unquoted('crm."Member"')
    ('Member', 'Member', 'crm.Member')
    """
    return _QUOTED.sub(lambda part: part[1].replace('""', '"'), name)


@dataclass(frozen=True, slots=True)
class MarkerMapping:
    """A marker whose column the names do not give away.

    deleted_values  what the column is for a deleted row: statuses, or `false` for a boolean that
                    says "active"
    """

    column: str
    kind: MarkerKind
    deleted_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableMapping:
    """One table's meaning; what is left out is "not known".

    name            the column people know the row by
    money, currency an amount in minor units, as a column or as SQL over the row's columns, and its
                    currency's column
    paid_when       SQL that holds for a row whose money was received; none: it is no payment
    live_when       SQL that holds while the row still does something: an active subscription
    kept_in         for a key column, the JSON column where a release keeps its value, under the
                    column's name with two underscores before it
    shipped         written for one product's schema: where the table lacks these columns it is
                    another product's, and the mapping is not about it. Otherwise that is an error
    """

    organization: str | None = None
    name: str | None = None
    money: str | None = None
    currency: str | None = None
    paid_when: str | None = None
    live_when: str | None = None
    erased_when: str | None = None
    kept_in: Mapping[str, str] = field(default_factory=dict)
    marker: MarkerMapping | None = None
    shipped: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column it names, `money` aside: that may be SQL."""
        named = (self.organization, self.name, self.currency)
        kept = (*self.kept_in, *self.kept_in.values())
        marker = (self.marker.column,) if self.marker else ()
        return (*(column for column in named if column), *kept, *marker)

    @property
    def conditions(self) -> Mapping[str, str]:
        """Every condition it gives, by its name."""
        given = {
            "erased_when": self.erased_when,
            "live_when": self.live_when,
            "paid_when": self.paid_when,
        }
        return {name: sql for name, sql in given.items() if sql}

    def spelled(self, spelling: Mapping[str, str]) -> TableMapping:
        """The same with each column as statements have it, by its `unquoted` name."""

        def name(one: str | None) -> str | None:
            return one and spelling.get(unquoted(one), one)

        return replace(
            self,
            organization=name(self.organization),
            name=name(self.name),
            money=name(self.money),
            currency=name(self.currency),
            kept_in={str(name(key)): str(name(place)) for key, place in self.kept_in.items()},
            marker=self.marker and replace(self.marker, column=str(name(self.marker.column))),
        )


_OWNED = (
    "benefits",
    "checkout_links",
    "checkouts",
    "custom_fields",
    "discounts",
    "disputes",
    "files",
    "meters",
    "organization_access_tokens",
    "products",
    "wallets",
    "webhook_endpoints",
)
"""Tables of Polar's whose rows name their organization, and say no more than that."""

POLAR: Mapping[str, TableMapping] = {
    **{name: TableMapping(organization="organization_id", shipped=True) for name in _OWNED},
    "customers": TableMapping(
        organization="organization_id",
        name="name",
        erased_when="email LIKE '%@anonymized.invalid'",
        kept_in={"external_id": "user_metadata"},
        shipped=True,
    ),
    "members": TableMapping(organization="organization_id", name="name", shipped=True),
    "organizations": TableMapping(organization="id", name="name", shipped=True),
    "subscriptions": TableMapping(
        money="amount",
        currency="currency",
        live_when="status IN ('trialing', 'active', 'past_due')",
        shipped=True,
    ),
    "orders": TableMapping(
        money="subtotal_amount",
        currency="currency",
        paid_when="status IN ('paid', 'refunded', 'partially_refunded')",
        shipped=True,
    ),
    "license_keys": TableMapping(live_when="status = 'granted'", shipped=True),
    "benefit_grants": TableMapping(
        live_when="granted_at IS NOT NULL AND revoked_at IS NULL", shipped=True
    ),
}
"""By table name, or `schema.table`. `@anonymized.invalid` and `user_metadata.__external_id` are how
Polar erases a customer and how it freed deleted customers' external IDs. An order's subtotal is
what it came to before discounts and tax."""
