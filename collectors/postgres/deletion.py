"""What a soft-deleted row still blocks under a unique key: pure, from the catalog's own text.

A condition that is not recognised counts as "does not exclude deleted rows": a false alarm in an
audit is looked at, a blocked customer who is declared free is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from collectors.model import Blocks, KeyPart, MarkerKind, SoftDeleteMarker


def blocked(
    predicate: str | None, parts: Sequence[KeyPart], markers: Sequence[SoftDeleteMarker]
) -> Blocks:
    """What deleted rows block under a key of this predicate and these parts.

    A table may have two markers (`deleted_at` and `is_deleted`, set together): a key that respects
    either does not count deleted rows.
    """
    effects = {blocked_by_deleted(predicate, parts, marker) for marker in markers}
    effects = effects or {Blocks.NOTHING}
    if Blocks.NOTHING in effects:
        return Blocks.NOTHING
    return Blocks.DELETE if Blocks.DELETE in effects else Blocks.CREATE


def besides_deletion(
    predicate: str | None,
    markers: Sequence[SoftDeleteMarker],
    nullable: Collection[str] = (),
) -> str | None:
    """What a key's predicate asks of a row besides its being live or deleted.

    `status = 'active'` asks more of a live row, and so does `NOT deleted` where the column is
    `nullable`: a row in another state, or in none, is live too and not in the index.
    """
    terms = [
        term
        for term in (conjuncts(predicate) if predicate else ())
        if not any(
            _every_live(term, m, nullable=m.column in nullable) or _only_deleted(term, m)
            for m in markers
        )
    ]
    return " AND ".join(f"({term})" for term in terms) or None


def blocked_by_deleted(
    predicate: str | None, parts: Sequence[KeyPart], marker: SoftDeleteMarker
) -> Blocks:
    """What deleted rows block, by the key's predicate first and then by its parts."""
    terms = conjuncts(predicate) if predicate else ()
    if any(_only_live(term, marker) for term in terms) or _rules_out(terms, marker):
        return Blocks.NOTHING
    if any(_only_deleted(term, marker) for term in terms):
        return Blocks.DELETE
    separating = [part for part in parts if marker.column in part.columns and not _whole_row(part)]
    if not separating:
        return Blocks.CREATE
    effects = {_separates(part, marker) for part in separating}
    return Blocks.NOTHING if Blocks.NOTHING in effects else Blocks.DELETE


def _whole_row(part: KeyPart) -> bool:
    """`norm(items.*)` is given every column, and nothing tells which of them it reads."""
    return ".*" in _LITERAL.sub("''", part.expression)


def _separates(part: KeyPart, marker: SoftDeleteMarker) -> Blocks:
    """A part that reads the marker tells live from deleted; does it tell two deleted rows apart?

    A time of deletion does (NULLs being distinct even frees the live ones), a day, a boolean or a
    status does not: the second delete fails. An expression is taken to be NULL or a time for
    deleted rows, unless it is a boolean that is not plainly NULL for them.
    """
    if part.type in ("boolean", "date", "smallint"):
        return Blocks.NOTHING if _null_when_deleted(part.expression, marker) else Blocks.DELETE
    by_state = marker.kind in (MarkerKind.BOOLEAN, MarkerKind.STATUS)
    return Blocks.DELETE if part.is_column and by_state else Blocks.NOTHING


_LITERAL = re.compile(r"'(?:[^']|'')*'")
_EITHER = re.compile(
    r"CASE\s+WHEN\s+(?P<when>.{1,500}?)\s+THEN\s+(?P<then>.{1,500}?)"
    r"(?:\s+ELSE\s+(?P<otherwise>.{1,500}?))?\s+END",
    re.DOTALL,
)


def _null_when_deleted(expression: str, marker: SoftDeleteMarker) -> bool:
    """`CASE WHEN deleted_at IS NULL THEN true END`: NULLs being distinct, it lets the dead be."""
    found = _EITHER.fullmatch(expression.strip())
    if found is None:
        return False
    if _only_live(found["when"], marker):
        return found["otherwise"] is None or _plain(found["otherwise"]) == "NULL"
    return _plain(found["then"]) == "NULL" and _only_deleted(found["when"], marker)


