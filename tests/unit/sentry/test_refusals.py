"""What a fault below HTTP is called."""

from __future__ import annotations

import httpx
import pytest

from collectors.errors import SentryUnreachable
from collectors.sentry.refusals import passing_fault

FAILED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("self-signed certificate (_ssl.c:1000)", "TOMBSTONE_SENTRY__CA_BUNDLE"),
        ("unable to get local issuer certificate (_ssl.c:1000)", "TOMBSTONE_SENTRY__CA_BUNDLE"),
        ("certificate has expired (_ssl.c:1000)", "has expired"),
        ("certificate is not yet valid (_ssl.c:1000)", "by the clock of this machine"),
        (
            "Hostname mismatch, certificate is not valid for 'sentry.acme.com'. (_ssl.c:1000)",
            "another name",
        ),
        (
            "IP address mismatch, certificate is not valid for '10.0.0.7'. (_ssl.c:1000)",
            "another name",
        ),
    ],
    ids=["self-signed", "unknown issuer", "expired", "not yet valid", "other host", "address"],
)
def test_a_certificate_that_does_not_do_is_told_why(reason: str, said: str) -> None:
    fault = passing_fault(httpx.ConnectError(FAILED + reason))
    assert isinstance(fault, SentryUnreachable)
    assert fault.permanent
    assert said in str(fault)
    assert ("CA_BUNDLE" in str(fault)) == ("CA_BUNDLE" in said)
