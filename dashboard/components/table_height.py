"""How tall a table is that stands among other things."""

from __future__ import annotations

from typing import Literal

_ROW_PX = 2.1875 * 15
"""As Streamlit draws one: in the base font's size, which `.streamlit/config.toml` sets."""


def tall(rows: int, most: int = 10) -> int | Literal["content"]:
    """As its rows, but `most` and a half: a row that is cut shows that there are more.

    >>> tall(10), tall(200)
    ('content', 379)
    """
    if rows <= most:
        return "content"
    header_and_half = 1.5
    return round((most + header_and_half) * _ROW_PX) + 2
