"""Is it fixed? Decided from what is known of a key, with the reasons; silence is never a fix.

An API that answers 409 where it crashed before says nothing to Sentry any more, and the customers
stay blocked. So "fixed" needs a key that no deleted row holds, by the catalog or by count, as well
as Re-creations that succeeded since the last Failure, or a green canary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from collectors.model.counted import counted
from dashboard.metrics.fix import FixState, FixVerdict, KeyFacts, RestsOn, Tries
from dashboard.metrics.intervals import (
    UNLIKELY,
    Rate,
    at_most_failing,
    chance_of_no_failure,
    chance_of_silence,
    proportion,
)
from dashboard.metrics.reasons import (
    before_and_since,
    canary_words,
    catalog_words,
    exposure_words,
    needed,
    recreation_words,
)

DAY = timedelta(days=1)


def decide(facts: KeyFacts) -> FixVerdict:
    """What can be said of the key today."""
    if facts.last_failed is None or facts.read_until is None:
        return FixVerdict(FixState.NO_DATA, ("No Failure of this bug is known for the key.",))
    came = back_on(facts.tries)
    state = _state(facts, came)
    reasons = filter(
        None,
        (
            before_and_since(facts, failing_rate(facts, came), silent_days(facts), _failed(facts)),
            _blocked(facts),
            catalog_words(facts),
            exposure_words(facts, mended=is_mended(facts)),
            recreation_words(facts, succeeded_since(facts), closed=is_closed(facts)),
            canary_words(facts),
            _came_back(facts, came) if state is not FixState.FIXED else _was_back(came),
        ),
    )
    return FixVerdict(
        state,
        tuple(reasons),
        missing=needed(facts, closed=is_closed(facts), proven=is_proven(facts))
        if state in (FixState.UNSURE, FixState.POSSIBLE)
        else (),
        rests_on=_rests_on(facts) if state is FixState.FIXED else None,
        back_on=came,
    )


def _state(facts: KeyFacts, came: date | None) -> FixState:
    if is_closed(facts) and is_proven(facts) and not facts.blocked_now:
        return FixState.FIXED
    if is_mended(facts) and not facts.blocked_now:
        return FixState.UNSURE
    if not is_silent(facts, came):
        return FixState.CAME_BACK if came or _failed_when_mended(facts) else FixState.FAILING
    exposed = facts.exposure is not None and facts.exposure > 0 and not is_mended(facts)
    return FixState.POSSIBLE if exposed or facts.blocked_now else FixState.UNSURE


def is_mended(facts: KeyFacts) -> bool:
    """The catalog, audited after the last Failure, finds nothing wrong with the key."""
    found = facts.finding is not None or facts.held_since_audit
    return not found and _after(facts.audited_at, facts.last_failed)


def is_closed(facts: KeyFacts) -> bool:
    """Nobody can run into it: the key ignores deleted rows, or none holds it."""
    none = facts.exposure == 0 and facts.exposure_exact
    return is_mended(facts) or (none and _after(facts.exposed_at, facts.last_failed))


def is_proven(facts: KeyFacts) -> bool:
    """It was tried since, and worked."""
    return succeeded_since(facts) > 0 or green_since(facts) is not None


def succeeded_since(facts: KeyFacts) -> int:
    """Re-creations that succeeded since the last Failure, without those a Remedy made room for.

    On the day of that Failure they count only under a key that was mended after it: before, they
    could not have succeeded, and afterwards nothing failed.
    """
    return sum(many for _, many in _successes(facts))


def _successes(facts: KeyFacts) -> list[tuple[date, int]]:
    """The same by day."""
    if facts.last_failed is None:
        return []
    day = facts.last_failed.astimezone(UTC).date()
    on_the_day = is_mended(facts) and not _failed_when_mended(facts)
    return [
        (when, many)
        for when, many in _unaided(facts.tries)
        if when > day or (on_the_day and when == day)
    ]


def _unaided(tries: Sequence[Tries]) -> Iterator[tuple[date, int]]:
    """Each day's successes that no Remedy of ours made room for."""
    room = 0
    for one in tries:
        room += one.released
        aided = min(room, one.succeeded or 0)
        room -= aided
        yield one.day, (one.succeeded or 0) - aided


def green_since(facts: KeyFacts) -> datetime | None:
    """The canary's newest walk, if it was green, came after the last Failure and tries the key."""
    canary = facts.canary
    if canary is None or not canary.tries_table or canary.color != "green":
        return None
    return canary.at if _after(canary.at, facts.last_failed) else None


def is_silent(facts: KeyFacts, came: date | None) -> bool:
    """Nothing failed since, for longer than chance explains."""
    rate = failing_rate(facts, came).interval
    return rate is not None and chance_of_silence(rate.low, silent_days(facts)) < UNLIKELY


