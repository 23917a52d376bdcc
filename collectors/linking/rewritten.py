"""Unique violations that applications and libraries retell without the server's own sentence.

Such texts name fewer facts: fields without values, or values without the constraint.
"""

from __future__ import annotations

import re
from itertools import islice

from collectors.linking import hidden
from collectors.linking.itemized import are_whole
from collectors.linking.literals import UNKNOWN, Tree, read_at
from collectors.linking.names import closed, split_columns
from collectors.linking.other import other_engine, other_refusal
from collectors.linking.tuples import LIMIT, splits, value_of
from collectors.model import KeyValues, ValueSource, ViolatedKey

_ECTO = re.compile(
    r"constraint error when attempting to \w+ struct:(?:[^*]{0,400}\*)?\s{1,4}"
    r"(?:[\"\\]{0,4}([\w$.-]{1,128})[\"\\]{0,4} \((\w+)_constraint\)|(\w+): ([\w$.-]{1,128}))"
)
_CHANGESET = re.compile(r"\bconstraint: :unique, constraint_name: \"([\w$.-]{1,128})\"")
_CHANGES = re.compile(r"\bApplied changes\s{1,8}(?=%\{)")
_INSPECTED = re.compile(r"#Ecto\.Changeset<\s{0,80}action: [:\w]{1,40},\s{1,80}changes: (?=%\{)")
_ERRORS = re.compile(r",\s{1,80}errors: \[")
_NOT_ITS_ERRORS = re.compile(r"#Ecto\.Changeset<|,\s{1,80}data: [#%]")
_MOST_CHANGESETS = 20
_PRISMA = re.compile(
    r"Unique constraint failed on the (?:fields?: \((`[^`\n]{1,200}`(?:, ?`[^`\n]{1,200}`){0,31}"
    r"|[^()\n]{1,500})\)"
    r"|constraint: `([^`\n]{1,200})`|\(not available\)|\{constraint\})"
)
_FIELD = re.compile(r"`([^`]*)`")
_PRISMA_TARGET = re.compile(
    r"(?:P2002\b|UniqueConstraintViolation).{0,600}?\b(?:target|fields|index)[\"']?\s?:\s?"
    r"(?:\[([^\[\]]{1,500})\]|[\"']([\w$.-]{1,200})[\"'])",
    re.DOTALL,
)
_ADAPTER = re.compile(r"\bP2002\b")
_GORM = re.compile(r"\bduplicated key not allowed\b")
_HIBERNATE = re.compile(
    r"constraint \[\"?(?![\w$.]{1,127}_(?:fk|fkey|check|chk|ck|excl|nn)\"?\])((?:[\w$]{1,63}\.)?"
    r"(?:(?:uk|uq)_?\w{3,63}|\w{1,63}_(?:key|uniq|unique|uk|uq)))\"?\]",
    re.IGNORECASE,
)
_SEQUELIZE = re.compile(r"\bSequelizeUniqueConstraintError\b|\btype: 'unique violation'")
_SEQUELIZE_FIELDS = re.compile(r"\bfields[\"']?\s?:\s?(?=\{)")
_RETOLD = re.compile(
    r"^(?:[\w.]{1,80}(?:Error|Exception): )?([A-Z][\w]{0,62}(?: [a-z]\w{0,62}){0,6}) with "
    r"([a-z_][\w$]{0,62}(?:, [a-z_][\w$]{0,62}){0,31})(:?) ([^\n]{1,3000}?),? already exists\.?$",
    re.MULTILINE,
)
_IN_COLLECTION = re.compile(
    r"\bValue (?:\"([^\n]{1,400}?)\" )?for field \"(\w{1,63})\" in collection \"(\w{1,63})\" "
    r"has to be unique\."
)
_ARTICLES = frozenset({"a", "an", "the", "this", "that", "same", "such", "your", "given", "id"})
_OF_ANOTHER_ENGINE = re.compile(r"mysql|sqlite|mssql|sqlserver|oracle|mongo", re.IGNORECASE)


def read_rewritten(text: str) -> ViolatedKey | None:
    """What a retold unique violation still says of its key; None when `text` is none."""
    for reader in (
        *(_ecto, _changeset, _prisma, _retold, _in_collection),
        *(_hibernate, _sequelize, _gorm),
    ):
        key = reader(text)
        if key is not None:
            return key if other_engine(text) is None else None
    return None


def _ecto(text: str) -> ViolatedKey | None:
    """Ecto lists the violated constraint first and the changeset's other ones after it."""
    match = _ECTO.search(text)
    if match is None or "unique" not in {match[2], match[3]}:
        return None
    return ViolatedKey(constraint=match[1] or match[4], doubt=hidden.ABSENT)


def _changeset(text: str) -> ViolatedKey | None:
    """Ecto prints the changeset: its first unique error, and the row's new values.

    In a text of its own with `insert!`, else inspected, one within another where rows are nested.
    """
    match = _CHANGESET.search(text)
    if match is None:
        return None
    start = _CHANGES.search(text, match.end())
    changes = read_at(text, start.end())[0] if start else _inspected(text, match.start())
    pairs = changes.items() if isinstance(changes, dict) else ()
    fields = tuple((name, value) for name, value in pairs if isinstance(value, str | None))
    return ViolatedKey(constraint=match[1], fields=fields[:LIMIT], doubt=hidden.ABSENT)


