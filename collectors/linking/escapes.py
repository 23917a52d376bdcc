r"""The readings of a text that may have been escaped or re-wrapped on its way here.

Error texts arrive with `&quot;` from web pages, with `\"` and `\n` from logs and JSON, with `>` and
broken lines from mail. A value may hold such marks itself, so a text is unescaped first only where
the marks stand in the database's own words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice

from collectors.linking.backslashes import unescape
from collectors.linking.binaries import from_binaries
from collectors.linking.phrases import KEY_WORD, NAMED_AFTER, NAMED_BEFORE
from collectors.linking.quoted import without_quotes
from collectors.linking.transfer import as_utf8

_ENTITY = re.compile(r"&(?:quot|apos|amp|lt|gt|laquo|raquo|nbsp|#\d{2,5}|#[xX][0-9a-fA-F]{2,4});")
_ENTITY_QUOTES = re.compile(
    rf"(?:constraint|Constraint|Key|(?<!=)\(|{'|'.join(map(re.escape, NAMED_AFTER))})"
    r"\s?&(?:quot|apos|laquo|raquo|#34|#39|#x27|#x22|amp);"
)
_NAMED_PLAINLY = re.compile(
    rf"(?:{'|'.join(map(re.escape, NAMED_AFTER))})[^\"»«&\n]{{0,40}}"
    r"[\"»«]\s?[\w.$-]{1,128}\s?[\"»«]"
)
_DOUBLED = re.compile(
    rf"(?:{'|'.join(map(re.escape, NAMED_AFTER))})[^\"\n]{{0,40}}\"\"(?=[^\"])"
    rf"|\"\"\s?(?:{'|'.join(map(re.escape, NAMED_BEFORE))})|,23505,\""
)
"""A server that logs as CSV doubles every quote."""

_TAG = re.compile(
    r"<(/?)(br|p|div|li|tr|td|th|span|b|i|u|em|strong|mark|wbr|code|pre|a|font)\b[^<>]{0,300}>",
    re.I,
)
_LONE_TAG = re.compile(r"<w?br\b", re.I)
_LINK = re.compile(
    r"<a\b[^<>]{0,300}>([^<>]{1,300})</a>"
    r"|\[([^\[\]\n]{1,300})\]\(<?(?:mailto:|https?://)?\2>?\)"
    r"|(?:<|&lt;)(?:mailto:|https?://)([^|<>\s]{1,300})\|\3(?:>|&gt;)"
    r"|([^\s<>(),]{1,300})[ \t]?<(?:mailto:)\4>"
    r"|\[([^\[\]|\n]{1,300})\|(?:mailto:|https?://)\5\]"
    r"|\[\[mailto:([^\[\]\s]{1,300})\]\[\6\]\]|\[mailto:([^\[\]\s]{1,300})(?: \7)?\]"
    r"|\bmailto:([^\[\]\s(),]{1,300})\[\8\]"
    r"|(?:(?<=\()|(?<=, ))<(?:mailto:)?([^\s<>@|:]{1,64}@[^\s<>|]{1,255})>(?=\)|, )"
    r"|(?<![\w*])\*{1,2}([^\s<>@*(),]{1,64}@[^\s<>*(),]{1,255})\*{1,2}(?![\w*])"
    r"|(?<!\w)_{1,2}([^\s<>@(),]{1,64}@[^\s<>_(),]{1,255})_{1,2}(?!\w)"
    r"|(?<![\w`])`([^\s<>@`(),]{1,64}@[^\s<>`(),]{1,255})`(?![\w`])"
    r"|([\w@.+(, -])(?:</?(?:wbr|span|font|mark)\b[^<>]{0,300}>){1,4}",
    re.IGNORECASE,
)
"""What mail, web pages, chats and trackers make of an address: a link whose text is the address.

Or one in bold, in italics or set as code, with the marks that make it so.

