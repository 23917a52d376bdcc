"""The text for the ticket: what support sends to the developer whose call failed.

It goes to one organization, so it never says whether a person is known to another: where the key
reaches beyond one organization, it does not even say that somebody holds it. It names no customer,
no row and nothing of ours but the table in the reader's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from collectors.model import RowRef, Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.names import singular


@dataclass(frozen=True, slots=True)
class Case:
    """What a reply may speak of.

    table      whose rows the call was about: "customers"
    columns    the key's columns or expressions as the catalog prints them
    own        the key belongs to one organization: what holds it is the reader's own
    attempts   how many failed requests we know of
    holder     what holds the key now, of a Conflict that nothing we blame holds any more
    cured_by   the Remedy that was applied, if it was one of ours
    cured_at   when that was; of no Remedy of ours, when we first saw the key free
    """

    verdict: Verdict
    table: str
    columns: tuple[str, ...] = ()
    own: bool = True
    attempts: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    holder: RowRef | None = None
    cured_by: RemedyName | None = None
    cured_at: datetime | None = None


def reply(case: Case) -> str:
    """The whole reply, in paragraphs of plain text."""
    write = _EACH[case.verdict] if case.own or not _speaks_of_holder(case) else _beyond
    return "\n\n".join(["Hello,", *write(case), "Kind regards"])


def _speaks_of_holder(case: Case) -> bool:
    """Verdicts whose reply says that a record with these values exists or existed."""
    return case.verdict not in (Verdict.OTHER_FAILURE, Verdict.UNDECIDED)


def _blocked_by_tombstone(case: Case) -> list[str]:
    one = _one(case)
    return [
        f"thank you for the report. {_since(case)} The cause is a fault on our side: "
        f"{_a(one)} with the same {_what(case)} was deleted from your account earlier, and our "
        "database still keeps that value for the deleted record. Our API should never answer this "
        "with a 500.",
        "Retrying does not help until we have released the value; your request itself is fine. We "
        "will write again as soon as that is done: the same request can then be sent once more.",
        _until_fixed(case),
    ]


def _blocked_by_leftover(case: Case) -> list[str]:
    one = _one(case)
    return [
        f"thank you for the report. {_since(case)} The cause is a fault on our side: "
        f"{_a(one)} with the same {_what(case)} was left behind when the record it belonged to "
        "was deleted from your account.",
        "Retrying does not help for now. Our engineers have to clean this up by hand, and we will "
        "write again when it is done.",
        _until_fixed(case),
    ]


def _unblocked(case: Case) -> list[str]:
    one = _one(case)
    if case.cured_by is RemedyName.RESTORE_ROW:
        return [
            f"the {one} that had been deleted from your account is back{_at(case)}, with its "
            "history.",
            f"Please do not create it again: the API will answer that the {one} exists. Look it up "
            f"by its {_what(case)} and update it instead.",
            "Neither you nor your request did anything wrong; the 500 was ours.",
        ]
    how = "we have released it" if case.cured_by else "it no longer stands in your way"
    return [
        f"your request failed because a record that was deleted earlier still held the same "
        f"{_what(case)}; {how}{_at(case)}.",
        _next_try(case),
        _until_fixed(case),
    ]


def _next_try(case: Case) -> str:
    """Whether to send it again. It promises no status: another key may be in the way as well."""
    one = _one(case)
    if case.holder is None:
        return (
            "Please send the same request once more: nothing we know of is in its way now. If it "
            "fails again, reply here with the time of the attempt, and we will look at once."
        )
    if case.holder.deleted_at is None:
        return (
            f"Please do not send it again: {_a(one)} with the same {_what(case)} exists in your "
            f"account by now. Look the {one} up by its {_what(case)} and update it instead."
        )
    return (
        f"Retrying does not help for now: another {one} with the same {_what(case)} has been "
        "deleted since, and its record holds the value. We will write again as soon as that one "
        "is released too."
    )


def _live_duplicate(case: Case) -> list[str]:
    one = _one(case)
    return [
        f"thank you for the report. {_since(case)} {_a(one).capitalize()} with the same "
        f"{_what(case)} exists in your account, and there cannot be a second one.",
        "Our API should have told you so with a 409 or 422 instead of a 500; we have noted that as "
        "a fault of ours.",
        f"Retrying does not help. Look the {one} up by its {_what(case)} and update it, or use "
        "another value.",
    ]


def _concurrent_create(case: Case) -> list[str]:
    one = _one(case)
    return [
        f"thank you for the report. {_since(case)} Two requests to create the same {one} arrived "
        "within moments of each other: one succeeded, and the other should have been told so "
        "instead of getting a 500.",
        f"Nothing is lost. Look the {one} up by its {_what(case)}: it is there. There is no need "
        "to send the create again.",
        "To be safe until we answer such a race properly: send one create at a time for the same "
        f"{_what(case)}, and look it up before you retry.",
    ]


def _holder_gone(case: Case) -> list[str]:
    return [
        f"thank you for the report. {_since(case)} Something held the same {_what(case)} then "
        "and does not any more, so we can no longer prove what it was.",
        _next_try(case),
    ]


def _other_failure(case: Case) -> list[str]:
    return [
        f"thank you for the report. {_since(case)} This failure has another cause than a value "
        "that is already taken, and our engineers are looking into it separately.",
        "You may try once more. If it keeps failing, reply here with the time of the attempt and "
        "the request's path; please leave personal data out.",
    ]


def _undecided(case: Case) -> list[str]:
    return [
        f"thank you for the report. {_since(case)} We do not yet know which record your request "
        "met, and are looking into it.",
        "Until we write again: retrying is safe, but will probably give the same answer. The exact "
        "time of one failed attempt helps us most; please leave personal data out.",
    ]


def _beyond(case: Case) -> list[str]:
    """A key that reaches beyond one organization: nothing about who holds it."""
    ours = (
        f"thank you for the report. {_since(case)} Your request was well formed, and our API "
        "should not have answered it with a 500; we have noted that as a fault of ours."
    )
    is_held = case.holder is not None or case.cured_by is RemedyName.RESTORE_ROW
    if is_held or case.verdict not in (Verdict.UNBLOCKED, Verdict.HOLDER_GONE):
        return [
            ours,
            "Retrying with the same values does not help for now. Our engineers are looking into "
            "it, and we will write again.",
        ]
    gone = (
        "what kept your request from succeeding was a fault on our side, and is out of its "
        f"way{_at(case)}."
    )
    return [
        gone if case.verdict is Verdict.UNBLOCKED else ours,
        "Please send the same request once more. If it fails again, use another value, or "
        "reply here with the time of the attempt.",
    ]


def _until_fixed(case: Case) -> str:
    """How to live with it meanwhile, which is mostly a matter of test suites."""
    what = _what(case)
    how = " (with a random part in it)" if what == _EMAIL else ""
    return (
        "Until the fix is out: if this comes from automated tests, use a fresh "
        f"{what} for each run{how}, and let the clean-up delete each {_one(case)} without creating "
        "it again afterwards. After the fix, creating, deleting and creating again with the same "
        "values will answer 201."
    )


def _since(case: Case) -> str:
    first, last = case.first_seen, case.last_seen
    if first is None:
        return "We have found the failed request."
    if case.attempts <= 1 or last is None:
        return f"We have found the failed request of {_utc(first)}."
    return f"We have found at least {case.attempts} failed requests, {_between(first, last)}."


def _between(first: datetime, last: datetime) -> str:
    """From when to when; a day that both share is told once."""
    if first.date() != last.date():
        return f"from {_utc(first)} to {_utc(last)}"
    if f"{first:%H:%M}" == f"{last:%H:%M}":
        return f"all of {_utc(last)}"
    return f"on {_day(first)} from {first:%H:%M} to {last:%H:%M} UTC"


def _at(case: Case) -> str:
    """Of a Remedy of ours the time is known; of anything else, only when we saw it done."""
    if case.cured_at is None:
        return ""
    return f" ({'since' if case.cured_by else 'as of'} {_utc(case.cured_at)})"


def _utc(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _one(case: Case) -> str:
    """One of the table's rows in a developer's words: of `benefit_grants`, a "benefit grant"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", singular(case.table))
    return words.strip().lower()


