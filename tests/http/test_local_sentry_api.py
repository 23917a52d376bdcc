"""The local Sentry answers as Sentry's Web API does, as far as it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.http.serving import SentryOfTest, event_body

ISSUES = "/api/0/organizations/sample/issues/"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/0/", 200),
        ("/api/0/projects/", 200),
        ("/api/0/organizations/sample/", 200),
        ("/api/0/organizations/sample/projects/", 200),
        (ISSUES, 200),
        ("/api/0/issues/1/", 200),
        (f"{ISSUES}1/", 200),
        ("/api/0/issues/1/events/", 200),
        (f"{ISSUES}1/events/", 200),
        ("/api/0/issues/1/comments/", 200),
        ("/api/0/projects/sample/api/", 200),
        ("/api/0/projects/sample/1/", 200),
        ("/api/0/projects/sample/nowhere/", 404),
        ("/api/0/projects/sample/api/events/", 200),
        ("/api/0/projects/sample/1/events/", 200),
        ("/api/0/organizations/other/issues/", 404),
        ("/api/0/issues/99/", 404),
        ("/api/0/projects/sample/other/events/", 404),
        ("/api/0/projects/sample/api/events/none/", 404),
    ],
)
def test_every_path_that_is_served(sentry: SentryOfTest, path: str, status: int) -> None:
    sentry.send(event_body())
    answer = sentry.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("project", "status"), [("1", 200), ("-1", 200), ("api", 400)])
def test_lists_take_projects_by_number_alone(
    sentry: SentryOfTest, project: str, status: int
) -> None:
    assert sentry.get(ISSUES, project=project).status_code == status


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (None, ISSUES, 401),
        ("project:read", ISSUES, 403),
        ("event:read", ISSUES, 200),
        ("event:read", "/api/0/projects/sample/api/events/", 403),
        ("project:read", "/api/0/projects/sample/api/events/", 200),
        ("event:read", "/api/0/organizations/sample/", 403),
    ],
)
def test_a_token_may_do_what_its_scopes_say(
    sentry: SentryOfTest, scopes: str | None, path: str, status: int
) -> None:
    token = sentry.store.add_token(scopes) if scopes else "unknown"
    assert sentry.get(path, token).status_code == status


def test_the_root_names_the_scopes_and_never_the_token(sentry: SentryOfTest) -> None:
    answer = sentry.get("/api/0/")
    assert answer.json()["auth"] == {"scopes": ["event:read", "org:read", "project:read"]}
    assert sentry.address.token not in answer.text
    assert sentry.get("/api/0/", "unknown").json()["auth"] is None


def test_pages_are_told_in_the_link_header(sentry: SentryOfTest) -> None:
    for n in range(5):
        sentry.send(event_body(minutes_ago=n))
    seen: list[str] = []
    cursor = "0:0:0"
    for results in (True, True, False):
        answer = sentry.get("/api/0/issues/1/events/", per_page=2, cursor=cursor)
        seen += [event["eventID"] for event in answer.json()]
        links = answer.links
        assert links["next"]["results"] == str(results).lower()
        assert links["previous"]["results"] == str(cursor != "0:0:0").lower()
        cursor = links["next"]["cursor"]
    assert len(set(seen)) == 5


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["old", "new"]),
        ({"query": ""}, ["old", "done", "new"]),
        ({"query": "is:resolved"}, ["done"]),
        ({"query": "", "environment": "sandbox"}, ["old"]),
        ({"query": "environment:sandbox"}, ["old"]),
        ({"query": "!environment:sandbox"}, ["done", "new"]),
        ({"query": "release:2.0"}, ["new"]),
        ({"query": "colour:red"}, []),
        ({"query": "NEW"}, ["new"]),
        ({"query": "", "statsPeriod": "24h"}, ["done", "new"]),
        ({"query": "", "sort": "new"}, ["old", "done", "new"]),
        ({"query": "", "sort": "freq"}, ["new", "done", "old"]),
        ({"query": "", "project": "1"}, ["old", "done", "new"]),
        ({"query": "", "project": "-1"}, ["old", "done", "new"]),
    ],
    ids=str,
)
def test_issues_are_filtered_and_sorted(
    sentry: SentryOfTest, params: dict[str, str], found: list[str]
) -> None:
    for name, hours, times, extra in (
        ("old", 48, 3, {"environment": "sandbox"}),
        ("done", 2, 2, {}),
        ("new", 1, 1, {"release": "2.0"}),
    ):
        for _ in range(times):
            body = event_body(name, minutes_ago=60 * hours, transaction=name, **extra)
            sentry.send(body)
    sentry.store.set_status(2, "resolved", None)
    answer = sentry.get(ISSUES, **params)
    assert [issue["culprit"] for issue in answer.json()] == found[::-1]


def test_counts_are_texts_of_the_asked_period_and_of_the_whole_life(sentry: SentryOfTest) -> None:
    for minutes in (1, 2, 300):
        sentry.send(event_body(minutes_ago=minutes))
    [issue] = sentry.get(ISSUES, query="", statsPeriod="1h").json()
    assert (issue["id"], issue["count"], issue["lifetime"]["count"]) == ("1", "2", "3")


def test_events_are_filtered_by_time(sentry: SentryOfTest) -> None:
    wanted = [sentry.send(event_body(minutes_ago=n)) for n in (5, 20, 40)][1]
    now = datetime.now(UTC)
    start, end = (f"{now - timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}" for n in (30, 10))
    answer = sentry.get("/api/0/issues/1/events/", start=start, end=end)
    assert [event["id"] for event in answer.json()] == [wanted]


@pytest.mark.parametrize(
    "params",
    [
        {"start": "2026-01-01T00:00:00"},
        {"start": "never", "end": "never"},
        {"statsPeriod": "soon"},
        {"cursor": "x"},
        {"per_page": "0"},
        {"sort": "priority"},
    ],
    ids=str,
)
def test_what_sentry_refuses_is_refused(sentry: SentryOfTest, params: dict[str, str]) -> None:
    assert sentry.get(ISSUES, **params).status_code == 400


def test_a_full_event_has_the_shape_of_sentrys(sentry: SentryOfTest) -> None:
    body = event_body(
        tags={"region": "eu"},
        extra={"attempt": 1},
        request={"method": "POST", "url": "http://h/v1/", "data": {"email": "jane@example.com"}},
        logentry={"message": "failed", "formatted": "failed"},
    )
    sentry.send(body)
    [light] = sentry.get("/api/0/issues/1/events/").json()
    [full] = sentry.get("/api/0/issues/1/events/", full="true").json()
    assert "entries" not in light
    assert light["event.type"] == "error"
    assert (full["eventID"], full["groupID"], full["projectID"]) == (body["event_id"], "1", "1")
    assert {"key": "region", "value": "eu"} in full["tags"]
    assert full["context"] == {"attempt": 1}
    entries = {entry["type"]: entry["data"] for entry in full["entries"]}
    [value] = entries["exception"]["values"]
    assert value["stacktrace"]["frames"][0]["inApp"] is True
    assert entries["request"]["data"] == {"email": "jane@example.com"}
    assert entries["message"] == {"formatted": "failed"}
    one = sentry.get(f"/api/0/projects/sample/api/events/{body['event_id']}/").json()
    assert one == full


def test_a_logged_message_is_formatted_as_sentry_does(sentry: SentryOfTest) -> None:
    """SDKs before 2 send the template and its parameters apart."""
    entry = {"message": "create failed for %s: %s", "params": ["a customer", 7]}
    sentry.send(event_body(logentry=entry))
    [full] = sentry.get("/api/0/issues/1/events/", full="true").json()
    entries = {entry["type"]: entry["data"] for entry in full["entries"]}
    assert entries["message"] == {"formatted": "create failed for a customer: 7"}


def test_an_event_sent_twice_counts_once(sentry: SentryOfTest) -> None:
    body = event_body()
    for _ in range(3):
        sentry.send(body)
    assert sentry.get("/api/0/issues/1/").json()["count"] == "1"


def test_a_status_is_put_and_a_new_event_reopens_the_issue(sentry: SentryOfTest) -> None:
    sentry.send(event_body())
    url = sentry.address.url + "/api/0/issues/1/"
    writer = {"Authorization": f"Bearer {sentry.address.write_token}"}
    reader = {"Authorization": f"Bearer {sentry.address.token}"}
    assert httpx.put(url, json={"status": "resolved"}, headers=reader).status_code == 403
    assert httpx.put(url, json={"status": "gone"}, headers=writer).status_code == 400
    answer = httpx.put(url, json={"status": "resolved"}, headers=writer)
    assert answer.json()["status"] == "resolved"
    sentry.send(event_body())
    issue = sentry.get("/api/0/issues/1/").json()
    assert (issue["status"], issue["substatus"]) == ("unresolved", "regressed")


def test_a_comment_is_kept_as_it_was_sent(sentry: SentryOfTest) -> None:
    sentry.send(event_body())
    url = sentry.address.url + "/api/0/issues/1/comments/"
    writer = {"Authorization": f"Bearer {sentry.address.write_token}"}
    assert httpx.post(url, json={"text": "1 row, released"}, headers=writer).status_code == 201
    assert httpx.post(url, json={"words": "x"}, headers=writer).status_code == 400
    assert httpx.post(url, content=b"{", headers=writer).status_code == 400
    [comment] = sentry.get("/api/0/issues/1/comments/").json()
    assert comment["data"] == {"text": "1 row, released"}


def test_a_deploy_is_told_and_read(sentry: SentryOfTest) -> None:
    sentry.send(event_body(release="shop@1.4.0"))
    path = "/api/0/organizations/sample/releases/shop@1.4.0/deploys/"
    url, told = sentry.address.url + path, {"environment": "production"}
    writer = {"Authorization": f"Bearer {sentry.address.write_token}"}
    assert httpx.post(url, json=told, headers=writer).status_code == 400
    told["dateFinished"] = "2026-11-20T12:00:00+00:00"
    reader = {"Authorization": f"Bearer {sentry.address.token}"}
    assert httpx.post(url, json=told, headers=reader).status_code == 403
    assert httpx.post(url, json=told, headers=writer).status_code == 201
    [deploy] = sentry.get(path).json()
    assert deploy["environment"] == "production"
    assert deploy["dateFinished"].startswith("2026-11-20T12:00:00")
    [release] = sentry.get("/api/0/organizations/sample/releases/").json()
    assert (release["version"], release["deployCount"]) == ("shop@1.4.0", 1)


HOSTILE = "<script>alert(1)</script> ![](https://example.com/x) '\"&"


def test_pages_for_people_say_what_this_is_and_escape_everything(sentry: SentryOfTest) -> None:
    value = {"type": HOSTILE, "value": HOSTILE}
    body = event_body(transaction=HOSTILE, exception={"values": [value]}, message=HOSTILE)
    sentry.send(body)
    for path in ("/", "/organizations/sample/issues/1/"):
        answer = httpx.get(sentry.address.url + path)
        assert answer.status_code == 200
        assert "This is not Sentry" in answer.text
        assert "<script" not in answer.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert httpx.get(sentry.address.url + "/organizations/sample/issues/9/").status_code == 404


def test_only_its_own_host_names_are_answered(sentry: SentryOfTest) -> None:
    answer = httpx.get(sentry.address.url, headers={"Host": "rebound.example.com"})
    assert answer.status_code == 400


def test_it_misbehaves_on_the_order_of_whoever_may_write(sentry: SentryOfTest) -> None:
    order = [{"kind": "500", "on": "/projects/", "skip": 1, "times": 1}]
    url = f"{sentry.address.url}/control/faults"
    answers = []
    for token in (sentry.address.token, sentry.address.write_token):
        headers = {"Authorization": f"Bearer {token}"}
        answers.append(httpx.post(url, json=order, headers=headers).status_code)
    assert answers == [403, 204]
    met = [sentry.get("/api/0/projects/").status_code for _ in range(3)]
    assert met == [200, 500, 200]
    assert sentry.get("/api/0/organizations/sample/").status_code == 200