An address in angle brackets is one only where nothing else stands beside it; pages also break an
address, or colour it, without a sign that shows.
"""

_BREAKING_TAGS = frozenset({"br", "p", "div", "li", "tr", "pre"})
_ESCAPED = re.compile(
    r"\\[\"'](?=[\w.$-]{1,128}\\{1,4}[\"'])"
    r"|\\n\s{0,4}(?:DETAIL|Detail|DETALLE|DÉTAIL|DETTAGLI|DETALHE|SZCZEGÓŁY|ПОДРОБНОСТИ|ДЕТАЛІ"
    r"|ВІДОМОСТІ|AYRINTI|DETAY|DETALJ|詳細|상세정보|描述|详细信息|დეტალები|Key |\[SQL)"
    r"|\"\s?:\s?\"Key \("
    r"|[\w$][\"»«”]\\n(?=[^\\\n\"'{]{0,120}?\()"
)
_FIELD = re.compile(
    r"(?:(?:[Dd]etails?|\bD)[\"']?\s?(?:=>|[:=,])\s?(?:Some\(\s{0,80})?(?:<<)?"
    r"|(?<=[:=(,\s])(?=[\"']Key \())"
    r"([\"'`])((?:(?!\1)[^\\\n]|\\.)*+)\1"
)
"""A field that holds the sentence, as JSON, Python, Node, Go and Rust print it.

Node takes the third kind of quotes where the text has both others: `"userEmail"` and O'Hara.
"""

_WITHIN = re.compile(r"(?:\\n|[:=]\s?\")[ \t]{0,20}(?:\w{1,20}|'\w{1,20}')\s?(?:=>|[:=])\s?[\"']\Z")
"""What holds such a field is a literal itself: it just begins, or its line breaks are escaped."""

_DOCUMENT = re.compile(r"'(\{\"(?:[^'\\\n]|\\.)*+)'")
"""JSON that is a literal itself, as in `data: '{"detail": …}'`."""

_LITERAL = r"(?:'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"|`(?:[^`\\\n]|\\.)*+`)"
_PIECE = re.compile(_LITERAL)
_PIECES = re.compile(rf"(?<!\\){_LITERAL}(?: \+\n[ \t]{{0,80}}{_LITERAL})+")
"""A literal as Node prints a long one that has line breaks: a piece a line, each in its quotes."""

_PLAIN = re.compile(
    r"[\"»«“„「][\w.$ -]{1,128}[\"»«”“」][^\n\\\"]{0,60}\n[^\n\"'{\\]{0,200}?"
    rf"(?:{KEY_WORD.pattern})"
)
"""The name in plain quotes, a real line break, the tuple: no escape there surrounds the text."""

_COLOUR = re.compile(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e|\u241b|\^\[)\[[0-9;]{0,20}m")
_COLOUR_SIGNS = ("\x1b[", "b[", "B[", "033[", "\\e[", "\u241b[", "^[")
_COLOUR_ALONE = re.compile(r"\[\d{1,3}(?:;\d{1,3}){0,4}m")
_COLOUR_ENDS = ("[0m", "[39m")
"""What a terminal colours by; pages and editors drop the character before the bracket."""

_SPACE = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_QUOTED_LINE = re.compile(r"^[ \t]{0,8}(?:>[ \t]?){1,8}", re.MULTILINE)
_BREAK = re.compile(r"(?:(?<![ \t])[ \t]++)?+\r?\n[ \t]*+")
"""With the blanks around it; a run of them is entered at its start only, or its length squares."""

_MOST_LEVELS = 3
_NEARBY = 60
_MOST_FIELDS = 16


def readings(text: str, *, wrapped: bool = False) -> Iterator[str]:
    """Ways to read `text`, the likeliest first; with `wrapped` also with its lines joined."""
    seen = set()
    for reading in _readings(text, wrapped=wrapped):
        if reading not in seen:
            seen.add(reading)
            yield reading


def _readings(text: str, *, wrapped: bool) -> Iterator[str]:
    freed, around = _free(text, pasted=wrapped)
    freed = without_links(freed) if wrapped else freed
    around = without_links(around) if wrapped and around else around
    yield freed
    yield text
    if "\\" in freed and "\\" in without_quotes(freed, prose=wrapped):
        yield unescape(around or freed)
    if wrapped and not freed.isascii():
        yield _SPACE.sub(" ", freed)  # mail programs and pages put them between any words
        yield as_utf8(freed)
    if wrapped:
        unquoted = _QUOTED_LINE.sub("", freed)
        yield unquoted
        if "\n" in unquoted:
            said = without_quotes(unquoted, prose=True)  # once joined, quotes do not show
            yield _BREAK.sub(" ", said)
            yield _BREAK.sub("", said)


def _free(text: str, *, pasted: bool) -> tuple[str, str | None]:
    """The text without the escapes that surround it, as far as they show.

    Where some were undone in fields alone, the text before that comes with it: what stands around
    them may be escaped just as often.
    """
    around = None
    text = from_binaries(without_colours(text, pasted=pasted))
    text = _PIECES.sub(_in_one, text) if " +\n" in text else text
    if "&" in text and (_is_html(text) or (pasted and _has_tags(text))):
        text = _from_html(text)
    for level in range(_MOST_LEVELS):
        if _is_csv(text) or "\\" not in text or _PLAIN.search(text) is not None:
            break
        before = text
        text, is_last = _without_level(text, pasted=pasted, outermost=level == 0)
        if is_last:
            around = before if text != before else None
            break
    text = text.replace('""', '"') if _is_csv(text) else text
    return without_colours(text, pasted=pasted), around


def _in_one(pieces: re.Match[str]) -> str:
    """The literal of its pieces, in the quotes that Node takes for such a text."""
    whole = "".join(p[1:-1].replace(f"\\{p[0]}", p[0]) for p in _PIECE.findall(pieces[0]))
    quote = next((mark for mark in "'\"`" if mark not in whole), "'")
    return f"{quote}{whole.replace(quote, chr(92) + quote)}{quote}"


def _is_csv(text: str) -> bool:
    """Its quotes are doubled, and nothing in it is escaped otherwise."""
    return '""' in text and _DOUBLED.search(text) is not None


def without_colours(text: str, *, pasted: bool) -> str:
    """The text without a terminal's colours; what is left of one only where it was pasted."""
    text = _COLOUR.sub("", text) if any(sign in text for sign in _COLOUR_SIGNS) else text
    bare = pasted and any(end in text for end in _COLOUR_ENDS)
    return _COLOUR_ALONE.sub("", text) if bare else text


