"""An error text, as a driver or a wrapper prints it → what it says of the violated key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from collectors.linking import hidden
from collectors.linking.detail import Detail, find_detail
from collectors.linking.escapes import readings
from collectors.linking.focus import focused
from collectors.linking.names import bare, is_column
from collectors.linking.other import other_engine
from collectors.linking.phrases import (
    ENGLISH,
    NAMED_AFTER,
    NAMED_BEFORE,
    is_index_build,
    may_tell_of_one,
    says_unique,
)
from collectors.linking.quoted import without_quotes
from collectors.linking.rewritten import read_rewritten
from collectors.linking.tuples import FITS, LIMIT, plausibility, splits
from collectors.model import KeyValues, ValueSource, ViolatedKey

_QUOTED = (
    r"(?:\"([^\"]{1,300})\"|»[\sÂ]{0,3}([^»«]{1,300}?)[\sÂ]{0,3}«"
    r"|«[\sÂ]{0,3}([^»«]{1,300}?)[\sÂ]{0,3}»|“([^“”]{1,300})”"
    r"|„([^„“”]{1,300})[“”]|「([^「」]{1,300})」|'([^'\n]{1,300})'|`([^`\n]{1,300})`"
    r"|\ufffd\s?([\w$.-]{1,128})\s?\ufffd)"
)
_AFTER = re.compile(rf"[^\"»«“„「'`(\ufffd\n]{{0,40}}?\s{{0,4}}{_QUOTED}")
_AFTER_COLON = re.compile(r"[a-z ]{0,30}:\s{0,2}([A-Za-z_][\w$]{2,127})")
_BEFORE = re.compile(rf"{_QUOTED}\s{{0,4}}\Z")
_ASSIGNED = r"(?:[_ ]?name)?[\"']?\s{0,3}(?:[:=]|,(?=<<))\s{0,3}(?:Some\()?(?:<<)?[\"'`\[]?"
_IDENTIFIER = r"([A-Za-z_][\w$.-]{0,127})"
_NAMES = {
    "constraint": re.compile(
        rf"\bconstraint{_ASSIGNED}(?=[\w$.-]*[_\d]){_IDENTIFIER}", re.IGNORECASE
    ),
    "table": re.compile(rf"(?<![\w.])table{_ASSIGNED}{_IDENTIFIER}", re.IGNORECASE),
    "schema": re.compile(rf"(?<![\w.])schema{_ASSIGNED}{_IDENTIFIER}", re.IGNORECASE),
}
_SIGNS = ("{0}:", "{0}=", '{0}"', "{0}'", "{0} =", "{0}_name", "{0}Name", "{0} name")
_SIGNS_OF = {
    word: tuple(sign.format(form) for form in (word, word.capitalize()) for sign in _SIGNS)
    for word in _NAMES
}
"""What a field's name looks like: a quick test, for the pattern is slow on what has none."""

_BREAK = re.compile(r"\s*\n[\s>]*")
_NEARBY = 4_000
_MOST_PHRASES = 50
_NOUN = ("ation", "ating")
"""`duplicate key value violations` are spoken of; only what `violates` happened."""


def read_message(text: str, *, wrapped: bool = False) -> ViolatedKey | None:
    """The key that `text` says was violated, None when it tells of no unique violation.

    `wrapped` texts come from people: their lines may have been broken anywhere.
    """
    if not wrapped and not may_tell_of_one(text):
        return None
    best: ViolatedKey | None = None
    for reading in readings(focused(text), wrapped=wrapped):
        key = _read(reading, wrapped=wrapped)
        if key is not None and (best is None or _rank(key) > _rank(best)):
            best = key
        if best is not None and best.splits and best.constraint:
            break
    return best


def _rank(key: ViolatedKey) -> tuple[bool, bool, bool]:
    return bool(key.splits), key.constraint is not None, bool(key.columns)


def _read(text: str, *, wrapped: bool) -> ViolatedKey | None:
    said = without_quotes(text, prose=wrapped)
    if not may_tell_of_one(said) or is_index_build(said):
        return None
    phrases = _phrases(said)
    told = bool(phrases) or (says_unique(said) and other_engine(said) is None)
    foreign = told and not any(words in said for words in ENGLISH)
    detail = find_detail(text, said, any_language=foreign, prose=wrapped)
    if detail is None or (not told and not detail.printed):
        rewritten = read_rewritten(said)
        if rewritten is not None or not told:
            return rewritten
    at = detail.start if detail else phrases[0][0] if phrases else 0
    around = said[max(0, at - _NEARBY) : at + _NEARBY]
    named = ViolatedKey(
        constraint=_constraint(phrases, at) or _assigned("constraint", around),
        schema=_assigned("schema", around),
        table=_assigned("table", around),
    )
    if detail is None:
        return replace(named, doubt=hidden.absence(text[max(0, at - _NEARBY) : at + _NEARBY]))
    return with_values(named, detail, wrapped=wrapped)


