"""The audit itself: every key of every table that deletes softly, by every rule. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from collectors.audit.backfill import backfill, freeing
from collectors.audit.case import KeyCase, Reuse, Ruling, Schema
from collectors.audit.migration import Obstacle, draft, migration
from collectors.audit.reuse import is_row_id, reuse_of
from collectors.audit.rules import FLAWS, OBSTACLES
from collectors.audit.severity import weighed
from collectors.audit.standing import is_beyond_clash, own_parts, right_keys
from collectors.model import Catalog, KeyFinding, KeyName, Migration, Severity, Table, UniqueKey

_FLAWS_NAMED = frozenset(rule.__name__ for rule in FLAWS)

Told = Callable[[Table, UniqueKey], Reuse | None]
"""What the owners say of a key's values, None where they say nothing."""


def cases(
    catalog: Catalog,
    told: Told = lambda _table, _key: None,
    taken: Collection[str] = (),
) -> Iterator[KeyCase]:
    """Every key to look at; the facts are still to come. `taken`: names that no index can have."""
    schema = Schema.of(catalog, taken)
    for table in catalog.tables:
        if table.marker is None:
            continue
        right = right_keys(table)
        for key in table.keys:
            if not (is_beyond_clash(table, key) or is_row_id(table, key)):
                own = own_parts(table, key)
                reuse = told(table, key) or reuse_of(schema, table, own)
                yield KeyCase(schema, table, key, own, right, reuse)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a key, and the rule that says so."""

    rule: str
    ruling: Ruling


def flaw_of(case: KeyCase) -> Flaw | None:
    """By the first rule that speaks; most keys are right, and no rule is asked of them."""
    if case.is_right:
        return None
    for rule in FLAWS:
        if ruling := rule(case):
            return Flaw(rule.__name__, ruling)
    return None


def inspect(case: KeyCase, flaw: Flaw | None, *, backfills: bool = True) -> Iterator[KeyFinding]:
    """Everything that the rules say of a key; a text that nobody wants is not written."""
    offer = _Offer(case, backfills)
    if flaw is not None:
        severity, why = weighed(case)
        yield _finding(case, flaw.rule, flaw.ruling, flaw.ruling.severity or severity, why, offer)
    for rule in OBSTACLES:
        if ruling := rule(case):
            severity = ruling.severity or Severity.MEDIUM
            yield _finding(case, rule.__name__, ruling, severity, "", offer)


def worst_first(findings: Iterable[KeyFinding]) -> list[KeyFinding]:
    """By severity, then by what hurts now, then by name."""
    order = {severity: place for place, severity in enumerate(Severity)}
    return sorted(
        findings,
        key=lambda one: (
            order[one.severity],
            -(one.failures or 0),
            -(one.exposed_rows or 0),
            one.identity,
        ),
    )


def name_of(key: UniqueKey) -> KeyName:
    """What names it in the facts."""
    return key.schema, key.table, key.name


class _Offer:
    """The ways out for a key, written once, and only if a Finding wants them."""

    def __init__(self, case: KeyCase, backfills: bool) -> None:
        self._case, self._backfills = case, backfills

    @cached_property
    def way_out(self) -> tuple[Migration | None, str]:
        """The migration, or the sentence that says why there is none."""
        found = draft(self._case)
        return (None, found.sentence) if isinstance(found, Obstacle) else (migration(found), "")

    def backfill(self) -> Migration | None:
        """The text that frees what deleted rows hold now."""
        plan = freeing(self._case) if self._backfills else None
        return backfill(plan) if plan else None


def _finding(
    case: KeyCase, rule: str, ruling: Ruling, severity: Severity, why: str, offer: _Offer
) -> KeyFinding:
    mends = ruling.mends and severity is not Severity.INFO
    way_out, obstacle = offer.way_out if mends else (None, "")
    frees = mends and rule in _FLAWS_NAMED
    return KeyFinding(
        table=case.table.label,
        constraint=case.key.name,
        rule=rule,
        severity=severity,
        reason=" ".join(filter(None, (ruling.reason, why, obstacle))),
        exposed_rows=case.facts.exposed,
        failures=case.facts.failures,
        migration=way_out,
        backfill=offer.backfill() if frees else None,
    )
