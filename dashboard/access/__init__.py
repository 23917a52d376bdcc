"""Who is acting, and as what. The role is checked in the action layer, never by hiding a button."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from dashboard.access.login import Login
from dashboard.settings import Role, WriteSettings

__all__ = ["Actor", "Login", "Role", "cli_actor", "local_actor", "signed_in_actor"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks for something. `verified`: an identity provider vouches for the name."""

    name: str
    role: Role
    verified: bool

    def __str__(self) -> str:
        return self.name if self.verified else f"{self.name} (not verified)"


def cli_actor(settings: WriteSettings) -> Actor:
    """The operating-system login behind the command line; anybody can claim to be it."""
    try:
        login = os.fsencode(getpass.getuser()).decode(errors="replace")
    except (OSError, KeyError):  # a container's user id without a name; KeyError until Python 3.12
        login = "unknown"
    return Actor(login, settings.access.cli_role, verified=False)


def local_actor(settings: WriteSettings) -> Actor:
    """Whoever sits before a dashboard that asks for no login."""
    return Actor("local", settings.access.local_role, verified=False)


def signed_in_actor(settings: WriteSettings, login: Login) -> Actor | None:
    """Somebody the identity provider has let in; None for a stranger where those stay outside."""
    role = login.role(settings.access)
    return None if role is None else Actor(login.name, role, verified=True)
