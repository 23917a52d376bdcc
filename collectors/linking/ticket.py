"""What a pasted ticket names: addresses, ids, links, times. Pure; never raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from itertools import islice
from unicodedata import normalize
from urllib.parse import unquote

from collectors.linking import hidden
from collectors.linking.escapes import readings, without_colours, without_tags
from collectors.linking.focus import focused
from collectors.linking.quoted import without_quotes
from collectors.linking.written_times import written_times


class IdentifierKind(StrEnum):
    """What a token of a ticket names."""

    EMAIL = "email"
    UUID = "uuid"
    EVENT_ID = "event_id"
    ISSUE_URL = "issue_url"
    ISSUE_ID = "issue_id"
    ORGANIZATION = "organization"
    EXTERNAL_ID = "external_id"
    TIME = "time"


OF_VALUES = (IdentifierKind.EMAIL, IdentifierKind.EXTERNAL_ID, IdentifierKind.UUID)
"""The kinds that may be a value of a unique key."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One token. Ids are in lower case where case means nothing, times RFC 3339 in UTC."""

    kind: IdentifierKind
    value: str


_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
"""Whoever writes in another script puts no blank around an address: "jane@example.comの顧客"."""
_EMAIL_LEFT = re.compile(r"[\w.!#%&+'~-]{1,64}\Z")
_EMAIL_RIGHT = re.compile(
    r"@((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}"
    rf"(?:[{_LATIN}]{{2,24}}|[^\W\d_{_LATIN}]{{2,24}}))"
)
_GLUED_ON = re.compile(rf".*[^\W\d_{_LATIN}](?=[{_LATIN}])")
_WRITTEN_AT = re.compile(r"&(?:#64|#[xX]40|commat);")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){1,12}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_ESCAPED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
r"""What Markdown puts before a sign that would be markup: `jane\_doe@example.com`."""
_NEXT_SENTENCE = re.compile(r"(.*\.[a-z]{2,24})\.[A-Z][a-z]{0,23}")
"""A host after which the blank was forgotten: `example.com.Thanks`."""
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_EVENT_ID = re.compile(r"(?<![0-9A-Za-z_-])[0-9a-f]{32}(?![0-9A-Za-z_-])", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`\])}]{4,500}")
_ISSUE = re.compile(r"/issues?/(?:issue/)?([\w-]{1,64})")
_ORGANIZATION = re.compile(
    r"\borg(?:ani[sz]ation)?(?:[_ -]?(?:id|slug|name))?[\"'*_]{0,3}\s{0,3}[:=][\s*_]{0,5}"
    r"[\"'`(]{0,2}([\w.-]{2,64})",
    re.IGNORECASE,
)
_EXTERNAL_ID = re.compile(
    r"\b(?:customer[_ -]?)?external[_ -]?(?:customer[_ -]?)?id[\"']?"
    r"(?:\s{0,3}[:=]\s{0,3}| (?:is |of )?)"
    r"(?:\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'|`([^`\n]{1,200})`"
    r"|((?=[^\s\"'`,;)]{0,199}\d)[^\s\"'`,;)]{1,200}))",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<![\w@./-])[a-z]{2,12}_(?=[A-Za-z_]{0,63}\d)[A-Za-z0-9_]{4,64}(?![\w@])")
_QUOTED = re.compile(r"[\"'`“‘]((?=[\w.:#-]{0,63}\d)[\w.:#-]{3,64})[\"'`”’]")
_CONFLICT = re.compile(r"(?<![0-9A-Za-z_-])[0-9a-f]{16}(?![0-9A-Za-z_-])", re.IGNORECASE)
_STATE = re.compile(r"23505|P20\d\d")
_WORD = re.compile(r"\S+")
_AFTER = ".,;:!?)]}>*_\"'`”’"
_BEFORE = "([{<*_\"'`“‘"
_OWN = ("'s", "’s")
_NO_PART_OF_A_NAME = re.compile(r"[^\w\s&.,'’+/@-]+")
_BETWEEN_SCRIPTS = re.compile(
    rf"(?<=[{_LATIN}\d])(?=[^\W\d_{_LATIN}])|(?<=[^\W\d_{_LATIN}])(?=[{_LATIN}])"
)
_MOST, _MOST_WORDS, _LONGEST_NAME = 32, 8, 200
_MOST_OF_PROSE = 400


