"""`ON CONFLICT (key)` without the predicate fails with 42P10 once the key is partial.

PostgreSQL looks for a key on exactly these columns, and takes a partial one only where the
statement's own WHERE implies its predicate (sql-insert.html, "conflict_target").
"""

from __future__ import annotations

from collectors.audit.case import KeyCase, Ruling
from collectors.audit.upserts import Upsert, needs, says
from collectors.model import Severity
from collectors.model.counted import counted


def upserts_break(case: KeyCase) -> Ruling | None:
    """Name the statements that do not fit the key as it is, or will not fit the one to come."""
    if case.is_right:
        return _broken(case)
    return _breaking(case)


def _broken(case: KeyCase) -> Ruling | None:
    lost = [one for one in case.facts.upserts if not _served(case, one)]
    if case.key.predicate is None or not lost:
        return None
    reason = (
        f"{_statements(lost)} without its predicate: PostgreSQL finds no key for that and refuses "
        f"them with 42P10. They must say WHERE {case.key.predicate}."
    )
    return Ruling(reason, Severity.HIGH, mends=False)


def _breaking(case: KeyCase) -> Ruling | None:
    stays = case.key.primary or not (case.reuse.is_asked or case.facts.failures)
    if stays or not case.facts.upserts:
        return None
    reason = (
        f"{_statements(case.facts.upserts)}: they would fail with 42P10 once this key is replaced. "
        "The migration says what they must say instead, and waits for it."
    )
    return Ruling(reason, Severity.MEDIUM)


def _served(case: KeyCase, upsert: Upsert) -> bool:
    """Some key of the table serves the statement as it is."""
    fitting = (key for key in case.table.keys if key.valid and needs(upsert, case.table, key))
    return any(says(upsert, key.predicate) for key in fitting)


def _statements(upserts: tuple[Upsert, ...] | list[Upsert]) -> str:
    calls = sum(upsert.calls for upsert in upserts)
    many = counted(len(upserts), "statement says", "statements say")
    return f"{many} ON CONFLICT on its columns ({counted(calls, 'call')} seen)"
