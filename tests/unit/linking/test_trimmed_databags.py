"""Bodies that are not whole: Python's real serializer prints the deep, cuts the wide; texts end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sentry_sdk.serializer import serialize

from collectors.linking.attached import from_attached
from collectors.linking.bodies import from_request
from collectors.linking.databag import legible
from collectors.model import Request
from tests.unit.linking.sdk_events import event

WANTED = ("email", "organization_id")
KNOWN = {"email": 'o\'hara "x"@e.com', "organization_id": "7"}
INPUT = {"customer": {"email": 'o\'hara "x"@e.com', "organizationId": "7"}, "by": {"email": "e@e"}}


def within(levels: int) -> dict[str, Any]:
    body: dict[str, Any] = INPUT
    for level in range(levels):
        body = {f"level{level}": body, "note": "new"}
    return body


@pytest.mark.parametrize("levels", range(7))
def test_a_body_s_value_is_read_as_it_was_sent_or_not_at_all(levels: int) -> None:
    sent: Any = serialize({"request": {"data": within(levels)}})
    told = event(request=Request("POST", "/x", sent["request"]["data"]))
    found = from_request(told, WANTED, "customers")
    assert found.items() <= KNOWN.items()
    assert levels > 3 or found == KNOWN


@pytest.mark.parametrize("levels", range(5))
def test_so_is_a_job_s_argument(levels: int) -> None:
    sent: Any = serialize({"extra": {"rq-job": {"args": [within(levels)], "kwargs": {}}}})
    found = from_attached(event(extra=sent["extra"]), WANTED, "customers")
    assert found.items() <= KNOWN.items()
    assert levels > 1 or found == KNOWN


def test_what_was_printed_and_cut_tells_nothing() -> None:
    own = {"billing": {"email": "e@e.com"}, "note": "long " * 30, "email": "jane@e.com"}
    body = {"a": {"b": {"c": {"d": {"e": own}}}}}
    sent: Any = serialize({"request": {"data": body}}, max_value_length=100)
    told = event(request=Request("POST", "/x", sent["request"]["data"]))
    assert from_request(told, ("email",), "customers") == {}


def test_another_sdk_s_quotes_are_the_value_s_own() -> None:
    body = {"a": {"b": {"c": {"d": {"name": "'Acme'", "size": 1}}}}}
    assert legible(replace(event(), platform="node"), body) == body
    assert legible(event(), {"name": "'Acme'"}) == {"name": "'Acme'"}
    assert legible(event(), body)["a"]["b"]["c"]["d"] == {"name": "Acme", "size": 1}  # type: ignore[index]


FEW = {f"k{number}": number for number in range(8)}
NESTED = {"billing": {"email": "e@e.com"}}
WIDE: dict[str, dict[str, Any]] = {
    "the name was cut above": {"id": 1, **NESTED, **FEW, "email": "jane@e.com"},
    "and beside": {"bill": {"id": 1, "no": 2, **FEW, "email": "jane@e.com"}, "ship": NESTED},
    "and in a list": {
        "lines": [{"id": 1, "no": 2, **FEW, "email": "jane@e.com"}, {"email": "e@e"}]
    },
}


@pytest.mark.parametrize("body", WIDE.values(), ids=WIDE.keys())
def test_nothing_stands_for_a_name_that_may_have_been_cut(body: dict[str, Any]) -> None:
    sent: Any = serialize({"request": {"data": body}, "extra": {"rq-job": {"kwargs": body}}})
    told = event(request=Request("POST", "/x", sent["request"]["data"]), extra=sent["extra"])
    assert "email" not in from_request(told, ("email",), "customers")
    assert "email" not in from_attached(told, ("email",), "customers")


def test_nor_in_a_form_whose_names_hold_brackets() -> None:
    form = {"bill[email]": "e@e.com", "bill[no]": 1, **FEW, "customer[email]": "jane@e.com"}
    sent: Any = serialize({"request": {"data": form}})
    told = event(request=Request("POST", "/x", sent["request"]["data"]))
    assert "email" not in from_request(told, ("email",), "customers")
    form = {f"customer[{name}]": value for name, value in {"email": "jane@e.com", **FEW}.items()}
    whole = event(request=Request("POST", "/x", {**form, "customer[name]": "Jane"}))
    assert from_request(whole, ("email",), "customers") == {"email": "jane@e.com"}


def test_what_was_not_cut_is_read_as_before() -> None:
    body = {**NESTED, **FEW}
    whole = event(request=Request("POST", "/x", body))
    assert from_request(whole, ("email",), "customers") == {"email": "e@e.com"}
    body["k8"] = 8
    node = replace(event(request=Request("POST", "/x", body)), platform="node")
    assert from_request(node, ("email",), "customers") == {"email": "e@e.com"}
    shallow = event(request=Request("POST", "/x", {"email": "jane@e.com", **body}))
    assert from_request(shallow, ("email",), "customers") == {"email": "jane@e.com"}


PART = '--b\nContent-Disposition: form-data; name="{}"\n\n{}\n'
CUT = {
    "json": '{"billing": {"email": "e@e.com"}, "note": "a long one...',
    "json, in a list": '{"billing": {"no": 7}, "lines": [{"email": "e@e.com"}, {"no": 8',
    "json, inside of what it stands for": '{"customer": {"id": 7, "bill": {"email": "e@e.com"}, "x',
    "json, inside of what may not be it": '{"billing": {"email": "e@e.com", "note": "a long...',
    "a list": '[{"email": "e@e.com"}, {"em',
    "a form": "billing[email]=e@e.com&note=a+long...",
    "a form in parts": PART.format("billing[email]", "e@e.com") + PART.format("note", "a long"),
}


@pytest.mark.parametrize("text", CUT.values(), ids=CUT.keys())
def test_nor_for_one_that_stood_behind_the_end_of_a_text(text: str) -> None:
    told = replace(event(request=Request("POST", "/x", text)), platform="node")
    assert "email" not in from_request(told, ("email",), "customers")


@pytest.mark.parametrize(
    "text",
    [
        '{"email": "jane@e.com", "billing": {"email": "e@e.com"}, "note": "a long one...',
        '{"customer": {"email": "jane@e.com", "note": "a long one...',
        '{"note": "whole", "customer": {"email": "jane@e.com"}, "by": {"name": "x"}}',
        "email=jane@e.com&billing[email]=e@e.com&note=a+long...",
    ],
)
def test_what_stands_before_it_counts(text: str) -> None:
    told = replace(event(request=Request("POST", "/x", text)), platform="node")
    assert from_request(told, ("email",), "customers") == {"email": "jane@e.com"}
