"""Where a text speaks of a unique violation, and the names it gives: constraint, table, schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from collectors.linking import hidden
from collectors.linking.detail import Detail
from collectors.linking.names import without_marks
from collectors.linking.phrases import NAMED_AFTER, NAMED_BEFORE
from collectors.model import ViolatedKey

_QUOTED = (
    r"(?:\"([^\"]{1,300})\"|»[\sÂ]{0,3}([^»«]{1,300}?)[\sÂ]{0,3}«"
    r"|«[\sÂ]{0,3}([^»«]{1,300}?)[\sÂ]{0,3}»|[“”]([^“”]{1,300})[“”]"
    r"|„([^„“”]{1,300})[“”]|「([^「」]{1,300})」|'([^'\n]{1,300})'|`([^`\n]{1,300})`"
    r"|\ufffd\s?([\w$.-]{1,128})\s?\ufffd)"
)
_BROKEN = r"(?:ates[\s>]{1,6}unique[\s>]{1,6}constraint[\s>]{1,6})?"
"""Where a mail program or a picture's reader broke the lines between the words."""

_AFTER = re.compile(rf"{_BROKEN}[^\"»«“„「'`(\ufffd\n]{{0,40}}?\s{{0,4}}{_QUOTED}")
_AFTER_COLON = re.compile(r"[a-z ]{0,30}:\s{0,2}([A-Za-z_][\w$]{2,127})")
_BEFORE = re.compile(rf"{_QUOTED}\s{{0,4}}\Z")
_ASSIGNED = (
    r"(?:[_ ]?name)?[\"'”]?\s{0,3}(?:[:=]|,(?=<<))\s{0,3}"
    r"(?:Some\(\s{0,80})?(?:<<)?[\"'`“”\[]?"
)
_IDENTIFIER = r"([A-Za-z_][\w$.-]{0,127})"
_NAMES = {
    "constraint": re.compile(
        rf"\bconstraint{_ASSIGNED}(?=[\w$.-]*[_\d]){_IDENTIFIER}", re.IGNORECASE
    ),
    "table": re.compile(rf"(?<![\w.])table{_ASSIGNED}{_IDENTIFIER}", re.IGNORECASE),
    "schema": re.compile(rf"(?<![\w.])schema{_ASSIGNED}{_IDENTIFIER}", re.IGNORECASE),
}
_SIGNS = ("{0}:", "{0}=", '{0}"', "{0}”", "{0}'", "{0} =", "{0}_name", "{0}Name", "{0} name")
_SIGNS_OF = {
    word: tuple(sign.format(form) for form in (word, word.capitalize()) for sign in _SIGNS)
    for word in _NAMES
}
"""What a field's name looks like: a quick test, for the pattern is slow on what has none."""

_BREAK = re.compile(r"\s*\n[\s>]*")
_BLANK_LINE = re.compile(r"\n[ \t>]{0,80}\n")
_PROSE = re.compile(r"\.\.\.|…|[:;.!?]\s|\s\Z|\A\s")
_LONGEST = 63
"""PostgreSQL keeps no more of a name (NAMEDATALEN)."""

_PROCESS = re.compile(r"\[(\d{1,10})\]")
_BRACE = re.compile(r"[{}]")
_LOOKS_LIKE_NAME = re.compile(
    r"[\"»«“„「\ufffd][\sÂ]{0,3}((?=\w{0,62}[_\d])[A-Za-z]\w{0,62}?)[\sÂ]{0,3}[\"»«”“」\ufffd]"
)
_NEARBY = 4_000
_LONGEST_PREFIX = 200
_LONGEST_HEAD = 600
_MOST_PHRASES = 50
_DENIED = re.compile(
    r"(?:\bnot|n['’]t) (?:the|a|that|this|your|our|another)(?: (?:same|usual|old|known|previous))?"
    r"(?: (?:duplicate[ -]key )?error:?)?[ \n>]{1,4}[\"'`“‘«(]{0,2}(?:ERROR: {1,2})?d?\Z",
    re.IGNORECASE,
)
"""`It is not the "duplicate key …"` tells of something else."""

_LONGEST_DENIAL = 80
_NOUN = ("ation", "ating")
"""`duplicate key value violations` are spoken of; only what `violates` happened."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that speaks of a unique violation, and the constraint that it names."""

    start: int
    constraint: str | None


@lru_cache(maxsize=8)
def mentions(text: str) -> tuple[Mention, ...]:
    """Where the text speaks of a unique violation.

    Kept for a moment: of one Event the same text is asked about several times.
    """
    found: list[Mention] = []
    for phrase in NAMED_AFTER:
        for at in _positions(text, phrase):
            end = at + len(phrase)
            match = _AFTER.match(text, end) or _AFTER_COLON.match(text, end)
            found.append(Mention(at, _name(match)))
    for phrase in NAMED_BEFORE:
        places = _positions(text, phrase)
        found += [Mention(at, _name(_BEFORE.search(text, max(0, at - 300), at))) for at in places]
    return tuple(sorted(found, key=lambda mention: mention.start))


