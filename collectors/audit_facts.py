"""What an audit knows of a Target's keys besides the catalog: of its server, and of our store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.audit.case import KeyCase, KeyFacts
from collectors.audit.inspect import Flaw, name_of
from collectors.audit.migration import Draft, draft, repeats
from collectors.audit.naming import raw
from collectors.audit.upserts import Upsert, needs, read_upserts
from collectors.evidence.audited import exposed_by_key, failures_by_key
from collectors.evidence.database import Store
from collectors.model import OF_THIS_BUG, Blocks, Catalog, KeyName
from collectors.postgres.key_facts import (
    exposed_rows,
    filled_tables,
    repeated_values,
    upsert_statements,
)
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.tombstones.conditions import share_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A Target in the middle of its audit."""

    snapshot: Snapshot
    catalog: Catalog
    store: Store | None
    sample_above: int


def facts_of(asked: Asked, every: Sequence[tuple[KeyCase, Flaw | None]]) -> dict[KeyName, KeyFacts]:
    """Of each key; only flawed ones are worth a count. Raises TargetUnreachable."""
    flawed = [case for case, flaw in every if flaw is not None]
    filled = filled_tables(asked.snapshot, asked.catalog)
    exposed = _exposed(asked, flawed, filled)
    repeated = repeated_values(asked.snapshot, dict(_repeats(flawed, filled)))
    failures = (
        failures_by_key(asked.store, asked.snapshot.target, OF_THIS_BUG) if asked.store else None
    )
    upserts = _upserts(asked.snapshot)
    return {
        (name := name_of(case.key)): KeyFacts(
            failures=None if failures is None else failures.get(name, 0),
            exposed=exposed.get(name),
            live_duplicates=repeated.get(name),
            upserts=tuple(
                one for one in upserts[raw(case.table.name)] if needs(one, case.table, case.key)
            ),
        )
        for case, _ in every
    }


def _exposed(
    asked: Asked, flawed: Sequence[KeyCase], filled: Mapping[tuple[str, str], float]
) -> dict[KeyName, int]:
    """The survey's numbers where there are any, else a count; an empty table exposes nothing."""
    blocking = [case for case in flawed if case.key.blocks is Blocks.CREATE and case.key.valid]
    known = exposed_by_key(asked.store, asked.snapshot.target) if asked.store else {}
    tables = {case.table.label: case.table for case in blocking if name_of(case.key) not in known}
    found = {
        name_of(case.key): 0
        for case in blocking
        if (case.table.schema, case.table.name) not in filled
    }
    for table in tables.values():
        rows = filled.get((table.schema, table.name))
        if rows is not None:
            share = share_of(rows, asked.sample_above)
            found |= exposed_rows(asked.snapshot, asked.catalog, table, share)
    return found | known


def _repeats(
    flawed: Sequence[KeyCase], filled: Mapping[tuple[str, str], float]
) -> Iterator[tuple[KeyName, str]]:
    """What to ask about live rows that share values, where the key as it is lets them."""
    for case in flawed:
        if (case.table.schema, case.table.name) in filled:
            plan = draft(case)
            if isinstance(plan, Draft) and plan.new and plan.may_repeat:
                yield name_of(case.key), repeats(plan, plan.new)


def _upserts(snapshot: Snapshot) -> defaultdict[str, list[Upsert]]:
    """The ON CONFLICTs that the server has seen, by (raw) table name."""
    found: defaultdict[str, list[Upsert]] = defaultdict(list)
    for statement, calls in upsert_statements(snapshot):
        for upsert in read_upserts(statement, calls):
            found[upsert.table].append(upsert)
    return found
