"""A remark: another unique key of the same insert is held by a Tombstone as well.

Speaks when the Event tells the other keys' values. PostgreSQL reports one violation at a time, so
the second would come up only after the first is cured.
"""

from __future__ import annotations

from collectors.linking.case import Case, Ruling
from collectors.model import Finding, Holder

NAME = "second_key"


def second_key(case: Case) -> Ruling | None:
    """Name every other key that waits behind this one."""
    asked = zip(case.question.others, case.others, strict=bool(case.others))
    findings = tuple(
        Finding(NAME, _waits(case, lookup.key.name, row))
        for lookup, answer in asked
        for row in answer.holders
        if row.deleted
    )
    return Ruling(findings) if findings else None


def _waits(case: Case, key: str, row: Holder) -> str:
    subject = case.subject
    if subject is not None and subject.row == row.row:
        return f"The same soft-deleted row also holds {key}; both keys must be freed."
    return f"A second key waits behind this one: another soft-deleted row holds {key}."
