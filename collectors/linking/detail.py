"""The sentence that names a violated key and its values: `Key (a, b)=(1, 2) already exists.`

Columns and values may hold commas, brackets, quotes, line breaks, even the sentence itself. So a
text may allow several readings of where a tuple ends; all are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from collectors.linking.names import closing, split_columns
from collectors.linking.phrases import EXISTS, EXISTS_FIRST, KEY_WORD
from collectors.linking.quoted import RAW_QUOTE

_JOINT = re.compile(r"\)\s?=\s?\(")
_BARE_END = re.compile(
    r"\)[\"'»”」\ufffdÂ]{0,2}(?:([.。])(?=[ ,;(<\\])|([.。]?)(?=\s{0,8}(?:\Z|[\n\"'\[\]}])))"
)
"""Where a sentence ends that ends with its tuple: first group, a full stop within a line."""
_SENTENCE_END = re.compile(r"[.。](?=[\s\"'()\[\]}<;]|\Z)|\] \[| \(Connection: | \(?SQL\b")
_WHOLE_END = re.compile(r"\s{0,8}(?:\Z|[\n\"'\[\]}<(])")
_NEXT = re.compile("uplicate key ")
_NEXT_IN_PROSE = re.compile(
    rf"\[SQL: |\n\s{{0,80}}\n|uplicate key |\n[^\n]{{0,120}}?:\s{{0,3}}[\"']?{KEY_WORD.pattern}"
)
_TAIL = "\n[SQL: "
_OTHER_ENDS = re.compile(r"\) (?:is not present|is still referenced|is duplicated|conflicts with)")
_CUT_LINE = re.compile(r"(?:\.\.\.|…)[ \t]{0,80}(?:\n|\Z)")
_BRACKET = re.compile(r"[()]")
_MOST_WORDS = 100
_MOST_STARTS = 32
_MOST_ENDS = 8
_FARTHEST = 16_000
_LONGEST_BARE_LIST = 500


@dataclass(frozen=True, slots=True)
class Detail:
    """Where the sentence stands, its columns, and what may be its tuple, most plausible first.

    `printed` is empty when the text ends before the tuple does. `end` is the nearest of its ends.
    """

    start: int
    end: int
    columns: tuple[str, ...]
    printed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Start:
    """A list of columns that opens at `opening`, and where the values behind it begin."""

    opening: int
    values_at: int
    columns: tuple[str, ...]


def find_detail(
    text: str, said: str | None = None, *, any_language: bool = False, prose: bool = False
) -> Detail | None:
    """The first whole sentence, else the first that is cut, else None.

    `said` is the text with what it quotes blanked out: there no sentence of the server's begins.
    With `any_language` the words after the tuple may be any, to the end of the line: for servers
    whose language we do not know, once the SQLSTATE has told what it is about. In `prose` a blank
    line or another sentence ends what was quoted; in a driver's own text both may be in a value.
    """
    said = text if said is None else said
    starts = list(islice(_starts(said), _MOST_STARTS))
    starts = [start for start in starts if not _is_escaped(start)] or starts
    cut = None
    for place, start in enumerate(starts):
        others = starts[place + 1 :]
        ends = _ends(text, start, others, prose=prose)
        if not ends and any_language:
            ends = _line_end(text, start.values_at)
        end = min(ends, default=0)
        if ends and not _is_of_another(text, said, start, others, end, prose=prose):
            printed = (text[start.values_at : end] for end in ends)
            return Detail(start.opening, end, start.columns, tuple(printed))
        if not ends and _is_cut(text, start):
            cut = cut or Detail(start.opening, start.values_at, start.columns, ())
    return cut


def _is_escaped(start: _Start) -> bool:
    """A page's way to write it, where a log has it a second time as it is."""
    return any("&quot;" in column for column in start.columns)


def _is_cut(text: str, start: _Start) -> bool:
    rest = text[start.values_at : start.values_at + _FARTHEST]
    return ")" not in rest or _CUT_LINE.search(rest) is not None


def _is_of_another(
    text: str, said: str, start: _Start, others: Sequence[_Start], end: int, *, prose: bool
) -> bool:
    """What ends there is another sentence: this one breaks off or tells of another error."""
    signs = (_OTHER_ENDS, _CUT_LINE, _NEXT_IN_PROSE if prose else _NEXT)
    inner = max((other.opening for other in others if other.opening < end), default=start.values_at)
    last = inner if said[end] == text[end] else end  # a quote is no part of the sentence
    between = said[start.values_at : last]
    return any(sign.search(between) for sign in signs)


def _starts(text: str) -> Iterator[_Start]:
    if _JOINT.search(text) is None:
        return
    found = False
    for word in islice(KEY_WORD.finditer(text), _MOST_WORDS):
        opening = word.end() - 1
        end = closing(text, opening)
        joint = _JOINT.match(text, end) if end is not None else None
        if joint is not None:
            found = True
            yield _Start(opening, joint.end(), split_columns(text[opening + 1 : joint.start()]))
    if not found:
        yield from _bare_starts(text)


def _bare_starts(text: str) -> Iterator[_Start]:
    """The same without a word before it, as in Korean and Turkish."""
    for joint in islice(_JOINT.finditer(text), _MOST_STARTS):
        opening = _opening(text, joint.start())
        if opening is not None:
            yield _Start(opening, joint.end(), split_columns(text[opening + 1 : joint.start()]))


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


