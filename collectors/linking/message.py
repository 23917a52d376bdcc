"""An error text, as a driver or a wrapper prints it → what it says of the violated key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from collectors.linking import hidden
from collectors.linking.attempts import last_traceback
from collectors.linking.backslashes import unescape
from collectors.linking.detail import Detail, find_detail
from collectors.linking.escapes import readings
from collectors.linking.focus import focused
from collectors.linking.mentions import mentions, named_key
from collectors.linking.names import bare, is_column, without_marks
from collectors.linking.other import other_engine, other_violation, quotes_a_value
from collectors.linking.phrases import ENGLISH, is_index_build, may_tell_of_one, says_unique
from collectors.linking.quoted import without_quotes
from collectors.linking.rewritten import read_rewritten
from collectors.linking.structs import from_struct
from collectors.linking.transfer import as_utf8
from collectors.linking.tuples import FITS, LIMIT, plausibility, splits
from collectors.model import KeyValues, ValueSource, ViolatedKey

_BREAK = re.compile(
    r"\s{0,40}(?:[│┃|][ \t]{0,8})?\n(?:[\s>│┃]|(?:#|//|(?:\d{1,5} {0,3})?\|)(?=[ \t]))*"
)
"""A break that the page made, with what its lines begin with: a quote's, a comment's, a number."""

_NEARBY = 4_000


def read_message(text: str, *, wrapped: bool = False, unique: bool = False) -> ViolatedKey | None:
    """The key that `text` says was violated, None when it tells of no unique violation.

    `wrapped` texts come from people: their lines may have been broken anywhere. Of a `unique` one
    the exception's class tells what it is, so that its language need not be known.
    """
    if not wrapped and not may_tell_of_one(text):
        return None
    best: ViolatedKey | None = None
    for reading in readings(from_struct(focused(last_traceback(text))), wrapped=wrapped):
        key = _read(reading, wrapped=wrapped, unique=unique)
        if key is not None and (best is None or _rank(key) > _rank(best)):
            best = key
        if best is not None and best.splits and best.constraint:
            break
    return best


def _rank(key: ViolatedKey) -> tuple[bool, bool, bool]:
    return bool(key.splits), key.constraint is not None, bool(key.columns)


def _read(text: str, *, wrapped: bool, unique: bool) -> ViolatedKey | None:
    said = without_quotes(text, prose=wrapped)
    in_letters = unescape(said) if "\\u" in said else said
    if not may_tell_of_one(said) or is_index_build(in_letters):
        return None
    found = mentions(said)
    if found and not wrapped and quotes_a_value(said[: found[0].start]):
        return None  # the first sentence is the failure, and what it quotes may be any text
    told = bool(found) or (says_unique(said) and other_engine(said) is None)
    typed = not told and unique and other_engine(said) is None
    foreign = (told or typed) and not any(words in said for words in ENGLISH)
    detail = find_detail(text, said, any_language=foreign, prose=wrapped)
    if detail is None or not (told or detail.printed):
        rewritten = read_rewritten(said)
        if rewritten is not None or not told:
            return rewritten
    if not (told or typed) and other_violation(in_letters) is not None:
        return None  # a row that failed otherwise may hold the sentence
    named = named_key(said, found, detail, foreign=foreign)
    if detail is not None:
        return with_values(named, detail, wrapped=wrapped)
    at = found[0].start if found else 0
    return replace(named, doubt=hidden.absence(text[max(0, at - _NEARBY) : at + _NEARBY]))


def with_values(named: ViolatedKey, detail: Detail, *, wrapped: bool = False) -> ViolatedKey:
    """`named` with the columns and values of the sentence, or with the reason why it has none."""
    columns = tuple(map(without_marks, detail.columns) if wrapped else detail.columns)
    if any(map(hidden.is_hidden, columns)):
        columns = ()  # with one of them missing, values would go to the wrong ones
    if not detail.printed:
        return replace(named, columns=columns, doubt=hidden.CUT)
    ways = _all_splits(columns or detail.columns, detail.printed, wrapped=wrapped)
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
    if wrapped:  # what does not show, or shows as other letters, may be the page's or the value's
        candidates = dict.fromkeys(
            form for one in candidates for form in (one, without_marks(one), as_utf8(one))
        )
    for printed in candidates:
        broken = wrapped and "\n" in printed
        ways = _joined_splits(columns, printed) if broken else splits(columns, printed)
        found.update(dict.fromkeys(ways))
    return tuple(found)[:LIMIT]


def _joined_splits(columns: Sequence[str], printed: str) -> Sequence[KeyValues]:
    """Splits of a tuple whose lines were broken: in words, between words, or by the value itself.

    The server's log has a tab behind a break of the value's own. All are kept unless just one gives
    a column what its name promises, such as an address.
    """
    own = (printed.replace("\n\t", "\n"), printed)
    forms = dict.fromkeys((_BREAK.sub("", printed), _BREAK.sub(" ", printed), *own))
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
