"""What a new index is called: in the habit of the schema's own unique indexes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from collectors.audit.upserts import raw
from collectors.model import Catalog, Table, UniqueKey

LONGEST = 63
"""Bytes of a name: NAMEDATALEN - 1. The server cuts a longer one without an error."""


@dataclass(frozen=True, slots=True)
class Habit:
    """`prefix` + table + `between` + columns + `suffix`."""

    prefix: str = ""
    between: str = "_"
    joint: str = "_"
    suffix: str = "_idx"

    def name(self, table: str, columns: tuple[str, ...]) -> str:
        """The name of an index on these (raw) columns, cut where it is too long."""
        whole = f"{self.prefix}{table}{self.between}{self.joint.join(columns)}{self.suffix}"
        return shortened(whole)


@dataclass(frozen=True, slots=True)
class Naming:
    """The names that are taken, and how most unique indexes and constraints are called."""

    taken: frozenset[str]
    indexes: Habit
    constraints: Habit

    @classmethod
    def of(cls, catalog: Catalog) -> Naming:
        """What an earlier, broken attempt left behind takes no name: it is dropped first."""
        keys = [(table, key) for table in catalog.tables for key in table.keys]
        valid = [key for _, key in keys if key.valid]
        taken = frozenset(name for key in valid for name in (key.name, *key.aliases))
        return cls(taken, _habit(keys, Habit()), _habit(keys, Habit(suffix="_key")))

    def new(self, table: str, words: tuple[str, ...], *, constraint: bool) -> str:
        """A (raw) name that no key has, for an index on `table` about these words."""
        habit = self.constraints if constraint else self.indexes
        columns = tuple(re.sub(r"\W", "_", raw(word)) for word in words)
        first = habit.name(raw(table), columns)
        if first not in self.taken:
            return first
        numbered = (shortened(f"{first}_{number}") for number in range(2, 99))
        return next((name for name in numbered if name not in self.taken), first)


def quoted(name: str) -> str:
    """A raw name as SQL has it, quoted where it could be read otherwise.

    >>> quoted("ix_a"), quoted("Order_key"), quoted("user")
    ('ix_a', '"Order_key"', '"user"')
    """
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and "_" in name
    return name if plain else '"' + name.replace('"', '""') + '"'


def shortened(name: str) -> str:
    """At most 63 bytes; what had to be cut ends in a digest, so that two stay apart."""
    if len(name.encode()) <= LONGEST:
        return name
    mark = "_" + sha256(name.encode()).hexdigest()[:8]
    return name.encode()[: LONGEST - len(mark)].decode(errors="ignore") + mark


def _habit(keys: Sequence[tuple[Table, UniqueKey]], ordinary: Habit) -> Habit:
    """The most common habit among constraints (as `ordinary` is one of theirs) or among indexes."""
    constraints = ordinary.suffix == "_key"
    seen = Counter(
        habit
        for table, key in keys
        if key.build is not None and key.build.constraint is constraints
        if key.valid and not key.primary
        for habit in _habits(table, key)
    )
    return seen.most_common(1)[0][0] if seen else ordinary


def _habits(table: Table, key: UniqueKey) -> Iterator[Habit]:
    name = raw(table.name)
    columns = [raw(column) for part in key.parts for column in part.columns]
    for between, joint in (("_", "_"), ("_on_", "_and_")):
        stem = f"{name}{between}{joint.join(columns)}"
        prefix, found, suffix = key.name.partition(stem)
        if found:
            yield Habit(prefix, between, joint, suffix.removeprefix("_live"))  # of ours
            return
