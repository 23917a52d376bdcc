"""The plain values of an object, or of a variable that holds one, by name: its leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from collectors.linking.databag import CUT_AT
from collectors.linking.entities import (
    is_actor,
    is_called_after,
    is_container,
    is_of_another,
    is_of_anything,
)
from collectors.linking.literals import UNKNOWN, Unknown, Value, plain, printed, read_at
from collectors.linking.names import fold
from collectors.linking.statement import Fields

V = TypeVar("V")

_UNWANTED = re.compile(
    r"pass(?:word|wd|phrase|code)?$|passw|secret|token|auth(?:orization)?$|cookie|session|api_?key"
    r"|card|cvv|cvc|iban|ssn|private|signature|credential|otp$|pin$|__\d+$",
    re.IGNORECASE,
)
"""Secrets, and the numbered parameters of an INSERT of several rows."""
_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""The registered claims of a token (RFC 7519): it tells who called, not whom the row is about."""
_MOMENTS = frozenset({"exp", "iat", "nbf"})
_UNIX_TIME = re.compile(r"\d{10}(?:\.\d{1,9})?")

_ARGUMENT = re.compile(r"(?:\A|[(,\s])([A-Za-z_]\w{0,127})=(?!=)")
_OBJECT = re.compile(r"\A(?:[A-Za-z_][\w.]{0,120}\(|[A-Za-z_]\w{0,127}=)")
_NEW = re.compile(r"(?:new|next|updated|changed|desired|replacement)([a-z].*)")
MOST_FIELDS, MOST_NODES, DEEPEST = 64, 500, 5
_LONGEST_REPR = 8_000


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a body: does it tell of another entity than the key's, or stand for that itself?"""

    value: object
    other: bool = False
    own: bool = False


@dataclass(slots=True)
class _Level:
    """The parts of a body at one depth; `users` are the objects called so that stand there."""

    nodes: list[_Node] = field(default_factory=list)
    users: list[Mapping[str, object]] = field(default_factory=list)


def leaves(body: object, *, subject: str = "", trimmed: bool = False) -> Fields:
    """The plain values of a nested body by name; the shallowest counts.

    A name that stands twice at the same depth with different values is left out, and so are people,
    tokens and what is hidden, cut or too long to stand in a key; no deeper value takes their place.
    A body's `user` may be who calls or whom it is about: where it differs there is no answer, as
    where an order's e-mail differs from that of the `customer` in it, and the key is of customers,
    or from that of any of its `items`; beside an `invoice` with an e-mail the `customer` counts.
    `trimmed`: Python's SDK keeps so many names of an object; beside and below one that may have had
    more nothing stands for a name that it lacks.
    `subject` is what the key is of: another entity's id or name is not the row's.
    """
    every = doubted_leaves(body, subject=subject, trimmed=trimmed)
    return {name: value for name, value in every.items() if not isinstance(value, Unknown)}


def doubted_leaves(
    body: object, *, reprs: bool = False, subject: str = "", name: str = "", trimmed: bool = True
) -> dict[str, Value]:
    """The same with UNKNOWN for each name that is there, and of which nothing can be told.

    A variable's body may be another entity's by its `name`.
    """
    fields: Fields = {}
    settled: set[str] = set()
    doubts: dict[str, Value] = {}
    owned: dict[str, Value] = {}
    cut_above = False
    level = _Level([_Node(body, is_of_another(name, subject))])
    for _ in range(DEEPEST):
        here, deeper = _read(level, subject, owned, reprs=reprs)
        cut = _cut_names(level) if trimmed else []
        for leaf, value in here.items():
            if fold(leaf) in settled:
                continue
            doubts[leaf] = UNKNOWN
            is_cut = cut_above or any(fold(leaf) not in names for names in cut)
            if not (is_cut or isinstance(value, Unknown)) and _agree(leaf, value, level.users):
                fields[leaf] = value
        settled.update(map(fold, here))
        cut_above = cut_above or bool(cut)
        level = deeper
    told = {name: value for name, value in fields.items() if owned.get(fold(name), value) == value}
    return doubts | _without_replaced(told)


def _read(
    level: _Level, subject: str, owned: dict[str, Value], *, reprs: bool
) -> tuple[dict[str, Value], _Level]:
    """The plain values of a level by name, and the level below it.

    Another entity's serve where the key's own have no such name; `owned` gains those of what stands
    for the key's entity itself.
    """
    ours: dict[str, Value] = {}
    theirs: dict[str, Value] = {}
    below = _Level()
    for node in level.nodes[:MOST_NODES]:
        if isinstance(node.value, list | tuple):
            items = node.value[:MOST_FIELDS]
            below.nodes += (_Node(item, node.other, node.own) for item in items)
        elif isinstance(node.value, Mapping) and not _are_claims(node.value):
            found = theirs if node.other else ours
            below.nodes += _take(node.value, found, subject, other=node.other, reprs=reprs)
            below.users += [] if reprs else _users_of(node.value)
            if node.own:
                owned |= _own_values(node.value, owned, reprs=reprs)
    known = set(map(fold, ours))
    return ours | {n: value for n, value in theirs.items() if fold(n) not in known}, below


