"""Errors beside the one that counts: what Java suppressed, tasks that failed together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking.attempts import of_last_try
from collectors.linking.violation import read_event
from collectors.model import ExceptionValue
from tests.unit.linking.sdk_events import DUPLICATE, event, key_of

DETAIL = "\nDETAIL:  Key (email)=(a@e.com) already exists."
FAILED_FOREIGN = 'ERROR: insert or update on table "orders" violates foreign key constraint "o_fk"'
ODD: dict[str, object] = {"exception_id": [], "type": {}, "parent_id": []}
SPRING = ExceptionValue("DataIntegrityViolationException", "org.springframework.dao", "not stored")
BLIND = ExceptionValue("RuntimeException", "app", "could not roll back")


def java(
    email: str, number: int, parent: int | None = None, kind: str = "chained"
) -> ExceptionValue:
    """The driver's error, its place in the tree as Java's SDK numbers it."""
    text = f"ERROR: {DUPLICATE}\n  Detail: Key (email)=({email}) already exists."
    link = {"type": kind, "exception_id": number, "parent_id": parent}
    return ExceptionValue("PSQLException", "org.postgresql.util", text, mechanism=link)


@pytest.mark.parametrize(
    ("chain", "values"),
    [
        ((java("b@e.com", 1, 0), java("a@e.com", 2, 0, "suppressed"), SPRING), "b@e.com"),
        ((java("a@e.com", 1, 0, "suppressed"), java("b@e.com", 0)), "b@e.com"),
        (
            (
                java("b@e.com", 3, 0),
                java("a@e.com", 2, 1),
                java("a@e.com", 1, 0, "suppressed"),
                SPRING,
            ),
            "b@e.com",
        ),
        (
            (
                replace(java("", 1, 0), value=FAILED_FOREIGN),
                java("a@e.com", 2, 0, "suppressed"),
                SPRING,
            ),
            None,
        ),
        (
            (
                java("b@e.com", 1, 0),
                replace(java("", 2, 0, "suppressed"), value=FAILED_FOREIGN),
                SPRING,
            ),
            "b@e.com",
        ),
        ((java("a@e.com", 1, 0, "suppressed"), BLIND), "a@e.com"),
        ((java("b@e.com", 1, 0), replace(BLIND, mechanism=ODD)), "b@e.com"),
    ],
    ids=[
        "between",
        "below",
        "with a cause of its own",
        "of another refusal",
        "itself another refusal",
        "all there is",
        "numbers that are none",
    ],
)
def test_what_java_suppressed_is_not_what_failed(
    chain: tuple[ExceptionValue, ...], values: str | None
) -> None:
    key = read_event(event(*chain, request=None)).key
    assert (key.splits if key else None) == (((values,),) if values else None)


def net(value: str, name: str = "Npgsql.PostgresException", **link: object) -> ExceptionValue:
    return ExceptionValue(name, "assembly", value, mechanism=link)


def test_what_tasks_of_dotnets_raised_is_side_by_side() -> None:
    group = net("One or more errors occurred.", "System.AggregateException", exception_id=0)
    unique = net(f"23505: {DUPLICATE}{DETAIL}", exception_id=1, parent_id=0)
    foreign = net(f"23503: {FAILED_FOREIGN}", exception_id=2, parent_id=0)
    assert key_of(read_event(event(unique, foreign, group, request=None))).splits == (("a@e.com",),)
    assert read_event(event(unique, replace(foreign, mechanism={}), group)).key is None


def told(email: str) -> str:
    return f"{DUPLICATE}\nDETAIL:  Key (email)=({email}) already exists."


def given(email: str) -> dict[str, str]:
    return {"code": "23505", "detail": f"Key (email)=({email}) already exists."}


@pytest.mark.parametrize(
    ("attached", "values"),
    [
        ({"previousError": told("a@e.com")}, None),
        ({"retry": {"attempt": 2, "prev_error": told("a@e.com")}}, None),
        ({"retry": {"first_attempt": {"error": told("a@e.com")}}}, None),
        ({"previous": given("a@e.com")}, None),
        ({"priorErrors": [given("a@e.com")], "error": told("b@e.com")}, "b@e.com"),
        ({"error": {**given("b@e.com"), "previousError": given("a@e.com")}}, "b@e.com"),
        ({"attempts": [given("a@e.com"), given("b@e.com")]}, "b@e.com"),
        ({"lastError": told("b@e.com")}, "b@e.com"),
    ],
    ids=["a text", "deeper", "deeper still", "an object", "beside the last", "within the last",
         "a list of tries", "the last"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["extra", "contexts"])
def test_what_is_attached_as_an_earlier_try_is_not_this_one(
    place: str, attached: dict[str, object], values: str | None
) -> None:
    bare = ExceptionValue("error", None, DUPLICATE)
    key = key_of(read_event(event(bare, request=None, **{place: attached})))
    assert key.splits == (((values,),) if values else ())


def test_a_first_name_is_no_try_before() -> None:
    bare = ExceptionValue("error", None, 'duplicate key value violates unique constraint "p_name"')
    attached = {"firstName": "Jane", "prior": {"first_name": "Joe"}}
    assert read_event(event(bare, request=None, extra=attached)).key is not None
    kept = of_last_try(attached)
    assert kept == {"firstName": "Jane"}
