"""What is read of a GlitchTip, whose lists go by when an Event was received."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from collectors.errors import SentryUnreachable
from collectors.model import Event
from collectors.sentry.sources import GlitchTip, source_of
from collectors.settings import SentrySettings
from tests.http.serving import SentryOfTest, event_body, local_sentry


@pytest.fixture
def glitchtip() -> Iterator[SentryOfTest]:
    with local_sentry("api", "worker", as_glitchtip=True) as running:
        yield running


def read(
    glitchtip: SentryOfTest, cursor: str | None = None, projects: Sequence[str] = ()
) -> tuple[list[Event], str | None]:
    """All Events of one Run, and the Cursor after it."""
    events: list[Event] = []
    with glitchtip.client() as client:
        source = source_of(client, SentrySettings(projects=tuple(projects)))
        assert isinstance(source, GlitchTip)
        for page in source.pages(None, cursor):
            events += page.events
            cursor = page.cursor or cursor
    return events, cursor


def ids(events: Sequence[Event]) -> set[str]:
    return {event.event_id for event in events}


def test_more_than_a_page_of_both_is_read_with_all_its_fields(glitchtip: SentryOfTest) -> None:
    sent = {glitchtip.send(event_body("large", minutes_ago=n)) for n in range(210)}
    sent |= {glitchtip.send(event_body(f"small {n}", release="2.0")) for n in range(105)}
    events, cursor = read(glitchtip)
    assert ids(events) == sent
    small = next(event for event in events if event.release)
    assert (small.environment, small.release, small.project) == ("production", "2.0", "api")
    assert small.exceptions[0].value.startswith("Key (email)=")
    assert small.oddity is None
    glitchtip.served.take_calls()
    again, _ = read(glitchtip, cursor)
    assert again == []
    assert len(glitchtip.served.take_calls()) <= 4


def test_an_event_that_happened_long_ago_and_comes_late_is_found(glitchtip: SentryOfTest) -> None:
    glitchtip.send(event_body())
    _, cursor = read(glitchtip)
    late = glitchtip.send(event_body(minutes_ago=60 * 24 * 90))
    events, _ = read(glitchtip, cursor)
    assert late in ids(events)


@pytest.mark.parametrize(
    ("projects", "found"),
    [((), {0, 1}), (("worker",), {1}), (("1",), {0}), (("worker", "1"), {0, 1})],
    ids=["all", "by slug", "by number", "both"],
)
def test_only_the_named_projects_are_read(
    glitchtip: SentryOfTest, projects: Sequence[str], found: set[int]
) -> None:
    sent = [glitchtip.send(event_body(), project) for project in ("api", "worker")]
    events, _ = read(glitchtip, projects=projects)
    assert ids(events) == {sent[number] for number in found}


def test_a_project_that_is_not_there_is_said(glitchtip: SentryOfTest) -> None:
    """Its list is empty, like that of a project without a single Issue."""
    assert read(glitchtip, projects=["worker"])[0] == []
    with pytest.raises(SentryUnreachable, match="404"):
        read(glitchtip, projects=["nowhere"])
