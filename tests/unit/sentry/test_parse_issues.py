"""Pages of issues."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.model import Issue
from collectors.sentry.parse import parse_issues

WEB_API: dict[str, Any] = {
    "id": "4509",
    "title": "IntegrityError: duplicate key",
    "status": "unresolved",
    "substatus": "regressed",
    "permalink": "https://sentry.example.com/organizations/o/issues/4509/",
    "count": "3",
    "firstSeen": "2026-05-30T10:00:00Z",
    "lastSeen": "2026-05-30T11:00:00.5Z",
    "project": {"id": "4", "slug": "api", "name": "API"},
    "lifetime": {
        "count": "41",
        "firstSeen": "2026-05-01T10:00:00Z",
        "lastSeen": "2026-05-30T11:00:00.5Z",
    },
}


def parsed(**changes: Any) -> Issue:
    found = parse_issues(json.dumps([WEB_API | changes]).encode())
    assert found is not None
    return found[0]


def test_an_issue_is_read_with_its_figures_over_its_whole_life() -> None:
    assert parsed() == Issue(
        issue_id="4509",
        project="api",
        title="IntegrityError: duplicate key",
        status="unresolved",
        substatus="regressed",
        first_seen=datetime(2026, 5, 1, 10, tzinfo=UTC),
        last_seen=datetime(2026, 5, 30, 11, 0, 0, 500_000, UTC),
        count=41,
        url="https://sentry.example.com/organizations/o/issues/4509/",
    )


def test_snake_case_and_numbers_as_ids_are_read_too() -> None:
    body = {"id": 9, "count": 2, "first_seen": "2026-05-30T10:00:00Z", "last_seen": 1_780_135_200}
    found = parse_issues(json.dumps([body]).encode())
    assert found is not None
    [issue] = found
    assert (issue.issue_id, issue.count) == ("9", 2)
    assert issue.first_seen == issue.last_seen == datetime(2026, 5, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//host/x", "https:///x", "http://[", 5, None],
    ids=str,
)
def test_only_a_web_address_becomes_a_link(address: object) -> None:
    assert parsed(permalink=address).url is None


@pytest.mark.parametrize("count", ["1.2k", "", None, -1, [1], True, "9" * 400], ids=str)
def test_a_count_that_is_no_number_is_not_known(count: object) -> None:
    assert parsed(count=count, lifetime=None).count is None


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"detail": "no"}', b"[{", b"<html>"], ids=str)
def test_what_is_no_list_gives_nothing(raw: bytes) -> None:
    assert parse_issues(raw) is None


def test_half_an_emoji_in_a_title_costs_only_itself() -> None:
    raw = json.dumps([WEB_API | {"title": "x \ud83d"}, WEB_API | {"id": "2"}]).encode()
    found = parse_issues(raw)
    assert found is not None
    assert [issue.title[:2] for issue in found] == ["x ", "In"]


def test_an_odd_item_costs_only_itself() -> None:
    items = [5, None, {"title": "no id"}, WEB_API | {"lifetime": "x", "project": ["api"]}]
    found = parse_issues(json.dumps(items).encode())
    assert found is not None
    assert [(issue.issue_id, issue.count, issue.project) for issue in found] == [("4509", 3, None)]
