"""The errors that this package raises on purpose; a part's own kinds of them stand in the part.

    TombstoneError
    ├── UsageError            the caller or the settings are wrong              exit 2
    │   ├── SettingsError
    │   ├── WrongSecretKey
    │   └── StoreVersionError
    ├── NotSignedIn           whoever looks has no login, or none that counts any more
    └── Unreachable           a source or Target cannot be asked just now       exit 3
        ├── SentryUnreachable
        │   ├── NotInSentry       what was asked for is not there (any more)
        │   ├── NotAllowed        the token is not accepted, or may not do this
        │   ├── ReplyTooLarge     a smaller page may fit
        │   └── KeptBack          some bodies did not come, all others did
        ├── TargetUnreachable
        └── Busy              another process holds the lease

Each carries one sentence that a person can act on, free of secrets and customer data, and says
whether trying again could help (`permanent`). What is not listed is a fault of our own (exit 4).
"""

from __future__ import annotations


class TombstoneError(Exception):
    """The root. `str(error)` is the sentence to show."""

    permanent = True


class UsageError(TombstoneError):
    """The command line, a settings value or an input file is wrong."""


class SettingsError(UsageError):
    """A setting is missing, unknown, or contradicts another."""


class WrongSecretKey(UsageError):
    """The store was written with another TOMBSTONE_SECRET_KEY."""


class StoreVersionError(UsageError):
    """The store's schema is of another version than this program's."""


class NotSignedIn(TombstoneError):
    """There is no login, it is over, or it gives no role here."""


class Unreachable(TombstoneError):
    """Something outside did not answer; the rest of the work can go on."""

    permanent = False


class SentryUnreachable(Unreachable):
    """Sentry's API did not answer, or answered what is not its API.

    `permanent` is set where a retry cannot help: a bad token, a missing scope, an unknown project.
    """

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent


class NotInSentry(SentryUnreachable):
    """The organization, project or issue is not there, or not for this token."""


class NotAllowed(SentryUnreachable):
    """The token is not accepted, or lacks a scope."""


class ReplyTooLarge(SentryUnreachable):
    """A reply was larger than is read; asking for a smaller page may help."""


class KeptBack(SentryUnreachable):
    """The bodies of these Events did not come, while others did: they are asked for again."""

    def __init__(self, why: str, event_ids: frozenset[str]) -> None:
        count = len(event_ids)
        bodies = "The body of 1 Event" if count == 1 else f"The bodies of {count:,} Events"
        super().__init__(f"{bodies} did not come, and the next run asks again: {why}")
        self.why = why
        self.event_ids = event_ids


class TargetUnreachable(Unreachable):
    """An application database did not answer, refused us, or is older than we support."""


class Busy(Unreachable):
    """Another process is collecting into this store."""
