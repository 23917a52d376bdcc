"""What the failed request was trying to do."""

from __future__ import annotations

import re
from functools import lru_cache

from collectors.linking.names import fold
from collectors.linking.statement import Fields, Statement
from collectors.model import Event, Operation

_VERBS = {
    "INSERT": Operation.CREATE,
    "UPDATE": Operation.UPDATE,
    "DELETE": Operation.DELETE,
}
_METHODS = {
    "POST": Operation.CREATE,
    "PUT": Operation.UPDATE,
    "PATCH": Operation.UPDATE,
    "DELETE": Operation.DELETE,
}
_WORDS = (
    (Operation.RESTORE, {"restore", "undelete", "unarchive", "recover", "reactivate", "untrash"}),
    (Operation.DELETE, {"delete", "remove", "destroy", "archive", "trash"}),
    (
        Operation.CREATE,
        {"create", "add", "insert", "new", "register", "signup", "import", "invite"},
    ),
    (Operation.UPDATE, {"update", "edit", "patch", "modify", "change", "rename", "put"}),
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PARTS = re.compile(r"[./#:\s]")
_MAX_NAME = 300
_MARKERS = frozenset(
    {"deletedat", "deleted", "isdeleted", "removedat", "removed", "isremoved", "archivedat"}
)
_FEW_CELLS = 4
"""Some mappers write every column of the row each time, the mark of deletion too."""

_LIVE = frozenset({None, "f", "0", "false"})


def operation_of(event: Event, statement: Statement | None, fields: Fields) -> Operation | None:
    """By the SQL verb, the transaction's name, the HTTP method, in that order.

    SQL does not tell a restore or a soft delete from any other UPDATE, so an endpoint named so, or
    a written mark of deletion, says it first. `fields` are the values the statement writes.
    """
    named = _named(event)
    if named is Operation.RESTORE:
        return named
    if statement is not None and statement.verb == "UPDATE":
        return _marked(statement, fields) or Operation.UPDATE
    if statement is not None:
        return _VERBS[statement.verb]
    return named or _requested(event)


def _marked(statement: Statement, fields: Fields) -> Operation | None:
    """An UPDATE that writes little but the mark of deletion deletes softly, or restores."""
    if len(statement.cells) > _FEW_CELLS:
        return None
    for column, cell in statement.cells:
        if fold(column) in _MARKERS:
            if cell.upper() == "NULL" or (column in fields and fields[column] in _LIVE):
                return Operation.RESTORE
            return Operation.DELETE
    return None


def _named(event: Event) -> Operation | None:
    """The verb in the last parts of the transaction's name or the route, the very last first."""
    route = event.request.route if event.request else None
    names = (event.transaction, route)
    return next(filter(None, (_verb_in(name[:_MAX_NAME]) for name in names if name)), None)


@lru_cache(maxsize=4_096)
def _verb_in(name: str) -> Operation | None:
    """An application has few transactions, and each fails many times."""
    for part in reversed(_PARTS.split(name)[-3:]):
        words = {word.lower() for word in _WORD.findall(part)}
        for operation, verbs in _WORDS:
            if words & verbs:
                return operation
    return None


def _requested(event: Event) -> Operation | None:
    method = event.request.method if event.request else None
    if method is None and event.transaction:
        method = event.transaction.split(" ", 1)[0]
    return _METHODS.get(method.upper()) if method else None
