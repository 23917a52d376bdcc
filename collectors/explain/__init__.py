"""What a text is about (`explanation`), what is stored of it (`search`), Targets now (`live`)."""

from collectors.explain.explanation import Explanation, explain, explain_text
from collectors.explain.live import LiveAnswer, LiveFinding, Standing, ask, wanted
from collectors.explain.search import (
    CONFLICT,
    LiveLook,
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
    "SearchAnswer",
    "Standing",
    "ask",
    "explain",
    "explain_text",
    "search",
    "still_blocked",
    "wanted",
]
