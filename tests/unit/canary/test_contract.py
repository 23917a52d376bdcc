"""What the contract says of each answer."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.canary.contract import (
    Color,
    Reply,
    Ruling,
    Step,
    color_of,
    on_create,
    on_delete,
    on_duplicate,
    on_list,
    on_recreate,
)

RIGHT, WRONG, UNKNOWN = Ruling.RIGHT, Ruling.WRONG, Ruling.UNKNOWN


def reply(status: int, body: Any = None, content_type: str = "application/json") -> Reply:
    return Reply(status, content_type, body, 3)


HTML = reply(200, content_type="text/html")
TEXT_500 = reply(500, content_type="text/plain")
CREATED = reply(201, {"id": "new"})
REASON = {"detail": [{"type": "value_error"}]}

CREATIONS = [
    pytest.param(CREATED, "new", RIGHT, id="created"),
    pytest.param(reply(200, {"id": "new"}), "new", RIGHT, id="created-with-200"),
    pytest.param(reply(201, {}), None, WRONG, id="created-without-an-id"),
    pytest.param(reply(201, {"data": {"id": 1}}), None, UNKNOWN, id="its-id-elsewhere"),
    pytest.param(HTML, None, WRONG, id="a-page-for-people"),
    pytest.param(TEXT_500, None, WRONG, id="500"),
    pytest.param(reply(422, REASON), None, UNKNOWN, id="our-address-is-not-taken"),
    pytest.param(reply(401, {}), None, UNKNOWN, id="token-refused"),
    pytest.param(reply(403, {}), None, UNKNOWN, id="token-may-not"),
    pytest.param(reply(307, content_type=""), None, UNKNOWN, id="redirected"),
    pytest.param(reply(404, content_type="text/html"), None, UNKNOWN, id="no-such-path"),
    pytest.param(reply(503, content_type="text/html"), None, UNKNOWN, id="down-for-a-moment"),
]


@pytest.mark.parametrize(("answer", "created", "ruling"), CREATIONS)
def test_a_customer_that_never_was(answer: Reply, created: str | None, ruling: Ruling) -> None:
    assert on_create(answer, created).ruling is ruling


DUPLICATES = [
    pytest.param(reply(409, {"code": "exists"}), None, RIGHT, id="409-with-a-reason"),
    pytest.param(reply(422, REASON), None, RIGHT, id="422-with-a-reason"),
    pytest.param(reply(200, {"id": "live"}), "live", RIGHT, id="the-live-one-itself"),
    pytest.param(reply(201, {"id": "new"}), "new", WRONG, id="a-second-one"),
    pytest.param(reply(409, content_type="text/plain"), None, WRONG, id="409-for-people"),
    pytest.param(reply(409, {}), None, WRONG, id="409-without-a-reason"),
    pytest.param(reply(400, {"error": "exists"}), None, WRONG, id="400"),
    pytest.param(TEXT_500, None, WRONG, id="500"),
    pytest.param(reply(504, content_type="text/html"), None, UNKNOWN, id="gateway-timeout"),
]


@pytest.mark.parametrize(("answer", "created", "ruling"), DUPLICATES)
def test_a_live_duplicate(answer: Reply, created: str | None, ruling: Ruling) -> None:
    assert on_duplicate(answer, "live", created).ruling is ruling


RECREATIONS = [
    pytest.param(CREATED, "new", RIGHT, "created", id="created-anew"),
    pytest.param(reply(200, {"id": "old"}), "old", RIGHT, "came back", id="restored"),
    pytest.param(TEXT_500, None, WRONG, "still holds the key", id="500-text-plain"),
    pytest.param(reply(500, {"error": "x"}), None, WRONG, "still holds the key", id="500-json"),
    pytest.param(reply(409, REASON), None, WRONG, "nobody can see", id="answering-but-blocked"),
    pytest.param(reply(422, REASON), None, WRONG, "nobody can see", id="hidden-row"),
    pytest.param(reply(200, {"error": "x"}), None, WRONG, "no id", id="an-error-called-200"),
    pytest.param(HTML, None, WRONG, "no id", id="a-page-for-people"),
    pytest.param(reply(502, content_type=""), None, UNKNOWN, "just now", id="bad-gateway"),
]


@pytest.mark.parametrize(("answer", "created", "ruling", "said"), RECREATIONS)
def test_a_recreation(answer: Reply, created: str | None, ruling: Ruling, said: str) -> None:
    opinion = on_recreate(answer, "old", created)
    assert opinion.ruling is ruling
    assert said in opinion.said


LISTS = [
    pytest.param(reply(200, {}), ["a"], "a", RIGHT, id="the-live-one"),
    pytest.param(reply(200, {}), [], None, RIGHT, id="nobody-after-the-deletion"),
    pytest.param(reply(200, {}), ["a"], None, WRONG, id="the-deleted-one"),
    pytest.param(reply(200, {}), [], "a", WRONG, id="a-hidden-row"),
    pytest.param(reply(200, {}), ["a", "b"], "a", WRONG, id="one-too-many"),
    pytest.param(reply(204), [], None, RIGHT, id="nobody-without-content"),
    pytest.param(reply(204), [], "a", WRONG, id="a-hidden-row-without-content"),
    pytest.param(HTML, [], None, WRONG, id="a-page-for-people"),
    pytest.param(reply(500, {}), [], None, WRONG, id="500"),
    pytest.param(reply(401, {}), [], None, UNKNOWN, id="token-refused"),
]


@pytest.mark.parametrize(("answer", "listed", "live", "ruling"), LISTS)
def test_a_list(answer: Reply, listed: list[str], live: str | None, ruling: Ruling) -> None:
    assert on_list(answer, listed, live).ruling is ruling


@pytest.mark.parametrize(
    ("listed", "live", "ruling"), [([], "a", UNKNOWN), ([], None, RIGHT), (["a"], "a", RIGHT)]
)
def test_ours_may_be_on_a_later_page_of_everybody(
    listed: list[str], live: str | None, ruling: Ruling
) -> None:
    assert on_list(reply(200, {}), listed, live, others=True).ruling is ruling


@pytest.mark.parametrize(
    ("status", "ruling"), [(204, RIGHT), (202, RIGHT), (404, WRONG), (500, WRONG), (503, UNKNOWN)]
)
def test_a_deletion(status: int, ruling: Ruling) -> None:
    assert on_delete(reply(status, {})).ruling is ruling


COLORS = [
    pytest.param([RIGHT, RIGHT], Color.GREEN, id="all-right"),
    pytest.param([RIGHT, WRONG, UNKNOWN], Color.RED, id="one-wrong-is-red-whatever-comes"),
    pytest.param([RIGHT, UNKNOWN], Color.GREY, id="broken-off-is-not-green"),
    pytest.param([], Color.GREY, id="nothing-asked-is-not-green"),
]


@pytest.mark.parametrize(("rulings", "color"), COLORS)
def test_a_walk_in_one_word(rulings: list[Ruling], color: Color) -> None:
    steps = [Step("p", "s", "GET", "/", 200, "", 1, ruling, "") for ruling in rulings]
    assert color_of(steps) is color
