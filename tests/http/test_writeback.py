"""Comments on Issues: written once, read back, and without anybody's data."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler

import pytest
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.remediation.writeback import Answer, Comment, Told, WriteBack
from sample_data.sentry.trouble import Fault, Kind
from tests.http.serving import SentryOfTest, event_body, local_sentry, serving

COMMENT = Comment("release-key", "r-1", 3)


def writeback(sentry: SentryOfTest, token: str | None = None) -> WriteBack:
    return WriteBack(sentry.address.url, token or sentry.address.write_token, "sample")


def texts(sentry: SentryOfTest, issue: int = 1) -> list[str]:
    return [row["text"] for row in sentry.store.comments(issue)]


@pytest.mark.parametrize("glitchtip", [False, True], ids=["sentry", "glitchtip"])
def test_a_comment_is_kept_and_the_same_remediation_is_told_once(glitchtip: bool) -> None:
    with local_sentry(as_glitchtip=glitchtip) as sentry:
        sentry.send(event_body())
        assert list(writeback(sentry).tell({"1": COMMENT})) == [Answer("1", Told.KEPT)]
        assert texts(sentry) == [COMMENT.text]
        assert list(writeback(sentry).tell({"1": COMMENT})) == [Answer("1", Told.THERE)]
        assert texts(sentry) == [COMMENT.text]
        status = sentry.store.rows("SELECT status FROM issues")[0]["status"]
        assert status == "unresolved"
        at = "/api/0/issues/1/" if glitchtip else "/api/0/organizations/sample/issues/1/"
        calls = [call for call in sentry.served.take_calls() if "comments" in call]
        assert [call for call in calls if not call.startswith(at)] == []


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        (COMMENT, ["release-key", "3 soft-deleted rows", "stays as it is", "[remediation r-1]"]),
        (Comment("purge-row", "r-2", 1), ["purge-row", "1 soft-deleted row."]),
        (Comment("restore-row", "r-3", 1, undone=True), ["took back", "may fail again"]),
    ],
    ids=["many", "one", "undone"],
)
def test_it_says_what_was_done_to_how_many(comment: Comment, words: list[str]) -> None:
    assert [word for word in words if word not in comment.text] == []


def test_one_issue_that_is_gone_does_not_keep_the_others_from_hearing(sentry: SentryOfTest) -> None:
    sentry.send(event_body())
    first, second = writeback(sentry).tell({"99": COMMENT, "1": COMMENT})
    assert (first.told, second.told) == (Told.FAILED, Told.KEPT)


@pytest.mark.parametrize(
    ("faults", "told", "said"),
    [
        ([Fault(Kind.STALLED)], Told.FAILED, "in time"),
        ([Fault(Kind.HTML, on="comments/")], Told.FAILED, "not JSON"),
        ([Fault(Kind.TOO_MANY, on="comments/", skip=1)], Told.FAILED, "answered 429"),
        ([Fault(Kind.HTML, on="comments/", skip=1, times=1)], Told.UNHEARD, "not JSON"),
        ([Fault(Kind.EMPTY, on="comments/", skip=1, times=1)], Told.ALTERED, "None"),
        ([Fault(Kind.ERROR, on="comments/", skip=1)], Told.UNHEARD, "answered 500"),
        ([Fault(Kind.ERROR, on="comments/", skip=1, times=1)], Told.UNHEARD, "answered 500"),
        ([Fault(Kind.CUT, on="comments/", skip=1)], Told.UNHEARD, "broke off"),
        ([Fault(Kind.CUT, on="comments/", skip=1, times=1)], Told.KEPT, "None"),
        ([Fault(Kind.HTML, on="comments/", skip=2)], Told.UNREAD, "not JSON"),
        ([Fault(Kind.ERROR, on="comments/", skip=2)], Told.UNREAD, "answered 500"),
    ],
    ids=[
        "stalled",
        "html",
        "429 for the post",
        "html for the post",
        "an empty answer for the post",
        "500 from the post on",
        "500 for the post",
        "cut from the post on",
        "cut in the middle of the post",
        "html when it is read back",
        "500 when it is read back",
    ],
)
def test_a_fault_is_an_answer_and_never_a_second_comment(
    sentry: SentryOfTest, faults: list[Fault], told: Told, said: str
) -> None:
    sentry.send(event_body())
    sentry.server.order(faults)
    (answer,) = writeback(sentry).tell({"1": COMMENT})
    assert answer.told is told
    assert said in str(answer.said)
    assert sentry.address.write_token not in str(answer)
    assert len(texts(sentry)) <= 1
    sentry.server.order([])
    (answer,) = writeback(sentry).tell({"1": COMMENT})
    assert answer.told in (Told.KEPT, Told.THERE)
    assert texts(sentry) == [COMMENT.text]


def test_the_reading_token_may_not_write_and_it_is_said(sentry: SentryOfTest) -> None:
    sentry.send(event_body())
    (answer,) = writeback(sentry, sentry.address.token).tell({"1": COMMENT})
    assert answer.told is Told.FAILED
    assert "TOMBSTONE_SENTRY__WRITE_TOKEN" in str(answer.said)


def forgetful(app: ASGIApp) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Takes every comment, and keeps none of its words."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            await Request(scope, receive).body()

            async def other() -> dict[str, object]:
                return {"type": "http.request", "body": json.dumps({"text": "…"}).encode()}

            await app(scope, other, send)
        else:
            await app(scope, receive, send)

    return changed


def test_a_server_that_keeps_something_else_is_found_out(sentry: SentryOfTest) -> None:
    sentry.send(event_body())
    with serving(forgetful(sentry.server)):
        (answer,) = writeback(sentry).tell({"1": COMMENT})
    assert answer == Answer("1", Told.ALTERED)


class Reading(BaseHTTPRequestHandler):
    """Answers whatever is read, with nothing."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_what_found_nobody_to_talk_to_was_not_sent() -> None:
    def serve_one() -> None:
        connection, address = listening.accept()
        listening.close()  # whoever comes now is refused
        connection.settimeout(60)
        with connection:
            Reading(connection, address, None)  # type: ignore[arg-type]

    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(60)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=serve_one)
    thread.start()
    answers = list(WriteBack(url, "token", "sample").tell({"1": COMMENT, "2": COMMENT}))
    thread.join()

    assert not thread.is_alive()
    assert [one.told for one in answers] == [Told.FAILED, Told.FAILED]
    assert "no connection to its address" in str(answers[0].said)