def _agree(name: str, value: str | None, users: Sequence[Mapping[str, object]]) -> bool:
    """No `user` beside it says otherwise."""
    return all(plain(user.get(name, value)) == value for user in users)


def _cut_names(level: _Level) -> list[frozenset[str]]:
    """The names of each object that has as many as Python's SDK keeps."""
    every = (node.value for node in level.nodes[:MOST_NODES] if isinstance(node.value, Mapping))
    return [frozenset(fold(str(name)) for name in one) for one in every if len(one) == CUT_AT]


def _without_replaced(fields: Fields) -> Fields:
    """Without what something new is to take the place of: `email` beside `new_email`.

    Which of the two the application wrote into which column it alone knows.
    """
    new = {match[1]: value for name, value in fields.items() if (match := _NEW.match(fold(name)))}
    return {name: value for name, value in fields.items() if new.get(fold(name), value) == value}


def _users_of(node: Mapping[str, object]) -> list[Mapping[str, object]]:
    user = node.get("user")
    return [user] if isinstance(user, Mapping) else []


def _take(
    node: Mapping[object, object],
    here: dict[str, Value],
    subject: str,
    *,
    other: bool,
    reprs: bool,
) -> Iterator[_Node]:
    """Put the plain values of an object into `here`; the parts that it holds itself."""
    for key, value in islice(node.items(), MOST_NODES):
        name = str(key).strip("'\"")
        is_repr = reprs and isinstance(value, str) and _OBJECT.match(value)
        if is_repr or isinstance(value, Mapping | list | tuple):
            if not is_actor(name):
                part = _arguments(str(value)[:_LONGEST_REPR]) if is_repr else value
                another = is_of_another(name, subject, within=other)
                own = is_called_after(name, subject) or (is_container(name) and not other)
                yield _Node(part, another, own)
        elif not (other and is_of_anything(name)):
            tree = printed(value) if reprs else plain(value)
            found = UNKNOWN if isinstance(tree, list | dict) else tree
            here[name] = found if here.get(name, found) == found else UNKNOWN


def _own_values(
    node: Mapping[object, object], known: Mapping[str, Value], *, reprs: bool
) -> dict[str, Value]:
    """The plain values of an object that stands for the key's entity, by folded names."""
    values: dict[str, Value] = {}
    for _ in _take(node, values, "", other=False, reprs=reprs):
        pass  # What it holds itself is read in its turn.
    folded: dict[str, Value] = {}
    for name, value in values.items():
        before = folded.get(fold(name), known.get(fold(name), value))
        folded[fold(name)] = value if before == value else UNKNOWN
    return folded


def _are_claims(fields: Mapping[Any, object]) -> bool:
    """The fields of a token, or of the session it stands for."""
    named = {str(name).strip("'\""): name for name in islice(fields, MOST_FIELDS)}
    claims = _CLAIMS & named.keys()
    return len(claims) > 1 or any(
        _UNIX_TIME.fullmatch(str(fields[named[claim]]).strip("'\"")) for claim in _MOMENTS & claims
    )


def variable_leaves(name: str, value: object, subject: str = "") -> dict[str, Value]:
    """A body in a variable: a mapping, or the repr of an object: `CustomerCreate(email='…')`."""
    if isinstance(value, str):
        text = value[:_LONGEST_REPR]
        if _OBJECT.match(text):
            return doubted_leaves(_arguments(text), subject=subject, name=name)
        value = printed(text)
    return doubted_leaves(value, reprs=True, subject=subject, name=name)


def _arguments(text: str) -> Fields:
    fields: Fields = {}
    position = 0
    for _ in range(MOST_NODES):
        match = _ARGUMENT.search(text, position)
        if match is None:
            break
        tree, end = read_at(text, match.end())
        if end is None:
            break
        position = end
        if not isinstance(tree, list | dict | Unknown):
            fields.setdefault(match[1], tree)
    return {} if _are_claims(fields) else fields


def chosen(fields: Mapping[str, V], wanted: Sequence[str]) -> dict[str, V]:
    """The wanted columns' values, whatever the case style of their names; all but secrets if none.

    An exact name goes before one that only sounds alike; two that do and differ are no answer.
    """
    if not wanted:
        named = ((name, value) for name, value in fields.items() if not _UNWANTED.search(name))
        return dict(islice(named, MOST_FIELDS))
    found: dict[str, V] = {}
    for column in wanted:
        alike = {value for name, value in fields.items() if fold(name) == fold(column)}
        if column in fields:
            found[column] = fields[column]
        elif len(alike) == 1:
            found[column] = alike.pop()
    return found


def covers(fields: Mapping[str, object], wanted: Iterable[str]) -> bool:
    """Every wanted column has its value."""
    return all(column in fields for column in wanted)
