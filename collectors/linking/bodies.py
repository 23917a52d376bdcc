"""Column values in a request body, or in a variable that holds one.

Sentry's `user` is never read: it is the merchant who called the API, not the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from urllib.parse import parse_qsl

from collectors.linking.literals import UNKNOWN, Unknown, Value, plain, printed, read_at
from collectors.linking.names import fold
from collectors.linking.statement import Fields
from collectors.model import Event

_UNWANTED = re.compile(
    r"pass(?:word|wd|phrase|code)?$|passw|secret|token|auth(?:orization)?$|cookie|session|api_?key"
    r"|card|cvv|cvc|iban|ssn|private|signature|credential|otp$|pin$|__\d+$",
    re.IGNORECASE,
)
"""Secrets, and the numbered parameters of an INSERT of several rows."""
_PEOPLE = re.compile(
    r"(?:current|auth|request|session|logged_?in)?_?user|auth_?subject|actor|viewer|admin|merchant"
    r"|owner|principal|author|creator|inviter|sender|requester|submitter|operator|reviewer"
    r"|assignee|staff|employee|agent|manager|referr?er|\w+(?:ed_by|edBy|sent_by|sentBy)",
    re.IGNORECASE,
)
"""Whoever does something to the row: what is told of them is nobody's key."""
_ARGUMENT = re.compile(r"(?:\A|[(,\s])([A-Za-z_]\w{0,127})=(?!=)")
_OBJECT = re.compile(r"\A(?:[A-Za-z_][\w.]{0,120}\(|[A-Za-z_]\w{0,127}=)")
MOST_FIELDS = 64
_MOST_NODES = 500
_DEEPEST = 5
_LONGEST_REPR = 8_000
_LONGEST_BODY = 100_000
_FORM = re.compile(r"[\w.\[\]%-]{1,100}=[^\s]*\Z")


def from_request(event: Event, wanted: Sequence[str]) -> Fields:
    """The request body's values, by the columns' names where those are known."""
    return chosen(leaves(_body(event.request.body)), wanted) if event.request else {}


def _body(body: object) -> object:
    """The fields of a body; where they all lie in one object, as `{"user": {…}}`, that object."""
    decoded = _decoded(body) if isinstance(body, str) else body
    while isinstance(decoded, Mapping) and len(decoded) == 1:
        (inner,) = decoded.values()
        if not isinstance(inner, Mapping):
            break
        decoded = inner
    return decoded


def _decoded(text: str) -> object:
    """A body that is still a text: JSON that was cut at the SDK's limit, or a form."""
    text = text[:_LONGEST_BODY].lstrip()
    if text.startswith(("{", "[")):
        return read_at(text, 0)[0]
    return dict(parse_qsl(text)) if _FORM.match(text) else None


def leaves(body: object, *, reprs: bool = False) -> Fields:
    """The plain values of a nested body by name; the shallowest counts.

    A name that stands twice at the same depth with different values is left out, and so are people
    and what is hidden, cut or too long to stand in a key; no deeper value takes their place.
    """
    fields: Fields = {}
    settled: set[str] = set()
    level: list[object] = [body]
    for _ in range(_DEEPEST):
        here: dict[str, Value] = {}
        deeper: list[object] = []
        for node in level[:_MOST_NODES]:
            if isinstance(node, list | tuple):
                deeper.extend(node[:MOST_FIELDS])
            elif isinstance(node, Mapping):
                _take(node, here, deeper, reprs=reprs)
        for name, value in here.items():
            if not isinstance(value, Unknown) and fold(name) not in settled:
                fields[name] = value
        settled.update(map(fold, here))
        level = deeper
    return fields


def _take(
    node: Mapping[object, object], here: dict[str, Value], deeper: list[object], *, reprs: bool
) -> None:
    for key, value in islice(node.items(), _MOST_NODES):
        name = str(key).strip("'\"")
        is_repr = reprs and isinstance(value, str) and _OBJECT.match(value)
        if is_repr or isinstance(value, Mapping | list | tuple):
            if not _PEOPLE.fullmatch(name):
                deeper.append(_arguments(str(value)[:_LONGEST_REPR]) if is_repr else value)
            continue
        tree = printed(value) if reprs else plain(value)
        found = UNKNOWN if isinstance(tree, list | dict) else tree
        here[name] = found if here.get(name, found) == found else UNKNOWN


def variable_leaves(value: object) -> Fields:
    """A body in a variable: a mapping, or the repr of an object: `CustomerCreate(email='…')`."""
    if isinstance(value, str):
        text = value[:_LONGEST_REPR]
        return _arguments(text) if _OBJECT.match(text) else leaves(printed(text), reprs=True)
    return leaves(value, reprs=True)


def _arguments(text: str) -> Fields:
    fields: Fields = {}
    position = 0
    for _ in range(_MOST_NODES):
        match = _ARGUMENT.search(text, position)
        if match is None:
            break
        tree, end = read_at(text, match.end())
        if end is None:
            break
        position = end
        if not isinstance(tree, list | dict | Unknown):
            fields.setdefault(match[1], tree)
    return fields


def chosen(fields: Fields, wanted: Sequence[str]) -> Fields:
    """The wanted columns' values, whatever the case style of their names; all but secrets if none.

    An exact name goes before one that only sounds alike; two that do and differ are no answer.
    """
    if not wanted:
        named = ((name, value) for name, value in fields.items() if not _UNWANTED.search(name))
        return dict(islice(named, MOST_FIELDS))
    found: Fields = {}
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
