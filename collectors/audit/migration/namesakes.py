"""One name for each new index, whichever migration is run first: pure."""

from __future__ import annotations

import re

from collectors.audit.case import KeyCase
from collectors.audit.naming import raw
from collectors.audit.standing import own_parts
from collectors.model import KeyPart


def told_apart(case: KeyCase, words: tuple[str, ...], mark: str) -> tuple[str, ...]:
    """The words of a new index's name, with the `mark` of what it is where they do not suffice."""
    return _named_so(case, words) or words + (mark,) * _has_namesake(case)


def words_of(parts: tuple[KeyPart, ...]) -> tuple[str, ...]:
    """The columns that the parts read, each once."""
    return tuple(dict.fromkeys(column for part in parts for column in part.columns))


def _named_so(case: KeyCase, words: tuple[str, ...]) -> tuple[str, ...] | None:
    """An INVALID index that a migration of ours left behind is built anew under its own name."""
    key, new = case.key, case.schema.naming.new
    if key.valid:
        return None
    tried = (words, *((*words, mark) for mark in re.findall(r"[0-9a-f]{8}", key.name)))
    return next((one for one in tried if new(key.table, one, constraint=False) == key.name), None)


def _has_namesake(case: KeyCase) -> bool:
    """A name made of the table's and the columns' would be another new key's name as well.

    The second migration would then take the first one's index for its own, and drop its old key; or
    stop at it, where that is of another table. What an interrupted build left under such a name is
    no other key, but this one not yet made.
    """
    table, key, words = case.table, case.key, words_of(case.own)
    others = (other for other in table.keys if other is not key and other.valid >= key.valid)
    here = any(set(words_of(own_parts(table, other))) == set(words) for other in others)
    return here or _is_called_so_elsewhere(case, words)


def _is_called_so_elsewhere(case: KeyCase, words: tuple[str, ...]) -> bool:
    """`user (group_id)` and `user_group (id)`: both are user_group_id."""
    stem = "_".join(map(raw, (case.table.name, *words)))
    cuts = (found.start() for found in re.finditer("_", stem))
    tables = ((cut, case.schema.called.get((case.table.schema, stem[:cut]))) for cut in cuts)
    return any(
        "_".join(map(raw, words_of(own_parts(other, key)))) == stem[cut + 1 :]
        for cut, other in tables
        if other is not None and other is not case.table
        for key in other.keys
        if not key.primary
    )
