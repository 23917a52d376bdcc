"""Column values in a request body, or in a variable that holds one.

Sentry's `user` is never read: it is the merchant who called the API, not the customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeGuard
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
_ACTORS = frozenset(
    {
        *("actor", "admin", "administrator", "agent", "approver", "assignee", "author", "caller"),
        *("creator", "editor", "employee", "initiator", "inviter", "issuer", "manager"),
        *("merchant", "moderator", "operator", "organiser", "organizer", "owner", "principal"),
        *("publisher", "referer", "referrer", "requester", "requestor", "reviewer", "sender"),
        *("staff", "submitter", "supervisor", "updater", "uploader", "viewer"),
    }
)
_THEMSELVES = frozenset({"user", "by", "from", "me", "self", "reply_to", "auth_subject"})
_AS_THEMSELVES = frozenset(
    {"current", "auth", "authenticated", "request", "session", "in", "acting"}
)
_OF_THEM = frozenset({"user", "info", "detail", "details", "data", "profile", "account", "contact"})
"""Whoever does something to the row: what is told of them is nobody's key."""

_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
_MOMENTS = frozenset({"exp", "iat", "nbf"})
_UNIX_TIME = re.compile(r"\d{10}(?:\.\d{1,9})?")
"""The registered claims of a token (RFC 7519): it tells who called, not whom the row is about."""

_ARGUMENT = re.compile(r"(?:\A|[(,\s])([A-Za-z_]\w{0,127})=(?!=)")
_OBJECT = re.compile(r"\A(?:[A-Za-z_][\w.]{0,120}\(|[A-Za-z_]\w{0,127}=)")
MOST_FIELDS = 64
_MOST_NODES = 500
_DEEPEST = 5
_LONGEST_REPR = 8_000
_LONGEST_BODY = 100_000
_FRAMEWORK_FIELDS = frozenset(
    {"utf8", "authenticity_token", "commit", "_method", "_token", "_csrf", "csrfmiddlewaretoken"}
)
_FORM = re.compile(r"[\w.\[\]%-]{1,100}=[^\s]*\Z")


def from_request(event: Event, wanted: Sequence[str]) -> Fields:
    """The request body's values, by the columns' names where those are known."""
    return chosen(leaves(_body(event.request.body)), wanted) if event.request else {}


def _body(body: object) -> object:
    """The fields of a body; where they all lie in one object, as `{"user": {…}}`, that object."""
    decoded = _decoded(body) if isinstance(body, str) else body
    decoded = _unfolded(decoded.items()) if _is_form(decoded) else decoded
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
    return _unfolded(parse_qsl(text)) if _FORM.match(text) else None


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


def leaves(body: object, *, reprs: bool = False) -> Fields:
    """The plain values of a nested body by name; the shallowest counts.

    A name that stands twice at the same depth with different values is left out, and so are people,
    tokens and what is hidden, cut or too long to stand in a key; no deeper value takes their place.
    A body's `user` may be who calls or whom it is about: where it differs there is no answer.
    """
    fields: Fields = {}
    settled: set[str] = set()
    level: list[object] = [body]
    users: list[Mapping[str, object]] = []
    for _ in range(_DEEPEST):
        here: dict[str, Value] = {}
        deeper: list[object] = []
        doubted, users = users, []
        for node in level[:_MOST_NODES]:
            if isinstance(node, list | tuple):
                deeper.extend(node[:MOST_FIELDS])
            elif isinstance(node, Mapping):
                _take(node, here, deeper, reprs=reprs)
                users += [] if reprs else _users_of(node)
        for name, value in here.items():
            if isinstance(value, Unknown) or fold(name) in settled:
                continue
            if all(plain(user.get(name, value)) == value for user in doubted):
                fields[name] = value
        settled.update(map(fold, here))
        level = deeper
    return fields


def _users_of(node: Mapping[str, object]) -> list[Mapping[str, object]]:
    user = node.get("user")
    return [user] if isinstance(user, Mapping) else []


def _take(
    node: Mapping[object, object], here: dict[str, Value], deeper: list[object], *, reprs: bool
) -> None:
    if _are_claims(node):
        return
    for key, value in islice(node.items(), _MOST_NODES):
        name = str(key).strip("'\"")
        is_repr = reprs and isinstance(value, str) and _OBJECT.match(value)
        if is_repr or isinstance(value, Mapping | list | tuple):
            if not _is_actor(name):
                deeper.append(_arguments(str(value)[:_LONGEST_REPR]) if is_repr else value)
            continue
        tree = printed(value) if reprs else plain(value)
        found = UNKNOWN if isinstance(tree, list | dict) else tree
        here[name] = found if here.get(name, found) == found else UNKNOWN


def _are_claims(fields: Mapping[Any, object]) -> bool:
    """The fields of a token, or of the session it stands for."""
    named = {str(name).strip("'\""): name for name in islice(fields, MOST_FIELDS)}
    claims = _CLAIMS & named.keys()
    return len(claims) > 1 or any(
        _UNIX_TIME.fullmatch(str(fields[named[claim]]).strip("'\"")) for claim in _MOMENTS & claims
    )


@lru_cache(maxsize=4096)
def _is_actor(name: str) -> bool:
    """The name is of whoever acts: `created_by`, `createdByUser`, `accountOwner`, `senderInfo`."""
    words = [word.lower() for word in _NAME_PART.findall(name[:100])]
    if "_".join(words) in _THEMSELVES:
        return True
    if any(word == "by" and _is_deed(words[place]) for place, word in enumerate(words[1:])):
        return True
    if len(words) > 1 and words[-1] == "user" and words[-2] in _AS_THEMSELVES:
        return True
    while len(words) > 1 and words[-1] in _OF_THEM:
        words.pop()
    return bool(words) and words[-1] in _ACTORS


def _is_deed(word: str) -> bool:
    return word.endswith("ed") or word == "sent"


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
    return {} if _are_claims(fields) else fields


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
