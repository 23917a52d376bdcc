"""Could somebody ask for a deleted row's value again? Pure, from types, defaults and names.

An e-mail address or a slug: yes, and then the key must know about deletion. A random token or its
hash, a sequence, an invoice number: nobody ever asks for the same one twice, and it should stay
unique for ever. Where the names do not tell, the answer is "unknown", never "never".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from collectors.audit.case import Reuse, Schema
from collectors.audit.naming import raw
from collectors.model import Column, KeyPart, Table, UniqueKey
from collectors.model.mark_names import is_called_a_mark
from collectors.model.releasable import columns_read

_MADE = re.compile(
    r"nextval\(|random|uuid_generate|uuid_?v\d|uuidv\d|gen_salt|gen_ulid|nanoid|cuid|md5\(|digest\("
)
"""A default that makes a new value for every row."""

_COPIES = re.compile(
    r"(?P<before>.+)_(history|histories|archive|archives|archived)|archived?_(?P<after>.+)", re.I
)
"""What a table of another's rows as they were is called, after it or before it."""

_NEVER_LAST = re.compile(
    "token|secret|nonce|salt|otp|jti|uuid|guid|ulid|seq|sequence|serial|ciphertext"
)
"""A column's last word, where its value is made and not chosen."""

_DIGEST_LAST = re.compile(
    "hash|hashed|digest|checksum|fingerprint|signature|hmac|md5|sha1|sha256|sha512"
)
"""The same of a digest: it comes again with what it is of, an address or an uploaded file."""

_SECRET = re.compile("token|secret|nonce|salt|otp|jti|key|password|passwd|session|refresh|api")
"""Any word of a column before that, where what it is a digest of is made, or nobody else's."""

_NEVER_PAIR = re.compile(
    r"(invoice|receipt|order|credit|note|payment|transaction|ticket) (number|no|nr|num)"
    r"|(idempotency|access|api|public|private|licen[cs]e|activation) key"
)
"""A column's last two words: what is counted up once, or made and handed out."""

_AN_ID = 32
"""The room that a UUID takes without its hyphens."""

_OF_DELETIONS = frozenset(
    {"delete", "deleted", "deletion", "removed", "removal", "discarded", "trashed"}
)
"""A word of a column that says something of a deletion."""

_LIKELY = re.compile(
    "email|mail|mails|username|user|login|slug|handle|nick|nickname|name|title|label|phone|mobile|"
    "telephone|domain|subdomain|hostname|host|url|uri|path|sku|ean|isbn|barcode|plate|vat|iban|tax|"
    "external|reference|ref|alias|locale|language|country|currency|type|kind|role|day|date|month|"
    "year|position|rank|level|scope|permission|tag|category"
)
"""Any word of a column that people choose, or that comes from a small set."""


def reuse_of(schema: Schema, table: Table, own: Sequence[KeyPart]) -> Reuse:
    """By the key's own parts: one that is made anew for every row makes the whole key so.

    An `id` beside a primary key of another name is made as well. Foreign keys alone tie rows
    together: two that were untied can be tied again, but whether a parent may have a second child
    is the application's to know.
    """
    if _keeps_copies(schema, table):
        return Reuse.COPIED
    if any(_sets_apart(table, part) for part in own):
        return Reuse.SET_APART
    parts = [(part, _reuse_of_part(table, part)) for part in own]
    is_id = [words(part.expression) for part in own] == [("id",)]
    if is_id or any(reuse is Reuse.NEVER for _, reuse in parts):
        return Reuse.NEVER
    references = [set(fk.columns) for fk in schema.references_of(table)]
    chosen = [
        reuse for part, reuse in parts if not any(r.issuperset(part.columns) for r in references)
    ]
    if not chosen:
        return Reuse.LIKELY if len(parts) > 1 else Reuse.UNKNOWN
    return Reuse.LIKELY if Reuse.LIKELY in chosen else Reuse.UNKNOWN


def _sets_apart(table: Table, part: KeyPart) -> bool:
    """`deletion_id uuid NOT NULL DEFAULT '00000000-…'`: a flag or a day could not do it.

    So does `deleted varchar(36)` with 'False' in each live row, which no default tells: it would be
    a mark of deletion if anything did, and has room for the row's id.
    """
    column = table.column(part.expression)
    if column is not None and is_called_a_mark(column.name):
        return column.category == "S" and column.room >= _AN_ID
    if column is None or column.nullable or column.default is None or is_made(column):
        return False
    roomy = column.category not in "BED" and column.type != "smallint"
    return roomy and not _OF_DELETIONS.isdisjoint(words(column.name))


def _keeps_copies(schema: Schema, table: Table) -> bool:
    """`users_history` beside `users`; `watch_history` alone is a table like any other."""
    name = raw(table.name)
    found = _COPIES.fullmatch(name)
    if found is None:
        return False
    stem = found["before"] or found["after"]
    others = (raw(one.name) for one in schema.catalog.tables if one.schema == table.schema)
    return any(other in (stem, f"{stem}s", stem.removesuffix("s")) for other in others)


def is_made(column: Column) -> bool:
    """Its value comes from a sequence or a generator of random ids."""
    is_identity = column.generated and column.computed is None
    return is_identity or bool(column.default and _MADE.search(column.default.lower()))


def is_row_id(table: Table, key: UniqueKey) -> bool:
    """A primary key of a column that is made, not chosen: no row ever asks for another's.

    Besides other columns (a tenant's, a partition's) it is the one that is called so by itself.
    What people go by (`external_id`) is chosen, whatever its last word.
    """
    if not key.primary or table.personal_key:
        return False
    if len(key.parts) > 1:
        return any(words(part.expression) == ("id",) for part in key.parts)
    column = table.column(key.parts[0].expression)
    whole = column is not None and column.type in ("uuid", "integer", "bigint", "smallint")
    named = column is not None and words(column.name)[-1] == "id"
    return column is not None and (whole or named or is_made(column))


@cache
def words(name: str) -> tuple[str, ...]:
    """`emailAddress`, `Email_Address` and `email_address` are the same words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", raw(name))
    return tuple(word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word) or ("",)


def _reuse_of_part(table: Table, part: KeyPart) -> Reuse:
    found = [column for name in part.columns for column in _given(table, name)]
    if any(_is_made_anew(column) for column in found):
        return Reuse.NEVER
    return Reuse.LIKELY if any(_is_chosen(column) for column in found) else Reuse.UNKNOWN


def _given(table: Table, name: str) -> list[Column]:
    """The column; of one that the database computes, those that somebody gives it for that."""
    column = table.column(name)
    if column is None or column.computed is None:
        return [column] if column else []
    read = columns_read(table, column.computed)
    return [one for one in table.columns if one.name in read]


def _is_made_anew(column: Column) -> bool:
    if is_made(column) or _sounds_made(column.name):
        return True
    return column.type == "bytea" and not _DIGEST_LAST.fullmatch(words(column.name)[-1])


def _is_chosen(column: Column) -> bool:
    small = column.category in "EB" or column.type == "date" or column.type.endswith("citext")
    return small or _sounds_chosen(column.name)


@cache
def _sounds_made(name: str) -> bool:
    said = words(name)
    if _DIGEST_LAST.fullmatch(said[-1]):
        return any(_SECRET.fullmatch(word) for word in said[:-1])
    return bool(_NEVER_LAST.fullmatch(said[-1]) or _NEVER_PAIR.fullmatch(" ".join(said[-2:])))


@cache
def _sounds_chosen(name: str) -> bool:
    return any(_LIKELY.fullmatch(word) for word in words(name))
