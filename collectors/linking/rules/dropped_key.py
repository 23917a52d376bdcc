"""UNBLOCKED: the unique key that we saw held was dropped, and no other took its place.

Speaks if our earlier look saw a row hold the key after the Event, and the catalog knows neither the
key nor one that its values could meet. Without that look, an unknown key is anybody's word.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling
from collectors.linking.freed import story
from collectors.linking.memory import proof
from collectors.linking.question import KeyStanding
from collectors.linking.rules.old_snapshot import old_snapshot
from collectors.model import Finding, Verdict

NAME = "dropped_key"


def dropped_key(case: Case) -> Ruling | None:
    """Tell that nothing stands in the way any more."""
    confidence, earlier = proof(case), case.earlier
    if case.question.standing is not KeyStanding.DROPPED or confidence is None:
        return None
    behind = old_snapshot(case)
    if behind is not None:
        return behind if behind.verdict else None
    assert earlier is not None
    assert earlier.blocker is not None
    finding = Finding(NAME, story(case, earlier, earlier.blocker))
    return Ruling((finding,), Verdict.UNBLOCKED, confidence, earlier.blocker)