@lru_cache(maxsize=1_024)
def _only_live(term: str, marker: SoftDeleteMarker) -> bool:
    """The condition cannot hold for a deleted row. Kept: a schema's tables say it alike."""
    branches = _split(term, "OR")
    if len(branches) > 1:
        return all(any(_only_live(t, marker) for t in conjuncts(branch)) for branch in branches)
    return any(re.fullmatch(form, _plain(term)) for form in _live_forms(marker))


def _rules_out(terms: Sequence[str], marker: SoftDeleteMarker) -> bool:
    """Term by term, every state that says "deleted": `s <> 'deleted' AND s <> 'removed'`."""
    each = [
        rf"{re.escape(marker.column)} (<>|IS DISTINCT FROM) {_state(one)}" for one in marker.states
    ]
    plain = [_plain(term) for term in terms]
    return bool(each) and all(any(re.fullmatch(form, one) for one in plain) for form in each)


@lru_cache(maxsize=1_024)
def _every_live(term: str, marker: SoftDeleteMarker, *, nullable: bool) -> bool:
    """The condition holds for live rows and no others, whichever way they say that they are."""
    found = {_plain(branch) for branch in _split(term, "OR")}
    no_value = f"{marker.column} IS NULL"
    if no_value in found and len(found) == 2:
        found.remove(no_value)
        nullable = False
    forms = [*_every_live_forms(marker, nullable=nullable)]
    return len(found) == 1 and any(re.fullmatch(form, one) for one in found for form in forms)


@lru_cache(maxsize=1_024)
def _only_deleted(term: str, marker: SoftDeleteMarker) -> bool:
    return any(re.fullmatch(form, _plain(term)) for form in _deleted_forms(marker))


def _live_forms(marker: SoftDeleteMarker) -> Iterator[str]:
    column, live = re.escape(marker.column), re.escape(_plain(marker.live))
    yield rf"{column} IS NULL"
    yield rf"NOT \(?{re.escape(_plain(marker.deleted))}\)?"
    if marker.kind is MarkerKind.TIMESTAMP and marker.live != "NULL":
        yield rf"{column} = {live}"
    if marker.kind is MarkerKind.BOOLEAN:
        yield from _boolean_forms(column, marker.live)
    if marker.kind is MarkerKind.EPOCH:
        unset = _unset(marker)
        yield rf"{column} (=|<=) {unset}|COALESCE\({column}, {unset}\) = {unset}"
    if marker.kind is MarkerKind.STATUS:
        gone = _any_state(marker)
        if len(marker.states) == 1:
            yield rf"{column} (<>|IS DISTINCT FROM) {gone}"
        yield rf"{column} <> ALL \(ARRAY\[{_each_listed(marker)}.*\]\)"
        yield rf"{column} = (?!{gone}$)(?:'[^']*'|-?\d+)"
        yield rf"{column} = ANY \(ARRAY\[(?!(?:.*, )?{gone}[],]).*\]\)"


def _every_live_forms(marker: SoftDeleteMarker, *, nullable: bool) -> Iterator[str]:
    """Of the forms that hold for live rows only, those that leave none of them out."""
    column = re.escape(marker.column)
    if marker.kind is MarkerKind.STATUS:
        gone = _any_state(marker)
        if len(marker.states) == 1:
            yield rf"{column} IS DISTINCT FROM {gone}" + (
                "" if nullable else rf"|{column} <> {gone}"
            )
        if not nullable:
            listed = rf"{_each_listed(marker)}{gone}(, {gone})*"
            yield rf"{column} <> ALL \(ARRAY\[{listed}\]\)"
    elif not nullable or (marker.kind is MarkerKind.TIMESTAMP and marker.live == "NULL"):
        yield from _live_forms(marker)
    elif marker.kind is MarkerKind.BOOLEAN:
        other = "FALSE" if marker.live == "true" else "TRUE"
        yield rf"{column} IS NOT {other}|(NOT )?COALESCE\({column}, {marker.live}\).*"
    elif marker.kind is MarkerKind.EPOCH:
        unset = _unset(marker)
        yield rf"COALESCE\({column}, {unset}\) = {unset}"


