"""The numbers at the top of Prevention, each the answer to one question, and how old they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from collectors.evidence.reads.exposure import ExposureTotal
from collectors.evidence.reads.surveys import SurveyFilter
from collectors.model import InvariantState, LeftoverKind, Severity
from dashboard import data
from dashboard.components import number, plain
from dashboard.components.moments import utc
from dashboard.data import Audited
from dashboard.metrics.prevention import IN_THE_WAY

COUNTED_LAST = "Source: the Targets, as last counted, whatever the period."


def show(wanted: SurveyFilter, found: Audited) -> None:
    """Four numbers; what was never counted is a dash, not a zero."""
    with number.row():
        number.show(
            "Findings, high",
            _high(found),
            "Unique keys on which soft deletion and uniqueness disagree, and for whose values "
            "people can ask again, or did. Source: the last audit of each Target's catalog, "
            "whatever the period.",
        )
        exposure = data.exposure(wanted)
        number.show(
            IN_THE_WAY,
            "–" if exposure is None else f"{exposure.tombstones:,}",
            "Exposure: deleted rows that hold a key somebody could ask for again, each row "
            f"once. {_how_exact(exposure is None or exposure.how.exact)} {_counted(exposure)}",
        )
        _leftovers(wanted)
        _broken(wanted)
    _audited(found)


def _high(found: Audited) -> str:
    high = sum(one.finding.severity is Severity.HIGH for one in found.open)
    return f"{high:,}" if found.at else "–"


def _leftovers(wanted: SurveyFilter) -> None:
    """Of a unique key there are none to count: they hang on foreign keys."""
    rows = data.leftovers_found(wanted)
    if rows is None or wanted.constraint is not None:
        told = "–"
    else:
        told = at_least(
            [o.leftover.rows for o in rows if o.leftover.kind is LeftoverKind.LIVE_CHILD]
        )
    number.show(
        "Live rows left behind",
        told,
        "Rows that still do something although what they belong to was deleted, through every "
        "foreign key. A row counts once for each. Of a unique key nothing is told. "
        f"{COUNTED_LAST}",
    )


def at_least(counts: Sequence[int | None]) -> str:
    """Their sum, of which some may not be known: no zero, and no whole, is made of those.

    >>> at_least([]), at_least([1200, 3]), at_least([1200, None]), at_least([None])
    ('0', '1,203', 'at least 1,200', '–')
    """
    known = [one for one in counts if one is not None]
    if len(known) == len(counts):
        return f"{sum(known):,}"
    return f"at least {sum(known):,}" if any(known) else "–"


def _broken(wanted: SurveyFilter) -> None:
    checked = data.invariants(wanted.targets)
    states = Counter(one.state for one in checked)
    broken, silent = states[InvariantState.BROKEN], states[InvariantState.SLOW]
    silent += states[InvariantState.FAILED]
    answered = broken + states[InvariantState.HOLDS]
    unknown = f" Not answered, and not counted: {silent}." if silent else ""
    number.show(
        "Broken invariants",
        f"{broken:,}" if answered else "–",
        "Reviewed SQL that says what must hold if every deletion and creation is whole."
        f"{unknown} Source: the Targets, as last asked, whatever the period and the key.",
    )


def _how_exact(exact: bool) -> str:
    return "Every row was counted." if exact else "Some of it is estimated or from a sample."


def _counted(exposure: ExposureTotal | None) -> str:
    if exposure is None:
        return COUNTED_LAST
    return f"Source: the Targets, as counted {utc(exposure.how.as_of)}, whatever the period."


def _audited(found: Audited) -> None:
    """How old it all is, and which Targets nobody has looked at."""
    if found.at:
        plain.facts([(f"{name}, last audited", at) for name, at in sorted(found.at.items())])
    if found.never:
        st.warning(
            "Some Targets were never audited: of them nothing is known, which is not “no Finding”.",
            icon=":material/help:",
        )
        plain.lines(found.never)


def never_audited() -> None:
    """What the page says before the first audit."""
    st.info(
        "No Target has been audited yet, so nothing is known: that is not the same as “no "
        "Finding”. The next run of `tombstone collect` audits each Target; or do it now:",
        icon=":material/policy:",
    )
    plain.block("tombstone audit")
