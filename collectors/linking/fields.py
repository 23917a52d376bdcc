"""Column values from where the request carried them: SQL parameters, stack frames, the body.

Sentry's `user` is never read: it is the merchant who called the API, not the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qsl

from collectors.linking.literals import UNKNOWN, Unknown, Value, plain, printed, read_at
from collectors.linking.names import fold
from collectors.linking.statement import Fields, Statement, bind, read_statement
from collectors.model import Event, Frame

_SECRET = re.compile(
    r"pass(?:word|wd|phrase|code)?$|passw|secret|token|auth(?:orization)?$|cookie|session|api_?key"
    r"|card|cvv|cvc|iban|ssn|private|signature|credential|otp$|pin$",
    re.IGNORECASE,
)
_BODIES = frozenset(
    {
        "body",
        "jsonbody",
        "payload",
        "kwargs",
        "data",
        "values",
        "dto",
        "input",
        "attrs",
        "attributes",
    }
)
_BODY_SUFFIXES = (
    "_create",
    "_update",
    "_in",
    "_input",
    "_dto",
    "_payload",
    "_data",
    "_body",
    "_schema",
)
_PARAMETERS = (
    "parameters",
    "distilled_parameters",
    "effective_parameters",
    "compiled_parameters",
    "multiparams",
    "params",
    "args",
)
_STATEMENTS = ("statement", "operation", "query", "sql", "str_statement")
_PEOPLE = frozenset(
    {
        "user",
        "currentuser",
        "authsubject",
        "actor",
        "viewer",
        "admin",
        "merchant",
        "owner",
        "principal",
    }
)
_ARGUMENT = re.compile(r"(?:\A|[(,\s])([A-Za-z_]\w{0,127})=(?!=)")
_OBJECT = re.compile(r"\A(?:[A-Za-z_][\w.]{0,120}\(|[A-Za-z_]\w{0,127}=)")
_MOST_FIELDS = 64
_MOST_NODES = 500
_MOST_FRAMES = 200
_DEEPEST = 5
_LONGEST_REPR = 8_000
_LONGEST_BODY = 100_000
_FORM = re.compile(r"[\w.\[\]%-]{1,100}=[^\s]*\Z")


def from_request(event: Event, wanted: Sequence[str]) -> Fields:
    """The request body's values, by the columns' names where those are known."""
    return chosen(leaves(_body(event.request.body)), wanted) if event.request else {}


def _body(body: object) -> object:
    """A body that is still a text: JSON that was cut at the SDK's limit, or a form."""
    if not isinstance(body, str):
        return body
    text = body[:_LONGEST_BODY].lstrip()
    if text.startswith(("{", "[")):
        return read_at(text, 0)[0]
    return dict(parse_qsl(text)) if _FORM.match(text) else None


def from_frames(event: Event, wanted: Sequence[str]) -> Fields:
    """The values that variables of the stack frames hold, the innermost call's first."""
    fields: Fields = {}
    seen: set[str] = set()
    for frame in _frames(event):
        for found in _frame_fields(frame, seen):
            fields = chosen(found, wanted) | fields
        if len(fields) >= _MOST_FIELDS or (wanted and covers(fields, wanted)):
            break
    return dict(islice(fields.items(), _MOST_FIELDS))


def covers(fields: Mapping[str, object], wanted: Iterable[str]) -> bool:
    """Every wanted column has its value."""
    return all(column in fields for column in wanted)


def _frames(event: Event) -> Iterator[Frame]:
    every = (frame for error in event.exceptions for frame in reversed(error.frames))
    return islice((frame for frame in every if frame.variables), _MOST_FRAMES)


def statements(event: Event) -> Iterator[tuple[Statement, Fields]]:
    """The statements that frame variables hold, with the values they write."""
    for frame in _frames(event):
        statement = _statement(frame.variables)
        if statement is not None:
            yield statement, _bound(statement, frame.variables)


