"""The server's answers to what keys say of deletion: see `postgres.meaning`."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from collectors.postgres.meaning import Meaning, Meanings, Question
from collectors.postgres.outage import Halted, StatementFailed
from collectors.postgres.snapshot import Snapshot


def asked_meanings(snapshot: Snapshot, questions: Iterable[Question]) -> Meanings:
    """What the server says, all in one statement; what it does not take is left out."""
    asked = [*dict.fromkeys(questions)]
    if not asked:
        return {}
    with suppress(StatementFailed, Halted):
        return dict(_answers(snapshot, asked))
    found: dict[Question, Meaning] = {}
    for one in asked:
        with suppress(StatementFailed, Halted):
            found.update(_answers(snapshot, [one]))
    return found


def _answers(snapshot: Snapshot, asked: Sequence[Question]) -> Iterator[tuple[Question, Meaning]]:
    statement = "\nUNION ALL ".join(f"SELECT {n}, {_asked(one)}" for n, one in enumerate(asked))
    (rows,) = snapshot.attempt_each((statement,))
    for number, lives, deaths in rows:
        one = asked[number]
        yield one, Meaning(tuple(lives), tuple(deaths), one.knows_every_live)


def _asked(one: Question) -> str:
    return ", ".join(
        f"ARRAY[{', '.join(_of(one, row) for row in one.rows(marks))}]::text[]"
        for marks in (one.lives, one.deaths)
    )


def _of(one: Question, row: str) -> str:
    return f"(SELECT ({one.sql})::text FROM ({row}) AS tombstone_row)"
