"""From Failures to Judgements: each Target is asked a page of questions at a time.

The wiring that `pipeline` and `explain` share. Settings name the Target, its catalog turns names
into keys, one batched look-up a key shape finds the Holders, and the judge decides. A Target that
did not answer is not asked again in the same Run, so it delays its own environments, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from collectors.errors import TargetUnreachable
from collectors.evidence.database import Store
from collectors.evidence.lines import Judged
from collectors.evidence.reads.followup import earlier_looks
from collectors.evidence.reads.unfailed import Pending
from collectors.linking.judge import Case, judge
from collectors.linking.organization import organization_of
from collectors.linking.question import Question, with_computed
from collectors.model import (
    Catalog,
    Earlier,
    Failure,
    Holder,
    Judgement,
    KeyValues,
    LookupAnswer,
    Table,
    UniqueKey,
    is_address,
)
from collectors.open_target import OpenTarget
from collectors.postgres.holders import find_holders, find_rows
from collectors.postgres.mapping import POLAR, unquoted
from collectors.postgres.outage import Halted, TableUnreadable
from collectors.postgres.snapshot import Snapshot
from collectors.settings import Settings
from collectors.targets import mappings, read_targets


@dataclass(frozen=True, slots=True)
class _Asked:
    """A Failure's question with its answers, before anybody judged."""

    pending: Pending
    question: Question
    answers: tuple[LookupAnswer, ...]
    others: tuple[LookupAnswer, ...]


class Inquiry:
    """Every configured Target, to be asked as often as a Run needs."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._environment_of = lru_cache(maxsize=1_024)(settings.environment_of)
        self._store = store
        self._targets = {
            name: OpenTarget(target, settings.targets[name])
            for name, target in read_targets(settings).items()
        }

    @property
    def unreachable(self) -> dict[str, str]:
        """Targets that did not answer in this Run, each with the sentence that says why."""
        return {d.name: str(d.outage) for d in self._targets.values() if d.outage is not None}

    def targets(self) -> Iterable[OpenTarget]:
        """Every configured Target."""
        return self._targets.values()

    def environment_of(self, project: str | None, environment: str) -> str:
        """What an Event's environment is called here: see Settings."""
        return self._environment_of(project, environment)

    def can_ask(self, environment: str) -> bool:
        """It has a Target, which has not failed to answer in this Run."""
        opened = self._targets.get(self._settings.target_of(environment) or "")
        return opened is not None and opened.outage is None

    def organization_columns(self) -> set[str]:
        """The columns that name a row's organization, wherever we were told of one."""
        told = (mappings(target.settings).values() for target in self._targets.values())
        tables = [*POLAR.values(), *(table for some in told for table in some)]
        return {unquoted(table.organization) for table in tables if table.organization} - {"id"}

    def judge(self, pending: Sequence[Pending]) -> list[Judged]:
        """A Judgement for every Failure; the order is the Targets', not the caller's.

        The Targets are asked at the same time: a slow one makes none of the others wait its turn.
        """
        by_target: dict[str | None, list[Pending]] = {}
        for one in pending:
            by_target.setdefault(self._target_of(one), []).append(one)
        if len(by_target) < 2:
            return [judged for group in by_target.items() for judged in self._judge_group(*group)]
        with ThreadPoolExecutor(len(by_target)) as asking:
            groups = asking.map(self._judge_group, by_target.keys(), by_target.values())
            return [judged for group in groups for judged in group]

    def _target_of(self, one: Pending) -> str | None:
        """A Conflict stays with its Target: in another one its key may be anybody's."""
        if one.conflict_id is not None and one.target is not None:
            return one.target
        return self._settings.target_of(one.failure.environment)

    def close(self) -> None:
        """Let go of every connection."""
        for opened in self._targets.values():
            opened.target.close()

    def _judge_group(self, target: str | None, group: Sequence[Pending]) -> list[Judged]:
        opened = self._targets.get(target or "")
        if opened is None:
            return [self._unasked(one, target, _no_target(one.failure, target)) for one in group]
        try:
            return opened.ask(lambda snapshot: self._ask(opened, snapshot, group))
        except TargetUnreachable as outage:
            return [self._unasked(one, opened.name, str(outage)) for one in group]

    def _ask(
        self, opened: OpenTarget, snapshot: Snapshot, group: Sequence[Pending]
    ) -> list[Judged]:
        questions = opened.questions(snapshot, group)
        catalog = opened.catalog(snapshot)
        answers = iter(find_holders(snapshot, catalog, [k for q in questions for k in q.lookups]))
        others = iter(find_holders(snapshot, catalog, [k for q in questions for k in q.others]))
        asked = [
            _Asked(one, with_computed(q, found), found, _take(others, len(q.others)))
            for one, q in zip(group, questions, strict=True)
            for found in [_take(answers, len(q.lookups))]
        ]
        memory = self._memory(opened.name, asked)
        known = _known_rows(snapshot, catalog, asked, memory)
        return [
            self._judged(
                opened.name, catalog, snapshot.as_of, one, memory.get(number), known.get(number)
            )
            for number, one in enumerate(asked)
        ]

    def _judged(
        self,
        target: str,
        catalog: Catalog,
        as_of: datetime,
        asked: _Asked,
        earlier: Earlier | None,
        known: tuple[Holder | None] | None,
    ) -> Judged:
        case = Case(
            question=asked.question,
            answers=asked.answers,
            others=asked.others,
            as_of=as_of,
            earlier=earlier,
            known_row=known[0] if known else None,
            known_row_asked=known is not None,
            parents=_parents(catalog, asked),
        )
        judgement = judge(case)
        pending = asked.pending
        conflict_id = pending.conflict_id or self._conflict_id(target, judgement)
        organization = organization_of(case, judgement)
        return Judged(
            pending.source, pending.failure, target, judgement, as_of, conflict_id, organization
        )

    def _unasked(self, one: Pending, target: str | None, sentence: str) -> Judged:
        judgement = judge(Case(Question(one.failure), unreachable=sentence))
        return Judged(
            one.source,
            one.failure,
            target,
            judgement,
            datetime.now(UTC),
            one.conflict_id,
            one.failure.organization_id,
        )

    def _conflict_id(self, target: str, judgement: Judgement) -> str | None:
        if judgement.key is None or judgement.values is None:
            return None
        return self._id_of(target, judgement.key, judgement.values)

    def _id_of(self, target: str, key: UniqueKey, values: KeyValues) -> str:
        table = f"{key.schema}.{key.table}"
        return self._store.vault.conflict_id(target, table, key.columns, values)

    def _memory(self, target: str, asked: Sequence[_Asked]) -> dict[int, Earlier]:
        """What we saw before of each question's Conflict, under any of its readings."""
        ids = {number: list(self._possible_ids(target, one)) for number, one in enumerate(asked)}
        seen = earlier_looks(self._store, {one for some in ids.values() for one in some})
        return {
            number: _own_memory(asked[number].pending, seen[conflict_id])
            for number, some in ids.items()
            for conflict_id in some[::-1]
            if conflict_id in seen
        }

    def _possible_ids(self, target: str, asked: _Asked) -> Iterator[str]:
        if asked.pending.conflict_id is not None:
            yield asked.pending.conflict_id
            return
        question = asked.question
        if question.asked_as is None:
            return
        held = (holder.values for answer in asked.answers for holder in answer.holders)
        for values in dict.fromkeys((*question.readings, *held)):  # mostly one and the same
            if values is not None and len(values) == len(question.asked_as.parts):
                yield self._id_of(target, question.asked_as, values)


