"""Which frames of a stack are kept, and which of their variables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.model import Frame
from collectors.sentry.parse import Origin, parse_event

ORIGIN = Origin(datetime(2026, 6, 1, 12, tzinfo=UTC))
SILENT = "duplicate key value violates unique constraint"
TELLING = f"{SILENT}\nDETAIL:  Key (email)=(jane@example.com) already exists."


def frames_of(*stacks: Sequence[dict[str, Any] | None], text: str = SILENT) -> list[list[Frame]]:
    values = [{"type": "E", "value": text, "stacktrace": {"frames": stack}} for stack in stacks]
    body = {"event_id": "a" * 32, "timestamp": 1_780_135_200, "exception": {"values": values}}
    event = parse_event(json.dumps(body).encode(), ORIGIN)
    return [list(value.frames) for value in event.exceptions]


def frame(
    module: str, function: str, in_app: bool | None = False, **variables: Any
) -> dict[str, Any]:
    return {"module": module, "function": function, "in_app": in_app, "vars": variables}


OWN = frame("shop.customers", "create", in_app=True, email="'jane@example.com'", self="<Service>")
DRIVER = frame(
    "sqlalchemy.engine.base",
    "_exec_single_context",
    parameters=["'7'", "'jane@example.com'"],
    statement="'INSERT INTO customers'",
    dialect="<dialect>",
)
FRAMEWORK = frame(
    "fastapi.routing", "app", json_body={"email": "jane@example.com"}, scope={"a": "b"}
)
LIBRARY = frame("starlette.middleware", "__call__", scope={"type": "http"})


def test_own_frames_keep_all_their_variables() -> None:
    [[kept]] = frames_of([LIBRARY, OWN], text=TELLING)
    assert kept == Frame(
        "create", "shop.customers", True, {"email": "'jane@example.com'", "self": "<Service>"}
    )


def test_library_frames_give_only_what_can_hold_the_key() -> None:
    [[framework, own, driver]] = frames_of([FRAMEWORK, LIBRARY, OWN, DRIVER])
    assert framework.variables == {"json_body": {"email": "jane@example.com"}}
    assert own.in_app
    assert driver.variables == {
        "parameters": ["'7'", "'jane@example.com'"],
        "statement": "'INSERT INTO customers'",
    }


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        (TELLING, 1),
        (SILENT, 2),
        (TELLING[:90] + "...", 2),
        (TELLING.replace("jane@example.com", "[Filtered]"), 2),
    ],
    ids=["printed", "not printed", "cut", "scrubbed"],
)
def test_library_frames_are_read_only_where_the_text_does_not_print_the_key(
    text: str, frames: int
) -> None:
    [kept] = frames_of([OWN, DRIVER], text=text)
    assert len(kept) == frames


@pytest.mark.parametrize("spelling", ["in_app", "inApp"])
def test_both_spellings_of_in_app_count(spelling: str) -> None:
    library = {"module": "m", "function": "f", spelling: False, "vars": {"a": "1"}}
    own = {"module": "m", "function": "g", spelling: True, "vars": {"a": "1"}}
    assert [kept.function for kept in frames_of([library, own])[0]] == ["g"]


def test_a_frame_that_is_not_said_to_be_a_librarys_is_our_own() -> None:
    [[kept]] = frames_of([LIBRARY, frame("__main__", "create", None, email="'j'")])
    assert kept.variables == {"email": "'j'"}
    assert not kept.in_app


def test_where_every_frame_is_a_librarys_the_innermost_ones_count() -> None:
    stack = [frame("node:internal", f"f{n}", email=f"{n}") for n in range(30)]
    [kept] = frames_of(stack)
    assert [one.function for one in kept] == [f"f{n}" for n in range(20, 30)]
    assert kept[-1].variables == {"email": "29"}


def test_own_frames_of_one_exception_make_the_others_of_its_chain_a_librarys() -> None:
    inner, outer = frames_of([LIBRARY], [OWN, LIBRARY])
    assert inner == []
    assert [one.function for one in outer] == ["create"]


def test_how_much_is_read_of_libraries_is_bounded_over_the_whole_chain() -> None:
    inner, outer = frames_of([DRIVER] * 30, [OWN] + [DRIVER] * 30)
    assert len(inner) == 8
    assert len(outer) == 1


def test_an_endless_stack_keeps_its_innermost_frames() -> None:
    [kept] = frames_of([frame("shop", f"f{n}", in_app=True) for n in range(5_000)])
    assert len(kept) == 40
    assert kept[-1].function == "f4999"


def test_a_frame_with_far_too_many_variables_is_kept_without_them() -> None:
    [[kept]] = frames_of([frame("shop", "f", in_app=True, data="x" * 300_000)])
    assert kept.variables == {}


@pytest.mark.parametrize("variables", [None, [], ["a"], "text", 5], ids=str)
def test_variables_that_are_no_object_do_no_harm(variables: object) -> None:
    stack = [{"module": "shop", "function": "f", "in_app": True, "vars": variables}]
    [[kept]] = frames_of(stack)
    assert kept.function == "f"


def test_a_hostile_name_is_only_a_name() -> None:
    [[kept]] = frames_of([{"module": {"a": 1}, "function": ["f"], "in_app": True}, None])
    assert (kept.module, kept.function) == (None, None)
