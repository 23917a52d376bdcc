"""What an API should answer when a customer is created, deleted and created again: pure.

A live duplicate is the caller's mistake and deserves 409 or 422 with a reason a program can read.
A deleted customer is gone: their e-mail address and external ID are free, in any letter case. A
500, a text for people, or a refusal because of a row that nobody can see is the bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

REFUSED_AS_DUPLICATE = (409, 422)
"""Conflict and Unprocessable Content (RFC 9110, sections 15.5.10 and 15.5.21)."""

_PASSING = (429, 502, 503, 504)
"""The API, or what stands before it, says that it cannot answer just now."""


class Ruling(StrEnum):
    """How an answer compares with the contract."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Color(StrEnum):
    """What a whole walk showed: the contract holds, it is broken, or it could not be walked."""

    GREEN = "green"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `body` is the decoded JSON, None for anything else."""

    status: int
    content_type: str
    body: Any
    milliseconds: int

    @property
    def is_json(self) -> bool:
        """It calls itself JSON and is."""
        return self.body is not None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the contract says of one answer."""

    ruling: Ruling
    said: str


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a walk. `status` is None where no answer came."""

    probe: str
    name: str
    method: str
    path: str
    status: int | None
    content_type: str | None
    milliseconds: int | None
    ruling: Ruling
    said: str


def color_of(steps: Sequence[Step]) -> Color:
    """RED if one answer was wrong, GREEN if all were right, else GREY."""
    rulings = {step.ruling for step in steps}
    if Ruling.WRONG in rulings:
        return Color.RED
    return Color.GREEN if rulings == {Ruling.RIGHT} else Color.GREY


def on_create(reply: Reply, created: str | None) -> Opinion:
    """A customer that never was before. `created` is the id in the answer, if there is one."""
    if unclear := _unclear(reply):
        return unclear
    if _is_success(reply) and reply.body and created is None:
        return _unknown(
            f"{_answer(reply)} has no id where canary.id_field looks for it: set what the API has."
        )
    if _is_success(reply):
        return _on_success(reply, created, "It was created.")
    if reply.status >= 500:
        return _wrong(f"A customer that never was could not be created: {_answer(reply)}.")
    return _unknown(f"The API does not take the canary's customer ({_answer(reply)}).")


def on_duplicate(reply: Reply, live: str, created: str | None) -> Opinion:
    """The same again while the first, `live`, is there."""
    if unclear := _unclear(reply):
        return unclear
    if _is_success(reply):
        if created == live:
            return _right("The live customer itself came back.")
        return _wrong("A second live customer with the same e-mail address was created.")
    if reply.status not in REFUSED_AS_DUPLICATE:
        return _wrong(f"A live duplicate deserves 409 or 422, not {_answer(reply)}.")
    if not isinstance(reply.body, dict | list) or not reply.body:
        return _wrong(f"{_answer(reply)} gives no reason that a program can read.")
    return _right("A live duplicate is refused with a reason.")


def on_delete(reply: Reply) -> Opinion:
    """A deletion of a live customer."""
    if unclear := _unclear(reply):
        return unclear
    if _is_success(reply):
        return _right("It was deleted.")
    return _wrong(f"A live customer could not be deleted: {_answer(reply)}.")


def on_recreate(reply: Reply, deleted: str, created: str | None) -> Opinion:
    """The key of a deleted customer, asked for again: the operation the bug breaks."""
    if unclear := _unclear(reply):
        return unclear
    if _is_success(reply):
        came_back = "The deleted customer came back." if created == deleted else "It was created."
        return _on_success(reply, created, came_back)
    if reply.status >= 500:
        return _wrong(f"The deleted customer still holds the key: {_answer(reply)}.")
    return _wrong(f"Refused because of a row that nobody can see: {_answer(reply)}.")


def on_list(
    reply: Reply, listed: Sequence[str], live: str | None, *, others: bool = False
) -> Opinion:
    """The customers of our address. `listed` are the ids, `live` the one that should be there.

    `others`: the list has rows without our address. Ours may be on a later page then.
    """
    if unclear := _unclear(reply):
        return unclear
    if not reads_as_list(reply):
        return _wrong(f"The list cannot be read: {_answer(reply)}.")
    if live is None:
        if listed:
            return _wrong("A deleted customer is still listed.")
        return _right("Nobody is listed.")
    if others and not listed:
        return _unknown(
            "The list has rows, and none with our address: it does not look for it, or does not "
            "show it; set the path in canary.list that does."
        )
    if live not in listed:
        return _wrong("A live customer is not listed: a hidden row.")
    if len(set(listed)) > 1:
        return _wrong("More than the one live customer is listed.")
    return _right("The live customer is listed.")


def reads_as_list(reply: Reply) -> bool:
    """It can be read; 204 (No Content) is a list of nobody."""
    return reply.status == 204 or (_is_success(reply) and reply.is_json)


def _on_success(reply: Reply, created: str | None, said: str) -> Opinion:
    if created is None:
        return _wrong(f"{_answer(reply)} names no id of what it created.")
    return _right(said)


def _unclear(reply: Reply) -> Opinion | None:
    """Answers that say nothing about the contract."""
    if reply.status in (401, 403):
        return _unknown(f"The API refuses the canary's token ({reply.status}).")
    if reply.status in _PASSING:
        return _unknown(f"The API cannot answer just now ({reply.status}).")
    if 300 <= reply.status < 400:
        return _unknown(f"The API sends us elsewhere ({reply.status}); set the path it wants.")
    if reply.status in (404, 405) and not reply.is_json:
        return _unknown(f"There is no API at this path ({_answer(reply)}).")
    return None


def _is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _answer(reply: Reply) -> str:
    return f"{reply.status} {reply.content_type or 'without a content type'}"


def _right(said: str) -> Opinion:
    return Opinion(Ruling.RIGHT, said)


def _wrong(said: str) -> Opinion:
    return Opinion(Ruling.WRONG, said)


def _unknown(said: str) -> Opinion:
    return Opinion(Ruling.UNKNOWN, said)
