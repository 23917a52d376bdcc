"""The numbers of the period by day: what failure rates and Re-creation success are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from collectors.evidence.database import Store
from collectors.evidence.reads.counted_days import (
    CountedDay,
    creates_by_day,
    recreations_by_day,
)
from collectors.evidence.reads.failure_counts import By, Step, count_by
from collectors.evidence.reads.failures import FailureFilter
from collectors.evidence.reads.surveys import Surveyed, SurveyFilter, tables_counted
from collectors.model import Counting, Topic
from dashboard.data.key_facts import Gathered, Place, by_day
from dashboard.metrics.rates import Days, Known, Window, whole_days

TargetOf = Mapping[str, str | None]


def known_days(
    store: Store, wanted: FailureFilter, counted: SurveyFilter, target_of: TargetOf, found: Gathered
) -> tuple[Known, Counting | None]:
    """Everything by day, of every release, and how the creates were counted.

    A release is measured on the days on which it alone was live, whatever a Failure calls itself.
    """
    wanted = replace(wanted, release=None)
    creates = creates_by_day(store, counted)
    again = None
    if counted.constraint is None:
        again = recreations_by_day(store, counted)
    how = (creates.how if creates else None, found.counted)
    windows = [_window(wanted, found, one) for one in how]
    created = tables_counted(store, Topic.CREATES, counted)
    ever = _ever(store, wanted)
    tables = _tables(found, ever, target_of, {table for _, table in created})
    known = Known(
        failures={**{place: {} for place in ever}, **_failures(store, wanted)},
        creates={**{place: {} for place in created}, **_by_table(creates)},
        succeeded={**found.succeeded, **_any_key(again)},
        failed=_failed(found, ever, target_of, tables),
        table_of=tables,
        target_of=target_of,
        created_in=windows[0],
        recreated_in=windows[1],
    )
    return known, how[0]


def _ever(store: Store, wanted: FailureFilter) -> dict[Place, str]:
    """The table of every key that ever failed, whatever the Verdict.

    One that did not in the period failed zero times for its creates, which is not "no data".
    """
    asked = replace(wanted, since=None, until=None, release=None, verdicts=())
    counts = count_by(store, asked, (By.ENVIRONMENT, By.CONSTRAINT, By.TABLE))
    names = (one.names for one in counts)
    return {(environment, key): table for environment, key, table in names if key}


def _failures(store: Store, wanted: FailureFilter) -> Days:
    counts = count_by(store, wanted, (By.ENVIRONMENT, By.CONSTRAINT), Step.DAY)
    return by_day(
        ((one.names[0], one.names[1]), one.at.date(), one.failures)
        for one in counts
        if one.at is not None and one.names[1]
    )


def _failed(
    found: Gathered, ever: Mapping[Place, str], target_of: TargetOf, tables: Mapping[Place, str]
) -> Days:
    """Re-creations of the tables that are asked how many succeeded: of the others nobody knows."""

    def is_known(place: Place) -> bool:
        target = target_of.get(place[0])
        table = tables.get((target or "", place[1])) or ever.get(place, "")
        return found.is_counted(target, table)

    return {place: days for place, days in found.failed.items() if is_known(place)}


def _by_table(counted: Surveyed[CountedDay] | None) -> Days:
    rows = counted.rows if counted else ()
    return by_day(((one.target, one.table), one.day, one.count) for one in rows)


def _any_key(counted: Surveyed[CountedDay] | None) -> Days:
    rows = counted.rows if counted else ()
    return by_day(((one.target, ""), one.day, one.count) for one in rows)


def _tables(
    found: Gathered, ever: Mapping[Place, str], target_of: TargetOf, labels: set[str]
) -> dict[Place, str]:
    """As the Target calls the table of each key; by its bare name only where that means one."""
    tables: dict[Place, str] = {}
    for (environment, key), table in ever.items():
        meant = [one for one in labels if one.rpartition(".")[2] == table]
        if len(meant) == 1:
            tables[target_of.get(environment) or "", key] = meant[0]
    return {**tables, **found.tables}


def _window(wanted: FailureFilter, found: Gathered, how: Counting | None) -> Window | None:
    if how is None:
        return None
    begins: list[datetime | None] = [wanted.since, found.covered.since, how.covers_from]
    return whole_days(begins, [found.covered.until, how.as_of])