def _without_level(text: str, *, pasted: bool, outermost: bool) -> tuple[str, bool]:
    """The text without its outermost escapes, and whether no others are to be undone.

    A field's literal is undone alone, for nothing says that its surroundings are escaped as well,
    unless the sentence stands there a second time, behind a name whose quotes are escaped.
    """
    said = without_quotes(text, prose=pasted)  # what is quoted has escapes of its own
    document = _DOCUMENT.match(said, max(0, said.find("'{\"")))  # one that is cut is scanned once
    if document is not None:
        start, end = document.span(1)
        return f"{text[: start - 1]} {unescape(text[start:end])} {text[end + 1 :]}", False
    fields = list(_fields(said))
    if outermost and any(_is_within(said, start) for start, _ in fields):
        return unescape(text), False
    for start, end in reversed(fields):
        said = f"{said[:start]}{said[end:]}"
    if (fields and ")=(" not in said) or _ESCAPED.search(said) is None:
        for start, end in reversed(fields):
            text = f"{text[:start]}{unescape(text[start:end])}{text[end:]}"
        return text, True
    return unescape(text), False


def _is_within(said: str, start: int) -> bool:
    return _WITHIN.search(said, max(0, start - _NEARBY), start) is not None


def _fields(said: str) -> Iterator[tuple[int, int]]:
    """Where whole sentences stand as literals; one that seems cut was escaped more than once."""
    for match in islice(_FIELD.finditer(said), _MOST_FIELDS):
        start, end = match.span(2)
        if ")=(" in said[start : max(start, said.rfind(")", start, end))]:
            yield start, end


def _has_tags(text: str) -> bool:
    """It was a web page: tags stand there before the values, which may hold some themselves."""
    values_at = text.find(")=(")
    return _TAG.search(text, 0, values_at if values_at >= 0 else len(text)) is not None


def _is_html(text: str) -> bool:
    if _ENTITY_QUOTES.search(text) and _NAMED_PLAINLY.search(text) is None:
        return True
    return _ENTITY.search(text) is not None and not any(mark in text for mark in "\"'<>")


def _from_html(text: str) -> str:
    for _ in range(_MOST_LEVELS):
        if _ENTITY.search(text) is None:
            break
        text = html.unescape(text)
    return text


def without_links(text: str) -> str:
    """The text with each linked address as it was before it became a link."""
    return _LINK.sub(lambda link: next(filter(None, link.groups())), text) if "@" in text else text


def without_tags(text: str) -> str:
    """The text of a pasted web page: tags gone, line breaks where they stood for some."""
    if "</" not in text and not _LONE_TAG.search(text):
        return text
    return _TAG.sub(lambda tag: "\n" if tag[2].lower() in _BREAKING_TAGS else "", text)