def _deleted_forms(marker: SoftDeleteMarker) -> Iterator[str]:
    column = re.escape(marker.column)
    yield re.escape(_plain(marker.deleted))
    if marker.kind in (MarkerKind.TIMESTAMP, MarkerKind.EPOCH) and marker.live == "NULL":
        yield rf"{column} IS NOT NULL"
    if marker.kind is MarkerKind.BOOLEAN:
        yield from _boolean_forms(column, "true" if marker.live == "false" else "false")
    if marker.kind is MarkerKind.EPOCH:
        yield rf"{column} (<>|>) {_unset(marker)}"
    if marker.kind is MarkerKind.STATUS:
        gone = _any_state(marker)
        yield rf"{column} = {gone}|{column} = ANY \(ARRAY\[{gone}(, {gone})*\]\)"


def _boolean_forms(column: str, value: str) -> Iterator[str]:
    """That the column is this, or NULL."""
    other = "false" if value == "true" else "true"
    yield column if value == "true" else rf"NOT {column}"
    yield rf"{column} (= {value}|<> {other}|IS {value.upper()}|IS NOT {other.upper()})"
    coalesced = rf"COALESCE\({column}, {value}\)"
    yield rf"{coalesced} (= {value}|IS {value.upper()})"
    yield coalesced if value == "true" else rf"NOT {coalesced}"


def _unset(marker: SoftDeleteMarker) -> str:
    """The number of a live row, with its quotes where it is cast to the column's type."""
    return f"'?{'0' if marker.live == 'NULL' else re.escape(marker.live)}'?"


def _state(value: str) -> str:
    """A number is printed with its quotes where it is cast to the column's type."""
    return re.escape(value) if value.startswith("'") else f"'?{re.escape(value)}'?"


def _any_state(marker: SoftDeleteMarker) -> str:
    """A state that says "deleted"."""
    return f"(?:{'|'.join(map(_state, marker.states)) or '(?!)'})"


def _each_listed(marker: SoftDeleteMarker) -> str:
    """All of them are in the list that begins here."""
    return "".join(rf"(?=(?:.*, )?{_state(one)}[],])" for one in marker.states)


_TYPE = (
    r"(?:timestamp(?:\(\d\))? with(?:out)? time zone|character varying|double precision"
    r'|(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)(?:\(\d+(?:,\d+)?\))?(?:\[\])*'
)


def _plain(condition: str) -> str:
    """Without casts and without parentheses that hold one word or everything.

    >>> _plain("((status)::text <> 'deleted'::character varying(9))")
    "status <> 'deleted'"
    """
    text = re.sub(rf"::{_TYPE}", "", condition.strip())
    text = re.sub(r"(?<!\w)\(((?:\w+)|\"[^\"]+\"|\(ARRAY\[.*\]\))\)", r"\1", text)
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


@lru_cache(maxsize=1_024)
def conjuncts(condition: str) -> tuple[str, ...]:
    """The terms that must all hold, however deep they are nested.

    >>> conjuncts("a IS NULL AND (b > 1 AND (c OR d AND e))")
    ('a IS NULL', 'b > 1', 'c OR d AND e')
    """
    text = condition.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    terms = [text] if len(_split(text, "OR")) > 1 else _split(text, "AND")
    if len(terms) == 1:
        return tuple(terms)
    return tuple(inner for term in terms for inner in conjuncts(term))


_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|[^\w\s]|\s+")


def _split(text: str, word: str) -> list[str]:
    """The text between the `word`s that stand outside any parentheses, CASE or quotes."""
    pieces, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        depth += _nesting(token[0])
        if depth == 0 and token[0] == word:
            pieces.append(text[start : token.start()].strip())
            start = token.end()
    return [*pieces, text[start:].strip()]


def _closing(text: str) -> int:
    """Where the parenthesis that opens the text is closed."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _nesting(token[0])
        if depth == 0:
            return token.start()
    return -1


def _nesting(token: str) -> int:
    return (token in ("(", "[", "CASE")) - (token in (")", "]", "END"))
