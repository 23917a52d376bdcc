"""A mark of deletion in a key's predicate, by the spellings that the server prints: pure.

A condition that is not recognised counts as "does not exclude deleted rows": a false alarm in an
audit is looked at, a blocked customer who is declared free is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from collectors.model import MarkerKind, SoftDeleteMarker

_EITHER = re.compile(
    r"CASE\s+WHEN\s+(?P<when>.{1,500}?)\s+THEN\s+(?P<then>.{1,500}?)"
    r"(?:\s+ELSE\s+(?P<otherwise>.{1,500}?))?\s+END",
    re.DOTALL,
)


def null_when_deleted(expression: str, marker: SoftDeleteMarker) -> bool:
    """`CASE WHEN deleted_at IS NULL THEN true END`: NULLs being distinct, it lets the dead be."""
    found = _EITHER.fullmatch(expression.strip())
    if found is None:
        return False
    if only_live(found["when"], marker):
        return found["otherwise"] is None or _plain(found["otherwise"]) == "NULL"
    return _plain(found["then"]) == "NULL" and only_deleted(found["when"], marker)


@lru_cache(maxsize=1_024)
def only_live(term: str, marker: SoftDeleteMarker) -> bool:
    """The condition cannot hold for a deleted row. Kept: a schema's tables say it alike."""
    branches = _split(term, "OR")
    if len(branches) > 1:
        return all(any(only_live(t, marker) for t in conjuncts(branch)) for branch in branches)
    return any(re.fullmatch(form, _plain(term)) for form in _live_forms(marker))


def rules_out(terms: Sequence[str], marker: SoftDeleteMarker) -> bool:
    """Term by term, every state that says "deleted": `s <> 'deleted' AND s <> 'removed'`."""
    each = [
        rf"{re.escape(marker.column)} (<>|IS DISTINCT FROM) {_state(one)}" for one in marker.states
    ]
    plain = [_plain(term) for term in terms]
    return bool(each) and all(any(re.fullmatch(form, one) for one in plain) for form in each)


@lru_cache(maxsize=1_024)
def every_live(term: str, marker: SoftDeleteMarker, *, nullable: bool) -> bool:
    """The condition holds for live rows and no others, whichever way they say that they are."""
    found = {_plain(branch) for branch in _split(term, "OR")}
    no_value = f"{marker.column} IS NULL"
    if no_value in found and len(found) == 2:
        found.remove(no_value)
        nullable = False
    forms = [*_every_live_forms(marker, nullable=nullable)]
    return len(found) == 1 and any(re.fullmatch(form, one) for one in found for form in forms)


@lru_cache(maxsize=1_024)
def only_deleted(term: str, marker: SoftDeleteMarker) -> bool:
    """The condition cannot hold for a live row."""
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
