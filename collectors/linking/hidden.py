"""Marks that scrubbers, drivers and length limits leave where a value was: no value at all."""

from __future__ import annotations

import re

HIDDEN = "the values were hidden by a scrubber"
REDACTED = "the driver hides the values of a failed statement"
CUT = "the message was cut before the values ended"
ABSENT = "the message holds no values"
AMBIGUOUS = "the values can be split in too many ways"
MISFIT = "the values do not fit the columns"
SEVERAL = "the statement wrote several rows and does not say which one failed"
TOGETHER = "several writes failed side by side, and what this one wrote is not told"
AGAIN = "the write was tried again, and what it wrote then is not told"

_WORDS = (
    *("filtered", "redacted", "masked", "scrubbed", "sanitized", "censored", "anonymized"),
    "obfuscated",
)
_CONCEALED = f"(?:{'|'.join(_WORDS)})"
_TAKEN_OUT = f"(?:{'|'.join(_WORDS)}|removed|hidden|omitted|suppressed|confidential|private)"
_BEFORE, _AFTER = r"(?:\w{1,20}[\s_:-]{1,3})", r"(?:[\s_:-]{1,3}\w{1,20})"
_MARK = re.compile(
    rf"[\[<{{](?:{_CONCEALED}{_AFTER}{{0,3}}"
    r"|(?:removed|hidden|pii|e-?mail|credit-?card)(?:[\s_:-]\w{1,40})?)[\]>}]"
    r"|\[\*\*[^\[\]\n]{0,60}\*\*\]|\*{3,}|[•●█■▇∗×]{2,}"
    r"|(?:…|\.{3}|\*\*|(?<=\w)\*)@|@[^\s@…*]{0,64}(?:…|\.{3}|\*\*)\.?\w|@\w{1,64}\*\."
    r"|redacted@|@redacted\b|(?<![\w.])x{3,}@x{3,}\.",
    re.IGNORECASE,
)
"""What stands for a value or for a part of it; `j…@e….com` is our own way to mask."""

_MARKS = frozenset("[<{*•●█■▇∗×…@")
_NO_STAND_IN = frozenset("0123456789abcdefghijklmnopqstvwxyz")
"""A quick look before slow patterns: every mark has one of these, no stand-in begins with those."""

_KINDS = (
    r"(?:uuid|ip|int|num|str|string|date|phone|name|username|user|hash|hex|id|values?|params?"
    r"|secret|object object|object|array|circular|iban|imei|mac|pem|pem-?key|auth|token|password"
    r"|us-?ssn|ssn|url|host-?name|domain|address|person|location|organi[sz]ation|age)"
    r"(?:[ _-]?(?:address|number|name|code))?(?:_?\d{1,4})?"
)
_STAND_IN = re.compile(
    rf"[\[<{{«‹](?:{_KINDS}|e-?mail|{_BEFORE}{{0,2}}{_TAKEN_OUT}{_AFTER}{{0,4}})[\]>}}»›]"
    r"|<[a-z][\w -]{1,40}(?::[\w.-]{1,64})?>"
    r"|\[(?-i:[A-Z]{2,20}(?:_[A-Z]{2,20}){1,4})(?:_\d{1,4})?\]"
    rf"|\({_BEFORE}{{0,2}}{_TAKEN_OUT}\)"
    rf"|([_#=~|%$*:!/-]{{1,3}})(?:{_TAKEN_OUT}(?:_\w{{1,20}})?|e-?mail(?:[ _-]?address)?)\1"
    rf"|redacted|(?-i:(?:[A-Z]{{2,20}}_)?(?:{'|'.join(_WORDS).upper()})(?:_[A-Z]{{2,20}})?)"
    r"|%s|%\(\w{1,128}\)s|\$\d{1,2}|\?|:[A-Za-z_]\w*|@p\d+|undefined",
    re.IGNORECASE,
)
"""What is no value where nothing else stands beside it: `[IBAN]`, `<PERSON>`, `__redacted__`."""

_CUT = re.compile(r"(?:\.\.\.|…|\[truncated\])\s*\Z|\.\.\. \(\d+ characters truncated\) \.\.\.")
_REDACTED_DETAIL = re.compile(r"Detail redacted as it may contain sensitive data|hide_parameters")


def is_hidden(value: str) -> bool:
    """Something stands there in place of a value: `[Filtered]`, `j***@e***.com`, `%s`, `$2`."""
    if not _MARKS.isdisjoint(value) and _MARK.search(value) is not None:
        return True
    return value[:1] not in _NO_STAND_IN and _STAND_IN.fullmatch(value) is not None


def is_cut(value: str) -> bool:
    """The end of the value is missing: sentry-sdk and SQLAlchemy put `...` there, Sentry `…`."""
    return _CUT.search(value) is not None


def is_usable(value: str | None) -> bool:
    """The value can be looked up as it stands."""
    return value is None or not (is_hidden(value) or is_cut(value))


def absence(text: str) -> str:
    """Why `text`, which tells of a violation, gives no values."""
    if _REDACTED_DETAIL.search(text):
        return REDACTED
    if _MARK.search(text):
        return HIDDEN
    return CUT if is_cut(text) else ABSENT
