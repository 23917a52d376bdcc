"""What a text is about, from what was collected (`search`), and from the Targets now (`live`)."""

from collectors.explain.live import LiveAnswer, LiveFinding, Standing, Wanted, ask, wanted
from collectors.explain.search import (
    Explanation,
    LiveLook,
    ReadAs,
    SearchAnswer,
    explain,
    explain_text,
    search,
    still_blocked,
)

__all__ = [
    "Explanation",
    "LiveAnswer",
    "LiveFinding",
    "LiveLook",
    "ReadAs",
    "SearchAnswer",
    "Standing",
    "Wanted",
    "ask",
    "explain",
    "explain_text",
    "search",
    "still_blocked",
    "wanted",
]