def _inspected(text: str, error: int) -> Tree:
    """The changes of the changeset among whose own errors that place is."""
    for start in [*islice(_INSPECTED.finditer(text, 0, error), _MOST_CHANGESETS)][::-1]:
        changes, end = read_at(text, start.end())
        own = _ERRORS.match(text, end) if end is not None else None
        if own is not None and _NOT_ITS_ERRORS.search(text, own.end(), error) is None:
            return changes
    return UNKNOWN


def _prisma(text: str) -> ViolatedKey | None:
    """Prisma's P2002 names fields of its own schema, or the constraint, and never values."""
    match = _PRISMA.search(text) or _PRISMA_TARGET.search(text)
    if match is None:
        return ViolatedKey(doubt=hidden.ABSENT) if _ADAPTER.search(text) else None
    fields = _FIELD.findall(match[1]) or split_columns(match[1]) if match[1] else ()
    columns = tuple(closed(field.strip("`\"'\\ \n")) for field in fields)
    return ViolatedKey(constraint=match[2], columns=columns, doubt=hidden.ABSENT)


def _retold(text: str) -> ViolatedKey | None:
    """`Customer with email, has_account x@y, t already exists.`

    A table's name may be told in words (`Customer group with name: VIP already exists.`), but only
    a value behind its own column's name tells that from prose.
    Such applications take the brackets out of DETAIL, out of its values too, so the values are only
    as good as a retelling.
    """
    match = _RETOLD.search(text)
    if match is None:
        return None
    table, listed, colon, printed = match.groups()
    columns = split_columns(listed)
    words = table.lower().split(" ")
    if _ARTICLES & {*columns, words[0]} or (len(words) > 1 and not colon):
        return None
    if colon:
        columns, ways = _labelled(f"{listed}: {printed}")
    else:
        ways = splits(columns, printed)
    usable = tuple(way for way in ways if all(map(hidden.is_usable, way)))
    doubt = None if usable else hidden.HIDDEN if ways else hidden.MISFIT
    return ViolatedKey(
        table="_".join(words),
        columns=columns,
        splits=usable[:LIMIT],
        source=ValueSource.MESSAGE if usable else None,
        doubt=doubt,
    )


def _in_collection(text: str) -> ViolatedKey | None:
    """Directus takes DETAIL apart: `Value "x@y" for field "email" in collection "users" has …`."""
    match = _IN_COLLECTION.search(text)
    if match is None:
        return None
    value, field, table = match.groups()
    if value is None or not are_whole(((field, value),)):
        return ViolatedKey(table=table, columns=(field,), doubt=hidden.ABSENT)
    split, source = (value_of(value),), ValueSource.MESSAGE
    return ViolatedKey(table=table, columns=(field,), splits=(split,), source=source)


def _labelled(text: str) -> tuple[tuple[str, ...], tuple[KeyValues, ...]]:
    """`email: x@y, has_account: true`: each value behind its own column's name."""
    parts = re.split(r"(?:^|, )([a-z_][\w$]{0,62}): ", text)
    columns, values = tuple(parts[1::2]), tuple(parts[2::2])
    return columns, (tuple(None if value == "null" else value for value in values),)


def _hibernate(text: str) -> ViolatedKey | None:
    """`constraint [uk_…]`: Hibernate names it, and its name alone says that it is a unique one.

    It does so for every constraint, and `uk_region_fk` may be one of a table about the UK.
    """
    match = _HIBERNATE.search(text)
    if match is None or "could not execute" not in text or other_refusal(text):
        return None
    return ViolatedKey(constraint=match[1].rsplit(".", 1)[-1], doubt=hidden.ABSENT)


def _sequelize(text: str) -> ViolatedKey | None:
    """Sequelize takes DETAIL apart itself: `fields: { email: 'x@y' }`."""
    if _SEQUELIZE.search(text) is None:
        return None
    start = _SEQUELIZE_FIELDS.search(text)
    found = read_at(text, start.end())[0] if start else {}
    pairs = found.items() if isinstance(found, dict) else ()
    values = {name: value for name, value in pairs if isinstance(value, str | None)}
    printed = tuple((name, value) for name, value in values.items() if value is not None)
    if not values or len(values) < len(pairs) or (printed and not are_whole(printed)):
        return ViolatedKey(columns=tuple(name for name, _ in pairs), doubt=hidden.ABSENT)
    split = tuple(value and value_of(value) for value in values.values())
    return ViolatedKey(columns=tuple(values), splits=(split,), source=ValueSource.MESSAGE)


def _gorm(text: str) -> ViolatedKey | None:
    """GORM's own error, which takes the place of the driver's when errors are translated."""
    match = _GORM.search(text)
    if match is None or _OF_ANOTHER_ENGINE.search(text):
        return None
    return ViolatedKey(doubt=hidden.ABSENT)