def identifiers(text: str) -> tuple[Identifier, ...]:
    """What `text` names, each once. The parameters of SQL statements are left out: others' data."""
    clean = _clean(text)
    found: dict[Identifier, None] = {}
    for reader in (_emails, _uuids, _event_ids, _urls, _organizations, _external_ids, _times):
        found.update(dict.fromkeys(islice(reader(clean), _MOST)))
    return tuple(found)


def organization_names(text: str) -> dict[str, tuple[str, ...]]:
    """Each named organization's first word, and what its name may be, the longest first.

    >>> organization_names("Organization: Alder & Ash, again")["Alder"][1:]
    ('Alder & Ash,', 'Alder & Ash', 'Alder &', 'Alder')
    """
    clean = _clean(text)
    found: dict[str, tuple[str, ...]] = {}
    for match in islice(_ORGANIZATION.finditer(clean), _MOST):
        line = unescape(clean[match.start(1) : match.start(1) + _LONGEST_NAME].split("\n")[0])
        ends = [word.end() for word in islice(_WORD.finditer(line), _MOST_WORDS)]
        read = [name for end in reversed(ends) for name in (line[:end], line[:end].rstrip(_AFTER))]
        found.setdefault(match[1].rstrip(".-"), tuple(dict.fromkeys(read)))
    return found


def phrases(text: str) -> list[tuple[str, ...]]:
    """Of each word of a text's beginning, the phrases it begins that may be a name, longest first.

    Also of what is left when nothing is glued to a word: by a colon, by another script's letters.

    >>> phrases("At Alder & Ash's")[1]
    ("Alder & Ash's", 'Alder & Ash', 'Alder &', 'Alder')
    >>> phrases("会社：Alderの件")[2]
    ('Alder の件', 'Alder')
    """
    clean = unescape(_clean(text))
    apart = _BETWEEN_SCRIPTS.sub(" ", _NO_PART_OF_A_NAME.sub(" ", clean))
    ways = dict.fromkeys((clean, apart))
    most = _MOST_OF_PROSE // len(ways)
    return [one for way in ways for one in _phrases(way.split()[:most])]


def _phrases(written: Sequence[str]) -> list[tuple[str, ...]]:
    words = [word.lstrip(_BEFORE) for word in written]
    return [
        tuple(
            dict.fromkeys(
                name
                for last in range(min(first + _MOST_WORDS, len(words)), first, -1)
                for name in _endings(" ".join(words[first:last]))
            )
        )
        for first in range(len(words))
    ]


def _endings(phrase: str) -> Iterator[str]:
    """As it stands, without the sentence's punctuation, and without a genitive's ending."""
    bare = phrase.rstrip(_AFTER)
    own = next((bare.removesuffix(end) for end in _OWN if bare.endswith(end)), bare)
    return (name for name in (phrase, bare, own) if name)


def _clean(text: str) -> str:
    reading = next(readings(without_colours(focused(text), pasted=True)))
    return without_quotes(without_tags(reading), prose=True)


def perhaps_conflicts(text: str) -> tuple[str, ...]:
    """What may be a Conflict's id, by itself or in the link to its page, however a mail wrapped it.

    Spans and card numbers look the same: only the store tells which of them is one.

    >>> perhaps_conflicts("https://t.io/conflict?id=0d9e2c1a7b544e0e %3Fid%3D00000000000000AA")
    ('0d9e2c1a7b544e0e', '00000000000000aa')
    """
    found = (match[0].lower() for match in _CONFLICT.finditer(unquote(text)))
    return tuple(islice(dict.fromkeys(found), _MOST))


