"""What support sends, for each Verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.model import RowRef, Verdict
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
    Verdict.UNBLOCKED: ("send the same request once more", "nothing we know of is in its way"),
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
    assert "from 3 November 2026, 14:05 UTC to 20 November 2026, 09:00 UTC" in text
    assert "customer with the same e-mail address" in text


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.UNBLOCKED])
@pytest.mark.parametrize("own", [True, False], ids=["own", "beyond"])
def test_each_says_since_when(verdict: Verdict, own: bool) -> None:
    assert "from 3 November 2026, 14:05 UTC" in written(verdict, own=own)


def test_it_says_what_to_do_until_the_fix() -> None:
    text = written(Verdict.BLOCKED_BY_TOMBSTONE)

    assert "use a fresh e-mail address for each run (with a random part in it), and" in text
    other = written(Verdict.BLOCKED_BY_TOMBSTONE, columns=("organization_id", "external_id"))
    assert "use a fresh external ID for each run, and" in other
    assert "clean-up" in text


@pytest.mark.parametrize(
    ("cure", "words"),
    [
        (RemedyName.RELEASE_KEY, "we have released it (since 20 November 2026, 09:00 UTC)"),
        (RemedyName.PURGE_ROW, "send the same request once more"),
        (RemedyName.RESTORE_ROW, "is back (since 20 November 2026, 09:00 UTC), with its history"),
        (None, "it no longer stands in your way (as of 20 November 2026, 09:00 UTC)"),
    ],
)
def test_after_a_remedy_it_says_what_the_api_answers_now(
    cure: RemedyName | None, words: str
) -> None:
    assert words in written(Verdict.UNBLOCKED, cured_by=cure, cured_at=LAST)


@pytest.mark.parametrize(
    "verdict", [Verdict.BLOCKED_BY_TOMBSTONE, Verdict.UNBLOCKED, Verdict.HOLDER_GONE]
)
def test_no_status_is_promised_to_the_request_for_another_key_may_stand_in_its_way(
    verdict: Verdict,
) -> None:
    before_the_fix = written(verdict).partition("Until the fix is out")[0]

    assert "201" not in before_the_fix


@pytest.mark.parametrize("verdict", [Verdict.UNBLOCKED, Verdict.HOLDER_GONE])
@pytest.mark.parametrize(
    ("deleted_at", "words"),
    [
        (None, "Please do not send it again: a customer with the same e-mail address exists"),
        (LAST, "another customer with the same e-mail address has been deleted since"),
    ],
    ids=["live", "deleted"],
)
def test_whoever_would_meet_another_row_is_not_told_to_try_again(
    verdict: Verdict, deleted_at: datetime | None, words: str
) -> None:
    text = written(verdict, holder=RowRef("customers", "7", deleted_at))

    assert words in text
    assert "once more" not in text


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (SINCE + timedelta(hours=2), "on 3 November 2026 from 14:05 to 16:05 UTC"),
        (SINCE + timedelta(seconds=9), "all of 3 November 2026, 14:05 UTC"),
    ],
    ids=["one day", "one minute"],
)
def test_a_day_that_both_ends_share_is_told_once(last: datetime, words: str) -> None:
    assert words in written(Verdict.HOLDER_GONE, last_seen=last)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_where_the_key_reaches_beyond_one_organization_nobody_is_said_to_be_known(
    verdict: Verdict,
) -> None:
    text = written(verdict, own=False)

    for word in ("exists", "deleted", "taken by", "holds", "account", "e-mail address"):
        assert word not in text


def test_where_the_key_reaches_beyond_and_is_held_again_nobody_is_told_to_try_once_more() -> None:
    now = RowRef("customers", "7", None)
    for verdict in (Verdict.UNBLOCKED, Verdict.HOLDER_GONE):
        assert "once more" in written(verdict, own=False)
        assert "does not help" in written(verdict, own=False, holder=now)
    restored = written(Verdict.UNBLOCKED, own=False, cured_by=RemedyName.RESTORE_ROW)
    assert "does not help" in restored


KEYS = {
    "encode(token_hash, 'hex'::text)": "value",
    "email_template_id": "value",
    "lower('email'::text || name)": "value",
    "code_id": "value",
    "lower(email::text)": "e-mail address",
    '"primaryEmail"': "e-mail address",
    "email_normalized": "e-mail address",
    '"externalId"': "external ID",
    "external_customer_id": "external ID",
    "lower(slug::citext)": "slug",
    '"promoCode"': "code",
}


@pytest.mark.parametrize("column", KEYS)
def test_a_key_is_called_what_its_columns_hold(column: str) -> None:
    text = written(Verdict.BLOCKED_BY_TOMBSTONE, columns=("organization_id", column))

    assert f"with the same {KEYS[column]} was deleted" in text


TABLES = {
    "orders": "An order with the same",
    "users": "A user with the same",
    "billing.benefit_grants": "A benefit grant with the same",
    '"ApiKeys"': "An api key with the same",
    "addresses": "An address with the same",
    "order_statuses": "An order status with the same",
    "people": "A person with the same",
    "series": "A series with the same",
    "branches": "A branch with the same",
    "caches": "A cache with the same",
}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_called_as_people_say_it(table: str) -> None:
    text = reply(Case(Verdict.LIVE_DUPLICATE, table, COLUMNS))

    assert TABLES[table] in text
