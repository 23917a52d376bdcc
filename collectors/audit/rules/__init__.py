"""The rules of the audit.

A flawed key has one flaw: the first of `FLAWS` that speaks names it. What else stands in the way of
mending it, each of `OBSTACLES` says besides.
"""

from __future__ import annotations

from collections.abc import Callable

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.rules.beside_the_right_one import beside_the_right_one
from collectors.audit.rules.boolean_in_key import boolean_in_key
from collectors.audit.rules.ignores_deletion import ignores_deletion
from collectors.audit.rules.invalid_leftover import invalid_leftover
from collectors.audit.rules.live_duplicates import live_duplicates
from collectors.audit.rules.nulls_are_distinct import nulls_are_distinct
from collectors.audit.rules.unique_foreign_key import unique_foreign_key
from collectors.audit.rules.upserts_break import upserts_break
from collectors.audit.rules.wrong_predicate import wrong_predicate

Rule = Callable[[KeyCase], Ruling | None]

FLAWS: tuple[Rule, ...] = (
    invalid_leftover,
    beside_the_right_one,
    nulls_are_distinct,
    boolean_in_key,
    wrong_predicate,
    unique_foreign_key,
    ignores_deletion,
)

OBSTACLES: tuple[Rule, ...] = (
    live_duplicates,
    upserts_break,
)

RULES = FLAWS + OBSTACLES
