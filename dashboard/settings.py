"""The write side's settings: writer DSNs, who may do what, and how far a write may go.

They stand beside the read side's own in the same file and variables, and nobody else reads them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collectors.settings import WRITE_SIDE, Names, read_raw, validated

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


class WriterSettings(BaseModel):
    """One application database as the remedies reach it. Without a DSN they are off."""

    model_config = _Strict
    write_dsn: SecretStr | None = None


class AccessSettings(BaseModel):
    """Who is who. `roles` lists, for a role, the people who have it, by e-mail address."""

    model_config = _Strict
    local_role: Role = Role.VIEWER
    cli_role: Role = Role.ENGINEER
    roles: dict[Role, Names] = Field(default_factory=dict)

    def role_of(self, email: str) -> Role:
        """The highest role that lists this address; a stranger is a viewer."""
        listed = [
            role
            for role, people in self.roles.items()
            if email.casefold() in {person.casefold() for person in people}
        ]
        return max(listed, key=list(Role).index, default=Role.VIEWER)


class RemediationSettings(BaseModel):
    """How far a write may go.

    allow_triggers  tables whose user triggers somebody has read and found harmless
    forbid          `remedy`, `remedy/environment` or `remedy/environment/table`; `*` is any
    """

    model_config = _Strict
    lock_timeout_ms: int = Field(default=2_000, ge=1, le=60_000)
    statement_timeout_ms: int = Field(default=10_000, ge=1, le=600_000)
    undo_days: int = Field(default=30, ge=1, le=365)
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

    def forbids(self, remedy: str, environments: tuple[str, ...], table: str) -> bool:
        """Whether a line of `forbid` covers this remedy on this table in any of these places."""
        for line in self.forbid:
            named, place, on = [*line.split("/"), "*", "*"][:3]
            if named in ("*", remedy) and place in ("*", *environments) and on in ("*", table):
                return True
        return False


class WriteSettings(BaseModel):
    """Everything the write side may be told."""

    model_config = _Strict
    targets: dict[str, WriterSettings] = Field(default_factory=dict)
    access: AccessSettings = AccessSettings()
    remediation: RemediationSettings = RemediationSettings()

    def write_dsn(self, target: str) -> str | None:
        """The writer's DSN of a Target, None where the remedies are off."""
        writer = self.targets.get(target)
        if writer is None or writer.write_dsn is None:
            return None
        return writer.write_dsn.get_secret_value()


def load_write_settings() -> WriteSettings:
    """Read and check them. Raises SettingsError with one line that names the setting."""
    return validated(WriteSettings, only_write_side(read_raw()))


def only_write_side(raw: dict[str, Any]) -> dict[str, Any]:
    """What belongs to the write side, and nothing of the reader's."""
    own = {name: value for name, value in raw.items() if name in WRITE_SIDE[""]}
    if isinstance(targets := raw.get("targets"), dict):
        own["targets"] = {
            name: {key: value for key, value in target.items() if key in WRITE_SIDE["targets"]}
            for name, target in targets.items()
            if isinstance(target, dict)
        }
    return own
