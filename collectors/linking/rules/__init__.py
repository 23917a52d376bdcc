"""The rules that make a Verdict, in the order in which they are asked.

A rule reads a Case and says nothing (None), leaves a remark that may limit the confidence, or
decides; the first decision stands. To add one: copy the nearest file, put it in its place here, and
add its line to the judge's truth table.
"""

from __future__ import annotations

from collections.abc import Callable

from collectors.linking.case import Case, Ruling
from collectors.linking.rules.concurrent_create import concurrent_create
from collectors.linking.rules.doubtful_deletion import doubtful_deletion
from collectors.linking.rules.dropped_key import dropped_key
from collectors.linking.rules.future_times import future_times
from collectors.linking.rules.hidden_values import hidden_values
from collectors.linking.rules.holder_gone import holder_gone
from collectors.linking.rules.leftover import leftover
from collectors.linking.rules.live_duplicate import live_duplicate
from collectors.linking.rules.marker_time import marker_time
from collectors.linking.rules.matched_key import matched_key
from collectors.linking.rules.no_target import no_target
from collectors.linking.rules.odd_event import odd_event
from collectors.linking.rules.old_snapshot import old_snapshot
from collectors.linking.rules.one_reading import one_reading
from collectors.linking.rules.other_failure import other_failure
from collectors.linking.rules.part_of_key import part_of_key
from collectors.linking.rules.refused_lookup import refused_lookup
from collectors.linking.rules.row_itself import row_itself
from collectors.linking.rules.second_key import second_key
from collectors.linking.rules.several_rows import several_rows
from collectors.linking.rules.tombstone import tombstone
from collectors.linking.rules.unblocked import unblocked
from collectors.linking.rules.unknown_key import unknown_key
from collectors.linking.rules.value_source import value_source
from collectors.linking.rules.zoneless_times import zoneless_times

Rule = Callable[[Case], Ruling | None]

RULES: tuple[Rule, ...] = (
    other_failure,
    # The Event alone
    odd_event,
    hidden_values,
    # Could it be asked?
    no_target,
    dropped_key,
    row_itself,
    unknown_key,
    refused_lookup,
    old_snapshot,
    # What limits every answer
    one_reading,
    part_of_key,
    value_source,
    matched_key,
    marker_time,
    zoneless_times,
    doubtful_deletion,
    second_key,
    # What the rows say
    tombstone,
    leftover,
    unblocked,
    future_times,
    several_rows,
    concurrent_create,
    live_duplicate,
    holder_gone,
)
