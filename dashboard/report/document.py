"""Impact as one HTML file: the page's numbers, pictures and table, from the same answers."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.model.counted import counted
from dashboard.charts import impact as charts
from dashboard.metrics.fix import FixVerdict
from dashboard.metrics.money import amounts
from dashboard.metrics.reasons import rests_words
from dashboard.metrics.trends import Change
from dashboard.report import html
from dashboard.report.answers import LISTED, Impact, Trend
from dashboard.report.drawing import svg
from dashboard.report.organizations import frame
from dashboard.report.style import STYLE
from dashboard.report.words import (
    DEFINITIONS,
    ONLY_TESTS,
    OUTCOMES,
    TRENDS,
    counted_for,
    undecided_words,
)
from dashboard.text import UNKNOWN, organizations_of

HEADINGS = (
    "Organization",
    "Blocked now",
    "Hit",
    "Attempts",
    "Longest blocked since",
    "Paid in the 90 days before deletion",
    "Got through",
    "Gave up",
)


def document(found: Impact, fix: FixVerdict | None = None) -> str:
    """The file, with what Regression says. No script, no request, all text escaped."""
    return html.page("Impact of blocked customers", STYLE, _body(found, fix))


def _body(found: Impact, fix: FixVerdict | None) -> Iterator[str]:
    yield "<h1>Impact</h1>"
    yield from _about(found)
    if found.unread:
        yield html.paragraph("No data: how many it hurts is known once something was collected.")
        return
    yield html.heading("Whom it hurts")
    yield html.numbers(_headline(found))
    if fix is not None:
        yield from _fix(fix)
    yield from _trend(found.trend)
    yield html.heading("How long, and how often they tried")
    yield from _pictures(found)
    yield html.heading("Paid by these customers in the 90 days before deletion")
    yield from _paid(found)
    yield html.heading("Organizations")
    yield from _organizations(found)
    yield from _apart(found)
    yield html.heading("What these words mean")
    yield html.definitions(DEFINITIONS)


def _about(found: Impact) -> Iterator[str]:
    asked = found.wanted
    narrowed = [
        ("organization", asked.organization),
        ("unique key", asked.constraint),
        ("release", asked.release),
    ]
    told = [f"{name} {value}" for name, value in narrowed if value is not None]
    yield html.paragraph(
        f"Environments counted: {', '.join(found.places.counted) or 'none'}. "
        f"Period: {asked.window}." + (f" Only {', '.join(told)}." if told else "")
    )
    if found.places.only_tests:
        yield html.paragraph(ONLY_TESTS)
    covered = found.covered
    read = "Nothing was read yet."
    if covered.since is not None and covered.until is not None:
        read = f"Failures were read from {html.utc(covered.since)} to {html.utc(covered.until)}."
    missing = ""
    if covered.missing:
        missing = (
            f" The server no longer holds {counted(covered.missing, 'Event')} that it counted: "
            "all numbers are at least."
        )
    if found.undecided:
        yield html.paragraph(undecided_words(found.undecided))
    yield html.paragraph(
        f"Made {html.utc(found.at)} from Tombstone's store. {read}{missing}", quiet=True
    )


def _headline(found: Impact) -> Iterator[tuple[str, str, str]]:
    hurt, window = found.hurt, found.wanted.window
    organizations = organizations_of(found.organizations_blocked, found.blocked)
    yield "Customers blocked now", f"{found.blocked:,}", f"last failed {window}"
    yield "Organizations blocked now", organizations, f"last failed {window}"
    yield "Customers hit", f"{hurt.hit:,}", f"failed {window}"
    organizations = organizations_of(hurt.organizations, hurt.hit)
    yield "Organizations hit", organizations, f"failed {window}"
    for label, outcome, what in OUTCOMES:
        yield label, f"{hurt.outcomes[outcome]:,}", what


def _fix(fix: FixVerdict) -> Iterator[str]:
    yield html.heading("Is it fixed?")
    yield html.paragraph(f"{str(fix.state).capitalize()}.")
    if fix.rests_on is not None:
        yield html.paragraph(rests_words(fix.rests_on))
        if fix.rests_on.canary_at is not None:
            yield html.paragraph(f"The canary was green on {html.utc(fix.rests_on.canary_at)}.")
    for reason in (*fix.reasons, *fix.missing):
        yield html.paragraph(reason, quiet=True)


def _trend(told: Trend | str) -> Iterator[str]:
    yield html.heading("Better or worse?")
    if isinstance(told, str):
        yield html.paragraph(told)
        return
    before = told.spans.before
    yield html.numbers(
        (label, value := told.value(change), _against(change, known=value != UNKNOWN))
        for (label, _), change in zip(TRENDS, told.changes(), strict=True)
    )
    against = f" against {before.words()}" if before else ""
    yield html.paragraph(
        f"{told.spans.now.words()}{against}: whole UTC days, without today.", quiet=True
    )
    if told.spans.why:
        yield html.paragraph(f"No comparison. {told.spans.why}")


def _against(change: Change, *, known: bool) -> str:
    if change.before is None or not known:
        return "before: not known"
    return f"before: {change.before:,} ({change.now - change.before:+,})"


def _pictures(found: Impact) -> Iterator[str]:
    days = charts.by_day(found.days, found.wanted.since, found.covered)
    if days.empty:
        yield html.paragraph("Nobody is known to have been kept out in this period.")
    else:
        words = charts.days_in_words(days)
        yield html.figure(svg(charts.kept_out_by_day(days), words), words)
        if charts.anybody_moved(days):
            yield html.figure(svg(charts.begun_and_freed(days), words), charts.BARS_IN_WORDS)
    if found.curve is None:
        yield html.paragraph("Too few customers for a curve of the time to unblock.")
    else:
        words = charts.curve_in_words(found.curve)
        yield html.figure(svg(charts.time_to_unblock(found.curve), words), words)
    tried = found.hurt.tried
    words = charts.attempts_in_words(tried)
    if any(tried.values()):
        yield html.figure(svg(charts.attempts(tried), words), words)
    else:
        yield html.paragraph(words)


def _paid(found: Impact) -> Iterator[str]:
    known = sum(found.paid.known.values())
    yield html.paragraph(amounts(found.paid.total, known=known > 0))
    told = counted_for(known, found.hurt.hit)
    yield html.paragraph(f"{told} Nobody says that it is lost.", quiet=True)


def _organizations(found: Impact) -> Iterator[str]:
    if not found.hurt.listed:
        yield html.paragraph("No organization was hit.")
        return
    if len(found.hurt.listed) == LISTED:
        yield html.paragraph(f"The {LISTED} most hurt.", quiet=True)
    told = frame(found)
    yield html.table(told.drop(columns="id"), HEADINGS, list(told["id"]))


def _apart(found: Impact) -> Iterator[str]:
    places, cost = found.places, found.apart
    if not places.beside:
        return
    yield html.heading("Integration tests")
    yield html.paragraph(f"Nobody's customers, but developers' time: {', '.join(places.beside)}.")
    window = found.wanted.window
    testing = organizations_of(cost.organizations, cost.hit)
    yield html.numbers(
        [
            ("Failed requests", f"{cost.failures:,}", f"caused by this bug, {window}"),
            ("Test customers hit", f"{cost.hit:,}", f"failed {window}"),
            ("Blocked there now", f"{cost.blocked:,}", f"last failed {window}"),
            ("Organizations testing", testing, f"failed {window}"),
        ]
    )
