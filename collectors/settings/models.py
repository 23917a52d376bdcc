"""What the read side may be told, table by table, and what is refused at start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    model_validator,
)

from collectors.errors import SettingsError
from collectors.settings.values import (
    SECRET_COMMAND,
    Address,
    Dsn,
    Lines,
    Names,
    RequestTemplate,
    Secret,
    Texts,
)

_Strict = ConfigDict(extra="forbid", frozen=True)


SEARCHES = (
    'error.value:"*duplicate key value*"',
    "error.type:[UniqueViolation,UniqueViolationError,UniqueConstraintViolationException,"
    "SequelizeUniqueConstraintError,ActiveRecord::RecordNotUnique]",
    "transaction:*customer*",
    "transaction:*member*",
    "transaction:*seat*",
    "transaction:*checkout*",
)
"""Failed creates of customers and their siblings, by what is violated and by what was called."""


class SentrySettings(BaseModel):
    """Where Events come from. Without a token, `collect` reads only files.

    organization      Sentry and GlitchTip want it; Bugsink knows none
    ca_bundle         certificates to trust instead of the usual ones, as a PEM file
    requests_at_once  calls under way at the same time, at most
    patience_s        how long one call may take in all, retries and waits included
    read              "everything": of a backlog that takes several Runs what the searches find
                      comes first, then all the rest, so nothing is lost to a search; "searches":
                      nothing but what they find, which spares calls and loses what they miss
    searches          in Sentry's own language; a server that has another is read whole
    light_rows        false: every Event's body is fetched, even where a row tells that it is no
                      failed write
    grace_hours       how late an Event may be delivered and still be found
    most_events       how many new Events one Run reads of a backlog, the newest first
    """

    model_config = _Strict
    base_url: Address = HttpUrl("https://sentry.io")
    token: SecretStr | None = None
    organization: str | None = None
    projects: Names = ()
    ca_bundle: Path | None = None
    requests_at_once: int = Field(default=4, ge=1, le=32)
    patience_s: float = Field(default=120.0, ge=1, le=3_600)
    read: Literal["everything", "searches"] = "everything"
    searches: Lines = SEARCHES
    light_rows: bool = True
    grace_hours: float = Field(default=6.0, gt=0, le=168)
    most_events: int = Field(default=20_000, ge=1, le=100_000_000)


class MarkerSettings(BaseModel):
    """A table's own way to say "deleted", where its column's name does not tell.

    A status may have several values that mean it: "deletion pending" and "being deleted".
    """

    model_config = _Strict
    column: str
    kind: Literal["timestamp", "boolean", "epoch", "status"]
    deleted_value: Texts = Field(default=(), min_length=1)

    @model_validator(mode="after")
    def _value_of_its_kind(self) -> Self:
        """A time needs none: a row is deleted once it has one."""
        if not self.deleted_value or self.kind == "status":
            return self
        if self.kind != "boolean":
            raise ValueError(f"a {self.kind} has no deleted_value")
        if self.deleted_value not in (("true",), ("false",)):
            raise ValueError('the deleted_value of a boolean is "true" or "false"')
        return self


class TableSettings(BaseModel):
    """What the catalog cannot tell of a table; what is left out is "not known"."""

    model_config = _Strict
    marker: MarkerSettings | None = None
    organization: str | None = None
    name: str | None = None
    money: str | None = None
    currency: str | None = None
    paid_when: str | None = None
    live_when: str | None = None
    erased_when: str | None = None
    kept_in: dict[str, str] = Field(default_factory=dict)


class TargetSettings(BaseModel):
    """One application database, read with a role that can only read.

    `environments` are the Sentry environments that run on it; none means the target's own name.
    Where one project's has a database of its own it is `project/environment`, the project as the
    server names it; Sentry allows no slash in an environment's own name.
    """

    model_config = _Strict
    read_dsn: Dsn
    environments: Names = ()
    schemas: Names = ("public",)
    tables: dict[str, TableSettings] = Field(default_factory=dict)


class CanarySettings(BaseModel):
    """The API that `tombstone canary` walks through, and how that API is spoken to.

    environment      which one it is; the canary refuses production unless `allow_production`
    create …         a method and a path each; `body` is what a creation sends, where `{email}` and
                     `{external_id}` stand for made-up values
    id_field …       where the id stands in a customer, and the customers in a list (dotted)
    email_domain     of the made-up addresses; example.com receives no mail (RFC 2606)
    letter_case      whether addresses that differ in letter case alone are the same customer
    leftovers        the file that lists what is still to be cleaned up
    """

    model_config = _Strict
    base_url: HttpUrl | None = None
    token: SecretStr | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    environment: str | None = None
    allow_production: bool = False
    create: RequestTemplate = "POST /v1/customers/"
    list: RequestTemplate = "GET /v1/customers/?email={email}"
    delete: RequestTemplate = "DELETE /v1/customers/{id}"
    body: dict[str, Any] = Field(
        default_factory=lambda: {"email": "{email}", "external_id": "{external_id}"}
    )
    id_field: str = "id"
    items_field: str = "items"
    email_domain: str = "example.com"
    letter_case: bool = True
    timeout_s: float = Field(default=20.0, gt=0, le=300)
    leftovers: Path = Path("tombstone-canary.json")


class SurveySettings(BaseModel):
    """What is counted in the Targets at a Run's end, and how much that may cost.

    `days` are how far back creates and Re-creations are counted; above `sample_above` rows a table
    is sampled, except by `collect --full`.
    """

    model_config = _Strict
    every_minutes: int = Field(default=60, ge=0, le=525_600)
    days: int = Field(default=180, ge=1, le=3_650)
    sample_above: int = Field(default=10_000_000, ge=1, le=10**12)
    statement_timeout_s: int = Field(default=30, ge=1, le=86_400)


class AuditSettings(BaseModel):
    """The schema audit: what is accepted, what must hold besides, how often a Run looks.

    accepted       the accepted Findings, reviewed like code; None takes `tombstone.accepted.toml`
                   of the working folder, if it is there
    invariants     a folder of Invariants besides those that ship; one of the same name replaces it
    every_minutes  how old the last audit of a Target must be for a Run to make another
    """

    model_config = _Strict
    accepted: Path | None = None
    invariants: Path | None = None
    every_minutes: int = Field(default=60, ge=0, le=525_600)


class TelemetrySettings(BaseModel):
    """Where our own errors go; nowhere by default."""

    model_config = _Strict
    dsn: SecretStr | None = None


class Settings(BaseModel):
    """Everything the read side may be told."""

    model_config = _Strict
    store_url: str = "sqlite:///tombstone.sqlite"
    secret_key: Secret | None = None
    sentry: SentrySettings = SentrySettings()
    targets: dict[str, TargetSettings] = Field(default_factory=dict)
    canary: CanarySettings = CanarySettings()
    survey: SurveySettings = SurveySettings()
    audit: AuditSettings = AuditSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @model_validator(mode="after")
    def _environments_are_told_apart(self) -> Settings:
        seen: dict[tuple[str, ...], str] = {}
        for environment, _ in self._claims():
            clash = seen.setdefault(_folded(environment), environment)
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
        folded = {_folded(name): target for name, target in claims.items()}
        return folded.get(_folded(environment))

    def environment_of(self, project: str | None, environment: str) -> str:
        """The environment of a project's Event: with its project, if a Target claims that so."""
        own = f"{project}/{environment}"
        return own if project and self.target_of(own) is not None else environment

    def required_secret(self) -> str:
        """The secret key, or the sentence that says how to make one."""
        if self.secret_key is None:
            raise SettingsError(f"TOMBSTONE_SECRET_KEY is not set; make one: {SECRET_COMMAND}")
        return self.secret_key.get_secret_value()

    def _claims(self) -> Iterator[tuple[str, str]]:
        for name, target in self.targets.items():
            for environment in dict.fromkeys(target.environments or (name,)):
                yield environment, name


def _folded(environment: str) -> tuple[str, ...]:
    """Part by part: `web/shop-production` is no `web-shop/production`."""
    return tuple(map(fold, environment.split("/")))


def fold(environment: str) -> str:
    """An environment's name as a variable can spell it: upper case, all else `_`.

    >>> fold("Prod-EU.1")
    'PROD_EU_1'
    """
    return re.sub(r"[^A-Z0-9]", "_", environment.upper())
