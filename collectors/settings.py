"""The read side's settings, read once and checked at start.

Where a value comes from, the first that has it: `TOMBSTONE_NAME`, the file that
`TOMBSTONE_NAME_FILE` points to, `tombstone.toml` (`TOMBSTONE_CONFIG`, else the working folder). Two
underscores step into a table: `TOMBSTONE_SENTRY__TOKEN` is `token` under `[sentry]`. Secrets are
masked in every repr. The merging is ours, over pydantic: a library's own reading of variables
passes over names it does not know, and here a misspelt one must be an error.

The write side's own names (`WRITE_SIDE`) may stand in the same places. They are left out here
before anything is validated, so no value of them is ever held by a collector.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)

from collectors.errors import SettingsError

PREFIX = "TOMBSTONE_"
SECRET_COMMAND = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105
MINIMUM_SECRET = 32

WRITE_SIDE: Mapping[str, frozenset[str]] = {
    "": frozenset({"access", "remediation"}),
    "targets": frozenset({"write_dsn"}),
}
"""What belongs to `dashboard.settings`: whole tables, and one key of each target."""


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_commas)]
"""A list in the file, a comma-separated text in a variable."""

Model = TypeVar("Model", bound=BaseModel)

_Strict = ConfigDict(extra="forbid", frozen=True)


class SentrySettings(BaseModel):
    """Where Events come from. Without a token, `collect` reads only files."""

    model_config = _Strict
    base_url: HttpUrl = HttpUrl("https://sentry.io")
    token: SecretStr | None = None
    organization: str | None = None
    projects: Names = ()


class MarkerSettings(BaseModel):
    """A table's own way to say "deleted", where its column's name does not tell."""

    model_config = _Strict
    column: str
    kind: Literal["timestamp", "boolean", "epoch", "status"]
    deleted_value: str | None = None


class TableSettings(BaseModel):
    """What the catalog cannot tell of a table; what is left out is "not known"."""

    model_config = _Strict
    marker: MarkerSettings | None = None
    organization: str | None = None
    name: str | None = None
    money: str | None = None
    currency: str | None = None
    erased_when: str | None = None
    kept_in: dict[str, str] = Field(default_factory=dict)


class TargetSettings(BaseModel):
    """One application database, read with a role that can only read.

    `environments` are the Sentry environments that run on it; none means the target's own name.
    """

    model_config = _Strict
    read_dsn: SecretStr
    environments: Names = ()
    schemas: Names = ("public",)
    tables: dict[str, TableSettings] = Field(default_factory=dict)


class TelemetrySettings(BaseModel):
    """Where our own errors go; nowhere by default."""

    model_config = _Strict
    dsn: SecretStr | None = None


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MINIMUM_SECRET:
        raise ValueError(
            f"must be at least {MINIMUM_SECRET} characters; make one: {SECRET_COMMAND}"
        )
    return value


class Settings(BaseModel):
    """Everything the read side may be told."""

    model_config = _Strict
    store_url: str = "sqlite:///tombstone.sqlite"
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    sentry: SentrySettings = SentrySettings()
    targets: dict[str, TargetSettings] = Field(default_factory=dict)
    telemetry: TelemetrySettings = TelemetrySettings()

    @model_validator(mode="after")
    def _environments_are_told_apart(self) -> Settings:
        seen: dict[str, str] = {}
        for environment, _ in self._claims():
            clash = seen.setdefault(fold(environment), environment)
            if clash != environment:
                raise ValueError(f"environments {clash!r} and {environment!r} fold alike")
        exact = [environment for environment, _ in self._claims()]
        if twice := {name for name in exact if exact.count(name) > 1}:
            raise ValueError(f"environment {min(twice)!r} belongs to two targets")
        return self

    def target_of(self, environment: str) -> str | None:
        """The Target that an Event of this environment belongs to, None if it maps to none."""
        claims = dict(self._claims())
        if environment in claims:
            return claims[environment]
        folded = {fold(name): target for name, target in claims.items()}
        return folded.get(fold(environment))

    def required_secret(self) -> str:
        """The secret key, or the sentence that says how to make one."""
        if self.secret_key is None:
            raise SettingsError(f"TOMBSTONE_SECRET_KEY is not set; make one: {SECRET_COMMAND}")
        return self.secret_key.get_secret_value()

    def _claims(self) -> Iterator[tuple[str, str]]:
        for name, target in self.targets.items():
            for environment in target.environments or (name,):
                yield environment, name


def load_settings() -> Settings:
    """Read and check everything. Raises SettingsError with one line that names the setting."""
    return validated(Settings, without_write_side(read_raw()))


def validated(model: type[Model], raw: dict[str, Any]) -> Model:
    """`model` from raw values; what is wrong is one SettingsError that never shows a value."""
    try:
        return model(**raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"Setting {where or 'targets'}: {_said(first)}.") from None


def read_raw() -> dict[str, Any]:
    """The file and the variables as one nested dict, both sides' names still in it."""
    raw = _read_file()
    for name, value in _variables():
        _put(raw, name, value)
    return raw


def without_write_side(raw: dict[str, Any]) -> dict[str, Any]:
    """The same without any value that belongs to the write side."""
    own = {name: value for name, value in raw.items() if name not in WRITE_SIDE[""]}
    if isinstance(targets := own.get("targets"), dict):
        own["targets"] = {
            name: {key: v for key, v in target.items() if key not in WRITE_SIDE["targets"]}
            for name, target in targets.items()
            if isinstance(target, dict)
        }
    return own


def fold(environment: str) -> str:
    """An environment's name as a variable can spell it: upper case, all else `_`.

    >>> fold("Prod-EU.1")
    'PROD_EU_1'
    """
    return re.sub(r"[^A-Z0-9]", "_", environment.upper())


def _read_file() -> dict[str, Any]:
    named = os.environ.get(f"{PREFIX}CONFIG")
    path = Path(named or "tombstone.toml")
    if not named and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _variables() -> Iterator[tuple[str, str]]:
    """(NAME, value) of every TOMBSTONE_ variable; a `…_FILE` gives the text of its file."""
    named = {k.removeprefix(PREFIX): v for k, v in os.environ.items() if k.startswith(PREFIX)}
    named.pop("CONFIG", None)
    for name, value in sorted(named.items()):
        if not name.endswith("_FILE"):
            yield name, value
        elif name.removesuffix("_FILE") not in named:
            yield name.removesuffix("_FILE"), _secret_file(name, value)


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
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


def _said(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "no such setting"
    if error["type"] == "missing":
        return "is needed and not set"
    return str(error["msg"]).removeprefix("Value error, ")
