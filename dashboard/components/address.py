"""What an address asks for that is not offered: said, where Streamlit drops it without a word.

The page would otherwise tell of everything, or of something else, to whoever followed a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from dashboard.components import plain


def say_what_is_not_known(offered: Mapping[str, Iterable[str]]) -> None:
    """By the name of each choice the words that it offers; call it before they are drawn."""
    asked = [
        f"{name}: {one}"
        for name, options in offered.items()
        for one in unknown(st.query_params.get_all(name), options)
    ]
    if asked:
        st.warning(
            "The address asks for what is not known here. It is left out:",
            icon=":material/filter_alt_off:",
        )
        plain.lines(asked)


def put_right(name: str, said: str) -> None:
    """Let the address say `said`, and draw the page again; before the choice is drawn.

    Streamlit drops from the address what it does not offer. While a choice of that name is on the
    page, the address follows the choice and is left alone.
    """
    with suppress(StreamlitAPIException):
        st.query_params[name] = said
        st.rerun()


def unknown(wanted: Iterable[str], options: Iterable[str]) -> list[str]:
    """Those of `wanted` that are no option, each once; nothing is no wish.

    >>> unknown(["sandbox", "moon", "", "moon"], ["production", "sandbox"])
    ['moon']
    """
    known = {"", *map(plain.cleaned, options)}
    return [one for one in dict.fromkeys(wanted) if one not in known]
