"""Where raw values come from: the file, then the variables, then the files that these name."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collectors.errors import SettingsError
from collectors.settings.models import fold

PREFIX = "TOMBSTONE_"

WRITE_SIDE: Mapping[str, frozenset[str]] = {
    "": frozenset({"access", "dashboard", "remediation"}),
    "sentry": frozenset({"write_token"}),
    "targets": frozenset({"write_dsn"}),
}
"""What belongs to `dashboard.settings`: whole tables, a key of Sentry's, and one of each target."""

_SECRETS = frozenset({"secret_key", "token", "write_token", "client_secret", "Authorization"})
_DSNS = frozenset({"read_dsn", "write_dsn"})
_PASSWORD = re.compile(r"//[^/@]*:[^/@]+@|\bpassword\s*=", re.IGNORECASE)


def read_raw() -> dict[str, Any]:
    """The file and the variables as one nested dict, both sides' names still in it."""
    raw = _read_file()
    for name, value in _variables():
        _put(raw, name, value)
    return raw


def without_write_side(raw: dict[str, Any]) -> dict[str, Any]:
    """The same without any value that belongs to the write side."""
    own = {name: value for name, value in raw.items() if name not in WRITE_SIDE[""]}
    if isinstance(sentry := own.get("sentry"), dict):
        own["sentry"] = {k: v for k, v in sentry.items() if k not in WRITE_SIDE["sentry"]}
    if isinstance(targets := own.get("targets"), dict):
        own["targets"] = {
            name: {key: v for key, v in target.items() if key not in WRITE_SIDE["targets"]}
            if isinstance(target, dict)
            else target  # wrong, and to be said: passed over, a Target would be missing unseen
            for name, target in targets.items()
        }
    return own


def exposed_file() -> Path | None:
    """The settings file, where a secret stands in it and everybody on this machine can read it."""
    path = _path()
    if not path.is_file() or not path.stat().st_mode & stat.S_IROTH:
        return None
    return path if any(_is_secret(*leaf) for leaf in _leaves(_read_file())) else None


def _is_secret(name: str, value: Any) -> bool:
    if name in _DSNS:  # one without a password tells where something is, and lets nobody in
        return bool(_PASSWORD.search(str(value)))
    return name in _SECRETS


def _leaves(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every name that has a value, whichever table it stands in."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        else:
            yield name, value


def _path() -> Path:
    return Path(os.environ.get(f"{PREFIX}CONFIG") or "tombstone.toml")


def _read_file() -> dict[str, Any]:
    path, named = _path(), os.environ.get(f"{PREFIX}CONFIG")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        nothing_there = isinstance(error, FileNotFoundError) and not path.is_symlink()
        if nothing_there and not named:
            return {}
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _variables() -> Iterator[tuple[str, str]]:
    """(NAME, value) of every TOMBSTONE_ variable; a `…_FILE` gives the text of its file."""
    ours = (one for one in os.environ.items() if one[0].startswith(PREFIX))
    named = {name.removeprefix(PREFIX): _text(name, value) for name, value in ours}
    named.pop("CONFIG", None)
    for name, value in sorted(named.items()):
        if not name.endswith("_FILE"):
            yield name, value
        elif name.removesuffix("_FILE") not in named:
            yield name.removesuffix("_FILE"), _secret_file(name, value)


def _text(name: str, value: str) -> str:
    """A variable's bytes are UTF-8 whatever the locale; others have no place in a database."""
    try:
        os.fsencode(name).decode()
        return os.fsencode(value).decode()
    except UnicodeDecodeError as error:
        raise SettingsError(f"The variable {name} is not UTF-8 text.") from error


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{PREFIX}{name} names a file that cannot be read.") from error


def _put(raw: dict[str, Any], name: str, value: str) -> None:
    *steps, leaf = name.split("__")
    place = raw
    for depth, step in enumerate(steps):
        key = _existing(place, step) if depth == 1 and steps[0] == "TARGETS" else step.lower()
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            raise SettingsError(f"{PREFIX}{name} steps into a value that is not a table.")
    place[leaf.lower()] = value


def _existing(targets: dict[str, Any], folded: str) -> str:
    """The target that a variable means: the one whose name folds so, else a new one."""
    matches = [name for name in targets if fold(name) == folded]
    return matches[0] if matches else folded.lower()
