"""Forgetting a person: everything collected that holds or fingerprints one of these spellings.

What is sealed is opened to be looked at; what is found is erased, not overwritten with something
else. Masks and row ids stay, for they tell nothing of a person by themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    Numeric,
    String,
    Table,
    delete,
    or_,
    select,
    update,
)

from collectors.evidence import schema
from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.privacy import Vault
from collectors.evidence.sealing import open_key
from collectors.evidence.sqlite import BUSY_TIMEOUT_MS, sqlite_file
from collectors.evidence.writing import next_generation

TELLING = 6
"""Characters. A shorter value is part of many a time, number, id and digest."""
_ASCII = re.compile(r"[\x20-\x7e]+")
_NUMBERS = (Boolean, Integer, Numeric, schema.Moment)
_READERS_END_MS = 3_000
"""While the log waits for its readers, nobody can write."""
_OPENED = 1_000


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected of a person.

    conflicts     whose values or fingerprints are theirs
    failures      whose sealed key holds a spelling
    fingerprints  how many of theirs are known
    """

    conflicts: tuple[str, ...]
    failures: tuple[str, ...]
    fingerprints: int


def find_collected(store: Store, spellings: Collection[str]) -> Collected:
    """Everything of theirs, opened and compared."""
    marks = [store.vault.fingerprint(one) for one in spellings]
    table = schema.fingerprints.c
    with store.read() as connection:
        known = connection.execute(
            select(table.fingerprint, table.conflict_id).where(table.fingerprint.in_(marks))
        ).all()
        conflicts = {line.conflict_id for line in known}
        conflicts |= set(_sealed_conflicts(connection, store.vault, spellings))
        failures = set(_sealed_failures(connection, store.vault, spellings))
        failures |= set(_failures_of(connection, conflicts))
    return Collected(tuple(sorted(conflicts)), tuple(sorted(failures)), len(known))


def erase_collected(connection: Connection, found: Collected) -> None:
    """Destroy sealed values and fingerprints; the Conflicts keep their row ids and Verdicts."""
    conflicts, failures, marks = schema.conflicts, schema.failures, schema.fingerprints
    for some in chunks(found.conflicts):
        connection.execute(delete(marks).where(marks.c.conflict_id.in_(some)))
        lengths = select(conflicts.c.id, conflicts.c.columns).where(conflicts.c.id.in_(some))
        for conflict_id, columns in connection.execute(lengths).all():
            one = update(conflicts).where(conflicts.c.id == conflict_id)
            connection.execute(one.values(sealed=None, masked_key=["…"] * len(columns)))
    for some in chunks(found.failures):
        connection.execute(
            update(failures).where(failures.c.event_id.in_(some)).values(sealed=None)
        )
    next_generation(connection)


def still_in_clear(store: Store, spellings: Collection[str]) -> list[str]:
    """The tables and columns where a spelling stands by itself: nothing should ever be here.

    One that is shorter than `TELLING` is not looked for, and numbers and times not looked through:
    a customer whose external ID is 42 is not told of by every 42nd second.
    """
    telling = [one for one in spellings if len(one) >= TELLING]
    if not telling:
        return []
    alone = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in telling), re.I)
    with store.read() as connection:
        return [
            f"{table.name}.{column}"
            for table in schema.metadata.sorted_tables
            for column in sorted(_stands(connection, table, telling, alone))
        ]


def _stands(
    connection: Connection, table: Table, spellings: Collection[str], alone: re.Pattern[str]
) -> set[str]:
    """The columns of a table, which is read once for all of them.

    Its LIKE takes A for a, and Ä for no ä: it is asked for the longest part that it can compare.
    """
    columns = [one for one in table.columns if not isinstance(one.type, _NUMBERS)]
    if not columns:
        return set()
    texts = {one.name: one.cast(String).label(one.name) for one in columns}
    parts = {max(_ASCII.findall(one), key=len, default="") for one in spellings}
    hits = [text.contains(one, autoescape=True) for text in texts.values() for one in parts]
    found = connection.execute(select(*texts.values()).where(or_(*hits))).mappings()
    return {name for row in found for name, text in row.items() if text and alone.search(text)}


def scrub_files(store: Store) -> bool:
    """Empty the write-ahead log into the store: what was erased must not linger there.

    False where somebody was reading the store all the while, which keeps the log as it is.
    """
    if sqlite_file(str(store.engine.url)) is None:
        return True
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")  # a checkpoint cannot run inside a transaction
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_READERS_END_MS}")
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.exec_driver_sql("BEGIN")
    return not busy


def copies_beside(store: Store) -> list[str]:
    """The copies that upgrades have left beside the store: what is erased here stands in them."""
    file = sqlite_file(str(store.engine.url))
    if file is None:
        return []
    beside = sorted(file.parent.glob(f"{escape(file.name)}.*"))
    return [str(one) for one in beside if one.is_file() and _begins_as_sqlite(one)]


def _begins_as_sqlite(path: Path) -> bool:
    """By the header of https://www.sqlite.org/fileformat.html"""
    with path.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\0"


def holds(told: Any, spellings: Collection[str]) -> bool:
    """Whether a value anywhere in a JSON document is a spelling, or a text that quotes one.

    >>> holds({"columns": {"email": "Jane@x.org"}}, ["jane@x.org"]), holds(["420"], ["42"])
    (True, False)
    """
    if isinstance(told, dict):
        return any(holds(one, spellings) for one in told.values())
    if isinstance(told, list | tuple):
        return any(holds(one, spellings) for one in told)
    if not isinstance(told, str):
        return False
    text = told.casefold()
    folded = [one.casefold() for one in spellings]
    return text in folded or any(json.dumps(one, ensure_ascii=False) in text for one in folded)


def _sealed_conflicts(
    connection: Connection, vault: Vault, spellings: Collection[str]
) -> Iterator[str]:
    table = schema.conflicts.c
    for conflict_id, sealed in _may_hold(connection, vault, (table.id, table.sealed), spellings):
        if holds(vault.open(sealed), spellings):
            yield conflict_id


def _sealed_failures(
    connection: Connection, vault: Vault, spellings: Collection[str]
) -> Iterator[str]:
    table = schema.failures.c
    for event_id, sealed in _may_hold(connection, vault, (table.event_id, table.sealed), spellings):
        key, _ = open_key(vault, sealed)
        if holds([list(key.splits), list(key.fields)], spellings):
            yield event_id


def _may_hold(
    connection: Connection,
    vault: Vault,
    columns: tuple[Column[str], Column[bytes]],
    spellings: Collection[str],
) -> Iterator[tuple[str, bytes]]:
    """The ids and sealed values of all lines in whose text a spelling stands, of a million a few.

    A spelling that JSON escapes may be escaped again within a text, so it may stand anywhere.
    """
    folded = [one.casefold() for one in spellings]
    escaped = any(json.dumps(one, ensure_ascii=False) != f'"{one}"' for one in folded)
    query = select(*columns).where(columns[1].is_not(None)).execution_options(yield_per=_OPENED)
    for line_id, sealed in connection.execute(query):
        text = "" if escaped else vault.open_text(sealed).casefold()
        if escaped or any(one in text for one in folded):
            yield line_id, sealed


def _failures_of(connection: Connection, conflicts: Collection[str]) -> Iterator[str]:
    table = schema.failures.c
    for some in chunks(conflicts):
        yield from connection.scalars(
            select(table.event_id).where(table.conflict_id.in_(some), table.sealed.is_not(None))
        )