def _no_target(failure: Failure, target: str | None) -> str:
    if target is not None:
        return f"Target {target} is not configured any more."
    return f"No Target is configured for environment {failure.environment!r}."


def _take(answers: Iterator[LookupAnswer], count: int) -> tuple[LookupAnswer, ...]:
    return tuple(next(answers) for _ in range(count))


def _parents(catalog: Catalog, asked: _Asked) -> tuple[Table, ...]:
    """The tables of what the rows belong to that came back, where that is deleted."""
    labels = {row.parent.table for one in asked.answers for row in one.holders if row.parent}
    return tuple(table for table in catalog.tables if table.label in labels) if labels else ()


def _known_rows(
    snapshot: Snapshot, catalog: Catalog, asked: Sequence[_Asked], memory: Mapping[int, Earlier]
) -> dict[int, tuple[Holder | None]]:
    """What became of the rows that we once saw block: by question, where there is one to ask."""
    keys: dict[int, UniqueKey] = {}
    ids: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for number, one in enumerate(asked):
        key, table, earlier = one.question.key, one.question.table, memory.get(number)
        if key is None or table is None or earlier is None or earlier.blocker is None:
            continue
        # By now an address may be another row's.
        if earlier.blocker.table == table.label and not is_address(earlier.blocker.id):
            keys[id(key)] = key
            ids[id(key)][number] = earlier.blocker.id
    found: dict[int, tuple[Holder | None]] = {}
    for name, key in keys.items():
        # Of a table that cannot be asked, the next look tells; the others' answers stand.
        with suppress(Halted, TableUnreadable):
            rows = find_rows(snapshot, catalog, key, list(ids[name].values()))
            found |= {number: (row,) for number, row in zip(ids[name], rows, strict=True)}
    return found


def _own_memory(pending: Pending, earlier: Earlier) -> Earlier:
    """The Conflict's memory; a Failure that was itself seen blocked remembers its own blocker."""
    if pending.verdict.is_blocked and pending.blocker is not None:
        return replace(earlier, verdict=pending.verdict, blocker=pending.blocker)
    return earlier
