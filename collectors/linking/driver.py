"""Errors as driver objects: `{code, detail, table, constraint, …}` in an Event or a pasted JSON.

They hold what the server sent in fields of its own, so they are better than any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from collectors.linking import hidden
from collectors.linking.detail import Detail, find_detail
from collectors.linking.itemized import itemized
from collectors.linking.literals import UNKNOWN, Tree, decoded, printed
from collectors.linking.message import read_message, with_values
from collectors.linking.names import closed, field_word
from collectors.linking.other import other_engine
from collectors.linking.phrases import is_index_build, is_unique_type, may_tell_of_one
from collectors.linking.tuples import value_of
from collectors.model import ValueSource, ViolatedKey

UNIQUE = "23505"

_FIELDS = {
    "code": "code",
    "sqlstate": "code",
    "pgcode": "code",
    "originalcode": "code",
    "constraint": "constraint",
    "constraintname": "constraint",
    "table": "table",
    "tablename": "table",
    "schema": "schema",
    "schemaname": "schema",
    "detail": "detail",
    "details": "detail",
    "messagedetail": "detail",
    "message": "message",
    "messageprimary": "message",
    "messagetext": "message",
    "originalmessage": "message",
    "name": "name",
    "query": "query",
    "sql": "query",
    "statement": "query",
    "parameters": "parameters",
    "params": "parameters",
    "bindings": "parameters",
}
_PROTOCOL = {
    "C": "code",
    "M": "message",
    "D": "detail",
    "s": "schema",
    "t": "table",
    "n": "constraint",
}
"""The letters of PostgreSQL's own protocol, which pg8000 passes on."""

TELLING = frozenset({"detail", "constraint_name", "constraint", "sqlstate", "pgcode", "diag"})
"""Local variables of these names may be the parts of a driver object, taken apart."""

_ERRORS = frozenset(
    {
        *("sqlstate", "pgcode", "originalcode", "constraint", "constraintname", "detail"),
        *("details", "severity", "severitylocal", "routine", "hint", "query", "sql"),
        *("parameters", "meta"),
        *("clientversion", "originalmessage", "messageprimary", "messagetext", "pgdiag", "diag"),
    }
)
"""What drivers' errors have beside their code, and hardly anything else has."""

_ANY_ERRORS = frozenset({"code", "name", "message", "type", "stack", "cause", "errno", "status"})
_ERROR_NAME = re.compile(r"error|exception|violation|\Apg|postgres", re.IGNORECASE)
_STATE_CLASS = re.compile(r"0A|2[2358]|4[024]|5[34578]|P[02]|XX")
_CODE = re.compile(r"(?=[A-Z]{0,4}\d)[0-9A-Z]{5}")
_NAME = re.compile(r"[\w$.\-\"]{1,128}")
_MOST_NODES = 400
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class DriverError:
    """One such object. `code` is an SQLSTATE, or Prisma's own.

    One that has a `query` and its `parameters` alone is the wrapper's, as Drizzle's: its cause has
    the rest. It tells nothing but what a statement that is quoted elsewhere wrote.
    """

    code: str | None = None
    constraint: str | None = None
    table: str | None = None
    schema: str | None = None
    detail: str | None = None
    message: str | None = None
    name: str | None = None
    query: str | None = None
    parameters: Tree = UNKNOWN
    target: object = None
    model: str | None = None
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def wraps(self) -> bool:
        """It tells of a statement, and nothing of what became of it."""
        return not (self.code or self.constraint or self.detail or self.message)


def driver_errors(value: object, *, reprs: bool = False) -> Iterator[DriverError]:
    """Every driver object in a decoded JSON value, outermost first."""
    queue: list[tuple[object, int]] = [(value, 0)]
    for count, (node, depth) in enumerate(queue):
        if count >= _MOST_NODES:
            return
        inner: list[object] = []
        if isinstance(node, Mapping):
            error = _error(node, reprs=reprs, outermost=depth == 0)
            if error is not None:
                yield error
            inner = list(node.values())
        elif isinstance(node, list | tuple):
            inner = list(node)
        if depth < _DEEPEST:
            nested = (
                item for item in inner[:_MOST_NODES] if isinstance(item, Mapping | list | tuple)
            )
            queue.extend((item, depth + 1) for item in nested)


def _error(node: Mapping[object, object], *, reprs: bool, outermost: bool) -> DriverError | None:
    protocol = "C" in node and "M" in node
    found: dict[str, object] = {}
    for key, value in list(node.items())[:_MOST_NODES]:
        field = _PROTOCOL.get(str(key)) if protocol else _FIELDS.get(field_word(key))
        if field is not None and value is not None:
            found.setdefault(field, printed(value) if reprs and field != "parameters" else value)
    if isinstance(found.get("code"), int):
        found["code"] = str(found["code"])
    texts = {field: text for field, text in found.items() if isinstance(text, str)}
    code, detail = texts.get("code"), texts.get("detail", "")
    has_code = code is not None and _CODE.fullmatch(code) is not None
    has_code = has_code and (protocol or _is_error(node, texts, outermost=outermost))
    if not has_code and "constraint" not in texts and ")=(" not in detail:
        return _itemized(node, texts) or _wrapper(texts, found)
    parameters = found.get("parameters", UNKNOWN)
    return DriverError(
        code=code if has_code else None,
        constraint=_identifier(texts.get("constraint")),
        table=_identifier(texts.get("table")),
        schema=_identifier(texts.get("schema")),
        detail=detail or None,
        message=texts.get("message"),
        name=texts.get("name"),
        query=texts.get("query"),
        parameters=printed(parameters)
        if reprs or isinstance(parameters, str)
        else decoded(parameters),
        target=_target(node),
        model=_model(node),
    )


