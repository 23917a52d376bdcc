"""Several rows in one Event: what is told of one is never completed by another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linking.violation import read_event
from collectors.model import Event, Frame, Request
from tests.unit.linking.sdk_events import event, innermost, key_of

A = {"parent_id": "1", "email": "'a@e.com'", "external_id": "'a-1'"}
B = {"parent_id": "2", "email": "'b@e.com'", "external_id": "'b-2'"}
CUT = "'" + "x" * 40 + "..."
BODIES = ("body", "payload", "data", "values", "create_dto")
ANY = ("row", "rows", "checkout", "also", "item", *BODIES)


def raised(*frames: dict[str, Any], body: dict[str, str] | None = None) -> Event:
    """The application's own frames, the outermost first; the driver's are of no use."""
    stack = tuple(Frame("create", "app", in_app=True, variables=one) for one in frames)
    request = Request("POST", "/", {k: v.strip("'") for k, v in body.items()}) if body else None
    return event(replace(innermost(), module=None, frames=stack), request=request)


def told(sent: Event) -> dict[str, str | None]:
    return dict(key_of(read_event(sent)).fields)


APART = {
    "the inner row's value was cut": (raised({"body": B}, {"data": A | {"email": CUT}}), "1"),
    "the inner row has none": (raised({"body": B}, {"data": A | {"email": "None"}}), "1"),
    "nor has the request": (raised({"data": A | {"external_id": "None"}}, body=B), "1"),
    "two rows side by side": (raised({"body": A | {"parent_id": "None"}, "also": B}), None),
    "a row handed on under any name": (raised({"body": B}, {"row": A}), None),
    "several, one of them failed": (raised({"body": B}, {"rows": [A, B]}), None),
    "instead of what was sent": (raised({"checkout": A}, body=B), None),
}


@pytest.mark.parametrize(("sent", "parent"), APART.values(), ids=APART.keys())
def test_another_row_completes_nothing(sent: Event, parent: str | None) -> None:
    found = told(sent)
    assert found.get("parent_id") == parent
    assert "b@e.com" not in found.values()
    assert "b-2" not in found.values()


def test_a_row_that_was_not_sent_refutes_nothing_and_one_that_was_does() -> None:
    """Parameters hold a condition's value too, so that both addresses may have been sent."""
    found = []
    for others in ([], ["'b@e.com'"]):
        args = {"args": [*A.values(), *others]}
        shown = raised({"body": A}, {"row": B, "params": dict(A)}).exceptions[0]
        driver = Frame("execute", "asyncpg.connection", variables=args)
        sent = replace(shown, module="asyncpg.exceptions", frames=(*shown.frames, driver))
        found.append(told(event(sent, request=None)).get("email"))
    assert found == ["a@e.com", None]


ALIKE = {
    "handed on as it came": raised({"body": A}, {"row": A}),
    "in small letters": raised({"body": A | {"email": "'A@E.com '"}}, {"row": A}),
    "completed by the request": raised({"data": {"parent_id": "1"}}, body=A),
    "completed beside what was cut": raised(
        {"body": A | {"external_id": "None", "note": CUT}, "data": {"external_id": "'a-1'"}}
    ),
    "beside who acts": raised({"body": A, "inviter": B}),
    "beside another entity": raised(
        {"body": A}, {"organization": {"id": "7", "email": "'o@e.com'"}}
    ),
}


@pytest.mark.parametrize("sent", ALIKE.values(), ids=ALIKE.keys())
def test_the_same_row_told_again_completes_itself(sent: Event) -> None:
    found = {name: (value or "").strip().lower() for name, value in told(sent).items()}
    assert found == {"parent_id": "1", "email": "a@e.com", "external_id": "a-1"}


def rows(row: dict[str, str]) -> st.SearchStrategy[dict[str, str]]:
    """The row as some call holds it: whole, without some of it, cut."""
    return st.fixed_dictionaries({k: st.sampled_from([v, v, "None", CUT]) for k, v in row.items()})


@given(st.sampled_from(ANY), rows(A), st.sampled_from(BODIES), rows(B), st.booleans())
def test_no_key_is_made_of_two_rows(
    inner: str, a: dict[str, str], outer: str, b: dict[str, str], requested: bool
) -> None:
    shared = {name for name in A if {a[name], b[name]}.isdisjoint({"None", CUT})}
    sent = raised({outer: b}, {inner: a}, body=B if requested else None)
    values = set(told(sent).values())
    of_a, of_b = values & {"1", "a@e.com", "a-1"}, values & {"2", "b@e.com", "b-2"}
    assert not (of_a and of_b) or not shared
