"""What the read side may be told, table by table, and what is refused at start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    model_validator,
)

from collectors.errors import SettingsError

SECRET_COMMAND = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105
MINIMUM_SECRET = 32


def _split_commas(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_commas)]
"""A list in the file, a comma-separated text in a variable."""

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


def fold(environment: str) -> str:
    """An environment's name as a variable can spell it: upper case, all else `_`.

    >>> fold("Prod-EU.1")
    'PROD_EU_1'
    """
    return re.sub(r"[^A-Z0-9]", "_", environment.upper())
