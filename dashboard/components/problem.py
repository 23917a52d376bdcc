"""One clear sentence where a page, or a part of one, cannot be shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from collectors.errors import NotSignedIn, TombstoneError, Unreachable
from dashboard.components import plain


@contextmanager
def told() -> Iterator[None]:
    """Around a page, or a part that the rest does not need: its error becomes a sentence."""
    try:
        yield
    except TombstoneError as error:
        show(error)


def show(error: TombstoneError) -> None:
    """Say what is wrong and whether to wait or to act. The sentence may name hosts and paths.

    Of a login that is over, the door says why: the page is drawn again, from the door on.
    """
    if isinstance(error, NotSignedIn):
        st.rerun(scope="app")
    then = "Reload this page once it is mended, or run `tombstone doctor`."
    if isinstance(error, Unreachable):
        st.warning("Something cannot be reached just now.", icon=":material/cloud_off:")
        then = f"Nothing was lost. {then}"
    else:  # of a store that was removed, nobody could say so
        st.error("The dashboard cannot go on until this is mended.", icon=":material/build:")
    plain.block(str(error))
    st.caption(then)
