"""The write side's settings: writer DSNs, who may do what, and how far a write may go.

They stand beside the read side's own in the same file and variables, and nobody else reads them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    field_validator,
    model_validator,
)

from collectors.errors import SettingsError
from collectors.settings import (
    WRITE_SIDE,
    Names,
    Settings,
    fold,
    load_settings,
    read_raw,
    validated,
)

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
KNOWN_REMEDIES = ("release-key", "restore-row", "purge-row")

_Strict = ConfigDict(extra="forbid", frozen=True)


class Role(StrEnum):
    """Who somebody is to Tombstone; each may do all that the ones before it may."""

    VIEWER = "viewer"
    SUPPORT = "support"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def is_at_least(self, other: Role) -> bool:
        """It may do what `other` may.

        >>> Role.ENGINEER.is_at_least(Role.SUPPORT), Role.VIEWER.is_at_least(Role.SUPPORT)
        (True, False)
        """
        order = list(Role)
        return order.index(self) >= order.index(other)


def _none_for_blank(dsn: object) -> object:
    """For an empty DSN libpq takes the nearest database, where nobody meant a remedy to run."""
    return None if isinstance(dsn, str) and not dsn.strip() else dsn


class WriterSettings(BaseModel):
    """One application database as the remedies reach it. Without a DSN they are off."""

    model_config = _Strict
    write_dsn: Annotated[SecretStr | None, BeforeValidator(_none_for_blank)] = None


class OidcSettings(BaseModel):
    """The identity provider. All of the first four, or none: then nobody can log in.

    public_url   where browsers find the dashboard; the provider is told PUBLIC_URL/oauth2callback.
                 Its path, if it has one, is ours too: the proxy passes it on as it is
    role_claim   which claim gives roles (dots step in), and `claim_roles` what its values mean
    """

    model_config = _Strict
    metadata_url: HttpUrl | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    public_url: HttpUrl | None = None
    role_claim: str | None = None
    claim_roles: dict[str, Role] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> OidcSettings:
        names = ("metadata_url", "client_id", "client_secret", "public_url")
        missing = [name for name in names if getattr(self, name) is None]
        if missing and len(missing) < len(names):
            raise ValueError(f"a login needs {' and '.join(missing)} too")
        for name in ("public_url", "metadata_url"):
            url = getattr(self, name)
            if url is not None and url.scheme != "https" and url.host not in LOOPBACK:
                raise ValueError(f"{name} must be https, or the login could be read on the way")
        return self

    @property
    def public_address(self) -> str | None:
        """`public_url` without a slash at its end; None: there is no login."""
        return None if self.public_url is None else str(self.public_url).rstrip("/")

    @property
    def public_path(self) -> str:
        """The path in it, "/tombstone", below which all of the dashboard is; mostly ""."""
        return urlsplit(self.public_address or "").path

    @property
    def public_host(self) -> str | None:
        """The name in it, which requests may be addressed to."""
        return None if self.public_url is None else urlsplit(str(self.public_url)).hostname


class AccessSettings(BaseModel):
    """Who is who. `roles` lists, for a role, the people who have it, by e-mail address.

    `reveal_role` is the least one that may see a key's values in clear. `strangers` are people with
    a login and no role: they look, or stay outside.
    """

    model_config = _Strict
    local_role: Role = Role.VIEWER
    cli_role: Role = Role.ENGINEER
    reveal_role: Role = Role.SUPPORT
    roles: dict[Role, Names] = Field(default_factory=dict)
    strangers: Literal["viewer", "refused"] = "viewer"
    session_hours: float = Field(default=8.0, gt=0, le=720)
    oidc: OidcSettings = OidcSettings()

    def roles_of(self, email: str) -> list[Role]:
        """Every role that lists this address."""
        return [
            role
            for role, people in self.roles.items()
            if email.casefold() in {person.casefold() for person in people}
        ]


class RemediationSettings(BaseModel):
    """How far a write may go.

    allow_triggers  tables whose user triggers somebody has read and found harmless
    bulk_…          rows in a batch, the pause after one, rows in a bulk, and the share of rows that
                    may be refused before it stops
    forbid          `remedy`, `remedy/environment` or `remedy/environment/table`; `*` is any
    """

    model_config = _Strict
    lock_timeout_ms: int = Field(default=2_000, ge=1, le=60_000)
    statement_timeout_ms: int = Field(default=10_000, ge=1, le=600_000)
    undo_days: int = Field(default=30, ge=1, le=365)
    bulk_batch_rows: int = Field(default=1_000, ge=1, le=5_000)
    bulk_pause_ms: int = Field(default=100, ge=0, le=60_000)
    bulk_limit: int = Field(default=10_000, ge=1, le=100_000)
    bulk_stop_percent: int = Field(default=10, ge=1, le=100)
    allow_triggers: Names = ()
    forbid: Names = ()

    @field_validator("forbid")
    @classmethod
    def _forbid_is_readable(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        for line in lines:
            parts = line.split("/")
            if len(parts) > 3 or not all(parts) or parts[0] not in ("*", *KNOWN_REMEDIES):
                known = ", ".join(KNOWN_REMEDIES)
                raise ValueError(f"takes REMEDY[/ENVIRONMENT[/TABLE]], REMEDY one of {known} or *")
        return lines

    def forbids(self, remedy: str, environments: tuple[str, ...], tables: tuple[str, ...]) -> bool:
        """Whether a line of `forbid` covers this remedy in any of these places.

        `tables` are the ways in which one table may be called, in capitals or not: what somebody
        meant to forbid is forbidden.
        """
        places = {"*", *map(fold, environments)}
        known = {"*", *map(str.casefold, tables)}
        for named, place, on in self._forbidden():
            if named in ("*", remedy) and place in places and on.casefold() in known:
                return True
        return False

    def misplaced(self, settings: Settings) -> str | None:
        """A line that names neither an environment nor a Target: it would forbid nothing."""
        known = {"*", *map(fold, settings.targets)}
        for line, (_, place, _) in zip(self.forbid, self._forbidden(), strict=True):
            if place not in known and settings.target_of(place) is None:
                return line
        return None

    def _forbidden(self) -> list[tuple[str, str, str]]:
        """Of each line the remedy, the folded environment or Target, and the table; `*` is any."""
        parts = ([*line.split("/"), "*", "*"][:3] for line in self.forbid)
        return [(named, "*" if at == "*" else fold(at), on) for named, at, on in parts]


class WriteBackSettings(BaseModel):
    """Comments on the Issues of what was cured. Without a token there are none."""

    model_config = _Strict
    write_token: SecretStr | None = None


class DashboardSettings(BaseModel):
    """What the pages link to. `{title}` and `{body}` in `tracker_url` are filled in, masked.

    production  the environments whose failures hurt customers; what fails elsewhere costs tests.
                None: those whose names begin with production, prod or live
    """

    model_config = _Strict
    tracker_url: str | None = None
    production: Names = ()

    @field_validator("tracker_url")
    @classmethod
    def _tracker_is_a_web_address(cls, url: str | None) -> str | None:
        if url is not None and urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("must be a web address, for example https://…/new?title={title}")
        return url


class WriteSettings(BaseModel):
    """Everything the write side may be told."""

    model_config = _Strict
    sentry: WriteBackSettings = WriteBackSettings()
    targets: dict[str, WriterSettings] = Field(default_factory=dict)
    access: AccessSettings = AccessSettings()
    dashboard: DashboardSettings = DashboardSettings()
    remediation: RemediationSettings = RemediationSettings()

    def write_dsn(self, target: str) -> str | None:
        """The writer's DSN of a Target, None where the remedies are off."""
        writer = self.targets.get(target)
        if writer is None or writer.write_dsn is None:
            return None
        return writer.write_dsn.get_secret_value()


def load_write_settings() -> WriteSettings:
    """Read and check them. Raises SettingsError with one line that names the setting."""
    settings = validated(WriteSettings, only_write_side(read_raw()))
    if settings.remediation.forbid and (line := settings.remediation.misplaced(load_settings())):
        raise SettingsError(
            f"Setting remediation.forbid: {line!r} names an environment that no target serves."
        )
    return settings


def only_write_side(raw: dict[str, Any]) -> dict[str, Any]:
    """What belongs to the write side, and nothing of the reader's."""
    own = {name: value for name, value in raw.items() if name in WRITE_SIDE[""]}
    if isinstance(sentry := raw.get("sentry"), dict):
        own["sentry"] = {k: v for k, v in sentry.items() if k in WRITE_SIDE["sentry"]}
    if isinstance(targets := raw.get("targets"), dict):
        own["targets"] = {
            name: {key: value for key, value in target.items() if key in WRITE_SIDE["targets"]}
            for name, target in targets.items()
            if isinstance(target, dict)
        }
    return own
