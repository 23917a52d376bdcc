"""Column values in a request body, or in a variable that holds one.

Sentry's `user` is never read: it is the merchant who called the API, not the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from itertools import islice
from typing import Any, TypeGuard, TypeVar
from urllib.parse import parse_qsl

from collectors.linking.databag import legible
from collectors.linking.entities import (
    is_actor,
    is_called_after,
    is_container,
    is_of_another,
    is_of_anything,
)
from collectors.linking.hidden import is_cut
from collectors.linking.literals import UNKNOWN, Unknown, Value, plain, printed, read_at
from collectors.linking.names import fold
from collectors.linking.statement import Fields
from collectors.model import Event

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
_PART = HeaderParser()
MOST_FIELDS = 64
CUT_AT = 10
"""Names or items: `MAX_DATABAG_BREADTH` of sentry-sdk's serializer."""

_MOST_NODES = 500
_DEEPEST = 5
_LONGEST_REPR = 8_000
_LONGEST_BODY = 100_000
_FRAMEWORK_FIELDS = frozenset(
    {"utf8", "authenticity_token", "commit", "_method", "_token", "_csrf", "csrfmiddlewaretoken"}
)
_NEW = re.compile(r"(?:new|next|updated|changed|desired|replacement)([a-z].*)")
_FORM = re.compile(r"[\w.\[\]%-]{1,100}=[^\s]*\Z")


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a body: does it tell of another entity than the key's, or stand for that itself?"""

    value: object
    other: bool = False
    own: bool = False


def from_request(event: Event, wanted: Sequence[str], subject: str = "") -> Fields:
    """The request body's values, by the columns' names where those are known."""
    if event.request is None:
        return {}
    trimmed = event.platform == "python"
    body = _body(legible(event, event.request.body), subject, trimmed=trimmed)
    return chosen(leaves(body, subject=subject, trimmed=trimmed), wanted)


def _body(body: object, subject: str, *, trimmed: bool) -> object:
    """The fields of a body; where they all lie in one object, as `{"user": {…}}`, that object.

    Of a text or a form that was cut, or may have been, only what stands outside of any further one:
    what it says of the row itself may have stood behind.
    """
    decoded, in_part = _decoded(body) if isinstance(body, str) else (body, False)
    if _is_form(decoded):
        in_part = in_part or (trimmed and len(decoded) == CUT_AT)
        decoded = _unfolded(decoded.items())
    while isinstance(decoded, Mapping) and len(decoded) == 1:
        ((name, inner),) = decoded.items()
        is_own = not subject or is_container(str(name)) or is_called_after(str(name), subject)
        if not isinstance(inner, Mapping) or (in_part and not is_own):
            break
        decoded = inner
    return _plain_fields(decoded) if in_part else decoded


def body_in(text: str) -> object:
    """The fields of a body that is still a text; of one that was cut, those outside of others."""
    decoded, in_part = _decoded(text)
    return _plain_fields(decoded) if in_part else decoded


def _plain_fields(body: object) -> dict[object, object]:
    fields = body.items() if isinstance(body, Mapping) else ()
    return {name: value for name, value in fields if not isinstance(value, Mapping | list)}


def _decoded(text: str) -> tuple[object, bool]:
    """A body that is still a text: JSON that was cut at the SDK's limit, or a form; was it cut?"""
    text = text[:_LONGEST_BODY].strip()
    if text.startswith(("{", "[")):
        tree, end = read_at(text, 0)
        return tree, end is None
    if text.startswith("--") and "form-data" in text:
        return _unfolded(_form_parts(text)), not text.endswith("--")
    return (_unfolded(parse_qsl(text)), is_cut(text)) if _FORM.match(text) else (None, False)


def _form_parts(text: str) -> Iterator[tuple[str, object]]:
    """The fields of a multipart form but its files; of one that was cut not the last, which is.

    No part is parsed for parts of its own: a form has none, and a hostile one has thousands.
    """
    boundary = text.split("\n", 1)[0].strip()
    _, *parts = f"\n{text}".split(f"\n{boundary}", _MOST_NODES)
    for part in parts[:-1]:
        read = _PART.parsestr(part.lstrip("\r\n"))
        name = read.get_param("name", header="content-disposition")
        value = read.get_payload()
        if isinstance(name, str) and isinstance(value, str) and read.get_filename() is None:
            yield name, value.removesuffix("\r")


def _is_form(body: object) -> TypeGuard[Mapping[str, object]]:
    """A decoded form whose names still hold their brackets."""
    return isinstance(body, Mapping) and any(
        isinstance(name, str) and name.endswith("]") and "[" in name
        for name in islice(body, _MOST_NODES)
    )


def _unfolded(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """A form's fields as Rails and PHP nest them: `user[email]`, `members[][email]`.

    A name that is sent twice with different values has none, and what the framework itself sends
    is left out.
    """
    tree: dict[str, Any] = {}
    for place, (name, value) in enumerate(islice(pairs, _MOST_NODES)):
        first, *inner = name.replace("]", "").split("[")[:_DEEPEST]
        if first in _FRAMEWORK_FIELDS:
            continue
        *path, last = (part or str(place) for part in (first, *inner))
        node = tree
        for part in path:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                break
        else:
            node[last] = value if node.get(last, value) == value else UNKNOWN
    return tree


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
    level = [_Node(body, is_of_another(name, subject))]
    users: list[Mapping[str, object]] = []
    for _ in range(_DEEPEST):
        here: dict[str, Value] = {}
        theirs: dict[str, Value] = {}
        deeper: list[_Node] = []
        doubted, users = users, []
        for node in level[:_MOST_NODES]:
            if isinstance(node.value, list | tuple):
                items = node.value[:MOST_FIELDS]
                deeper += (_Node(item, node.other, node.own) for item in items)
            elif isinstance(node.value, Mapping) and not _are_claims(node.value):
                found = theirs if node.other else here
                deeper += _take(node.value, found, subject, other=node.other, reprs=reprs)
                users += [] if reprs else _users_of(node.value)
                if node.own:
                    owned |= _own_values(node.value, owned, reprs=reprs)
        cut = _cut_names(level) if trimmed else []
        ours = set(map(fold, here))
        here |= {name: value for name, value in theirs.items() if fold(name) not in ours}
        for field, value in here.items():
            if fold(field) in settled:
                continue
            doubts[field] = UNKNOWN
            if cut_above or any(fold(field) not in names for names in cut):
                continue
            if not isinstance(value, Unknown) and all(
                plain(user.get(field, value)) == value for user in doubted
            ):
                fields[field] = value
        settled.update(map(fold, here))
        cut_above = cut_above or bool(cut)
        level = deeper
    told = {name: value for name, value in fields.items() if owned.get(fold(name), value) == value}
    return doubts | _without_replaced(told)


def _cut_names(level: Sequence[_Node]) -> list[frozenset[str]]:
    """The names of each object that has as many as Python's SDK keeps."""
    every = (node.value for node in level[:_MOST_NODES] if isinstance(node.value, Mapping))
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
    for key, value in islice(node.items(), _MOST_NODES):
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
