"""What only a Target knows, counted there and written down: Exposure, creates, Re-creations.

Each table is asked by itself, in a short transaction of its own and under a time limit; what one
cannot answer is said in a note and harms nothing else. Estimates are stored first, so that an
interrupted survey leaves something behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collectors.audit.case import Schema
from collectors.audit.reuse import is_row_id, reuse_of
from collectors.audit.standing import own_parts
from collectors.errors import TombstoneError
from collectors.evidence.database import Store
from collectors.evidence.left_behind import forget_leftovers, save_leftovers
from collectors.evidence.reads.blocking_rows import blocking_rows
from collectors.evidence.reads.released import releases
from collectors.evidence.surveyed import (
    forget_tables,
    last_counted,
    save_counts,
    save_dependents,
    save_estimates,
    save_organizations,
    surveyed_at,
)
from collectors.model import Catalog, Dependents, Payment, Table, TableCounts, Topic
from collectors.postgres.engine import ReadTarget
from collectors.postgres.outage import Halted, StatementFailed
from collectors.postgres.snapshot import Snapshot
from collectors.postgres.tombstones.conditions import share_of, smaller
from collectors.postgres.tombstones.dependents import (
    PAID_WITHIN_DAYS,
    count_dependents,
    count_payments,
)
from collectors.postgres.tombstones.exposure import (
    count_exposure,
    estimate_exposure,
    row_estimate,
)
from collectors.postgres.tombstones.leftovers import count_leftovers
from collectors.postgres.tombstones.names import organization_names
from collectors.postgres.tombstones.recreations import (
    ReleasedKey,
    comparable_keys,
    count_creates,
    count_recreations,
)
from collectors.settings import Settings, SurveySettings, TargetSettings
from collectors.targets import target_catalog

Progress = Callable[[str], None]
Question = Callable[[Snapshot], TableCounts | None]


@dataclass
class SurveySummary:
    """What a survey did: `tables` counted, `notes` on what was not."""

    tables: int = 0
    notes: list[str] = field(default_factory=list)


def survey(
    settings: Settings,
    store: Store,
    *,
    full: bool = False,
    only: str | None = None,
    without: Collection[str] = (),
    progress: Progress = lambda _: None,
) -> SurveySummary:
    """Count in every Target whose last survey is old enough; a full one counts all, every row.

    `only` names the one Target to ask, `without` those that have just not answered. Raises nothing
    for what a Target does.
    """
    summary = SurveySummary()
    for name, target in settings.targets.items():
        if name in without or only not in (None, name):
            continue
        if not (full or _is_due(store, name, settings.survey)):
            continue
        limit = settings.survey.statement_timeout_s * 1_000
        dsn = target.read_dsn.get_secret_value()
        with ReadTarget(name, dsn, statement_timeout_ms=limit) as read:
            one = _Survey(settings.survey, store, read, full, progress, summary)
            try:
                one.run(target)
            except TombstoneError as error:
                summary.notes.append(f"{name} was not surveyed to the end: {error}")
    return summary


@dataclass
class _Survey:
    """One Target's."""

    settings: SurveySettings
    store: Store
    target: ReadTarget
    full: bool
    progress: Progress
    summary: SurveySummary

    def run(self, settings: TargetSettings) -> None:
        """Names, estimates, then table by table. Raises TargetUnreachable."""
        catalog = self.target.ask(lambda snapshot: target_catalog(snapshot, settings))
        tables = surveyable(catalog)
        labels = [(one.schema, one.name) for one in tables]
        forget_tables(self.store, self.target.name, labels, catalog.read_at)
        self._names(catalog)
        shape = Schema.of(catalog)
        never = {table.label: _never_asked(shape, table) for table in tables}
        sizes = self._estimate(tables, never)
        released = self._released()
        self._dependents(catalog)
        for number, table in enumerate(tables, 1):
            self.progress(f"Counting in {self.target.name}: {table.label}, {number}/{len(tables)}")
            self._table(catalog, table, never[table.label], sizes.get(table.label), released)
            self.summary.tables += 1
        self._leftovers(catalog, shape)

    def _table(
        self,
        catalog: Catalog,
        table: Table,
        never: Collection[str],
        rows: float | None,
        released: dict[tuple[str, str], dict[str, list[ReleasedKey]]],
    ) -> None:
        share = share_of(rows, self._most)
        given = released.get((table.schema, table.name), {})
        days = self.settings.days

        def exposure(of: float | None) -> Question:
            return lambda s: count_exposure(s, catalog, table, never_asked=never, share=of)

        def creates(of: float | None) -> Question:
            return lambda s: count_creates(s, table, days=days, share=of)

        def recreations(snapshot: Snapshot) -> TableCounts | None:
            return count_recreations(snapshot, table, days=days, released=given)

        self._ask(table, Topic.EXPOSURE, exposure(share), exposure(smaller(share)))
        self._ask(table, Topic.CREATES, creates(share), creates(smaller(share)))
        self._ask(table, Topic.RECREATIONS, recreations, None)

    def _ask(
        self, table: Table, topic: Topic, question: Question, instead: Question | None
    ) -> None:
        """Ask, and where that takes too long ask less; then say what could not be counted."""
        try:
            counts = self.target.ask(question)
        except Halted as halted:
            if instead is not None:
                self._ask(table, topic, instead, None)
            else:
                self._say(table, topic, str(halted))
        except StatementFailed as failure:
            said = "The reader may not read it." if failure.denied else f"{failure}."
            self._say(table, topic, said)
        else:
            if counts is not None:
                save_counts(self.store, counts)

    def _say(self, table: Table, topic: Topic, why: str) -> None:
        last = last_counted(self.store, self.target.name, table.schema, table.name, topic)
        kept = f"the numbers of {last:%Y-%m-%d %H:%M} UTC stay" if last else "no numbers"
        said = f"{table.label}, {topic}: not counted, {kept}. {why}"
        self.summary.notes.append(said)

    @property
    def _most(self) -> int | None:
        """Rows of a table above which it is sampled; None where somebody asked for all."""
        return None if self.full else self.settings.sample_above

    def _estimate(
        self, tables: Sequence[Table], never: Mapping[str, Collection[str]]
    ) -> dict[str, float | None]:
        """Each table's size, its Exposure as the statistics have it stored where nothing is."""
        sizes: dict[str, float | None] = {}
        estimates: list[TableCounts] = []

        def ask(snapshot: Snapshot) -> None:
            for table in tables:
                with suppress(StatementFailed), snapshot.attempt():
                    sizes[table.label] = row_estimate(snapshot, table)
                    found = estimate_exposure(snapshot, table, never_asked=never[table.label])
                    estimates.extend([found] if found else [])

        self.target.ask(ask)
        save_estimates(self.store, estimates)
        return sizes

    def _leftovers(self, catalog: Catalog, shape: Schema) -> None:
        """What the deletions of every table with soft deletion left behind."""
        tables = [table for table in catalog.tables if table.marker]
        there = [(one.schema, one.name) for one in tables]
        forget_leftovers(self.store, self.target.name, there, catalog.read_at)
        for number, table in enumerate(tables, 1):
            self.progress(f"Leftovers in {self.target.name}: {table.label}, {number}/{len(tables)}")
            never = _never_asked(shape, table)
            found = count_leftovers(
                self.target, catalog, table, never_asked=never, sample_above=self._most
            )
            save_leftovers(self.store, found)
            self.summary.notes += [
                f"{table.label}, {Topic.LEFTOVERS} under {one.name}: not counted. {one.said}"
                for one in found.leftovers
                if one.said
            ]

    def _names(self, catalog: Catalog) -> None:
        try:
            names = self.target.ask(lambda snapshot: organization_names(snapshot, catalog))
        except (Halted, StatementFailed):
            self.summary.notes.append(f"{self.target.name}: organizations' names were not read.")
        else:
            save_organizations(self.store, self.target.name, names)

    def _dependents(self, catalog: Catalog) -> None:
        """What hangs on the rows that block somebody now."""
        at = datetime.now(UTC)
        for label, rows in blocking_rows(self.store, self.target.name).items():
            table = next((one for one in catalog.tables if one.label == label), None)
            if table is None:
                continue
            question = _of_rows(catalog, table, rows)
            try:
                found, paid = self.target.ask(question)
            except (Halted, StatementFailed) as failure:
                self._say(table, Topic.DEPENDENTS, str(failure))
                continue
            save_dependents(
                self.store,
                self.target.name,
                table,
                at,
                found,
                paid,
                paid_within_days=PAID_WITHIN_DAYS,
            )

    def _released(self) -> dict[tuple[str, str], dict[str, list[ReleasedKey]]]:
        found: dict[tuple[str, str], dict[str, list[ReleasedKey]]] = {}
        for one in releases(self.store, self.target.name):
            keys = found.setdefault((one.schema, one.table), defaultdict(list))
            keys[one.constraint].append(ReleasedKey(one.values, one.released_at))
        return found


def surveyable(catalog: Catalog) -> list[Table]:
    """The tables with soft deletion and a unique key that rows could meet in."""
    return [table for table in catalog.tables if table.markers and comparable_keys(table)]


def _of_rows(
    catalog: Catalog, table: Table, rows: Mapping[str, datetime | None]
) -> Callable[[Snapshot], tuple[list[Dependents], list[Payment] | None]]:
    def ask(snapshot: Snapshot) -> tuple[list[Dependents], list[Payment] | None]:
        found = count_dependents(snapshot, catalog, table, list(rows))
        return found, count_payments(snapshot, catalog, table, rows)

    return ask


def _never_asked(schema: Schema, table: Table) -> frozenset[str]:
    """The keys whose values the application makes, and those of copies."""
    return frozenset(
        key.name
        for key in table.keys
        if is_row_id(table, key) or not reuse_of(schema, table, own_parts(table, key)).is_asked
    )


def _is_due(store: Store, target: str, settings: SurveySettings) -> bool:
    """Its last survey is old enough; or still to come, after a clock that was ahead was set."""
    last, spell = surveyed_at(store, target), timedelta(minutes=settings.every_minutes)
    return last is None or abs(datetime.now(UTC) - last) >= spell
