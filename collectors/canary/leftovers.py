"""What a walk has made and not yet cleaned up, on disk before it is made.

A process that dies leaves this file behind, and the next walk begins by cleaning up after it. It
holds the canary's own made-up addresses and the ids that the API gave them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from collectors.errors import Busy, SettingsError


class Leftovers:
    """Addresses in flight, each with the ids that it got so far. Written through at once."""

    def __init__(self, path: Path, known: dict[str, list[str]]) -> None:
        self._path = path
        self._known = known

    @classmethod
    @contextmanager
    def held(cls, path: Path) -> Iterator[Leftovers]:
        """The file for this process alone. Raises Busy, and SettingsError where it cannot be."""
        lock = path.with_name(f"{path.name}.lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SettingsError(f"{lock} cannot be written: {error.strerror}.") from error
        try:
            flock(handle, LOCK_EX | LOCK_NB)
            yield cls(path, _read(path))
        except BlockingIOError:
            raise Busy("Another canary is walking.") from None
        finally:
            os.close(handle)

    def expect(self, email: str) -> None:
        """A creation is about to be asked for."""
        self._write({**self._known, email: self.ids(email)})

    def met(self, email: str, customer: str) -> None:
        """It was created, and is called so."""
        self._write({**self._known, email: [*self.ids(email), customer]})

    def deleted(self, email: str, customer: str) -> None:
        """One of them is gone."""
        kept = [one for one in self.ids(email) if one != customer]
        self._write({**self._known, email: kept})

    def gone(self, email: str) -> None:
        """Nothing of it is left to clean up."""
        self._write({one: ids for one, ids in self._known.items() if one != email})

    def ids(self, email: str) -> list[str]:
        """What the API called the customers of this address that may still be there."""
        return list(self._known.get(email, ()))

    def emails(self) -> list[str]:
        """Every address that something may still be there of."""
        return list(self._known)

    def _write(self, known: dict[str, list[str]]) -> None:
        """Beside it, to the disk, then in its place: it is whole whenever we die."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            with open(fresh, "w", encoding="utf-8", opener=_private) as file:
                json.dump(known, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._known = known


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> dict[str, list[str]]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return {str(email): [str(one) for one in ids] for email, ids in read.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, AttributeError, TypeError) as error:
        sentence = f"{path} is not the list that the canary keeps; move it away."
        raise SettingsError(sentence) from error