def failing_rate(facts: KeyFacts, came: date | None) -> Rate:
    """Failed Re-creations (else Failures) a day, from the first failing day to the last.

    Where it came back, from that day on.
    """
    first = came or facts.first_day
    if first is None or facts.last_failed is None:
        return Rate(0, 0)
    days = (facts.last_failed.astimezone(UTC).date() - first).days + 1
    customers = sum(one.failed for one in facts.tries if one.day >= first)
    return Rate(customers or facts.failures, max(days, 1))


def _failed(facts: KeyFacts) -> str:
    """What the failing rate counts: a leftover, or an update, is no Re-creation."""
    return "Re-creations failed" if any(one.failed for one in facts.tries) else "Failures"


def silent_days(facts: KeyFacts) -> float:
    """How long nothing failed, as far as we have read."""
    if facts.last_failed is None or facts.read_until is None:
        return 0.0
    return max(facts.read_until - facts.last_failed, timedelta()) / DAY


def back_on(tries: Sequence[Tries]) -> date | None:
    """The day on which it failed again after it had been fixed, the last time that it did.

    Fixed: so many Re-creations succeeded without one failing, over so many days, that neither is
    luck if as many had failed as before.
    """
    found: date | None = None
    run = _Run()
    for one, (_, unaided) in zip(tries, _unaided(tries), strict=True):
        if not one.failed:
            run.quiet += unaided
            continue
        if run.ended_before(one.day):
            found, run = one.day, _Run()
        run.add(one, unaided)
    return found


@dataclass
class _Run:
    """Days on which Re-creations failed, from `first` to `last`; `quiet` succeeded since."""

    first: date | None = None
    last: date | None = None
    failed: int = 0
    tried: int = 0
    quiet: int = 0

    def ended_before(self, day: date) -> bool:
        """It had ended when it failed again on that day."""
        if self.first is None or self.last is None or not self.quiet:
            return False
        silent = (day - self.last).days - 1
        often = Rate(self.failed, (self.last - self.first).days + 1).interval
        by_luck = chance_of_no_failure(proportion(self.failed, self.tried).low, self.quiet)
        unheard = 1.0 if often is None else chance_of_silence(often.low, silent)
        return by_luck < UNLIKELY and unheard < UNLIKELY

    def add(self, one: Tries, succeeded: int) -> None:
        """A day that failed, with what succeeded since the one before."""
        self.first, self.last = self.first or one.day, one.day
        self.failed += one.failed
        self.tried += one.failed + succeeded + self.quiet
        self.quiet = 0


def together(verdicts: Sequence[FixVerdict]) -> FixVerdict:
    """The whole is as good as its worst key; it is fixed only where every key is."""
    told = [one for one in verdicts if one.state is not FixState.NO_DATA]
    if not told:
        return FixVerdict(FixState.NO_DATA, ("No Failure of this bug is known here.",))
    worst = min((one.state for one in told), key=list(FixState).index)
    counts = ((state, sum(one.state is state for one in told)) for state in FixState)
    keys = counted(len(told), "key")
    reasons = tuple(f"{count:,} of {keys}: {state}." for state, count in counts if count)
    resting = [one.rests_on for one in told if one.rests_on is not None]
    if worst is not FixState.FIXED:
        return FixVerdict(worst, reasons)
    fewest = min(one.recreations for one in resting)
    releases = {one.release for one in resting}
    canaries = [one.canary_at for one in resting]
    return FixVerdict(
        worst,
        reasons,
        rests_on=RestsOn(
            sum(one.recreations for one in resting),
            at_most_failing(fewest),
            releases.pop() if len(releases) == 1 else None,
            min((at for at in canaries if at is not None), default=None),
            sum(one.earlier for one in resting),
            len(resting),
        ),
    )


def _rests_on(facts: KeyFacts) -> RestsOn:
    live, days = facts.live, _successes(facts)
    many = sum(count for _, count in days)
    went = live.at.astimezone(UTC).date() if live else date.min
    return RestsOn(
        many,
        at_most_failing(many),
        live.release if live else None,
        green_since(facts),
        earlier=sum(count for day, count in days if day < went),
    )


def _blocked(facts: KeyFacts) -> str | None:
    if not facts.blocked_now:
        return None
    customers = counted(facts.blocked_now, "customer is", "customers are")
    return f"{customers} blocked by it, as last asked."


def _failed_when_mended(facts: KeyFacts) -> bool:
    return _after(facts.last_failed, facts.mended_at)


def _came_back(facts: KeyFacts, came: date | None) -> str | None:
    release = f" The first bad release: {facts.first_bad}." if facts.first_bad else ""
    if came is not None:
        return f"It came back on {came:%Y-%m-%d}, after Re-creations had succeeded.{release}"
    if _failed_when_mended(facts):
        return f"It failed although an audit had found the key mended.{release}"
    return release.strip() or None


def _was_back(came: date | None) -> str | None:
    return None if came is None else f"It had come back once, on {came:%Y-%m-%d}."


def _after(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one > other
