"""A local stand-in for Sentry, for the demo and the tests only.

It takes whatever the real sentry-sdk sends, groups it into issues, keeps it in SQLite, and serves
the part of Sentry's Web API that Tombstone reads. It knows no users, no rights but a
token's scopes, no limits and no retention: never use it for anything else.
"""

from sample_data.sentry.local import LocalSentry, LocalSentryUnavailable

__all__ = ["LocalSentry", "LocalSentryUnavailable"]
