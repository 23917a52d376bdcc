"""Sequelize's account of a unique violation: it takes DETAIL apart into a field a column.

It drops quotes and cuts at the first bracket and at every comma, so what it calls a value may be
the beginning of one. What shows that, by brackets left open or by what it tried to write, is not
taken; where nothing shows it the value is as good as any retelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from collectors.linking.hidden import is_usable
from collectors.linking.tuples import LIMIT

_MOST_VALUES = 200


def itemized(node: Mapping[object, object]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The server's message and the fields beside it, where `node` is such an account."""
    fields, items = node.get("fields"), node.get("errors")
    message = node.get("parent") or node.get("original")
    if not isinstance(message, str):
        return None
    if not isinstance(fields, Mapping) or not isinstance(items, list):
        return message, ()  # below an error that wraps it Sentry prints them as `[Object]`
    pairs = tuple((str(name), value) for name, value in fields.items() if isinstance(value, str))
    wrote = list(islice(_written(items), _MOST_VALUES))
    whole = len(pairs) == len(fields) and are_whole(pairs, wrote)
    return message, pairs if whole else ()


def are_whole(pairs: tuple[tuple[str, str], ...], wrote: Iterable[str] = ()) -> bool:
    """Nothing shows that a name or a value is the beginning of a longer one."""
    texts = [text.casefold() for text in wrote]
    return 0 < len(pairs) <= LIMIT and all(
        is_usable(value) and _balanced(name) and _balanced(value) and not _begins(value, texts)
        for name, value in pairs
    )


def is_beginning(value: str, texts: Iterable[str]) -> bool:
    """One of the texts goes on behind it with what Sequelize cuts at."""
    signs = tuple(f"{value.casefold()}{sign}" for sign in (", ", ")"))
    return any(text.casefold().replace('"', "").startswith(signs) for text in texts)


def _balanced(text: str) -> bool:
    return text.count("(") == text.count(")")


def _begins(value: str, texts: list[str]) -> bool:
    value = value.casefold()
    return value not in texts and any(t.replace('"', "").startswith(value) for t in texts)


def _written(items: list[object]) -> Iterator[str]:
    """The texts of the row that was to be saved, which an item may have beside it."""
    for item in items[:LIMIT]:
        row = item.get("instance") if isinstance(item, Mapping) else None
        values = row.values() if isinstance(row, Mapping) else ()
        yield from (value for value in values if isinstance(value, str))
