"""The little about looks that no theme of Streamlit's can say: told once, for every page.

Numbers that stand side by side have frames of one width, and their labels break. A link that the
keyboard has reached is framed: by itself it only gets the ground of the page that is open. Segments
to choose from are as high as the boxes beside them, and the chosen one's word is as dark, or as
light, as any other: in the accent's colour it cannot be read on the dark page. Where the system
forces its own few colours upon the page, what is chosen has theirs for it: by itself only a ground
tells it, which is gone then. On paper no bar with links lies over the title.
"""

from __future__ import annotations

import streamlit as st

_STYLE = """<style>
[data-testid="stElementContainer"]:has(> [data-testid="stMetric"]) {
    flex: 1 1 9rem; width: auto; min-width: 9rem;
}
button[data-variant="segmented_control"] { min-height: 2.5rem; }
button[data-variant="segmented_control"][aria-checked="true"] { color: inherit !important; }
[data-testid="stMetricLabel"] p { white-space: normal; }
:root a:focus-visible { outline: 2px solid currentcolor; outline-offset: 2px; }
@media print { [data-testid="stHeader"] { display: none; } }
@media (forced-colors: active) {
    [data-variant="segmented_control"][aria-checked="true"],
    [data-testid="stTab"][aria-selected="true"],
    [data-testid="stRadioOption"][data-selected="true"] > div > :first-child > * {
        forced-color-adjust: none; background: Highlight !important;
    }
    [aria-checked="true"] *, [data-testid="stTab"][aria-selected="true"] * {
        color: HighlightText !important;
    }
}
</style>"""


def tell() -> None:
    """To the browser; all of it is ours."""
    st.html(_STYLE)
