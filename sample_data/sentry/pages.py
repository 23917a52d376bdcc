"""The pages a visitor of the demo sees when following a link to an issue: plain, escaped text."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from collectors.model import Event
from collectors.sentry.parse import Origin, parse_event
from sample_data.sentry.api import store_of
from sample_data.sentry.filters import EventFilter, IssueFilter
from sample_data.sentry.render import iso
from sample_data.sentry.store import Row, body_of

NOTICE = (
    "This is not Sentry. It is a small stand-in that takes what Sentry's SDKs send and answers the "
    "part of Sentry's API that Tombstone reads. It exists for the demo and the tests only."
)
MAX_LISTED = 200
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #8888;vertical-align:top}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8882;padding:1rem}"
    ".notice{border-left:4px solid #c80;padding:.2rem 1rem}"
)


async def index(request: Request) -> HTMLResponse:
    """The latest issues."""
    rows = store_of(request).issues(IssueFilter(EventFilter()), MAX_LISTED, 0)
    organization = request.app.state.organization
    lines = "".join(
        f"<tr><td><a href='/organizations/{escape(organization)}/issues/{row['id']}/'>"
        f"{escape(row['title'])}</a><br>{escape(row['culprit'])}</td>"
        f"<td>{escape(row['slug'])}</td><td>{row['n']}</td><td>{_time(row['last'])}</td></tr>"
        for row in rows
    )
    head = "<tr><th>Issue</th><th>Project</th><th>Events</th><th>Last seen</th></tr>"
    empty = "" if rows else "<p>No event has come in yet.</p>"
    return _page("Issues", f"<table>{head}{lines}</table>{empty}")


async def issue(request: Request) -> HTMLResponse:
    """One issue, and the exception texts of its latest event."""
    row = store_of(request).issue(request.path_params["issue_id"])
    if row is None or request.path_params["organization"] != request.app.state.organization:
        return _page("No such issue", "<p>There is no issue of that number.</p>", 404)
    latest = store_of(request).events(EventFilter(issue_id=row["id"]), 1, 0)
    facts = (
        ("Project", row["slug"]),
        ("Status", row["status"]),
        ("Culprit", row["culprit"]),
        ("Events", str(row["times_seen"])),
        ("First seen", _time(row["first_seen"])),
        ("Last seen", _time(row["last_seen"])),
    )
    table = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in facts)
    return _page(row["title"], f"<table>{table}</table>" + "".join(map(_event, latest)))


def _event(row: Row) -> str:
    event = parse_event(body_of(row), Origin(datetime.fromtimestamp(row["received"], UTC)))
    return f"<h2>Latest event</h2><pre>{escape(_text(event))}</pre>"


def _text(event: Event) -> str:
    chain = (f"{value.type or 'Error'}: {value.value}" for value in reversed(event.exceptions))
    return "\n\n".join(filter(None, (event.oddity, event.message, *chain)))


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>{escape(title)} (local stand-in)</title><style>{_STYLE}</style>"
        f"<p class='notice'>{NOTICE}</p><h1>{escape(title)}</h1>{body}"
        "<p><a href='/'>All issues</a></p></html>",
        status,
        HEADERS,
    )


def _time(seconds: float) -> str:
    return iso(round(seconds)).replace("T", " ").replace("Z", " UTC")


ROUTES = [
    Route("/", index),
    Route("/organizations/{organization}/issues/{issue_id:int}/", issue),
]
