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

_MARK = re.compile(
    r"[\[<{](?:filtered|redacted|removed|hidden|masked|scrubbed|sanitized|censored|pii|e-?mail"
    r"|credit-?card)(?:[ _:-]\w+)?[\]>}]|\*{3,}|[•●█]{2,}",
    re.IGNORECASE,
)
_STAND_IN = re.compile(
    r"[\[<{](?:uuid|ip|int|num|str|string|date|phone|name|username|user|hash|hex|id|value|values"
    r"|param|params|secret|object object|object|array|circular)[\]>}]"
    r"|%s|%\(\w+\)s|\$\d{1,2}|\?|:[A-Za-z_]\w*|@p\d+|undefined",
    re.IGNORECASE,
)
_CUT = re.compile(r"(?:\.\.\.|…|\[truncated\])\s*\Z|\.\.\. \(\d+ characters truncated\) \.\.\.")
_REDACTED_DETAIL = re.compile(r"Detail redacted as it may contain sensitive data|hide_parameters")


def is_hidden(value: str) -> bool:
    """Something stands there in place of a value: `[Filtered]`, `j***@e***.com`, `%s`, `$2`."""
    return _MARK.search(value) is not None or _STAND_IN.fullmatch(value) is not None


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
