"""Whose attributes an object inside a body holds, by the object's name.

A body tells of the row and of what stands around it: who acts, the plan, the organization.
"""

from __future__ import annotations

import re
from functools import lru_cache

from collectors.linking.names import fold
from collectors.model import ViolatedKey

_ACTORS = frozenset(
    {
        *("actor", "admin", "administrator", "agent", "approver", "assignee", "author", "caller"),
        *("authoriser", "authorizer"),
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

CREDENTIALS = (
    r"\w*token|session|o?auth(?:n|z|entication|orization|enticated\w*)?|claims?|jwt|identity"
    r"|principal|credentials?|login|sso"
)
"""A pattern of what tells who called: of a variable, of a context, folded or in snake case."""

_OF_ANYTHING = frozenset(
    {
        *("id", "uuid", "guid", "key", "name", "title", "label", "slug", "code", "number", "type"),
        *("kind", "status", "state", "value", "position"),
    }
)
"""What every entity has, so that only the object's name tells whose it is."""

_CONTAINERS = frozenset(
    {
        *("arg", "argument", "attribute", "attr", "body", "content", "data", "detail", "dto"),
        *("entity", "entities", "field", "form", "info", "input", "item", "json", "kwarg", "model"),
        *("object", "param", "parameter", "payload", "record", "request", "resource", "result"),
        *("root", "row", "schema", "value", "variable", "add", "create", "in", "insert", "invite"),
        *("new", "register", "save", "set", "update", "upsert"),
    }
)
"""What stands for the row itself, or for the request that makes it."""

_INDEX_WORDS = frozenset(
    {"ix", "idx", "uix", "uidx", "ux", "uq", "uk", "unq", "uniq", "unique", "index", "pk", "key"}
)
"""What the name of a constraint may have before its table's."""

_REFERENCE = (["id"], ["uuid"], ["key"], ["idx"])
"""What follows a word that is no entity's: `customer_id`, or the end of a constraint's name."""

_HASHED = re.compile(r"(?:[A-Za-z]{2,4}_)?[0-9A-Fa-f]{12,}")
"""A name that a mapper computed, such as TypeORM's `UQ_97672ac8…`, tells of no table."""

_ENDING = re.compile(r"(?:ies|y|s)\Z")
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=4096)
def is_actor(name: str) -> bool:
    """The name is of whoever acts: `created_by`, `createdByUser`, `accountOwner`, `senderInfo`."""
    words = _words(name)
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


def subject_of(key: ViolatedKey) -> str:
    """The words of the table, else of the constraint's name, which begins with them; or none.

    >>> subject_of(ViolatedKey(constraint="uq_OrgMember_email"))
    'org_member_email'
    """
    if key.table is not None:
        return "_".join(_words(key.table.rpartition(".")[2]))
    if key.constraint is None or _HASHED.fullmatch(key.constraint):
        return ""
    words = _words(key.constraint)
    while words and words[0] in _INDEX_WORDS:
        words.pop(0)
    return "_".join(words)


@lru_cache(maxsize=4096)
def is_of_another(name: str, subject: str, *, within: bool = False) -> bool:
    """An object of this name is another entity than the subject: `plan` beside `customers`.

    Where the name does not tell, as `data` does not, it is what it stands `within`.
    """
    named = _naming(name)
    if not subject or not named:
        return within
    return not _joined(subject).startswith((_stem("".join(named)), _stem(named[-1])))


@lru_cache(maxsize=4096)
def is_called_after(name: str, subject: str) -> bool:
    """An object of this name is the subject itself: `customer`, and not `linked_customer`.

    It may be called by a later word, `members` of `org_members`, unless that is a reference.
    """
    named = _naming(name)
    stem = _stem("".join(named))
    if len("".join(named)) < 2:
        return False
    words = subject.split("_")
    return _joined(subject).startswith(stem) or any(
        _stem("".join(words[place : place + len(named)])) == stem
        and words[place + len(named) : place + len(named) + 1] not in _REFERENCE
        for place in range(1, len(words))
    )


def _joined(subject: str) -> str:
    return subject.replace("_", "")


@lru_cache(maxsize=4096)
def is_container(name: str) -> bool:
    """An object of this name is the row itself, or one of the rows: `data`, `items`."""
    return bool(_words(name)) and not _naming(name)


def _naming(name: str) -> list[str]:
    """The words that say what an object is."""
    return [word for word in _words(name) if not {word, word.removesuffix("s")} & _CONTAINERS]


def is_of_anything(name: str) -> bool:
    """An attribute that every entity has."""
    return fold(name) in _OF_ANYTHING


def _words(name: str) -> list[str]:
    """The words of a name in whatever case style."""
    return [word.lower() for word in _NAME_PART.findall(name[:100])]


def _stem(word: str) -> str:
    """What the singular and the plural share."""
    return _ENDING.sub("", word)
