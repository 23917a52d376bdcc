"""What support sends, for each Verdict."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.model import Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.replies import Case, reply

SINCE = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
LAST = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
COLUMNS = ("organization_id", "lower(email::text)")


def written(verdict: Verdict, **facts: object) -> str:
    known = {"columns": COLUMNS, "attempts": 3, "first_seen": SINCE, "last_seen": LAST}
    return reply(Case(verdict, "customers", **{**known, **facts}))  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("own", [True, False], ids=["own", "beyond"])
def test_every_verdict_has_a_polite_reply_that_says_about_retrying(
    verdict: Verdict, own: bool
) -> None:
    text = written(verdict, own=own)

    assert text.startswith("Hello,\n\n")
    assert text.endswith("\n\nKind regards")
    assert any(word in text for word in ("etry", "once more", "again"))
    assert "  " not in text


SAYS = {
    Verdict.BLOCKED_BY_TOMBSTONE: ("deleted from your account", "Retrying does not help", "201"),
    Verdict.BLOCKED_BY_LEFTOVER: ("left behind", "by hand"),
    Verdict.UNBLOCKED: ("send the same request once more", "201"),
    Verdict.LIVE_DUPLICATE: ("exists in your account", "409"),
    Verdict.CONCURRENT_CREATE: ("one succeeded", "one create at a time"),
    Verdict.HOLDER_GONE: ("no longer prove", "once more"),
    Verdict.OTHER_FAILURE: ("another cause",),
    Verdict.UNDECIDED: ("do not yet know",),
}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_each_says_what_happened(verdict: Verdict) -> None:
    for words in SAYS[verdict]:
        assert words in written(verdict)


def test_it_says_since_when_and_how_often() -> None:
    text = written(Verdict.BLOCKED_BY_TOMBSTONE)

    assert "at least 3 failed requests" in text
    assert "from 03 November 2026, 14:05 UTC to 20 November 2026, 09:00 UTC" in text
    assert "customer with the same e-mail address" in text


def test_it_says_what_to_do_until_the_fix() -> None:
    text = written(Verdict.BLOCKED_BY_TOMBSTONE)

    assert "use a fresh e-mail address for each run" in text
    assert "clean-up" in text


@pytest.mark.parametrize(
    ("cure", "words"),
    [
        (RemedyName.RELEASE_KEY, "we have released it (since 20 November 2026, 09:00 UTC)"),
        (RemedyName.PURGE_ROW, "send the same request once more"),
        (RemedyName.RESTORE_ROW, "is back (since 20 November 2026, 09:00 UTC), with its history"),
        (None, "it is free again"),
    ],
)
def test_after_a_remedy_it_says_what_the_api_answers_now(
    cure: RemedyName | None, words: str
) -> None:
    at = LAST if cure else None

    assert words in written(Verdict.UNBLOCKED, cured_by=cure, cured_at=at)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_where_the_key_reaches_beyond_one_organization_nobody_is_said_to_be_known(
    verdict: Verdict,
) -> None:
    text = written(verdict, own=False)

    for word in ("exists", "deleted", "taken by", "holds", "account", "e-mail address"):
        assert word not in text