def _a(one: str) -> str:
    """With its article, as it is spoken: an order, a user.

    >>> _a("order"), _a("user"), _a("api key"), _a("unit"), _a("unknown sender")
    ('an order', 'a user', 'an api key', 'a unit', 'an unknown sender')
    """
    return f"{'an' if _VOWEL.match(one) else 'a'} {one}"


def _what(case: Case) -> str:
    """The key in a developer's words: "e-mail address", "external ID"."""
    # encode() is no code, and a cast to a type names no column.
    expressions = re.sub(r"\w+\(|::\w+|'(?:[^']|'')*'", " ", " ".join(case.columns).lower())
    names = re.findall(r"\w+", expressions)
    for words, name in _WORDS.items():
        if any(words.fullmatch(one) for one in names):
            return name
    return "value"


_VOWEL = re.compile(r"(?!eu|one|us|uk|ut|uni(?!n|m))[aeiou]|hour|heir|hono")
"""How a word begins that is spoken with a vowel."""

_EMAIL = "e-mail address"
_WORDS: Mapping[re.Pattern[str], str] = MappingProxyType(
    {
        re.compile(r"\w*e_?mail(?!\w*id$)\w*"): _EMAIL,
        re.compile(r"external(\w*id|\w*ref\w*)?"): "external ID",
        re.compile(r"\w*slug"): "slug",
        re.compile(r"\w*code"): "code",
    }
)
"""By the whole name of a column: `email_template_id` holds no e-mail address."""

_EACH: Mapping[Verdict, Callable[[Case], list[str]]] = MappingProxyType(
    {
        Verdict.BLOCKED_BY_TOMBSTONE: _blocked_by_tombstone,
        Verdict.BLOCKED_BY_LEFTOVER: _blocked_by_leftover,
        Verdict.UNBLOCKED: _unblocked,
        Verdict.LIVE_DUPLICATE: _live_duplicate,
        Verdict.CONCURRENT_CREATE: _concurrent_create,
        Verdict.HOLDER_GONE: _holder_gone,
        Verdict.OTHER_FAILURE: _other_failure,
        Verdict.UNDECIDED: _undecided,
    }
)
