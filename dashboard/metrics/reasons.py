"""The reasons of a FixVerdict in words, and what is missing to say more.

Releases and rules are others' text: whoever shows a reason shows it as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from collectors.model.counted import counted
from dashboard.metrics.fix import KeyFacts, RestsOn
from dashboard.metrics.intervals import Rate, at_most_failing, count_interval
from dashboard.metrics.percents import percent


def figure(number: float) -> str:
    """A number to two or three digits, as people write it.

    >>> figure(0.0251), figure(2.04), figure(33.3), figure(1560.4), figure(0.0000512)
    ('0.025', '2.0', '33', '1,560', '0.000051')
    """
    if number < 1:
        return f"{Decimal(f'{number:.2g}'):f}"
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def before_and_since(facts: KeyFacts, before: Rate, silent_days: float, what: str) -> str:
    """How often it failed, and for how long not; `what` the rate counts."""
    interval = before.interval
    assert interval is not None
    assert facts.last_failed is not None
    assert before.value is not None
    rate = (
        f"{figure(before.value)} {what} a day (95%: {figure(interval.low)} to "
        f"{figure(interval.high)}), the last on {_utc(facts.last_failed)}"
    )
    if silent_days < 1 / 24:
        return f"{rate}, less than an hour before Failures were last read."
    most = count_interval(0).high / silent_days
    since = f" Since then none in {_days(silent_days)}: at most {figure(most)} a day."
    return f"{rate}.{since}{_released(facts)}"


def catalog_words(facts: KeyFacts) -> str | None:
    """What the catalog says of the key."""
    if facts.audited_at is None:
        return "Whether the key ignores deleted rows was never audited."
    when = f"as audited {_utc(facts.audited_at)}"
    if facts.finding is not None:
        return f"The key is not mended ({facts.finding}), {when}."
    if facts.last_failed is not None and facts.audited_at <= facts.last_failed:
        return f"Nothing was wrong with the key {when}, but it failed after that."
    return f"The key no longer counts deleted rows, {when}."


def exposure_words(facts: KeyFacts, *, mended: bool) -> str | None:
    """How many Tombstones could still block somebody: none under a key that is `mended`."""
    if mended or (facts.finding is None and facts.audited_at is not None and not facts.exposure):
        return None
    if facts.exposure is None:
        return "How many deleted rows hold the key was never counted."
    when = f", as counted {_utc(facts.exposed_at)}" if facts.exposed_at else ""
    if facts.exposure == 0 and not facts.exposure_exact:
        return f"No deleted row is known to hold the key{when}, but not every row was counted."
    if facts.exposure == 0:
        return f"No deleted row holds the key{when}; the next deletion may change that."
    rows = counted(facts.exposure, "deleted row holds", "deleted rows hold")
    about = "" if facts.exposure_exact else "About "
    return f"{about}{rows} it{when}: whoever asks for one of these values again is refused."


def recreation_words(facts: KeyFacts, succeeded: int, *, closed: bool) -> str:
    """What Re-creations say. Where the key is not `closed`, others may be refused unseen."""
    if facts.counted_at is None:
        return "Re-creations that succeeded were never counted."
    when = f"as counted {_utc(facts.counted_at)}"
    if not succeeded:
        return f"No Re-creation is known to have succeeded since, {when}."
    many = counted(succeeded, "Re-creation")
    if facts.blocked_now:
        return f"{many} succeeded since, {when}."
    if not closed:
        return f"{many} succeeded since, {when}; one that was answered 409 or 422 is not seen."
    most = percent(at_most_failing(succeeded))
    return f"{many} succeeded since and none failed: at most {most} may fail (95%), {when}."


def rests_words(rests: RestsOn) -> str:
    """What "fixed" rests on."""
    if not rests.recreations:
        return "Rests on the canary alone: no Re-creation is known to have succeeded since."
    some = counted(rests.recreations, "Re-creation")
    many = f"Rests on {some} that succeeded since the last Failure"
    if rests.at_most_failing >= 1:
        return f"{many}{_when_live(rests)}; under one of the keys on the canary alone."
    least = " under the key that was tried least" if rests.keys > 1 else ""
    most = f"at most {percent(rests.at_most_failing)} may fail all the same{least} (95%)"
    return f"{many}{_when_live(rests)}; {most}."


def _when_live(rests: RestsOn) -> str:
    if rests.release is None:
        return ""
    if not rests.earlier:
        return f", in {rests.release}"
    before = "all" if rests.earlier == rests.recreations else f"{rests.earlier:,} of them"
    return f", {before} before {rests.release} went live"


def canary_words(facts: KeyFacts) -> str | None:
    """What the canary says."""
    if facts.canary is None:
        return None
    seen = f"The canary was {facts.canary.color} on {_utc(facts.canary.at)}"
    if not facts.canary.tries_table:
        return f"{seen}, but does not try this table."
    if facts.last_failed is not None and facts.canary.at <= facts.last_failed:
        return f"{seen}, before the last Failure."
    return f"{seen}."


def needed(facts: KeyFacts, *, closed: bool, proven: bool) -> tuple[str, ...]:
    """What would tell more."""
    return tuple(_needed(facts, closed=closed, proven=proven))


def _needed(facts: KeyFacts, *, closed: bool, proven: bool) -> Iterator[str]:
    stale = facts.last_failed is not None and (
        facts.audited_at is None or facts.audited_at <= facts.last_failed
    )
    if stale:
        yield "An audit of the key since the last Failure: `tombstone audit`."
    elif facts.finding is None and facts.held_since_audit:
        yield "An audit of the key since its deleted rows were counted: `tombstone audit`."
    elif not closed and facts.finding is not None:
        yield "A migration that makes the key ignore deleted rows: `tombstone audit --format sql`."
    if facts.exposure is None or facts.counted_at is None:
        yield "A survey of the Target: `tombstone collect`."
    elif facts.exposure == 0 and not facts.exposure_exact:
        yield "A count of every row: `tombstone collect --full`."
    if not proven:
        yield "A Re-creation that succeeds, or a green canary: `tombstone canary`."


def _released(facts: KeyFacts) -> str:
    live, failed = facts.live, facts.last_failed
    if live is None or failed is None or live.at <= failed:
        return ""
    return f" {live.release} is live, deployed {_utc(live.at)}."


def _days(days: float) -> str:
    return counted(round(days * 24), "hour") if days < 2 else f"{days:.1f} days"


def _utc(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
