"""What the API should have answered."""

from __future__ import annotations

import pytest

from collectors.linking.answers import proper_answer
from collectors.model import Operation, Verdict

ANSWERS = [
    (Verdict.BLOCKED_BY_TOMBSTONE, Operation.CREATE, "201"),
    (Verdict.BLOCKED_BY_TOMBSTONE, None, "201"),
    (Verdict.BLOCKED_BY_TOMBSTONE, Operation.UPDATE, "200"),
    (Verdict.BLOCKED_BY_TOMBSTONE, Operation.DELETE, "204"),
    (Verdict.BLOCKED_BY_LEFTOVER, Operation.CREATE, "201"),
    (Verdict.UNBLOCKED, Operation.CREATE, "201"),
    (Verdict.LIVE_DUPLICATE, Operation.CREATE, "409 or 422"),
    (Verdict.CONCURRENT_CREATE, Operation.CREATE, "409"),
    (Verdict.HOLDER_GONE, Operation.CREATE, "Not known"),
    (Verdict.OTHER_FAILURE, Operation.CREATE, "Not known"),
    (Verdict.UNDECIDED, None, "Not known"),
]


@pytest.mark.parametrize(("verdict", "operation", "begins"), ANSWERS)
def test_the_answer_begins_with_its_status(
    verdict: Verdict, operation: Operation | None, begins: str
) -> None:
    assert proper_answer(verdict, operation).startswith(begins)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("operation", [None, *Operation])
def test_every_failure_has_an_answer(verdict: Verdict, operation: Operation | None) -> None:
    assert proper_answer(verdict, operation).endswith(".")