def _positions(text: str, phrase: str) -> list[int]:
    positions: list[int] = []
    at = text.find(phrase)
    while at >= 0 and len(positions) < _MOST_PHRASES:
        if not text.startswith(_NOUN, at + len(phrase)) and not _is_denied(text, at):
            positions.append(at)
        at = text.find(phrase, at + len(phrase))
    return positions


def _is_denied(text: str, at: int) -> bool:
    return _DENIED.search(text, max(0, at - _LONGEST_DENIAL), at) is not None


def _name(match: re.Match[str] | None) -> str | None:
    """A name is stored in clear, so what may be anything else is none: an address, a sentence."""
    found = next((group for group in match.groups() if group), None) if match else None
    if found is None or "@" in found or _BLANK_LINE.search(found) or not hidden.is_usable(found):
        return None
    name = without_marks(_BREAK.sub("", found)).strip("\\").lstrip("> ")
    is_prose = _PROSE.search(name) or ("\n" in found and " " in name)
    fits = len(name) <= _LONGEST and any(map(str.isalnum, name))
    return name if fits and not is_prose else None


def named_key(
    text: str, found: Sequence[Mention], detail: Detail | None, *, foreign: bool
) -> ViolatedKey:
    """What the text names, as near as it can be to the sentence, where it has one.

    In a `foreign` language, whose words we do not know, the one quoted name before the sentence is
    the constraint's.
    """
    at = detail.start if detail else found[0].start if found else 0
    around = text[max(0, at - _NEARBY) : at + _NEARBY]
    start, end = _own_object(text, detail) if detail else (0, 0)
    own = text[start:end]
    mine = [mention for mention in found if start <= mention.start < end]
    constraint = (_nearest(mine, detail) or assigned("constraint", own)) if own else None
    if constraint is None and not (detail and _are_mixed(text, found, detail)):
        near = _nearest(_of_process(text, found, at), detail)
        constraint = near or assigned("constraint", around)
        if constraint is None and foreign and detail:
            constraint = _quoted_before(text, at)
    return ViolatedKey(
        constraint=constraint,
        schema=assigned("schema", own) or assigned("schema", around),
        table=assigned("table", own) or assigned("table", around),
    )


def _nearest(found: Sequence[Mention], detail: Detail | None) -> str | None:
    """The name told last before the sentence, else the first told after it; not in its values."""
    start, end = (detail.start, detail.end) if detail else (-1, -1)
    before = [one.constraint for one in found if one.start < start and one.constraint]
    after = [one.constraint for one in found if one.start >= end and one.constraint]
    return before[-1] if before else after[0] if after else None


def _of_process(text: str, found: Sequence[Mention], at: int) -> Sequence[Mention]:
    """Those that the sentence's own process logged; all where the lines do not say so."""
    process = process_of(text, at) if "[" in text and len(found) > 1 else None
    return [one for one in found if process and process_of(text, one.start) == process] or found


def process_of(text: str, at: int) -> str | None:
    """The process that logged the line up to `at`: `[4711] DETAIL: `."""
    line = text[max(text.rfind("\n", 0, at) + 1, at - _LONGEST_PREFIX) : at]
    match = _PROCESS.search(line)
    return match[1] if match else None


def _are_mixed(text: str, found: Sequence[Mention], detail: Detail) -> bool:
    """Several names before it and another sentence behind it: they may belong crosswise."""
    before = {one.constraint for one in found if one.start < detail.start and one.constraint}
    if len(before) < 2 or _of_process(text, found, detail.start) is not found:
        return False
    until = min((one.start for one in found if one.start >= detail.end), default=len(text))
    sentence = text[detail.start : detail.end]
    return ")=(" in text[detail.end : until].replace(sentence, "")


def _own_object(text: str, detail: Detail) -> tuple[int, int]:
    """From brace to brace around the sentence, (0, 0) where there are none."""
    if "{" not in text:
        return 0, 0
    first = max(0, detail.start - _NEARBY)
    opened: list[int] = []
    for brace in _BRACE.finditer(text, first, detail.start):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            opened.pop()
    if not opened:
        return 0, 0
    depth = 1
    for brace in _BRACE.finditer(text, detail.end, detail.end + _NEARBY):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return opened[-1], brace.end()
    return opened[-1], detail.end + _NEARBY


def _quoted_before(text: str, at: int) -> str | None:
    """The one quoted name in the sentence's own line, else in the line before it."""
    lines = text[max(0, at - _LONGEST_HEAD) : at].split("\n")
    for line in [lines[-1], *[line for line in lines[-2::-1] if line.strip()][:1]]:
        names = set(_LOOKS_LIKE_NAME.findall(line))
        if names:
            return names.pop() if len(names) == 1 else None
    return None


def assigned(word: str, text: str) -> str | None:
    """The name that a field of the message gives: `table: users`, `TABLE NAME:  users`."""
    in_small = word[1:] in text and any(sign in text for sign in _SIGNS_OF[word])
    if not in_small and f"{word.upper()} NAME" not in text:
        return None
    match = _NAMES[word].search(text)
    name = match[1].strip(".") if match else None
    return None if name in {None, "None", "null", "nil", "undefined"} else name
