"""What a text is about (`explanation`), what is stored of it (`search`), Targets now (`live`)."""

from collectors.explain.explanation import Explanation, explain, explain_text
from collectors.explain.live import LiveAnswer, LiveFinding, Standing, Wanted, ask, wanted
from collectors.explain.search import (
    CONFLICT,
    LiveLook,
    ReadAs,
    SearchAnswer,
    search,
    still_blocked,
)

__all__ = [
    "CONFLICT",
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