def _ends(text: str, start: _Start, others: Sequence[_Start], *, prose: bool) -> tuple[int, ...]:
    """Every place where the tuple may end, the most plausible first: usually one.

    Best is a place before the next such sentence, then one that only wrapper text or nothing
    follows, and of these the last, because a value may hold the words that end the sentence.
    """
    limit = min(len(text), start.values_at + _FARTHEST)
    if EXISTS_FIRST.search(text, max(0, start.opening - 40), start.opening):
        bare = _ends_without_words(text, start, limit, prose=prose)
        return _once(text, start, others, bare)
    first = EXISTS.search(text, start.values_at, limit)
    if first is None or EXISTS.search(text, first.end(), limit) is None:
        return (first.start(),) if first else ()
    stop = _stop(text, first.end(), limit, prose=prose)
    more = _more_ends(text, first.end(), stop, prose=prose)
    later = _alike(start, others)
    next_opening = later[0].opening if later else limit
    printed = text[start.values_at : first.start()]
    ends = [first, *(end for end in more if not _repeats(text, printed, end.start(), later))]
    ends.sort(
        key=lambda end: (
            end.start() < next_opening,
            _WHOLE_END.match(text, end.end()) is not None,
            end.start(),
        )
    )
    return tuple(end.start() for end in reversed(ends))


def _ends_without_words(text: str, start: _Start, limit: int, *, prose: bool) -> tuple[int, ...]:
    """The same where the tuple itself ends the sentence, with the full stop that the server writes.

    A wrapper may go on in the same line, with brackets of its own. So a place within the line
    counts only behind balanced brackets, and the first that leaves them balanced is the best.
    """
    first = _BARE_END.search(text, start.values_at, limit)
    stop = _stop(text, first.end(), limit, prose=prose) if first else limit
    every = list(islice(_BARE_END.finditer(text, start.values_at, stop), _MOST_ENDS))
    stopped = [end for end in every if end[1] or end[2]] or every
    unbalanced = {end for end in stopped if not _is_balanced(text[start.values_at : end.start()])}
    found = [end for end in stopped if end not in unbalanced or not end[1]]
    found.sort(key=lambda end: (end in unbalanced, end.start()))
    return tuple(end.start() for end in found)


def _is_balanced(printed: str) -> bool:
    return printed.count("(") == printed.count(")")


def _more_ends(text: str, first_end: int, stop: int, *, prose: bool) -> Iterator[re.Match[str]]:
    """Those before `stop`, and one that ends a driver's whole text: then no wrapper added to it."""
    yield from islice(EXISTS.finditer(text, first_end, stop), _MOST_ENDS)
    last = None if prose else EXISTS.match(text, max(stop, text.rfind(")")))
    if last is not None and not text[last.end() :].strip():
        yield last


def _stop(text: str, first_end: int, limit: int, *, prose: bool) -> int:
    """Where the wrapper's own words begin: SQLAlchemy's tail is the last of what may be one."""
    tail = -1 if prose else text.rfind(_TAIL, first_end, limit)
    limit = tail if tail >= 0 else limit
    raw = RAW_QUOTE.search(text, first_end, limit)
    limit = raw.start() if raw else limit
    following = (_NEXT_IN_PROSE if prose else _NEXT).search(text, first_end, limit)
    return following.start() if following else limit


def _once(
    text: str, start: _Start, others: Sequence[_Start], ends: tuple[int, ...]
) -> tuple[int, ...]:
    """The ends without those of the same sentence told again: a cause repeats its wrapper's."""
    later = _alike(start, others)
    if not later or len(ends) < 2:
        return ends
    printed = text[start.values_at : ends[0]]
    return (ends[0], *(end for end in ends[1:] if not _repeats(text, printed, end, later)))


def _alike(start: _Start, others: Sequence[_Start]) -> list[_Start]:
    return [other for other in others if other.columns == start.columns]


def _repeats(text: str, printed: str, end: int, later: Sequence[_Start]) -> bool:
    """The sentence that ends there is the first one once more."""
    before = [start for start in later if start.values_at <= end]
    return bool(before) and text[before[-1].values_at : end] == printed


def _line_end(text: str, values_at: int) -> tuple[int, ...]:
    """The same where the words are of no language we know: they end the sentence or its line.

    First the bracket that balances the tuple's own, then any other in the rest of the sentence.
    """
    line_end = text.find("\n", values_at)
    line = text[values_at : line_end if line_end >= 0 else len(text)][:_FARTHEST]
    if _OTHER_ENDS.search(line):
        return ()
    balanced = _balanced_end(line)
    over = _SENTENCE_END.search(line, balanced + 1)
    last = line.rfind(")", 0, over.start() if over else len(line))
    ends = dict.fromkeys(end for end in (balanced, last) if end >= 0)
    return tuple(values_at + end for end in ends)


def _balanced_end(line: str) -> int:
    """Where the bracket before `line` closes, -1 where it does not; further ones belong to it."""
    depth = 1
    for bracket in _BRACKET.finditer(line):
        depth += 1 if bracket[0] == "(" else -1
        if depth == 0:
            end = bracket.start()
            while line.startswith(")", end + 1):
                end += 1
            return end
    return -1
