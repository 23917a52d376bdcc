"""The releases of the shop: how each deletes, how each answers, and which unique keys each mends.

A unique key has two forms. The shipped one counts deleted rows. The mended one knows deletion: the
e-mail index gains `deleted_at` with NULLS NOT DISTINCT (so that live rows stay unique), the others
become partial, since NULLS NOT DISTINCT would let only one row have no external ID.
"""

from __future__ import annotations

from dataclasses import dataclass

EMAIL_KEY = "ix_customers_organization_id_email_case_insensitive"
EXTERNAL_ID_KEY = "customers_organization_id_external_id_key"
MEMBER_EMAIL_KEY = "members_customer_id_email_key"
MEMBER_EXTERNAL_ID_KEY = "members_organization_id_external_id_key"


@dataclass(frozen=True, slots=True)
class MendableKey:
    """A unique key with the statement that builds each of its forms."""

    name: str
    table: str
    shipped: str
    mended: str

    def rebuild(self, *, mend: bool) -> tuple[str, ...]:
        """Put one form in the place of the other; what is not there is no error."""
        return (
            f"ALTER TABLE {self.table} DROP CONSTRAINT IF EXISTS {self.name}",
            f"DROP INDEX IF EXISTS {self.name}",
            self.mended if mend else self.shipped,
        )


def _constraint(name: str, table: str, columns: str) -> MendableKey:
    return MendableKey(
        name,
        table,
        shipped=f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({columns})",
        mended=f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE deleted_at IS NULL",
    )


KEYS = (
    # PostgreSQL checks a table's indexes in the order in which they were made. A row that breaks
    # two keys is refused for the first one: the e-mail.
    MendableKey(
        EMAIL_KEY,
        "customers",
        shipped=f"CREATE UNIQUE INDEX {EMAIL_KEY} ON customers (organization_id, lower(email))",
        mended=f"CREATE UNIQUE INDEX {EMAIL_KEY} ON customers"
        " (organization_id, lower(email), deleted_at) NULLS NOT DISTINCT",
    ),
    _constraint(EXTERNAL_ID_KEY, "customers", "organization_id, external_id"),
    _constraint(MEMBER_EMAIL_KEY, "members", "customer_id, email"),
    _constraint(MEMBER_EXTERNAL_ID_KEY, "members", "organization_id, external_id"),
)


@dataclass(frozen=True, slots=True)
class Mode:
    """How one release behaves.

    soft_delete        DELETE hides the row; otherwise it removes it
    answers_conflicts  a unique violation is answered 409; otherwise nobody catches it
    mended             the keys that know deletion
    thorough           deleting a customer deletes its members too
    """

    name: str
    soft_delete: bool = True
    answers_conflicts: bool = False
    mended: frozenset[str] = frozenset()
    thorough: bool = False


MODES = {
    mode.name: mode
    for mode in (
        Mode("hard-delete", soft_delete=False),
        Mode("broken"),
        Mode("answering", answers_conflicts=True),
        Mode("email-fixed", mended=frozenset({EMAIL_KEY})),
        Mode(
            "fixed",
            answers_conflicts=True,
            mended=frozenset(key.name for key in KEYS),
            thorough=True,
        ),
    )
}


def statements(before: Mode | None, after: Mode) -> tuple[str, ...]:
    """The DDL that takes a database from one mode to the other; `before` None builds every key."""
    rebuilt = (
        key.rebuild(mend=key.name in after.mended)
        for key in KEYS
        if before is None or (key.name in before.mended) != (key.name in after.mended)
    )
    return tuple(statement for key in rebuilt for statement in key)
