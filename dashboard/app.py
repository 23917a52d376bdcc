"""What Streamlit runs for every visit: the frame around the pages, and which page it is."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import data
from dashboard.components import problem, sign_in, style
from dashboard.views import PAGES

MARK = Path(__file__).with_name("mark.svg")
"""Our own file: an icon by name would be fetched from Google's servers."""

st.set_page_config(
    page_title="Tombstone",
    page_icon=str(MARK),
    layout="wide",
    menu_items={"About": "**Tombstone** tells why “create” answered 500, and mends the cause."},
)
st.logo(str(MARK), size="large")
style.tell()
signed_in = sign_in.passed()
page = st.navigation(
    [route.page(render) for route, render in PAGES.items()],
    position="top" if signed_in else "hidden",
)
if signed_in:
    st.set_page_config(page_title=f"{page.title} · Tombstone")  # tabs are told apart by it
    with problem.told(), data.one_state():
        page.run()
