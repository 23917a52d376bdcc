"""A comment on the Issue: what was done to how many. With a token of its own, or not at all.

It never resolves an Issue: rows were cured, not the code. It says nothing of whose rows they were.
What was taken is read back and compared, for some servers drop what they do not know without a
word. A POST is never repeated: who did not hear an answer cannot know whether it was taken, and
looks whether it is there; a comment that names the same remediation is not written twice.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from collectors.errors import NotAllowed, SentryUnreachable, SettingsError
from collectors.sentry.body import ENCODING, read_body
from collectors.sentry.client import SentryClient
from collectors.sentry.detect import ServerKind, detect
from collectors.sentry.limits import Limits
from collectors.sentry.paging import pages
from collectors.sentry.refusals import Passing, passing_fault, refusal, unexpected_content

LIMITS = Limits(timeout_s=5.0, patience_s=8.0, knocks_s=3.0, max_reply_bytes=4_000_000)
"""Somebody waits for the Outcome that this follows."""


class Told(StrEnum):
    """What became of a comment."""

    KEPT = "kept"
    THERE = "already there"
    UNREAD = "taken, but it cannot be read back"
    ALTERED = "the server kept something else"
    UNHEARD = "sent, and not known whether it was taken"
    FAILED = "not written"


@dataclass(frozen=True, slots=True)
class Comment:
    """What to say: `remedy` was applied to so many rows, or was undone."""

    remedy: str
    remediation_id: str
    rows: int
    undone: bool = False

    @property
    def text(self) -> str:
        """The comment. The same remediation has the same mark in every wording."""
        rows = "1 soft-deleted row" if self.rows == 1 else f"{self.rows:,} soft-deleted rows"
        did = "took back" if self.undone else "applied"
        rest = (
            "Requests of this issue may fail again."
            if self.undone
            else "The requests of this issue that they made fail can be repeated. The code that "
            "failed was not changed, so the issue stays as it is."
        )
        return f"Tombstone {did} {self.remedy} on {rows}. {rest} {self.mark}"

    @property
    def mark(self) -> str:
        """What this comment is known by."""
        return f"[remediation {self.remediation_id}]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the comment on one Issue; `said` is why it was not kept."""

    issue_id: str
    told: Told
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of server takes a comment. `lists`: it also tells the comments of an Issue."""

    path: Callable[[SentryClient, str], str]
    body: Callable[[str, str], dict[str, Any]]
    text: Callable[[dict[str, Any]], object]
    lists: bool = True


def _comments(client: SentryClient, issue_id: str) -> str:
    return client.path("issues", issue_id, "comments")


def _glitchtips(_: SentryClient, issue_id: str) -> str:
    return f"/api/0/issues/{quote(issue_id, safe='')}/comments/"


def _data_text(answer: dict[str, Any]) -> object:
    data = answer.get("data")
    return data.get("text") if isinstance(data, dict) else None


DIALECTS: Mapping[ServerKind, Dialect] = {
    ServerKind.SENTRY: Dialect(_comments, lambda _, text: {"text": text}, _data_text),
    ServerKind.GLITCHTIP: Dialect(
        _glitchtips, lambda _, text: {"data": {"text": text}}, _data_text
    ),
    ServerKind.BUGSINK: Dialect(
        lambda _, __: "/api/canonical/0/issue-comments/",
        lambda issue_id, text: {"issue": issue_id, "comment": text},
        lambda answer: answer.get("comment"),
        lists=False,
    ),
}


class WriteBack:
    """Comments on one server's Issues. Nothing is connected to before there is something to say."""

    def __init__(
        self, base_url: str, token: str, organization: str, trust: ssl.SSLContext | None = None
    ) -> None:
        self._at = base_url, token, organization
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Accept-Encoding": ENCODING,
        }
        self._trust = trust

    def tell(self, comments: Mapping[str, Comment]) -> Iterator[Answer]:
        """An Answer for every Issue, as it comes. Raises nothing that a server may do."""
        left = dict(comments)
        try:
            with SentryClient(*self._at, limits=LIMITS, trust=self._trust) as client:
                dialect = DIALECTS[detect(client).kind]
                for issue_id, comment in comments.items():
                    answer = self._tell(client, dialect, issue_id, comment)
                    del left[issue_id]
                    yield answer
                    if answer.told is Told.UNHEARD:
                        raise SentryUnreachable(str(answer.said))
        except (SentryUnreachable, SettingsError) as error:
            for issue_id in left:
                yield Answer(issue_id, Told.FAILED, str(error))

    def _tell(
        self, client: SentryClient, dialect: Dialect, issue_id: str, comment: Comment
    ) -> Answer:
        """Raises SentryUnreachable where the server is gone: no other Issue waits for it then."""
        try:
            if any(comment.mark in text for text in self._listed(client, dialect, issue_id)):
                return Answer(issue_id, Told.THERE)
            heard = self._posted(client, dialect, issue_id, comment.text)
            echoed = dialect.text(heard) if isinstance(heard, dict) else None
            if echoed not in (None, comment.text):
                return Answer(issue_id, Told.ALTERED)
            return self._read_back(client, dialect, issue_id, comment.text, heard)
        except NotAllowed:
            return Answer(issue_id, Told.FAILED, "TOMBSTONE_SENTRY__WRITE_TOKEN may not do this.")
        except SentryUnreachable as error:
            if not error.permanent:
                raise
            return Answer(issue_id, Told.FAILED, str(error))

    def _read_back(
        self,
        client: SentryClient,
        dialect: Dialect,
        issue_id: str,
        text: str,
        heard: dict[str, Any] | SentryUnreachable,
    ) -> Answer:
        """What the Issue holds now, whatever was `heard` of the POST."""
        unheard = str(heard) if isinstance(heard, SentryUnreachable) else None
        unread = Told.UNHEARD if unheard else Told.UNREAD
        if not dialect.lists:
            return Answer(issue_id, unread, unheard)
        try:
            kept = text in self._listed(client, dialect, issue_id)
        except SentryUnreachable as error:
            return Answer(issue_id, unread, unheard or str(error))
        if kept:
            return Answer(issue_id, Told.KEPT)
        return Answer(issue_id, Told.UNHEARD if unheard else Told.ALTERED, unheard)

    def _listed(self, client: SentryClient, dialect: Dialect, issue_id: str) -> Sequence[str]:
        """The texts of the Issue's comments."""
        if not dialect.lists:
            return []
        replies = pages(client, dialect.path(client, issue_id), {}, f"comments of issue {issue_id}")
        items = (item for reply in replies for item in msgspec.json.decode(reply.body))
        texts = (dialect.text(item) for item in items if isinstance(item, dict))
        return [text for text in texts if isinstance(text, str)]

    def _posted(
        self, sentry: SentryClient, dialect: Dialect, issue_id: str, text: str
    ) -> dict[str, Any] | SentryUnreachable:
        """The server's answer, or why none was heard.

        Raises SentryUnreachable for a refusal, and where nothing was sent.
        """
        url, body = sentry.base_url + dialect.path(sentry, issue_id), dialect.body(issue_id, text)
        deadline = time.monotonic() + LIMITS.patience_s
        try:
            with (
                httpx.Client(
                    headers=self._headers, timeout=LIMITS.timeout_s, verify=self._trust or True
                ) as client,
                client.stream("POST", url, json=body) as response,
            ):
                return _read(response, deadline)
        except httpx.RequestError as error:
            fault = passing_fault(error)
        except Passing as passing:
            fault = passing
        if isinstance(fault, SentryUnreachable):
            raise fault
        if not fault.connected:  # nothing was sent
            raise SentryUnreachable(fault.sentence)
        return SentryUnreachable(fault.sentence)


def _read(response: httpx.Response, deadline: float) -> dict[str, Any]:
    if not 200 <= response.status_code < 300:
        error = refusal(response, "event:write")
        sentence = f"Sentry answered {response.status_code}."
        if response.status_code == 429:  # nothing was taken, which no other passing status says
            raise SentryUnreachable(sentence)
        raise error or Passing(sentence, None)
    if error := unexpected_content(response.headers):
        raise Passing(str(error), None)
    try:
        answer = msgspec.json.decode(read_body(response, LIMITS.max_reply_bytes, deadline))
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = None
    return answer if isinstance(answer, dict) else {}
