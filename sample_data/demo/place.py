"""The demo's data folder: what lies where, and whether the scenario has been played in it."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from collectors.errors import UsageError
from sample_data.files import write_private

DATABASES = {"production": "shop_production", "sandbox": "shop_sandbox"}


@dataclass(frozen=True)
class Place:
    """A folder; everything the demo keeps is below it, readable by its owner alone."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Place:
        """Make the folder if it is not there. Raises UsageError where it cannot be."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("store", "api", "sentry"):
                (folder / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise UsageError(f"{folder} cannot hold the demo's data: {error.strerror}.") from error
        return cls(folder.resolve())

    @property
    def postgres(self) -> Path:
        """PostgreSQL's cluster."""
        return self.folder / "postgres"

    @property
    def config(self) -> Path:
        """Tombstone's settings for the demo: set TOMBSTONE_CONFIG to it."""
        return self.folder / "tombstone.toml"

    @property
    def record(self) -> Path:
        """What the scenario did to whom, a JSON line a failing request."""
        return self.folder / "scenario.jsonl"

    @property
    def played(self) -> bool:
        """The scenario was played to its end, and Tombstone's settings were written."""
        return self._done.exists()

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The demo's own secrets, made once."""
        file = self.folder / "secrets.json"
        if not file.exists():
            names = ("api", "control", "tombstone")
            write_private(file, json.dumps({name: secrets.token_urlsafe(36) for name in names}))
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def mark_played(self) -> None:
        """Remember that the play is whole."""
        self._done.touch()

    def forget_the_play(self) -> None:
        """One cut short, or without its database, is worth nothing: keep nothing of it."""
        self._done.unlink(missing_ok=True)
        for name in ("sentry", "store"):
            shutil.rmtree(self.folder / name)
            (self.folder / name).mkdir(mode=0o700)
        self.record.unlink(missing_ok=True)

    @property
    def _done(self) -> Path:
        return self.folder / "scenario.done"


def toml(values: dict[str, Any], prefix: str = "") -> str:
    """Nested tables of texts and lists as TOML; a JSON text is a TOML text too."""
    plain = {name: value for name, value in values.items() if not isinstance(value, dict)}
    lines = [f"[{prefix}]"] if prefix and plain else []
    lines += [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for name, value in values.items():
        if isinstance(value, dict):
            lines += ["", toml(value, f"{prefix}.{name}" if prefix else name)]
    return "\n".join(lines)
