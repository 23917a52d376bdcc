"""What a rule of the audit looks at: one key, its table, and whatever else is known of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from collectors.audit.naming import Naming, raw
from collectors.audit.upserts import Upsert
from collectors.model import Catalog, ForeignKey, KeyPart, Severity, Table, UniqueKey


class Reuse(StrEnum):
    """Could somebody ask for a deleted row's value again?"""

    LIKELY = "likely"
    UNKNOWN = "unknown"
    NEVER = "never"
    COPIED = "copied"
    """The table keeps copies of another's rows, as they were."""
    SET_APART = "set apart"
    """A column of the key is there to tell deletions apart: live rows all have its default."""

    @property
    def is_asked(self) -> bool:
        """Somebody may ask for such a value again."""
        return self in (Reuse.LIKELY, Reuse.UNKNOWN)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the catalog cannot tell of a key; None is "not known".

    failures         Failures seen on it
    exposed          Tombstones that hold it now
    live_duplicates  values that more than one live row has, where the key lets that happen
    upserts          statements whose ON CONFLICT needs it
    """

    failures: int | None = None
    exposed: int | None = None
    live_duplicates: int | None = None
    upserts: tuple[Upsert, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """A catalog, made quick to ask: 5,000 keys ask it the same few questions.

    references  foreign keys by the table that they are of
    resting     foreign keys by the unique key at their other end
    called      tables by their schema and (raw) name
    """

    catalog: Catalog
    naming: Naming
    references: Mapping[tuple[str, str], Sequence[ForeignKey]]
    resting: Mapping[tuple[str, str, str], Sequence[ForeignKey]]
    called: Mapping[tuple[str, str], Table]

    @classmethod
    def of(cls, catalog: Catalog, taken: Collection[str] = ()) -> Schema:
        """Sort a catalog's foreign keys; `taken` are the (raw) names that no index can have."""
        references, resting = defaultdict(list), defaultdict(list)
        for fk in catalog.foreign_keys:
            references[fk.schema, fk.table].append(fk)
            resting[fk.to_schema, fk.to_table, fk.to_key].append(fk)
        called = {(table.schema, raw(table.name)): table for table in catalog.tables}
        return cls(catalog, Naming.of(catalog, taken), references, resting, called)

    def references_of(self, table: Table) -> Sequence[ForeignKey]:
        """The foreign keys from this table to others."""
        return self.references.get((table.schema, table.name), ())

    def resting_on(self, key: UniqueKey) -> Sequence[ForeignKey]:
        """The foreign keys that refer to this key, which therefore cannot be dropped."""
        return self.resting.get((key.schema, key.table, key.name), ())


@dataclass(frozen=True, slots=True)
class KeyCase:
    """One key of a table with soft deletion.

    own    the key's parts without those that only speak of deletion
    right  the table's keys that need no mending
    """

    schema: Schema
    table: Table
    key: UniqueKey
    own: tuple[KeyPart, ...]
    right: tuple[UniqueKey, ...]
    reuse: Reuse = Reuse.UNKNOWN
    facts: KeyFacts = KeyFacts()

    @property
    def is_right(self) -> bool:
        """The key itself is one of them."""
        return any(one is self.key for one in self.right)

    def knowing(self, facts: KeyFacts) -> KeyCase:
        """The same, once more is known of it."""
        return replace(self, facts=facts)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says. `severity` None leaves it to the facts; `mends` offers a migration."""

    reason: str
    severity: Severity | None = None
    mends: bool = True
