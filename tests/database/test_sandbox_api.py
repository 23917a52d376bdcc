"""The sandbox answers as each of its releases promises, and fails for the true reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sample_data.api.modes import (
    EMAIL_KEY,
    EXTERNAL_ID_KEY,
    MEMBER_EMAIL_KEY,
    MEMBER_EXTERNAL_ID_KEY,
    MODES,
)
from sample_data.api.process import ApiProcess, ApiUnavailable
from sample_data.api.settings import Settings
from sample_data.postgres import Database, Postgres
from tests.database.shop_world import CLIENT, CONTROL, SECRET, Merchant, Shop, running

ENVIRONMENTS = ("production", "sandbox", *MODES)


@pytest.fixture(scope="module")
def shop(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """An environment for each mode, and two as they come."""
    with running(postgres, tmp_path_factory.mktemp("api"), ENVIRONMENTS, patience=1.5) as shop:
        for mode in MODES:
            answer = shop.control("deploy", environment=mode, release=f"shop@{mode}", mode=mode)
            assert answer.status_code == 200
        yield shop


RECREATION = [
    # mode, the same e-mail, the same external ID, the same member
    ("hard-delete", 201, 201, 201),
    ("broken", 500, 500, 500),
    ("answering", 409, 409, 409),
    ("email-fixed", 201, 500, 500),
    ("fixed", 201, 201, 201),
]


@pytest.mark.parametrize(("mode", "email", "external_id", "member"), RECREATION)
def test_a_recreation_is_answered_as_the_mode_promises(
    shop: Shop, mode: str, email: int, external_id: int, member: int
) -> None:
    merchant = shop.merchant(mode)
    merchant.deleted_customer("Jane@example.com")
    assert merchant.create("jane@example.com").status_code == email
    merchant.deleted_customer("first@example.com", external_id="crm-77")
    assert merchant.create("second@example.com", external_id="crm-77").status_code == external_id
    customer = merchant.new_customer("company@example.com")
    person = merchant.new_member(customer, "ann@example.com").json()
    assert merchant.send("DELETE", f"members/{person['id']}").status_code == 204
    assert merchant.new_member(customer, "ann@example.com").status_code == member


@pytest.mark.parametrize("mode", list(MODES))
def test_a_live_duplicate_is_always_422(shop: Shop, mode: str) -> None:
    merchant = shop.merchant(mode)
    merchant.new_customer("live@example.com", external_id="live-1")
    for email, external_id in (("LIVE@example.com", None), ("x@example.com", "live-1")):
        answer = merchant.create(email, external_id=external_id)
        assert answer.status_code == 422
        assert "already exists" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "hard-delete"])
def test_a_deleted_customer_stays_in_the_table_and_out_of_sight(shop: Shop, mode: str) -> None:
    merchant = shop.merchant(mode)
    customer = merchant.deleted_customer("gone@example.com")
    found = merchant.send("GET", "customers/", params={"email": "gone@example.com"}).json()
    assert found == {"items": [], "total": 0}
    assert merchant.send("GET", f"customers/{customer}").status_code == 404
    query = "SELECT deleted_at IS NOT NULL FROM customers WHERE id = %s"
    assert shop.databases[mode].execute(query, [customer]) == [(True,)]


def test_the_earlier_release_removes_the_row(shop: Shop) -> None:
    merchant = shop.merchant("hard-delete")
    customer = merchant.deleted_customer("gone@example.com")
    query = "SELECT count(*) FROM customers WHERE id = %s"
    assert shop.databases["hard-delete"].execute(query, [customer]) == [(0,)]


def test_an_anonymized_tombstone_forgets_the_person_and_holds_the_external_id(shop: Shop) -> None:
    merchant = shop.merchant("broken")
    customer = merchant.new_customer("me@example.com", name="Jane", external_id="erased-1")
    merchant.delete(customer, params={"anonymize": "true"})
    query = "SELECT email, name, external_id FROM customers WHERE id = %s"
    email, name, external_id = shop.databases["broken"].execute(query, [customer])[0]
    assert email.endswith("@anonymized.invalid")
    assert (name, external_id) == (None, "erased-1")
    assert merchant.create("me@example.com", external_id="erased-1").status_code == 500
    assert merchant.create("me@example.com").status_code == 201


def test_conflict_answers_name_the_constraint(shop: Shop) -> None:
    merchant = shop.merchant("answering")
    merchant.deleted_customer("jane@example.com")
    answer = merchant.create("jane@example.com")
    assert answer.json()["reason"] == "unique_key_held"
    assert answer.json()["constraint"] == EMAIL_KEY
    assert "jane" not in answer.text


def test_a_crash_says_nothing_to_the_client(shop: Shop) -> None:
    merchant = shop.merchant("broken")
    merchant.deleted_customer("jane@example.com")
    answer = merchant.create("jane@example.com")
    assert answer.text == "Internal Server Error"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_both_keys_held_are_reported_as_the_email(shop: Shop) -> None:
    merchant = shop.merchant("broken")
    merchant.deleted_customer("both@example.com", external_id="both-1")
    assert merchant.create("both@example.com", external_id="both-1").status_code == 500
    assert EMAIL_KEY in str(shop.last_event()["exception"])


async def at_once(merchant: Merchant, bodies: list[dict[str, str]]) -> list[int]:
    headers = {**merchant.headers, "X-Sandbox-Payments": "slow"}
    async with httpx.AsyncClient(base_url=merchant.shop.url, headers=headers) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/customers/", json=body, timeout=30) for body in bodies)
        )
    return sorted(answer.status_code for answer in answers)


def test_two_creates_at_once_race_past_the_check(shop: Shop) -> None:
    merchant = shop.merchant("email-fixed")
    merchant.deleted_customer("race@example.com")
    statuses = asyncio.run(at_once(merchant, [{"email": "race@example.com"}] * 2))
    assert statuses == [201, 500]
    assert "race@example.com, null)" in str(shop.last_event()["exception"])


UNRELATED = {
    "another table's missing row": ({"legacy_user_id": str(uuid4())}, {}, "ForeignKeyViolation"),
    "a null that is not allowed": ({"metadata": None}, {}, "NotNullViolation"),
    "the provider answers an error": ({}, {"X-Sandbox-Payments": "error"}, "HTTPStatusError"),
    "the provider does not answer": ({}, {"X-Sandbox-Payments": "silent"}, "ReadTimeout"),
}


@pytest.mark.parametrize(("body", "headers", "kind"), UNRELATED.values(), ids=UNRELATED)
def test_unrelated_failures_of_the_same_endpoint_are_real(
    shop: Shop, body: dict[str, Any], headers: dict[str, str], kind: str
) -> None:
    merchant = shop.merchant("production")
    assert merchant.create("other@example.com", **body, headers=headers).status_code == 500
    event = shop.last_event()
    assert kind in event["exception"]["values"][0]["type"]
    assert event["transaction"].endswith("customer.endpoints.create")


def test_a_repeated_idempotency_key_breaks_another_tables_key(shop: Shop) -> None:
    merchant = shop.merchant("broken")
    key = {"Idempotency-Key": "import-2024"}
    merchant.new_customer("one@example.com", headers=key)
    assert merchant.create("two@example.com", headers=key).status_code == 500
    assert "idempotency_keys_organization_id_key_key" in str(shop.last_event()["exception"])


def values_of(event: dict[str, Any]) -> list[tuple[str, str]]:
    return [(value["type"], value["value"]) for value in event["exception"]["values"]]


def test_a_flush_at_commit_reports_three_exceptions(shop: Shop) -> None:
    merchant = shop.merchant("production")
    merchant.deleted_customer("a@example.com")
    merchant.create("A@example.com")
    driver, adapted, outer = values_of(shop.last_event())
    assert driver[0] == "UniqueViolationError"
    assert EMAIL_KEY in driver[1]
    detail = f"Key (organization_id, lower(email::text))=({merchant.id}, a@example.com)"
    assert detail in adapted[1]
    assert outer[0] == "IntegrityError"
    assert "INSERT INTO customers" in outer[1]


def test_an_autoflush_hides_the_text_in_the_middle(shop: Shop) -> None:
    merchant = shop.merchant("production")
    merchant.deleted_customer("b@example.com")
    checkout = {"customer_email": "b@example.com", "amount": 990}
    opened = merchant.send("POST", "checkouts/", json=checkout).json()
    answer = merchant.send("POST", f"checkouts/{opened['id']}/confirm", json={})
    assert answer.status_code == 500
    event = shop.last_event()
    assert event["transaction"] == "sample_data.api.checkout.endpoints.confirm"
    assert "b@example.com" not in str(event["request"])
    values = values_of(event)
    assert values[-1][1].startswith("['raised as a result of Query-invoked autoflush")
    assert "b@example.com) already exists." in values[1][1]


def test_a_member_create_ends_in_a_pending_rollback(shop: Shop) -> None:
    merchant = shop.merchant("production")
    customer = merchant.new_customer("c@example.com")
    person = merchant.new_member(customer, "ann@example.com").json()
    merchant.send("DELETE", f"members/{person['id']}")
    assert merchant.new_member(customer, "ann@example.com").status_code == 500
    values = values_of(shop.last_event())
    assert [kind for kind, _ in values][2:] == ["IntegrityError", "PendingRollbackError"]
    assert MEMBER_EMAIL_KEY in values[-1][1]


def test_an_update_to_a_taken_address_meets_a_live_holder(shop: Shop) -> None:
    merchant = shop.merchant("production")
    merchant.new_customer("taken@example.com")
    other = merchant.new_customer("other@example.com")
    answer = merchant.send("PATCH", f"customers/{other}", json={"email": "taken@example.com"})
    assert answer.status_code == 500
    assert shop.last_event()["transaction"].endswith("customer.endpoints.update")


def test_a_deleted_customers_live_member_keeps_its_external_id(shop: Shop) -> None:
    merchant = shop.merchant("production")
    customer = merchant.new_customer("d@example.com")
    merchant.new_member(customer, "ann@example.com", external_id="seat-1")
    merchant.delete(customer)
    successor = merchant.new_customer("e@example.com")
    assert merchant.new_member(successor, "ann@example.com", external_id="seat-1").is_server_error
    assert MEMBER_EXTERNAL_ID_KEY in str(shop.last_event()["exception"])


def test_the_control_token_sets_the_requests_time_to_the_microsecond(shop: Shop) -> None:
    merchant = shop.merchant("sandbox")
    moments = [f"2024-03-01T09:30:0{second}.000007Z" for second in range(3)]
    headers = [{"X-Sandbox-Now": moment} for moment in moments]
    customer = merchant.new_customer("t@example.com", headers=headers[0])
    merchant.delete(customer, headers=headers[1])
    assert merchant.create("t@example.com", headers=headers[2]).status_code == 500
    query = (
        'SELECT to_char(created_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\'),'
        ' to_char(deleted_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') FROM customers WHERE id = %s'
    )
    assert shop.databases["sandbox"].execute(query, [customer]) == [tuple(moments[:2])]
    event = shop.last_event()
    assert event["timestamp"] == moments[2]
    assert (event["environment"], event["release"]) == ("sandbox", "shop@1.0.0")
    assert event["user"]["email"] == "boss@acme.test"


def test_without_the_control_token_the_clock_and_the_provider_stay_real(shop: Shop) -> None:
    merchant = shop.merchant("sandbox")
    forged = {
        "X-Sandbox-Control": "guess",
        "X-Sandbox-Now": "2024-01-01T00:00:00Z",
        "X-Sandbox-Payments": "error",
    }
    answer = merchant.create("now@example.com", headers=forged)
    assert answer.status_code == 201
    assert not answer.json()["created_at"].startswith("2024-01-01")
    assert CLIENT.get(f"{shop.url}/control/state", headers=forged).status_code == 403


def test_events_hold_neither_token(shop: Shop) -> None:
    merchant = shop.merchant("production")
    merchant.deleted_customer("k@example.com")
    merchant.create("k@example.com")
    text = json.dumps(shop.last_event())
    assert CONTROL not in text
    assert SECRET not in text
    assert merchant.headers["Authorization"].removeprefix("Bearer ") not in text


@pytest.mark.parametrize(
    "token",
    [None, "tsb_live_acme_00000000000000000000000000000000", "nonsense", "tsb_live__"],
    ids=["none", "forged", "nonsense", "empty slug"],
)
def test_a_wrong_token_is_401(shop: Shop, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert CLIENT.get(f"{shop.url}/v1/customers/", headers=headers).status_code == 401


def test_a_token_opens_one_environment_only(shop: Shop) -> None:
    slug = f"twin-{uuid4().hex[:8]}"
    live, test = shop.merchant("production", slug), shop.merchant("sandbox", slug)
    live.new_customer("same@example.com")
    assert test.send("GET", "customers/").json()["total"] == 0
    assert test.create("same@example.com").status_code == 201


def test_a_release_whose_keys_the_rows_break_is_refused(shop: Shop) -> None:
    merchant = shop.merchant("fixed")
    merchant.deleted_customer("pair@example.com")
    merchant.new_customer("pair@example.com")
    back = {"environment": "fixed", "release": "shop@0", "mode": "broken"}
    assert shop.control("deploy", **back).status_code == 409
    headers = {"X-Sandbox-Control": CONTROL}
    state = CLIENT.get(f"{shop.url}/control/state", headers=headers).json()
    assert state["fixed"] == {"release": "shop@fixed", "mode": "fixed"}


def test_subscriptions_and_orders_are_booked(shop: Shop) -> None:
    merchant = shop.merchant("production")
    customer = merchant.new_customer("payer@example.com")
    plan = {"customer_id": customer, "amount": 1900, "currency": "eur"}
    subscription = merchant.send("POST", "subscriptions/", json=plan)
    assert subscription.status_code == 201
    sale = {"customer_id": customer, "subtotal_amount": 1900, "currency": "eur"}
    known = {**sale, "subscription_id": subscription.json()["id"]}
    assert merchant.send("POST", "orders/", json=known).status_code == 201
    unknown = {**sale, "subscription_id": str(uuid4())}
    assert merchant.send("POST", "orders/", json=unknown).status_code == 500


def test_a_restart_takes_up_the_last_release_and_the_same_address(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings({"production": database.dsn}, SECRET, CONTROL)
    headers = {"X-Sandbox-Control": CONTROL}
    deploy = {"environment": "production", "release": "shop@9", "mode": "email-fixed"}
    with ApiProcess.start(settings, tmp_path) as api:
        CLIENT.post(f"{api.url}/control/deploy", json=deploy, headers=headers)
    with ApiProcess.start(settings, tmp_path) as again:
        assert again.url == api.url
        state = CLIENT.get(f"{api.url}/control/state", headers=headers).json()
    assert state == {"production": {"release": "shop@9", "mode": "email-fixed"}}


def test_an_unreachable_database_is_said_where_to_look(tmp_path: Path) -> None:
    settings = Settings({"production": "postgresql://x:y@127.0.0.1:1/none"}, SECRET, CONTROL)
    with pytest.raises(ApiUnavailable, match=r"api\.log says why"):
        ApiProcess.start(settings, tmp_path)
    assert "Connect" in (tmp_path / "api.log").read_text()


def test_the_external_id_key_is_the_shipped_one_until_it_is_mended(shop: Shop) -> None:
    query = "SELECT pg_get_indexdef(%s::regclass)"
    shipped = shop.databases["email-fixed"].execute(query, [EXTERNAL_ID_KEY])[0][0]
    assert shipped.endswith("(organization_id, external_id)")
    mended = shop.databases["fixed"].execute(query, [EXTERNAL_ID_KEY])[0][0]
    assert mended.endswith("(organization_id, external_id) WHERE (deleted_at IS NULL)")
