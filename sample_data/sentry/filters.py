"""What a request asks for → SQL conditions, as Sentry's Web API understands its parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.datastructures import QueryParams

_TERM = re.compile(r'(!?)([\w.]+):(?:"([^"]*)"|(\S+))|"([^"]*)"|(\S+)')
_PERIOD = re.compile(r"(\d{1,4})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_ORDERS = {
    "date": "w.last DESC",
    "new": "i.first_seen DESC",
    "freq": "w.n DESC",
}
_EVENT_COLUMNS = {
    "environment": "environment",
    "release": "release",
    "transaction": "transaction_name",
    "level": "level",
}

Condition = tuple[str, list[object]]


class BadRequest(Exception):
    """A parameter that Sentry refuses with 400."""


@dataclass(slots=True)
class EventFilter:
    """Conditions on events."""

    issue_id: int | None = None
    project_ids: Sequence[int] = ()
    environments: Sequence[str] = ()
    start: float | None = None
    end: float | None = None
    terms: list[tuple[str, str, bool]] = field(default_factory=list)

    def where(self) -> Condition:
        """The conditions joined by AND, with their values."""
        conditions: list[Condition | None] = [
            ("issue_id = ?", [self.issue_id]) if self.issue_id is not None else None,
            ("happened >= ?", [self.start]) if self.start is not None else None,
            ("happened < ?", [self.end]) if self.end is not None else None,
            _one_of("project_id", self.project_ids),
            _one_of("environment", self.environments),
            *(_term(*term) for term in self.terms),
        ]
        return _all_of([condition for condition in conditions if condition is not None])


@dataclass(slots=True)
class IssueFilter:
    """Conditions on issues, and on the events that they must have."""

    events: EventFilter
    status: str | None = None
    words: list[str] = field(default_factory=list)
    ids: Sequence[int] = ()
    order: str = _ORDERS["date"]

    def where(self) -> Condition:
        """The conditions on the issue itself."""
        conditions: list[Condition] = [("i.status = ?", [self.status])] if self.status else []
        if self.ids:
            conditions += [("i.id IN (SELECT value FROM json_each(?))", [str(list(self.ids))])]
        has_word = "instr(lower(i.title || ' ' || i.culprit), lower(?)) > 0"
        return _all_of(conditions + [(has_word, [word]) for word in self.words])


def _all_of(conditions: Sequence[Condition]) -> Condition:
    values = [value for _, condition_values in conditions for value in condition_values]
    return " AND ".join(["1", *(text for text, _ in conditions)]), values


def _one_of(column: str, choices: Sequence[object]) -> Condition | None:
    return (f"{column} IN ({', '.join('?' * len(choices))})", [*choices]) if choices else None


def _term(name: str, value: str, wanted: bool) -> Condition:
    """A search for a tag that is not kept here fits no event, as in Sentry."""
    negation = "" if wanted else "NOT "
    if name in ("error.type", "error.value"):
        has = "SELECT event FROM light_rows, json_each(row, ?) one WHERE lower(one.value) GLOB ?"
        choices = value.strip("[]").split(",") if value.startswith("[") else [value]
        found = " OR ".join(f"events.id IN ({has})" for _ in choices)
        path = f'$."{name}"'
        return f"{negation}({found})", [v for one in choices for v in (path, one.lower())]
    if name not in _EVENT_COLUMNS:
        return ("0" if wanted else "1"), []
    if "*" in value:
        return f"{negation}coalesce(lower({_EVENT_COLUMNS[name]}), '') GLOB ?", [value.lower()]
    return f"{_EVENT_COLUMNS[name]} {'IS' if wanted else 'IS NOT'} ?", [value]


def event_filter(params: QueryParams, now: datetime) -> EventFilter:
    """`environment` (repeatable) and the period. Raises BadRequest."""
    start, end = _period(params, now)
    wanted = EventFilter(environments=params.getlist("environment"), start=start, end=end)
    for negated, name, quoted, plain, *_ in _TERM.findall(params.get("query", "")):
        if name and name != "is":
            wanted.terms.append((name, quoted or plain, not negated))
    return wanted


def issue_filter(params: QueryParams, now: datetime) -> IssueFilter:
    """The same for issues; without a `query` only unresolved ones, as in Sentry."""
    sort = params.get("sort", "date")
    if sort not in _ORDERS:
        raise BadRequest(f"Invalid sort parameter: {sort}")
    wanted = IssueFilter(event_filter(params, now), order=_ORDERS[sort])
    query = params.get("query", "is:unresolved")
    for _, name, quoted, plain, phrase, word in _TERM.findall(query):
        if name == "is":
            wanted.status = quoted or plain
        elif not name:
            wanted.words.append(phrase or word)
    return wanted


def _period(params: QueryParams, now: datetime) -> tuple[float | None, float | None]:
    start, end, period = params.get("start"), params.get("end"), params.get("statsPeriod")
    if period:
        found = _PERIOD.fullmatch(period)
        if not found:
            raise BadRequest("Invalid statsPeriod")
        span = timedelta(**{_UNITS[found[2]]: int(found[1])})
        return (now - span).timestamp(), None
    if bool(start) != bool(end):
        raise BadRequest("start and end are both required")
    return (_time(start), _time(end)) if start and end else (None, None)


def _time(text: str) -> float:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("Invalid date") from error
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
