"""Impact in pictures: who was kept out and freed by day, for how long, and how often they tried.

They hold numbers, days and our own words only. Text takes the page's own colour, so that one
picture serves the light page, the dark one and the printed report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import altair as alt
import pandas as pd

from collectors.model.counted import counted
from collectors.model.customers import TRIES, Covered, DayOfCustomers
from dashboard.charts.ground import COUNTS, between, day_ticks
from dashboard.charts.timeline import BLOCKS_INK, FREE_INK, LIVE_INK
from dashboard.metrics.impact import Median, Point, Survival, thinned
from dashboard.metrics.percents import percents

HEIGHT = 320
STEPS_DRAWN = 60
BEGAN, FREED = "First kept out", "Freed"
STILL, REMEDY, THEMSELVES = "Still kept out", "Freed by a remedy", "Freed by themselves"
BARS_IN_WORDS = (
    "Upwards, who was first kept out; downwards, who was freed: on the day of the last attempt "
    "where the key was free when we looked first, for since when is not known. Pale: not over yet."
)
_WEEKLY_ABOVE = 92
_OUTLINE = {"color": BLOCKS_INK, "strokeWidth": 2.5}
_LEGEND = alt.Legend(orient="top", title=None, columnPadding=24, columns=2)
_DAY = timedelta(days=1)
_GAP = 0.15
"""How much of a day each side of its bar is left: a bar's width follows the picture's."""
_OFTEN = {1: "once", 2: "twice"}


def by_day(days: Sequence[DayOfCustomers], since: datetime | None, read: Covered) -> pd.DataFrame:
    """Each day (or week, of a long time) with who began, who was freed and who is out at its end.

    A day without a line had nobody: so only days that were read are told. The last one is
    `unfinished`, for it is not over, or was not read to its end.
    """
    if not days or read.until is None:
        return pd.DataFrame(columns=["day", "began", "ended", "out", "unfinished"])
    since = max(filter(None, (since, read.since)), default=None)
    told = pd.DataFrame(
        {"began": [one.began for one in days], "ended": [one.ended for one in days]},
        index=pd.DatetimeIndex([one.day.replace(tzinfo=None) for one in days]),
    )
    last = pd.Timestamp(read.until.astimezone(UTC).date())
    whole = told.reindex(pd.date_range(told.index[0], last), fill_value=0)
    whole["out"] = (whole["began"] - whole["ended"]).cumsum()
    if since is not None:
        whole = whole[whole.index >= pd.Timestamp(since.replace(tzinfo=None)).normalize()]
    if len(whole) > _WEEKLY_ABOVE:
        sums = {"began": "sum", "ended": "sum", "out": "last"}
        whole = whole.resample("W-MON", label="left", closed="left").agg(sums)
    whole["unfinished"] = [place == len(whole) - 1 for place in range(len(whole))]
    return whole.reset_index(names="day")


def kept_out_by_day(frame: pd.DataFrame) -> alt.Chart:
    """How many were kept out when each day ended; the last is as of when it was read."""
    step = _step(frame)
    drawn = frame.assign(day=frame["day"].dt.tz_localize("UTC"))
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_area(
            interpolate="step-after",
            color=BLOCKS_INK,
            opacity=0.35,
            line=_OUTLINE,
            point={"color": BLOCKS_INK} if len(frame) == 1 else False,  # an area takes two
        )
        .encode(
            x=_time(step, len(drawn)),
            y=alt.Y("out:Q", title="Customers", axis=COUNTS),
            tooltip=[
                alt.Tooltip("day:T", title=step.capitalize(), format="%Y-%m-%d"),
                alt.Tooltip("out:Q", title="Kept out at its end"),
            ],
        )
        .properties(height=HEIGHT, title=f"Customers kept out at the end of each {step}")
    )
    return chart


def anybody_moved(frame: pd.DataFrame) -> bool:
    """Somebody began or was freed: else there is nothing to draw of it."""
    return bool(frame["began"].any() or frame["ended"].any())


def begun_and_freed(frame: pd.DataFrame) -> alt.Chart:
    """Up, who was kept out for the first time; down, who was freed. What is not over is pale."""
    step = _step(frame)
    began, freed = (f"{what} that {step}" for what in (BEGAN, FREED))
    day = frame["day"].dt.tz_localize("UTC")
    length = (7 if step == "week" else 1) * _DAY
    begin, end = day + length * _GAP, day + length * (1 - _GAP)
    whole = frame.assign(day=day, begin=begin, end=end, nobody=0)
    rows = pd.concat(
        [
            whole.assign(what=began, value=frame["began"], customers=frame["began"]),
            whole.assign(what=freed, value=-frame["ended"], customers=frame["ended"]),
        ]
    )
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=_time(step, len(frame), "begin:T", between(day.iloc[0], day.iloc[-1] + length)),
            x2="end:T",
            y=alt.Y("value:Q", title="Customers", axis=COUNTS, stack=None),
            y2="nobody:Q",
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=[began, freed], range=[BLOCKS_INK, FREE_INK]),
                legend=_LEGEND,
            ),
            opacity=alt.condition("datum.unfinished", alt.value(0.45), alt.value(0.95)),
            tooltip=[
                alt.Tooltip("day:T", title=step.capitalize(), format="%Y-%m-%d"),
                alt.Tooltip("what:N", title="What"),
                alt.Tooltip("customers:Q", title="Customers"),
            ],
        )
        .properties(height=HEIGHT, title=f"First kept out and freed, by {step}")
    )
    return chart


def _step(frame: pd.DataFrame) -> str:
    return "week" if len(frame) > 1 and frame["day"].diff().max() > _DAY else "day"


def _time(step: str, days: int, field: str = "day:T", ends: alt.ExprRef | None = None) -> alt.X:
    axis = alt.Axis(format="%-d %b", tickCount=day_ticks(days), labelOverlap=True)
    scale = alt.Scale(type="utc") if ends is None else alt.Scale(type="utc", domain=ends)
    return alt.X(field, title=f"UTC {step}", scale=scale, axis=axis)


def time_to_unblock(curve: Survival) -> alt.LayerChart | alt.FacetChart:
    """Shares of all customers over time; dashed is the interval of the share still kept out."""
    points = thinned(curve.points, STEPS_DRAWN)
    x = alt.X("days:Q", title="Days since the first failed attempt", scale=alt.Scale(nice=False))
    layers = alt.layer(_shares(points, x), _interval(points, x))
    return layers.properties(height=HEIGHT, title="Time to unblock")


def _shares(points: Sequence[Point], x: alt.X) -> alt.Chart:
    shares = [
        (STILL, BLOCKS_INK, "kept_out"),
        (REMEDY, LIVE_INK, "remedy"),
        (THEMSELVES, FREE_INK, "themselves"),
    ]
    rows = [
        (point.hours / 24, what, getattr(point, name), place)
        for point in points
        for place, (what, _, name) in enumerate(shares)
    ]
    words, inks, _ = zip(*shares, strict=True)
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame(rows, columns=["days", "what", "share", "place"]))
        .mark_area(interpolate="step-after", opacity=0.85)
        .encode(
            x=x,
            y=alt.Y(  # the shares come to a hair more than all, and an axis by itself to 110%
                "share:Q",
                title="Share of customers",
                stack="zero",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1], clamp=True),
            ),
            color=alt.Color(
                "what:N", scale=alt.Scale(domain=[*words], range=[*inks]), legend=_LEGEND
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("days:Q", title="Days", format=".1f"),
                alt.Tooltip("what:N", title="What"),
                alt.Tooltip("share:Q", title="Share", format=".0%"),
            ],
        )
    )
    return chart


def _interval(points: Sequence[Point], x: alt.X) -> alt.Chart:
    band = pd.DataFrame(
        [(p.hours / 24, bound, side) for p in points for side, bound in enumerate((p.low, p.high))],
        columns=["days", "bound", "side"],
    )
    chart: alt.Chart = (
        alt.Chart(band)
        .mark_line(interpolate="step-after", strokeDash=[4, 3], strokeWidth=1.2, color="#5A2A00")
        .encode(x=x, y="bound:Q", detail="side:N")
    )
    return chart


def attempts(tried: Mapping[int, int]) -> alt.Chart:
    """How many customers failed how often."""
    drawn = pd.DataFrame(
        {"attempts": list(TRIES.values()), "customers": [tried[least] for least in TRIES]}
    )
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_bar(color=LIVE_INK)
        .encode(
            x=alt.X("attempts:O", title="Failed attempts", sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("customers:Q", title="Customers", axis=COUNTS),
            tooltip=[
                alt.Tooltip("attempts:O", title="Failed attempts"),
                alt.Tooltip("customers:Q", title="Customers"),
            ],
        )
        .properties(height=HEIGHT, title="Attempts per customer")
    )
    return chart


def days_in_words(frame: pd.DataFrame) -> str:
    """The first picture for whoever does not see it."""
    if frame.empty:
        return "Nobody was kept out."
    first, last = frame.iloc[0], frame.iloc[-1]
    worst, began = frame.iloc[int(frame["out"].to_numpy().argmax())], int(frame["began"].sum())
    most = counted(int(worst["out"]), "was", "were")
    left = counted(int(last["out"]), "is", "are")
    return (
        f"From {first['day']:%Y-%m-%d} to {last['day']:%Y-%m-%d}, "
        f"{counted(began, 'customer was', 'customers were')} kept out for the first time and "
        f"{frame['ended'].sum():,} freed. At most "
        f"{most} kept out at the same time, first on {worst['day']:%Y-%m-%d}; at "
        f"the end {left}, whenever they last tried."
    )


def curve_in_words(curve: Survival) -> str:
    """The second."""
    last = curve.points[-1]
    still, remedy, themselves = percents([last.kept_out, last.remedy, last.themselves])
    return (
        f"Of {counted(curve.customers, 'customer')}, {median_in_words(curve.median)}. "
        f"After {lasting(last.hours)}, estimated from those seen for so long, {still} are still "
        "kept out, "
        f"{remedy} were freed by a remedy and {themselves} by themselves."
    )


def attempts_in_words(tried: Mapping[int, int]) -> str:
    """The third.

    >>> attempts_in_words(dict.fromkeys(TRIES, 0) | {1: 1200, 3: 7})
    'By failed attempts: 1,200 customers failed once, 7 customers failed 3–5 times.'
    """
    told = [
        f"{counted(many, 'customer')} failed {_OFTEN.get(least, f'{TRIES[least]} times')}"
        for least in TRIES
        if (many := tried[least])
    ]
    return f"By failed attempts: {', '.join(told)}." if told else "Nobody failed."


def median_in_words(median: Median) -> str:
    """With its interval, which may be open.

    >>> median_in_words(Median(30, 12, None))
    'half were free after 30 hours (95% interval: 12 hours to not reached)'
    """
    if median.hours is None:
        return "less than half are free so far, so that the median is not known"
    low, high = (
        "not reached" if hours is None else lasting(hours) for hours in (median.low, median.high)
    )
    return f"half were free after {lasting(median.hours)} (95% interval: {low} to {high})"


def lasting(hours: float) -> str:
    """Hours below two days, days above.

    >>> lasting(0), lasting(1), lasting(36), lasting(60)
    ('less than an hour', '1 hour', '36 hours', '2.5 days')
    """
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        return f"{hours:.0f} hour" + ("s" if hours >= 1.5 else "")
    return f"{hours / 24:.1f}".removesuffix(".0") + " days"
