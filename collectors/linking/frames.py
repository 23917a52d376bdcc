"""Column values and statements in the variables of stack frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from collectors.linking.agreement import agreed, contradict
from collectors.linking.backslashes import unescape
from collectors.linking.binding import bind, wrote_several
from collectors.linking.entities import CREDENTIALS, is_actor
from collectors.linking.leaves import MOST_FIELDS, chosen, covers, leaves, variable_leaves
from collectors.linking.literals import UNKNOWN, Value, printed
from collectors.linking.names import fold
from collectors.linking.statement import Fields, Statement, read_statement
from collectors.model import Event, Frame

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
_REQUEST_SUFFIXES = ("_create", "_update")
_BODY_SUFFIXES = (
    "_in",
    "_input",
    "_dto",
    "_payload",
    "_data",
    "_body",
    "_schema",
)
_CALLER = re.compile(
    rf"(?:^|_)(?:{CREDENTIALS}"
    r"|(?:current|request|req|auth|acting|logged_in)_user|caller|request[eo]r|sender|inviter|actor"
    r"|initiator|\w{1,40}ed_by)_",
    re.IGNORECASE,
)
"""Who called, as `token_data` and `session_payload` hold it, is nobody's key."""

PARAMETERS = (
    "parameters",
    "distilled_parameters",
    "effective_parameters",
    "compiled_parameters",
    "multiparams",
    "params",
    "args",
)
_STATEMENTS = ("statement", "operation", "query", "sql", "str_statement")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MOST_VARIABLES = 500
_MOST_FRAMES = 200
_LONGEST_STATEMENT = 20_000


def from_frames(event: Event, wanted: Sequence[str], subject: str = "") -> dict[str, Value]:
    """The values that variables of the stack frames hold, the innermost call's first.

    A name of which two bodies in one frame differ is UNKNOWN, whatever an outer call holds: which
    of them was written nothing tells. So is what the innermost body has and could not be read; an
    outer one that contradicts it completes nothing.
    """
    fields: dict[str, Value] = {}
    seen: set[str] = set()
    for frame in _frames(event):
        bodies, exact = _frame_fields(frame, seen, subject)
        here = agreed(bodies, wanted)
        for found in exact:
            here |= chosen(found, wanted)
        if contradict(fields, here):
            continue
        fields = {name: v for name, v in here.items() if v is not None or wanted} | fields
        if len(fields) >= MOST_FIELDS or (wanted and covers(fields, wanted)):
            break
    return dict(islice(fields.items(), MOST_FIELDS))


def statements(event: Event) -> Iterator[tuple[Statement, Fields, bool]]:
    """The statements that frame variables hold, the values they write, and if in several rows."""
    for frame in _frames(event):
        statement = _statement(frame.variables)
        if statement is not None:
            fields = _bound(statement, frame.variables)
            several = not fields and _wrote_several(statement, frame.variables)
            yield statement, fields, several


def _frames(event: Event) -> Iterator[Frame]:
    every = (frame for error in event.exceptions for frame in reversed(error.frames))
    return islice((frame for frame in every if frame.variables), _MOST_FRAMES)


def _statement(variables: Mapping[str, object]) -> Statement | None:
    for name in _STATEMENTS:
        text = variables.get(name)
        statement = read_statement(_unquoted(text)) if isinstance(text, str) else None
        if statement is not None:
            return statement
    return None


def _unquoted(text: str) -> str:
    """A statement as it is, or out of its repr; it may be longer than any value."""
    text = text[:_LONGEST_STATEMENT]
    return unescape(text[1:].removesuffix(text[0])) if text.startswith(("'", '"')) else text


def _bound(statement: Statement, variables: Mapping[str, object]) -> Fields:
    for name in PARAMETERS:
        tree = printed(variables[name]) if name in variables else UNKNOWN
        fields = bind(statement, tree) if isinstance(tree, list | dict) else {}
        if fields:
            return fields
    return {}


def _wrote_several(statement: Statement, variables: Mapping[str, object]) -> bool:
    trees = (printed(variables[name]) for name in PARAMETERS if name in variables)
    return statement.several or any(
        wrote_several(statement, tree) for tree in trees if isinstance(tree, list)
    )


def _frame_fields(
    frame: Frame, seen: set[str], subject: str
) -> tuple[list[Mapping[str, Value]], list[Fields]]:
    """What one frame's bodies hold, and what its statement and parameters do.

    A text `seen` in another frame is not read again.
    """
    bodies: list[Mapping[str, Value]] = []
    exact: list[Fields] = []
    shapes = set(_body_shapes(frame))
    for name, value in islice(frame.variables.items(), _MOST_VARIABLES):
        role = role_of(name)
        is_alike = role is None and _shape(value) in shapes and not is_actor(name)
        role = "body" if is_alike else role
        if role is None or (isinstance(value, str) and value in seen):
            continue
        if isinstance(value, str):
            seen.add(value)
        if role == "body":
            bodies.append(variable_leaves("" if is_alike else name, value, subject))
        else:
            exact.append(_from_parameters(value))
    statement = _statement(frame.variables)
    if statement is not None:
        exact.insert(0, _bound(statement, frame.variables))
    return bodies, exact[::-1]


def _body_shapes(frame: Frame) -> Iterator[frozenset[str]]:
    """The names that its bodies have: what has the same, as `fallback` has, may be one as well."""
    for name, value in islice(frame.variables.items(), _MOST_VARIABLES):
        if isinstance(value, dict) and len(value) > 1 and role_of(name) == "body":
            yield _shape(value)


def _shape(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, dict) else frozenset()


def is_body(name: str, value: object) -> bool:
    """It is called as bodies are, and holds something that can be one."""
    can_be = isinstance(value, dict | list) or (isinstance(value, str) and "=" in value)
    return bool(value) and can_be and role_of(name) == "body"


@lru_cache(maxsize=4096)
def role_of(name: str) -> str | None:
    """What a variable of this name, in whatever case style, can hold that we may read."""
    if name in PARAMETERS:
        return "parameters"
    name = _HUMP.sub("_", name).lower()
    if name.startswith("create_") or name.endswith(_REQUEST_SUFFIXES):
        return "body"
    is_body = fold(name) in _BODIES or name.endswith(_BODY_SUFFIXES)
    return "body" if is_body and not _CALLER.search(name) else None


def _from_parameters(value: object) -> Fields:
    tree = printed(value)
    return leaves(tree if isinstance(tree, dict) else _only(tree))


def _only(tree: object) -> object:
    """The one set of parameters of a list; several sets are several rows."""
    return tree[0] if isinstance(tree, list) and len(tree) == 1 else None
