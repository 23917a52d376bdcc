"""A chart as SVG that stands in the document itself: no script, no font and no request.

Whatever is no mark takes the colour of the text around it, so that one drawing serves light, dark
and paper.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import vl_convert

WIDTH = 640
_TEXT = {"labelColor": "currentColor", "titleColor": "currentColor"}
_LINES = {"domainColor": "currentColor", "tickColor": "currentColor", "gridColor": "currentColor"}
_LOOK = {
    "background": "transparent",
    "font": "Arial, Helvetica, sans-serif",
    "view": {"stroke": None},
    "axis": {**_TEXT, **_LINES, "gridOpacity": 0.15, "domainOpacity": 0.5, "tickOpacity": 0.5},
    "legend": _TEXT,
    "title": {"color": "currentColor", "anchor": "start", "fontSize": 14},
}
_NUMBER = re.compile(r'(<svg[^>]*?) width="\d+" height="\d+"')


def svg(chart: Any, described: str) -> str:
    """The drawing, with what it shows in words for whoever does not see it; `described` is ours."""
    spec = chart.properties(width=WIDTH).to_dict()
    spec["config"] = _LOOK
    drawn: str = vl_convert.vegalite_to_svg(spec)
    told = f' role="img" aria-label="{escape(described)}"'
    return _NUMBER.sub(lambda found: found[1] + told, drawn, count=1)
