"""What stands where a value was hidden or cut, and what only looks so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.evidence.privacy import mask
from collectors.linking.hidden import is_cut, is_hidden, is_usable
from collectors.linking.violation import read_event
from collectors.model import Event

HIDDEN = [
    "[Filtered]", "[filtered]", "[email]", "[Redacted]", "[REDACTED_EMAIL]", "<redacted>",
    "<email>", "{email}", "***", "********", "j***@e***.com", "jane@[Filtered]", "%s", "%(email)s",
    "$1", "?", ":email", "@p0", "•••", "████", "[Object]", "[object Object]", "undefined", "<uuid>",
    "<str>",
    # our own masks, and others that leave letters
    mask("jane.doe@example.com"), mask("jane@example.museum"), "j...@e...com", "jane@e….com",
    "ja**@ex**.com", "j*@e*.com", "j***", "XXXXX@XXXXX.com", "redacted@redacted.com",
    # Relay's own rules, and what issues are grouped by
    "[ip]", "[iban]", "[imei]", "[mac]", "[pemkey]", "[auth]", "[us-ssn]", "[creditcard]", "[user]",
    "[token]", "[password]", "<url>", "<hostname>", "<md5>", "<sha1>", "<date>", "<quoted_str>",
    # what finds persons in texts
    "<PERSON>", "<PERSON_0>", "<PHONE_NUMBER>", "<EMAIL_ADDRESS>", "<IBAN_CODE>", "<NRP>",
    "[PERSON_NAME]", "[EMAIL_ADDRESS_1]", "[PERSON_1]", "[**Name**]", "[**email**]", "<email:1>",
    "<hash:ab12cd>",
    # words for it
    "REDACTED", "FILTERED", "REDACTED_EMAIL", "EMAIL_REDACTED", "(redacted)", "(hidden)",
    "__redacted__", "#FILTERED#", "--FILTERED--", "[Redacted by Datadog]", "<removed for privacy>",
    "[Filtered: email]", "[data hidden]", "<email-redacted>", "[MASKED]", "{{email}}", "%{email}",
    "%EMAIL%", "#email#", "__EMAIL__", "--email--", "/e-mail/", "«redacted»", "‹email›",
    "(email hidden)", "∗∗∗∗", "[email\u00a0protected]", "[email protected]",
]  # fmt: skip
CUT = [
    "jane@exam...",
    "jane@exam…",
    "Doe ... (120 characters truncated) ... Jane",
    "abc[truncated]",
    "x...\n",
]
REAL = [
    "jane@example.com", "", "*", "**", "Team [A]", "<3", "{}", "$100", "50%", "what?", "a:b", ":)",
    "user", "email", "a...b", "1.2.3", "[1,5)", "{a,b}", "x@p0.com", "null", "filtered",
    "*@example.com", "a**b", "C**", "2*3*4", "5* hotel", "__init__", "#1#", "--", "(hidden gem)",
    "Ltd. (removed)", "Acme [EU]", "[main]", "[draft] plan", "[VIP]", "[A-1]", "{BLUE}", "[]", "<>",
    "<b>Acme</b>", "<jane@example.com>", "name [iban]", "Team <url>", "URL", "FOO_BAR", "Private",
    "hidden", "Masked Ball", "xxx", "XXX", "xxx@example.com", "Wait…what", "password", "[deleted]",
    "%FOO%", "/user/", "__ALL__", "«Acme»", "(my hidden gem)", "--", "2×4",
]  # fmt: skip


@pytest.mark.parametrize("value", HIDDEN)
def test_a_mark_is_no_value(value: str) -> None:
    assert is_hidden(value)
    assert not is_usable(value)


@pytest.mark.parametrize("value", CUT)
def test_a_cut_value_is_no_value(value: str) -> None:
    assert is_cut(value)
    assert not is_usable(value)


@pytest.mark.parametrize("value", REAL)
def test_a_real_value_stays_one(value: str) -> None:
    assert is_usable(value)


def test_sql_null_is_a_value() -> None:
    assert is_usable(None)


@pytest.mark.parametrize("columns", ["[Filtered]", "organization_id, [Filtered]"])
def test_where_a_column_s_name_is_hidden_the_key_s_own_name_still_tells(columns: str) -> None:
    values = ", ".join(["7", "jane@acme.test"][-len(columns.split(",")) :])
    text = 'duplicate key value violates unique constraint "by_email"\nDETAIL:  Key '
    body = f"{text}({columns})=({values}) already exists."
    failure = read_event(Event("e" * 32, datetime(2025, 6, 1, tzinfo=UTC), extra={"body": body}))

    assert failure.key is not None
    assert (failure.key.constraint, failure.key.columns) == ("by_email", ())
    assert failure.key.splits == (tuple(values.split(", ")),)
