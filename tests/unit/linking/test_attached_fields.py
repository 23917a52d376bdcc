"""What a worker was called with, as the integrations of its library attach it to an Event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.linking.attached import from_attached
from collectors.linking.violation import read_event
from collectors.model import ExceptionValue, ValueSource
from tests.unit.linking.sdk_events import CONSTRAINT, event, innermost, key_of

INPUT = {"email": "jane@e.com", "organizationId": 1}
ATTACHED: dict[str, dict[str, Any]] = {
    "celery": {"extra": {"celery-job": {"task_name": "t", "args": [], "kwargs": INPUT}}},
    "rq": {"extra": {"rq-job": {"args": [INPUT], "kwargs": {}, "description": "f(…)"}}},
    "oban": {"extra": {"args": INPUT, "queue": "default"}},
    "sidekiq": {"contexts": {"sidekiq": {"job": {"args": [INPUT], "jid": "x"}}}},
    "active job": {"extra": {"active_job": "Signup", "arguments": [INPUT]}},
    "bullmq": {"contexts": {"job": {"id": "1", "data": INPUT}}},
    "graphql": {"extra": {"variables": {"object": INPUT}}},
    "a body": {"extra": {"requestBody": INPUT}},
    "lambda": {
        "extra": {
            "event": {
                "httpMethod": "POST",
                "body": json.dumps(INPUT),
                "requestContext": {"authorizer": {"claims": {"email": "boss@e.com"}}},
            }
        }
    },
    "a server action of next's": {
        "extra": {f"server_action_form_data.{name}": value for name, value in INPUT.items()}
    },
    "its form among other arguments": {
        "extra": {f"server_action_form_data.2_{name}": value for name, value in INPUT.items()}
    },
    "lambda, a form": {"extra": {"event": {"body": "email=jane%40e.com&organizationId=1"}}},
}
NOBODYS: dict[str, dict[str, Any]] = {
    "positional": {"extra": {"celery-job": {"args": [1, "jane@e.com"], "kwargs": {}}}},
    "several": {"extra": {"args": [INPUT, INPUT | {"email": "a@e.com", "organizationId": 2}]}},
    "a token": {"extra": {"payload": INPUT | {"sub": "1", "iat": 1764440000}}},
    "the caller": {"extra": {"kwargs": {"current_user": INPUT}}},
    "a trace": {"contexts": {"trace": {"data": INPUT}, "response": {"data": INPUT}}},
    "some context": {"contexts": {"merchant": INPUT}, "extra": INPUT},
    "an answer": {"extra": {"apiResponse": {"data": INPUT}, "res": {"body": INPUT}}},
    "who is logged in": {"extra": {"currentUser": {"data": INPUT}, "session": {"data": INPUT}}},
    "a token's": {"contexts": {"auth": {"payload": INPUT}, "accessToken": {"data": INPUT}}},
    "an identity's": {"contexts": {"oauth": {"data": INPUT}}, "extra": {"login": {"body": INPUT}}},
    "a token's, as a text": {"extra": {"auth": {"payload": json.dumps(INPUT)}}},
    "a gateway's": {"extra": {"input": {"requestContext": {"authorizer": INPUT}}}},
    "a name with a dot": {"extra": {f"current_user.{name}": INPUT[name] for name in INPUT}},
    "some text": {"extra": {"event": {"body": "Dear a=b, email: jane@e.com"}, "data": "[x"}},
    "filtered": {"extra": {"args": "[Filtered]", "kwargs": {"email": "[Filtered]"}}},
}
WANTED = ("email", "organization_id")


@pytest.mark.parametrize("attached", ATTACHED.values(), ids=ATTACHED.keys())
def test_what_a_job_was_called_with_stands_for_a_request(attached: dict[str, Any]) -> None:
    found = from_attached(event(**attached), WANTED)
    assert found == {"email": "jane@e.com", "organization_id": "1"}


@pytest.mark.parametrize("attached", NOBODYS.values(), ids=NOBODYS.keys())
def test_what_else_is_attached_is_nobodys_key(attached: dict[str, Any]) -> None:
    assert from_attached(event(**attached), WANTED) == {}


def test_a_request_and_the_databases_own_words_go_before_what_is_attached() -> None:
    attached = {"extra": {"kwargs": {"email": "JANE@example.com", "plan": "x"}}}
    key = key_of(read_event(event(innermost(), **attached)))
    assert dict(key.fields) == {"email": "Jane@example.com", "plan": "x"}
    assert (key.constraint, key.source) == (CONSTRAINT, ValueSource.ATTACHED)
    another = {"extra": {"kwargs": {"email": "other@e.com", "plan": "x"}}}
    key = key_of(read_event(event(innermost(), **another)))
    assert dict(key.fields) == {"email": "Jane@example.com"}
    printed = f"{innermost().value}\nDETAIL:  Key (email)=(jane@e.com) already exists."
    own = ExceptionValue("UniqueViolation", "psycopg.errors", printed)
    assert key_of(read_event(event(own, **attached))).splits == (("jane@e.com",),)
