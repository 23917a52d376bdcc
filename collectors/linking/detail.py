"""The sentence that names a violated key and its values: `Key (a, b)=(1, 2) already exists.`

Columns and values may hold commas, brackets, quotes, line breaks, even the sentence itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from collectors.linking.names import closing, split_columns
from collectors.linking.phrases import EXISTS, EXISTS_FIRST, KEY_WORD

_JOINT = re.compile(r"\)\s?=\s?\(")
_LINE_END = re.compile(r"\)[\"'»”」]?[.。]?(?=\s{0,8}(?:\Z|[\n\"'\[\]}]))")
_WHOLE_END = re.compile(r"\s{0,8}(?:\Z|[\n\"'\[\]}<(])")
_NEXT = re.compile(rf"\[SQL|\n\s{{0,80}}\n|{KEY_WORD.pattern}")
_CUT_LINE = re.compile(r"(?:\.\.\.|…)[ \t]{0,80}(?:\n|\Z)")
_MOST_WORDS = 100
_MOST_STARTS = 32
_MOST_ENDS = 8
_FARTHEST = 16_000
_LONGEST_BARE_LIST = 500


@dataclass(frozen=True, slots=True)
class Detail:
    """Where the sentence stands, its columns, and what may be its tuple, most plausible first.

    `printed` is empty when the text ends before the tuple does.
    """

    start: int
    columns: tuple[str, ...]
    printed: tuple[str, ...]


def find_detail(text: str, *, any_language: bool = False) -> Detail | None:
    """The first whole sentence, else the first that is cut, else None.

    With `any_language` the words after the tuple may be any, to the end of the line: for servers
    whose language we do not know, once the SQLSTATE has told what it is about.
    """
    cut = None
    for opening, values_at in islice(_tuples(text), _MOST_STARTS):
        columns = split_columns(text[opening + 1 : text.rfind(")", opening, values_at - 1)])
        ends = _ends(text, opening, values_at) or (any_language and _line_end(text, values_at))
        if ends:
            return Detail(opening, columns, tuple(text[values_at:end] for end in ends))
        if cut is None and _breaks_off(text[values_at : values_at + _FARTHEST]):
            cut = Detail(opening, columns, ())
    return cut


def _tuples(text: str) -> Iterator[tuple[int, int]]:
    """Where a list of columns opens, and where the values behind it begin."""
    found = False
    if _JOINT.search(text) is None:
        return
    for word in islice(KEY_WORD.finditer(text), _MOST_WORDS):
        end = closing(text, word.end() - 1)
        joint = _JOINT.match(text, end) if end is not None else None
        if joint is not None:
            found = True
            yield word.end() - 1, joint.end()
    if not found:
        yield from _bare_tuples(text)


def _bare_tuples(text: str) -> Iterator[tuple[int, int]]:
    """The same without a word before it, as in Korean and Turkish."""
    for joint in islice(_JOINT.finditer(text), _MOST_STARTS):
        opening = _opening(text, joint.start())
        if opening is not None:
            yield opening, joint.end()


def _opening(text: str, closing_at: int) -> int | None:
    depth = 0
    for position in range(closing_at, max(-1, closing_at - _LONGEST_BARE_LIST), -1):
        if text[position] == ")":
            depth += 1
        elif text[position] == "(":
            depth -= 1
            if depth == 0:
                return position
    return None


def _ends(text: str, opening: int, values_at: int) -> tuple[int, ...]:
    """Every place where the tuple may end: usually one.

    A place that wrapper text or nothing follows comes first, and of these the last, because a
    value may hold the words that end the sentence.
    """
    limit = min(len(text), values_at + _FARTHEST)
    first_words = EXISTS_FIRST.search(text, max(0, opening - 40), opening)
    closers = _LINE_END if first_words else EXISTS
    first = closers.search(text, values_at, limit)
    if first is None or _is_cut_before(text, values_at, first.start()):
        return ()
    if closers.search(text, first.end(), limit) is None:
        return (first.start(),)
    stop = _NEXT.search(text, first.end(), limit)
    rest = closers.finditer(text, first.end(), stop.start() if stop else limit)
    found = [first, *islice(rest, _MOST_ENDS - 1)]
    found.sort(key=lambda end: (_WHOLE_END.match(text, end.end()) is not None, end.start()))
    return tuple(end.start() for end in reversed(found))


def _is_cut_before(text: str, values_at: int, end: int) -> bool:
    """The tuple breaks off, and what ends at `end` is another sentence."""
    cut = _CUT_LINE.search(text, values_at, end)
    return cut is not None and KEY_WORD.search(text, cut.end(), end) is not None


def _breaks_off(rest: str) -> bool:
    return ")" not in rest or _CUT_LINE.search(rest) is not None


def _line_end(text: str, values_at: int) -> tuple[int, ...]:
    line_end = text.find("\n", values_at)
    last = text.rfind(")", values_at, line_end if line_end >= 0 else len(text))
    return (last,) if last >= 0 else ()
