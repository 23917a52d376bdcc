"""Which line of history each Target was on when what was unblocked there was last asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from collectors.evidence.database import Store
from collectors.evidence.schema import conflicts, meta
from collectors.evidence.writing import upsert
from collectors.model import Verdict

_NAME = "lineage "


def known_lineages(store: Store, targets: Iterable[str]) -> dict[str, str | None]:
    """Of those Targets where something was unblocked; None of one that has not told it yet."""
    table = conflicts.c
    unblocked = select(table.id).where(table.verdict == Verdict.UNBLOCKED).limit(1)
    told = select(meta.c.name, meta.c.value).where(meta.c.name.startswith(_NAME))
    with store.read() as connection:
        known = {row.name.removeprefix(_NAME): row.value for row in connection.execute(told)}
        return {
            one: known.get(one)
            for one in targets
            if connection.scalar(unblocked.where(table.target == one))
        }


def keep_lineages(store: Store, found: Mapping[str, str]) -> None:
    """Remember them."""
    lines = [{"name": f"{_NAME}{target}", "value": value} for target, value in found.items()]
    if lines:
        with store.write() as connection:
            upsert(connection, meta, lines)
