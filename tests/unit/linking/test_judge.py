"""What a Judgement carries besides its Verdict, and what every Verdict owes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from collectors.linking.judge import Case, judge
from collectors.linking.resolve import resolve
from collectors.linking.rules import RULES
from collectors.model import Holder, Judgement, LookupAnswer, ViolatedKey
from tests.unit.linking.cases import (
    COLUMNS,
    DAY,
    EMAIL_KEY,
    EXTERNAL_KEY,
    MENDED_KEY,
    ORGANIZATION,
    PARTIAL_KEY,
    VALUES,
    at,
    case,
    catalog,
    failure,
    held_by,
    row,
    verdict_of,
    violated,
)
from tests.unit.linking.test_judge_blocked import BLOCKED_BY_LEFTOVER, BLOCKED_BY_TOMBSTONE
from tests.unit.linking.test_judge_live import CONCURRENT_CREATES, HOLDERS_GONE, LIVE_DUPLICATES
from tests.unit.linking.test_judge_unblocked import UNBLOCKED_SINCE
from tests.unit.linking.test_judge_undecided import OTHER_FAILURES, UNDECIDED_CASES
from tests.unit.linking.truth import (
    ALIVE_THEN,
    BLOCKED,
    CERTAIN,
    FIELDS,
    MENDED,
    SHOWN_LIVE,
    SPLITS,
    UNDECIDED,
    rows,
)

TABLES = (
    BLOCKED_BY_TOMBSTONE,
    BLOCKED_BY_LEFTOVER,
    UNBLOCKED_SINCE,
    LIVE_DUPLICATES,
    CONCURRENT_CREATES,
    HOLDERS_GONE,
    OTHER_FAILURES,
    UNDECIDED_CASES,
)


def test_every_rule_speaks_somewhere_in_the_truth_table() -> None:
    lines = [line for table in TABLES for line in table.values()]
    spoken = {finding.rule for line in lines for finding in judge(line.case).findings}
    assert {rule.__name__ for rule in RULES} - spoken == {"second_key"}


# --- what a Judgement carries ---------------------------------------------------------------------


def test_the_values_are_the_holders_where_there_is_one() -> None:
    folded = (ORGANIZATION, "i̇brahim@example.com")
    said = verdict_of(row(deleted=-DAY, values=folded), key=FIELDS)
    assert said.values == folded
    assert said.key is EMAIL_KEY


VALUES_WITHOUT_A_ROW = {
    "the printed ones": (rows(), VALUES),
    "those of the only reading left": (
        case(held_by(), LookupAnswer(uncastable="no uuid"), key=SPLITS),
        ("a", "b, c"),
    ),
    "none of several": (case(held_by(), held_by(), key=SPLITS), None),
    "none where only columns are known": (rows(key=FIELDS), None),
    "the printed ones when no Target answered": (case(looked=None), VALUES),
    "none when the key is unknown": (case(key=violated(constraint="old")), None),
    "none when two readings are confirmed": (
        case(held_by(row()), held_by(row("b")), key=SPLITS),
        None,
    ),
}


@pytest.mark.parametrize(
    ("which", "values"), VALUES_WITHOUT_A_ROW.values(), ids=VALUES_WITHOUT_A_ROW.keys()
)
def test_without_a_holder_the_values_are(which: Case, values: tuple[str, ...] | None) -> None:
    assert judge(which).values == values


def test_a_part_left_out_of_the_look_up_is_put_back_into_the_values() -> None:
    said = verdict_of(row(), **SHOWN_LIVE)
    assert said.key is MENDED_KEY
    assert said.values == (*VALUES, None)


def test_the_values_of_a_mended_key_are_the_tombstones() -> None:
    said = verdict_of(row(deleted=-DAY), **MENDED)
    assert said.values == VALUES
    assert said.key is not None
    assert said.key.columns == COLUMNS


def test_answers_that_are_not_one_for_one_are_a_fault() -> None:
    with pytest.raises(ValueError, match="zip"):
        judge(case(held_by(), held_by()))


def test_missing_times_are_not_spoken_of_when_there_is_no_row() -> None:
    said = verdict_of(today=catalog(marker=None))
    assert "marker_time" not in {finding.rule for finding in said.findings}


def test_a_reason_names_the_table_with_its_schema() -> None:
    """Another schema may have a table of the same name."""
    told = case(held_by(row(deleted=-DAY)))
    assert told.question.table
    elsewhere = replace(told.question, table=replace(told.question.table, schema="crm"))
    reasons = [finding.reason for finding in judge(replace(told, question=elsewhere)).findings]
    assert any(reason.startswith("A row of crm.customers, ") for reason in reasons)


AMBIGUOUS = {
    "both can be asked": (violated(), (held_by(row(deleted=-DAY)), held_by())),
    "only one can be asked": (violated(columns=()), (held_by(row(deleted=-DAY)),)),
}


@pytest.mark.parametrize(("told", "answers"), AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_row_of_one_of_two_possible_keys_is_a_candidate_only(
    told: ViolatedKey, answers: tuple[LookupAnswer, ...]
) -> None:
    twin = replace(EMAIL_KEY, schema="old")
    if not told.columns:
        twin = replace(twin, parts=MENDED_KEY.parts)
    old = replace(catalog().tables[0], schema="old", keys=(twin,))
    said = judge(case(*answers, key=told, today=catalog(more=(old,))))
    assert (said.verdict, said.blocker) == (UNDECIDED, None)
    assert [candidate.id for candidate in said.candidates] == ["a"]


# --- a second Tombstone behind the first ----------------------------------------------------------

BOTH = violated(fields=(("external_id", "x-1"),))
WAITING = {
    "another row": (row("b", deleted=-DAY), "A second key waits behind this one"),
    "the same row": (row(deleted=-DAY), "The same soft-deleted row also holds"),
}


@pytest.mark.parametrize(("holder", "says"), WAITING.values(), ids=WAITING.keys())
def test_a_second_key_that_waits_is_named(holder: Holder, says: str) -> None:
    said = verdict_of(row(deleted=-DAY), key=BOTH, others=(held_by(holder),))
    assert (said.verdict, said.confidence) == (BLOCKED, CERTAIN)
    assert any(says in reason and EXTERNAL_KEY.name in reason for reason in said.reasons)


QUIET = {
    "held by a live row": (held_by(row("b")),),
    "held by nobody": (held_by(),),
    "not asked": (),
}


@pytest.mark.parametrize("others", QUIET.values(), ids=QUIET.keys())
def test_a_second_key_is_not_named_when(others: tuple[LookupAnswer, ...]) -> None:
    said = verdict_of(row(deleted=-DAY), key=BOTH, others=others)
    assert "second_key" not in {finding.rule for finding in said.findings}


# --- forged Events --------------------------------------------------------------------------------

FORGED = {
    "names a live row": (violated(), (row(),)),
    "names a row of another key": (violated(constraint="orders_pkey", columns=()), ()),
    "has SQL for a constraint": (violated(constraint="x'; DELETE FROM customers; --"), ()),
    "says a live key was held by a tombstone": (ALIVE_THEN, (row(deleted=-DAY),)),
}


@pytest.mark.parametrize(("told", "found"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_event_blames_no_row(told: Any, found: tuple[Holder, ...]) -> None:
    for today in (catalog(), catalog(MENDED_KEY), catalog(PARTIAL_KEY)):
        question = resolve(failure(told), today)
        answers = tuple(held_by(*found) for _ in question.lookups)
        said: Judgement = judge(Case(question, answers, as_of=at(DAY)))
        assert said.blocker is None
