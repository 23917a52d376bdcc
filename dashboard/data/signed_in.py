"""Whom a login stands for, asked anew each time: a role or a login may end while it is used."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from collectors.errors import NotSignedIn, Unreachable
from collectors.evidence import signed_in
from collectors.evidence.database import Store
from dashboard.access import Actor, Login, signed_in_actor
from dashboard.settings import load_write_settings

_NOBODY = "Sign in to see this page."
_ENDED = "This login was ended by signing out."
_STRANGER = "You are signed in, but nobody has given you a role here."


def this_login() -> Login:
    """The one that this session came with. Raises NotSignedIn where it came with none."""
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        raise NotSignedIn(_NOBODY)
    return Login(claims)


def admitted(store: Store, login: Login) -> Actor:
    """Who it is, and as what. Raises NotSignedIn for one that is over or gives no role."""
    settings = load_write_settings()
    over = login.over(settings.access, datetime.now(UTC))
    if over is not None or _was_ended(store, login):
        raise NotSignedIn(over or _ENDED)
    found = signed_in_actor(settings, login)
    if found is None:
        raise NotSignedIn(_STRANGER)
    return found


def end(store: Store, login: Login) -> None:
    """In every tab, and for every copy of its cookie."""
    signed_in.end_login(store, login.id, datetime.now(UTC))


def _was_ended(store: Store, login: Login) -> bool:
    try:
        return signed_in.was_ended(store, login.id)
    except SQLAlchemyError as error:
        raise Unreachable("The store does not answer, so no login can be checked.") from error