def _itemized(node: Mapping[object, object], texts: Mapping[str, str]) -> DriverError | None:
    told = itemized(node) if "fields" in node and "errors" in node else None
    return DriverError(message=told[0], query=texts.get("query"), fields=told[1]) if told else None


def _wrapper(texts: Mapping[str, str], found: Mapping[str, object]) -> DriverError | None:
    query, parameters = texts.get("query"), found.get("parameters")
    if query is None or not isinstance(parameters, list):
        return None
    return DriverError(query=query, parameters=decoded(parameters))


def _is_error(node: Mapping[object, object], texts: Mapping[str, str], *, outermost: bool) -> bool:
    """More than a `code` of five characters tells it: a postal code has as many."""
    names = {field_word(name): value for name, value in islice(node.items(), _MOST_NODES)}
    if not _ERRORS.isdisjoint(names):
        return True
    if not isinstance(names.get("code"), str) or _STATE_CLASS.match(texts["code"]) is None:
        return False
    if "name" in texts and _ERROR_NAME.search(texts["name"]) is None:
        return False
    told = "message" in texts and may_tell_of_one(texts["message"])
    return told or names.keys() <= _ANY_ERRORS or (outermost and texts["code"] == UNIQUE)


def _identifier(text: str | None) -> str | None:
    usable = text and _NAME.fullmatch(text) and hidden.is_usable(text)
    return text if usable else None


def _target(node: Mapping[object, object]) -> object:
    """The fields or the constraint where Prisma puts them: `meta.target`, an adapter's cause."""
    meta, constraint = node.get("meta"), node.get("constraint")
    if isinstance(meta, Mapping):
        return meta.get("target")
    if isinstance(constraint, Mapping):
        return constraint.get("fields") or constraint.get("index")
    return None


def _model(node: Mapping[object, object]) -> str | None:
    """Prisma's own name for the table: all that tells it where errors are printed short."""
    meta = node.get("meta")
    name = meta.get("modelName") if isinstance(meta, Mapping) else None
    return _identifier(name) if isinstance(name, str) else None


def driver_key(error: DriverError) -> ViolatedKey | None:
    """The key that the object says was violated; None if it tells of something else."""
    message = error.message or ""
    if is_index_build(message) or other_engine(message) is not None:
        return None
    told = read_message(message) if message else None
    if error.code == "P2002":
        return _with_target(_filled(_named(error), told or ViolatedKey(doubt=hidden.ABSENT)), error)
    named = _named(error)
    detail = find_detail(error.detail, any_language=error.code == UNIQUE) if error.detail else None
    if detail is None and told is None and ")=(" in (error.detail or ""):
        return None  # `Key (a)=(1) is duplicated.`: an index could not be built over old rows
    unique = error.code == UNIQUE or is_unique_type(error.name)
    if error.code not in {None, UNIQUE} or not (unique or told or (detail and detail.printed)):
        return None
    if detail is not None:
        return with_values(replace(named, constraint=_constraint(named, told)), _exact(detail))
    if told is not None:
        return _with_fields(_with_target(_filled(named, told), error), error)
    doubt = hidden.absence(f"{message}\n{error.detail or ''}")
    return _with_target(replace(named, doubt=doubt), error)


def _exact(detail: Detail) -> Detail:
    """The longest tuple of a field that holds the sentence alone, unless it holds it twice."""
    longest = max(detail.printed, key=len, default="")
    if f"({', '.join(detail.columns)})=(" in longest:
        return detail
    return replace(detail, printed=(longest,) if longest else ())


def _named(error: DriverError) -> ViolatedKey:
    return ViolatedKey(constraint=error.constraint, schema=error.schema, table=error.table)


def _constraint(named: ViolatedKey, told: ViolatedKey | None) -> str | None:
    return named.constraint or (told.constraint if told else None)


def _filled(named: ViolatedKey, told: ViolatedKey) -> ViolatedKey:
    return replace(
        told,
        constraint=_constraint(named, told),
        schema=named.schema or told.schema,
        table=named.table or told.table,
    )


def _with_fields(key: ViolatedKey, error: DriverError) -> ViolatedKey:
    """The values that a library took out of DETAIL, where the object has no DETAIL of its own."""
    if key.splits or not error.fields:
        return key
    columns = tuple(name for name, _ in error.fields)
    values = tuple(value_of(value) for _, value in error.fields)
    source = ValueSource.MESSAGE
    return replace(key, columns=columns, splits=(values,), source=source, doubt=None)


def _with_target(key: ViolatedKey, error: DriverError) -> ViolatedKey:
    """Prisma's target is a list of fields, or the constraint's name; the model goes with fields."""
    if isinstance(error.target, list) and not key.columns:
        fields = tuple(closed(str(field).strip('"')) for field in error.target[:32])
        table = key.table if key.constraint else key.table or error.model
        return replace(key, columns=fields, table=table)
    if isinstance(error.target, str) and not key.constraint:
        return replace(key, constraint=_identifier(error.target))
    return key
