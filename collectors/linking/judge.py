"""From a Case to a Judgement: the rules in order, each leaving a Finding in plain words. Pure."""

from __future__ import annotations

from collectors.linking.case import Case, Ruling
from collectors.linking.rules import RULES
from collectors.model import Confidence, Judgement, Verdict

__all__ = ["Case", "judge"]


def judge(case: Case) -> Judgement:
    """What the database says of a Failure. Never raises for what an Event or a row may hold.

    `blocker` names the row that stood in the way: for the two BLOCKED verdicts, and for UNBLOCKED
    where it is known for sure. `holder` is the row that holds the key today, or for LIVE_DUPLICATE
    and CONCURRENT_CREATE held it then.
    """
    remarks: list[Ruling] = []
    ruling = _first(case, remarks)
    question = case.question
    key = question.asked_as or question.key
    return Judgement(
        verdict=ruling.verdict or Verdict.UNDECIDED,
        confidence=_confidence((ruling, *remarks)) if key else None,
        findings=tuple(f for said in (ruling, *remarks) for f in said.findings),
        key=key,
        values=case.values(ruling.holder) if key else None,
        blocker=ruling.blocker,
        holder=ruling.holder,
        candidates=ruling.candidates,
    )


def _first(case: Case, remarks: list[Ruling]) -> Ruling:
    """The first Ruling that decides; the remarks made before it are collected."""
    for rule in RULES:
        ruling = rule(case)
        if ruling is not None and ruling.verdict is not None:
            return ruling
        if ruling is not None:
            remarks.append(ruling)
    raise AssertionError("the last rule always decides")


def _confidence(rulings: tuple[Ruling, ...]) -> Confidence:
    lowest = Confidence.CERTAIN
    for ruling in rulings:
        lowest = lowest.at_most(ruling.confidence)
    return lowest