def _named(kind: IdentifierKind, values: Iterable[str]) -> Iterator[Identifier]:
    return (Identifier(kind, value) for value in values if not hidden.is_hidden(value))


def _emails(text: str) -> Iterator[Identifier]:
    """Also as they were meant: in letters of full width, or at the end of a sentence."""
    typed = _as_typed(text)
    for reading in dict.fromkeys((typed, normalize("NFKC", typed))):
        for right in _EMAIL_RIGHT.finditer(reading):
            left = _EMAIL_LEFT.search(reading, max(0, right.start() - 64), right.start())
            name = _GLUED_ON.sub("", left[0]).lstrip("'.") if left else ""
            if name and not hidden.is_hidden(name):
                yield Identifier(IdentifierKind.EMAIL, f"{name}@{right[1]}")
                if (host := _NEXT_SENTENCE.fullmatch(right[1])) is not None:
                    yield Identifier(IdentifierKind.EMAIL, f"{name}@{host[1]}")


def _as_typed(text: str) -> str:
    """Links percent-encode an address; pages write its `@` as an entity and hide breaks in it.

    Some programs take letters and their marks apart, and without the marks no word is whole.
    """
    if not text.isascii():
        text = normalize("NFC", _INVISIBLE.sub("", text))
    if "\\" in text:
        text = _ESCAPED.sub("", text)
    if "&" in text:
        text = _WRITTEN_AT.sub("@", text)
    if "%40" in text:
        text = _PERCENT.sub(lambda run: unquote(run[0]), text)
    return text


def _uuids(text: str) -> Iterator[Identifier]:
    return _named(IdentifierKind.UUID, (match[0].lower() for match in _UUID.finditer(text)))


def _event_ids(text: str) -> Iterator[Identifier]:
    return _named(IdentifierKind.EVENT_ID, (match[0].lower() for match in _EVENT_ID.finditer(text)))


def _urls(text: str) -> Iterator[Identifier]:
    for url in _URL.finditer(text):
        issue = issue_of_link(url[0])
        if issue is not None:
            yield Identifier(IdentifierKind.ISSUE_URL, url[0].rstrip(".,;:!?"))
            yield Identifier(IdentifierKind.ISSUE_ID, issue)


def issue_of_link(url: str) -> str | None:
    """The id of the Issue that a link leads to, on whatever server.

    >>> issue_of_link("https://shop.sentry.io/issues/4711/?project=1"), issue_of_link("https://a.io")
    ('4711', None)
    """
    issue = _ISSUE.search(url)
    return None if issue is None else issue[1].lower()


def _organizations(text: str) -> Iterator[Identifier]:
    values = (match[1].rstrip(".-") for match in _ORGANIZATION.finditer(text))
    return _named(IdentifierKind.ORGANIZATION, values)


def _external_ids(text: str) -> Iterator[Identifier]:
    told = (next(filter(None, match.groups())) for match in _EXTERNAL_ID.finditer(text))
    values = [value.rstrip(".") for value in told]
    values += [match[0] for match in _TOKEN.finditer(text)]
    values += [match[1] for match in _QUOTED.finditer(text) if not _is_other(match[1])]
    return _named(IdentifierKind.EXTERNAL_ID, (value for value in values if value))


def is_uuid(text: str) -> bool:
    """The whole text is a UUID with its dashes, in any case.

    >>> is_uuid("0B6F6A70-5a0c-4c6e-8f0e-3f3c7d1f2a10"), is_uuid("0b6f6a70")
    (True, False)
    """
    return _UUID.fullmatch(text) is not None


def _is_other(token: str) -> bool:
    """A quoted token that is another kind of identifier already, or the SQLSTATE."""
    return any(pattern.fullmatch(token) for pattern in (_UUID, _EVENT_ID, _STATE)) or any(
        written_times(token)
    )


def _times(text: str) -> Iterator[Identifier]:
    return _named(IdentifierKind.TIME, written_times(text))
