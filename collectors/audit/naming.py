"""Names in SQL and as they are, and what a new index is called: in the schema's own habit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

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
    def of(cls, catalog: Catalog, taken: Collection[str] = ()) -> Naming:
        """`taken`: what else has a name. What a broken attempt left takes none: it is dropped."""
        valid = [(table, key) for table in catalog.tables for key in table.keys if key.valid]
        taken = {*taken, *(name for _, key in valid for name in (key.name, *key.aliases))}
        indexes, constraints = Counter[Habit](), Counter[Habit]()
        for table, key in valid:
            if key.build is not None and not key.primary and (habit := _habit(table, key)):
                (constraints if key.build.constraint else indexes)[habit] += 1
        return cls(
            frozenset(taken), _usual(indexes, Habit()), _usual(constraints, Habit(suffix="_key"))
        )

    def new(self, table: str, words: tuple[str, ...], *, constraint: bool) -> str:
        """A (raw) name that no key has, for an index on `table` about these words."""
        habit = self.constraints if constraint else self.indexes
        columns = tuple(re.sub(r"\W", "_", raw(word)) for word in words)
        first = habit.name(raw(table), columns)
        if first not in self.taken:
            return first
        numbered = (shortened(f"{first}_{number}") for number in range(2, 99))
        return next((name for name in numbered if name not in self.taken), first)


@lru_cache(maxsize=4_096)
def quoted(name: str) -> str:
    """A raw name as SQL has it, quoted where it could be read otherwise.

    Kept, because a migration says its few names over and over.

    >>> quoted("ix_a"), quoted("Order_key"), quoted("user")
    ('ix_a', '"Order_key"', '"user"')
    """
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and "_" in name
    return name if plain else '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=4_096)
def raw(name: str) -> str:
    """A name as its author wrote it, from SQL: folded unless it is quoted.

    Kept, because the tables of a schema call their columns alike.

    >>> raw('"Order"'), raw("Order")
    ('Order', 'order')
    """
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def shortened(name: str) -> str:
    """At most 63 bytes; what had to be cut ends in a digest, so that two stay apart."""
    if len(name.encode()) <= LONGEST:
        return name
    mark = "_" + mark_of(name)
    return name.encode()[: LONGEST - len(mark)].decode(errors="ignore") + mark


def mark_of(*texts: str) -> str:
    """A few letters that two different sets of texts do not share."""
    return sha256("\0".join(texts).encode()).hexdigest()[:8]


def _usual(seen: Counter[Habit], otherwise: Habit) -> Habit:
    return seen.most_common(1)[0][0] if seen else otherwise


def _habit(table: Table, key: UniqueKey) -> Habit | None:
    """How its name is made of the table's and the columns', if it is."""
    name = raw(table.name)
    columns = [raw(column) for part in key.parts for column in part.columns]
    for between, joint in (("_", "_"), ("_on_", "_and_")):
        stem = f"{name}{between}{joint.join(columns)}"
        prefix, found, suffix = key.name.partition(stem)
        if found:
            ours = rf"{joint}live({joint}[0-9a-f]{{8}})?(?![a-z0-9])"
            return Habit(prefix, between, joint, re.sub(f"^{ours}", "", suffix))
    return None
