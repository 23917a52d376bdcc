"""OTHER_FAILURE: no unique key was violated.

Speaks first, when the Event was read as something else. What the cause was is Sentry's to show.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling
from collectors.model import Finding, Verdict

NAME = "other_failure"


def other_failure(case: Case) -> Ruling | None:
    """Decide for whatever is no unique violation, unless a part of the Event could not be read."""
    failure = case.question.failure
    if failure.key is not None or failure.oddity is not None:
        return None
    what = f": {failure.other}" if failure.other else ""
    reason = f"As far as the event tells, no unique key was violated{what}."
    return Ruling((Finding(NAME, reason),), Verdict.OTHER_FAILURE)
