"""The door: who is in goes on; who is not is told why, and how to get in."""

from __future__ import annotations

import streamlit as st

from collectors.errors import NotSignedIn, TombstoneError
from dashboard import data
from dashboard.components import header, plain, problem


def passed() -> bool:
    """Whether the page may be drawn; if not, what is drawn instead has been."""
    try:
        data.actor()
    except NotSignedIn as refusal:
        _show(str(refusal))
        return False
    except TombstoneError as error:
        problem.show(error)
        return False
    return True


def _show(why: str) -> None:
    with st.container(border=True, width=520):
        st.title("Tombstone", anchor=False)
        st.caption(header.WHAT)
        plain.line(why)
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
        if st.user.is_logged_in:
            st.button("Sign out", icon=":material/logout:", on_click=data.sign_out)