def with_values(named: ViolatedKey, detail: Detail, *, wrapped: bool = False) -> ViolatedKey:
    """`named` with the columns and values of the sentence, or with the reason why it has none."""
    columns = tuple(detail.columns)
    if any(map(hidden.is_hidden, columns)):
        columns = ()  # with one of them missing, values would go to the wrong ones
    if not detail.printed:
        return replace(named, columns=columns, doubt=hidden.CUT)
    ways = _all_splits(detail.columns, detail.printed, wrapped=wrapped)
    usable = tuple(way for way in ways if all(map(hidden.is_usable, way)))
    if usable:
        doubt = hidden.AMBIGUOUS if len(usable) >= LIMIT else None
        source = ValueSource.DETAIL
        return replace(named, columns=columns, splits=usable, source=source, doubt=doubt)
    fields = _visible(detail.columns, ways)
    return replace(named, columns=columns, fields=fields, doubt=_why_not(detail.printed, ways))


def _all_splits(
    columns: Sequence[str], candidates: Iterable[str], *, wrapped: bool
) -> tuple[KeyValues, ...]:
    found: dict[KeyValues, None] = {}
    for printed in candidates:
        broken = wrapped and "\n" in printed
        ways = _joined_splits(columns, printed) if broken else splits(columns, printed)
        found.update(dict.fromkeys(ways))
    return tuple(found)[:LIMIT]


def _joined_splits(columns: Sequence[str], printed: str) -> Sequence[KeyValues]:
    """Splits of a tuple whose lines were broken: in words, between words, or by the value itself.

    All three are kept unless just one gives a column what its name promises, such as an address.
    """
    forms = (_BREAK.sub("", printed), _BREAK.sub(" ", printed), printed)
    read = [ways for form in forms if (ways := splits(columns, form))]
    read.sort(key=lambda ways: plausibility(columns, ways[0]), reverse=True)
    scores = [plausibility(columns, ways[0]) for ways in read]
    if len(read) > 1 and scores[0] - scores[1] >= FITS:
        return read[0]
    return [way for ways in read for way in ways]


def _visible(
    columns: Sequence[str], ways: Sequence[KeyValues]
) -> tuple[tuple[str, str | None], ...]:
    """The values that can still be read where others of the tuple are hidden."""
    if len(ways) != 1:
        return ()
    pairs = zip(columns, ways[0], strict=True)
    return tuple((bare(c), v) for c, v in pairs if is_column(c) and hidden.is_usable(v))


def _why_not(candidates: Sequence[str], ways: Sequence[KeyValues]) -> str:
    values = [value for way in ways for value in way if value is not None] or list(candidates)
    if any(map(hidden.is_hidden, values)):
        return hidden.HIDDEN
    return hidden.CUT if any(map(hidden.is_cut, values)) else hidden.MISFIT


def _phrases(text: str) -> list[tuple[int, str | None]]:
    """Where the text speaks of a unique violation, each with the constraint it names."""
    found: list[tuple[int, str | None]] = []
    for phrase in NAMED_AFTER:
        for at in _positions(text, phrase):
            end = at + len(phrase)
            match = _AFTER.match(text, end) or _AFTER_COLON.match(text, end)
            found.append((at, _name(match)))
    for phrase in NAMED_BEFORE:
        places = _positions(text, phrase)
        found += [(at, _name(_BEFORE.search(text, max(0, at - 300), at))) for at in places]
    return sorted(found, key=lambda pair: pair[0])


def _positions(text: str, phrase: str) -> list[int]:
    positions: list[int] = []
    at = text.find(phrase)
    while at >= 0 and len(positions) < _MOST_PHRASES:
        if not text.startswith(_NOUN, at + len(phrase)):
            positions.append(at)
        at = text.find(phrase, at + len(phrase))
    return positions


def _constraint(phrases: Sequence[tuple[int, str | None]], detail_at: int) -> str | None:
    """The name told last before the sentence, else the first told after it."""
    before = [name for at, name in phrases if at <= detail_at and name]
    after = [name for at, name in phrases if at > detail_at and name]
    return before[-1] if before else after[0] if after else None


def _name(match: re.Match[str] | None) -> str | None:
    name = next((group for group in match.groups() if group), None) if match else None
    if name is None or "@" in name or not hidden.is_usable(name):
        return None  # a name is stored in clear; an address is nobody's constraint
    return _BREAK.sub("", name).strip("\\").lstrip("> ") or None


def _assigned(word: str, text: str) -> str | None:
    """The name that a field of the message gives: `table: users`, `TABLE NAME:  users`."""
    shown = any(sign in text for sign in _SIGNS_OF[word]) or f"{word.upper()} NAME" in text
    if not shown:
        return None
    match = _NAMES[word].search(text)
    name = match[1].strip(".") if match else None
    return None if name in {None, "None", "null", "nil", "undefined"} else name
