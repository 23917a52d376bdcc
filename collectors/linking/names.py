"""Names as messages print them: lists of key expressions, the columns inside them, spellings."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[()\[\],]")
_LITERAL = re.compile(r"'[^']*'")
_CAST = re.compile(
    r"::\s?(?:\"[^\"]+\"|[a-z_][\w.]*)(?: varying| precision| with(?:out)? time zone)?"
    r"(?:\(\d{1,5}(?:,\d{1,5})?\))?(?:\[\])*"
)
_WORD = re.compile(r"(\"[^\"]+\"|[^\W\d][\w$]*)\s?(\(?)")
_MARKS = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_NOT_NAMES = frozenset({"true", "false"})
_LONGEST_LIST = 4_000
"""PostgreSQL allows 32 expressions in a key; a longer list is no list of columns."""


def closing(text: str, opening: int, longest: int = _LONGEST_LIST) -> int | None:
    """Where the bracket at `opening` closes, quoted text skipped; None where it does not.

    >>> closing("f(a, ')') b", 1)
    8
    """
    depth = 0
    for token in _TOKEN.finditer(text, opening, min(len(text), opening + longest)):
        if token[0] in "([":
            depth += 1
        elif token[0] in ")]":
            depth -= 1
            if depth == 0:
                return token.start()
    return None


def closed(expression: str) -> str:
    """The expression with the brackets at its end that a library cut off with the list's own.

    >>> closed("lower(email::text")
    'lower(email::text)'
    """
    return expression + ")" * (expression.count("(") - expression.count(")"))


def without_marks(text: str) -> str:
    """The text without the characters that show nothing: where a line may break, which way it runs.

    Those that join letters or emoji into one are part of a text, and stay.
    """
    return text if text.isascii() else _MARKS.sub("", text)


def split_columns(printed: str) -> tuple[str, ...]:
    """Cut a printed list of columns at its commas, but not inside brackets or quotes.

    >>> split_columns("organization_id, COALESCE(a, ','::text)")
    ('organization_id', "COALESCE(a, ','::text)")
    """
    return tuple(filter(None, split_list(printed)))


def split_list(printed: str) -> tuple[str, ...]:
    """The same for a list some of whose items may be empty.

    >>> split_list("Main St, , 42")
    ('Main St', '', '42')
    """
    cuts, depth = [-1], 0
    for token in _TOKEN.finditer(printed):
        if token[0] in "([":
            depth += 1
        elif token[0] in ")]":
            depth -= 1
        elif token[0] == "," and depth == 0:
            cuts.append(token.start())
    cuts.append(len(printed))
    return tuple(printed[before + 1 : after].strip() for before, after in pairwise(cuts))


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """An identifier without its quotes and without what qualifies it.

    >>> bare('public."userId"')
    'userId'
    """
    quoted = name.rfind('"', 0, -1) if name.endswith('"') else -1
    if quoted >= 0:
        return name[quoted + 1 : -1]
    return name.rsplit(".", 1)[-1].strip("`[]\"' ")


def columns_in(expression: str) -> tuple[str, ...]:
    """The columns that a key expression reads, without quotes.

    PostgreSQL prints keywords in upper case and quotes every column that is not in lower case.

    >>> columns_in("COALESCE(external_id, ''::text)")
    ('external_id',)
    """
    plain = _CAST.sub(" ", _LITERAL.sub(" ", expression))
    found = []
    for word, call in _WORD.findall(plain):
        is_name = not call and not word.isupper() and word not in _NOT_NAMES
        if word.startswith('"') or is_name:
            found.append(bare(word))
    return tuple(dict.fromkeys(found))


def is_column(expression: str) -> bool:
    """The expression is a column as it is, so the printed value is the column's own."""
    return columns_in(expression) == (bare(expression),)


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """The name without case and punctuation, so that `externalId` meets `external_id`.

    >>> fold("External-ID") == fold("external_id")
    True
    """
    return "".join(filter(str.isalnum, name.lower()))


def field_word(name: object) -> str:
    """The same for a field's name in foreign JSON, which may be of any type and length."""
    return fold(str(name)[:40])


def numbers_of(word: str) -> frozenset[str]:
    """An English word in the singular, as it is and in every plural that it may have.

    >>> numbers_of("company") >= {"company", "companies"}, "surveys" in numbers_of("survey")
    (True, True)
    """
    return frozenset({word, f"{word}s", f"{word}es", f"{word.removesuffix('y')}ies"})