def _statement(variables: Mapping[str, object]) -> Statement | None:
    for name in _STATEMENTS:
        text = printed(variables[name]) if name in variables else None
        statement = read_statement(text) if isinstance(text, str) else None
        if statement is not None:
            return statement
    return None


def _bound(statement: Statement, variables: Mapping[str, object]) -> Fields:
    for name in _PARAMETERS:
        tree = printed(variables[name]) if name in variables else UNKNOWN
        fields = bind(statement, tree) if isinstance(tree, list | dict) else {}
        if fields:
            return fields
    return {}


def _frame_fields(frame: Frame, seen: set[str]) -> Iterator[Fields]:
    """What one frame's variables hold; a text `seen` in another frame is not read again."""
    statement = _statement(frame.variables)
    if statement is not None:
        yield _bound(statement, frame.variables)
    for name, value in islice(frame.variables.items(), _MOST_NODES):
        role = _role(name)
        if role is None or (isinstance(value, str) and value in seen):
            continue
        if isinstance(value, str):
            seen.add(value)
        yield _from_parameters(value) if role == "parameters" else _from_variable(value)


@lru_cache(maxsize=4096)
def _role(name: str) -> str | None:
    """What a variable of this name can hold that we may read."""
    if name in _PARAMETERS:
        return "parameters"
    is_body = fold(name) in _BODIES or name.endswith(_BODY_SUFFIXES) or name.startswith("create_")
    return "body" if is_body else None


def _from_parameters(value: object) -> Fields:
    tree = printed(value)
    return leaves(tree if isinstance(tree, dict) else _only(tree))


def _only(tree: object) -> object:
    """The one set of parameters of a list; several sets are several rows."""
    return tree[0] if isinstance(tree, list) and len(tree) == 1 else None


def _from_variable(value: object) -> Fields:
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
        position = end if end is not None else match.end()
        if end is not None and not isinstance(tree, list | dict | Unknown):
            fields.setdefault(match[1], tree)
    return fields


def leaves(body: object, *, reprs: bool = False) -> Fields:
    """The plain values of a nested body by name; the shallowest counts.

    A name that stands twice at the same depth with different values is left out, and so are
    secrets, people, and what is hidden, cut or too long to stand in a key.
    """
    fields: Fields = {}
    level: list[object] = [body]
    for _ in range(_DEEPEST):
        here: dict[str, Value] = {}
        deeper: list[object] = []
        for node in level[:_MOST_NODES]:
            if isinstance(node, list | tuple):
                deeper.extend(node[:_MOST_FIELDS])
            elif isinstance(node, Mapping):
                _take(node, here, deeper, reprs=reprs)
        for name, value in here.items():
            if not isinstance(value, Unknown):
                fields.setdefault(name, value)
        level = deeper
    return fields


def _take(
    node: Mapping[object, object], here: dict[str, Value], deeper: list[object], *, reprs: bool
) -> None:
    for key, value in islice(node.items(), _MOST_NODES):
        name = str(key).strip("'\"")
        if fold(name) in _PEOPLE:
            continue
        if isinstance(value, Mapping | list | tuple):
            deeper.append(value)
            continue
        if reprs and isinstance(value, str) and _OBJECT.match(value):
            deeper.append(_arguments(value[:_LONGEST_REPR]))
            continue
        tree = printed(value) if reprs else plain(value)
        found = UNKNOWN if isinstance(tree, list | dict) else tree
        here[name] = found if here.get(name, found) == found else UNKNOWN


def chosen(fields: Fields, wanted: Sequence[str]) -> Fields:
    """The wanted columns' values, whatever the case style of their names; all but secrets if none.

    An exact name goes before one that only sounds alike; two that do and differ are no answer.
    """
    if not wanted:
        named = ((name, value) for name, value in fields.items() if not _SECRET.search(name))
        return dict(islice(named, _MOST_FIELDS))
    found: Fields = {}
    for column in wanted:
        alike = {value for name, value in fields.items() if fold(name) == fold(column)}
        if column in fields:
            found[column] = fields[column]
        elif len(alike) == 1:
            found[column] = alike.pop()
    return found
