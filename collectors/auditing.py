"""The audit of the Targets: the catalog, what `audit_facts.py` knows of its keys, rules, store.

Needs a Target and nothing else. With a store it knows of Failures and of what the last survey
counted, and writes down what it found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from collectors.audit.inspect import cases, flaw_of, inspect, name_of, worst_first
from collectors.audit.reviewed import Accepted, Reviewed, read_reviewed
from collectors.audit_facts import Asked, facts_of
from collectors.errors import SettingsError, TargetUnreachable, TombstoneError
from collectors.evidence.audited import save_audit
from collectors.evidence.database import Store
from collectors.evidence.left_behind import save_invariants
from collectors.evidence.reads.findings import last_audits
from collectors.evidence.trouble import store_trouble
from collectors.invariants import check_invariants, load_invariants
from collectors.model import CheckedInvariant, KeyFinding
from collectors.postgres.engine import ReadTarget
from collectors.postgres.key_facts import taken_names
from collectors.postgres.snapshot import Snapshot
from collectors.settings import Settings, TargetSettings
from collectors.targets import target_catalog

ACCEPTED = Path("tombstone.accepted.toml")
"""Where accepted Findings are looked for when no setting says where."""


@dataclass(frozen=True, slots=True)
class TargetAudit:
    """One Target's Findings; the `accepted` ones are not among the `findings`.

    `marked` are its tables that say which of their rows are deleted: of the others there is nothing
    to find.
    """

    target: str
    as_of: datetime
    findings: tuple[KeyFinding, ...]
    accepted: Mapping[KeyFinding, Accepted]
    marked: int


@dataclass
class AuditSummary:
    """Several Targets' Findings, each told once, and the Targets that could not be asked.

    `unmarked` are those of which no table says which of its rows are deleted, `unwritten` is why
    our store could not take down what was found.
    """

    findings: list[KeyFinding] = field(default_factory=list)
    invariants: list[CheckedInvariant] = field(default_factory=list)
    accepted: dict[KeyFinding, Accepted] = field(default_factory=dict)
    unreachable: dict[str, str] = field(default_factory=dict)
    unmarked: list[str] = field(default_factory=list)
    unwritten: str | None = None


def audit_targets(
    settings: Settings,
    store: Store | None = None,
    *,
    environment: str | None = None,
    backfills: bool = False,
) -> AuditSummary:
    """Audit every Target, or the environment's. Raises SettingsError where there is none.

    A store is given every backfill; without one they are written only where they are wanted.
    """
    names = _wanted(settings, environment)
    reviewed, loaded = load_reviewed(settings), load_invariants(settings.audit.invariants)
    summary, found = AuditSummary(), list[KeyFinding]()
    for name in names:
        one, limit = settings.targets[name], settings.survey.statement_timeout_s * 1_000
        dsn = one.read_dsn.get_secret_value()
        with ReadTarget(name, dsn, statement_timeout_ms=limit) as target:
            try:
                most = settings.survey.sample_above
                audit = audit_target(target, one, store, reviewed, most, backfills=backfills)
                found += audit.findings
                summary.accepted |= audit.accepted
                summary.unmarked += [] if audit.marked else [name]
                with _taking_down(summary):
                    _keep_audit(store, audit)
                checked = check_invariants(target, one.schemas, loaded)
            except TargetUnreachable as error:
                summary.unreachable[name] = str(error)
                continue
        summary.invariants += checked
        with _taking_down(summary):
            if store is not None:
                save_invariants(store, name, checked)
    summary.findings = merged(found)
    return summary


def audit_when_due(
    settings: Settings, store: Store, *, only: str | None = None, without: Collection[str] = ()
) -> list[str]:
    """Audit every Target whose last audit is old enough; what could not be done, in sentences.

    `only` names the one Target to ask, `without` those that have just not answered.
    """
    last, now = last_audits(store), datetime.now(UTC)
    spell = timedelta(minutes=settings.audit.every_minutes)
    due = [
        name
        for name in settings.targets
        if only in (None, name) and name not in without
        if name not in last or abs(now - last[name]) >= spell  # a clock that was ahead may be set
    ]
    notes: list[str] = []
    for name in due:
        try:
            alone = settings.model_copy(update={"targets": {name: settings.targets[name]}})
            summary = audit_targets(alone, store)
            notes += summary.unreachable.values()
            notes += [summary.unwritten] if summary.unwritten else []
        except TombstoneError as error:
            notes.append(f"{name} was not audited: {error}")
    return notes


def audit_target(
    target: ReadTarget,
    settings: TargetSettings,
    store: Store | None,
    reviewed: Reviewed,
    sample_above: int,
    *,
    backfills: bool,
) -> TargetAudit:
    """Audit one Target, with what a store knows of its keys. Raises TargetUnreachable."""
    wanted = backfills or store is not None
    return target.ask(
        lambda snapshot: _audit(snapshot, settings, store, reviewed, sample_above, wanted)
    )


@contextmanager
def _taking_down(summary: AuditSummary) -> Iterator[None]:
    """What was found is told, also where the store cannot be written: its disk may be full."""
    try:
        yield
    except DatabaseError as error:
        if (trouble := store_trouble(error)) is None:
            raise
        summary.unwritten = f"Our store cannot take down what was found: {trouble}."


def _keep_audit(store: Store | None, audit: TargetAudit) -> None:
    if store is not None:
        said = {one: (why.reason, str(why.look_again)) for one, why in audit.accepted.items()}
        everything = (*audit.findings, *audit.accepted)
        save_audit(store, audit.target, audit.as_of, everything, said)


def load_reviewed(settings: Settings) -> Reviewed:
    """The file of accepted Findings. Raises UsageError where it cannot be read or understood."""
    path = settings.audit.accepted or ACCEPTED
    if settings.audit.accepted is None and not path.is_file():
        return Reviewed()
    try:
        return read_reviewed(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"audit.accepted names {path}, which cannot be read.") from error


def merged(findings: Sequence[KeyFinding]) -> list[KeyFinding]:
    """The same Finding of several Targets once: as bad as the worst, with the rows of all."""
    grouped: defaultdict[tuple[str, str, str], list[KeyFinding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.identity].append(finding)
    return worst_first(same[0] if len(same) == 1 else _together(same) for same in grouped.values())


def _together(same: Sequence[KeyFinding]) -> KeyFinding:
    return replace(
        worst_first(same)[0],
        exposed_rows=_sum([one.exposed_rows for one in same]),
        failures=_sum([one.failures for one in same]),
    )


def _audit(
    snapshot: Snapshot,
    settings: TargetSettings,
    store: Store | None,
    reviewed: Reviewed,
    sample_above: int,
    backfills: bool,
) -> TargetAudit:
    catalog = target_catalog(snapshot, settings)
    taken = taken_names(snapshot, catalog)
    every = [(case, flaw_of(case)) for case in cases(catalog, reviewed.reuse, taken)]
    facts = facts_of(Asked(snapshot, catalog, store, sample_above), every)
    known = ((case.knowing(facts[name_of(case.key)]), flaw) for case, flaw in every)
    found = [one for case, flaw in known for one in inspect(case, flaw, backfills=backfills)]
    today = datetime.now(UTC).date()
    accepted, shown = dict[KeyFinding, Accepted](), list[KeyFinding]()
    for one in found:
        if why := reviewed.acceptance(one, today):
            accepted[one] = why
        else:
            shown.append(one)
    marked = sum(table.marker is not None for table in catalog.tables)
    return TargetAudit(snapshot.target, snapshot.as_of, tuple(worst_first(shown)), accepted, marked)


def _wanted(settings: Settings, environment: str | None) -> list[str]:
    if not settings.targets:
        raise SettingsError(
            "No Target is configured to audit: set TOMBSTONE_TARGETS__PRODUCTION__READ_DSN."
        )
    if environment is None:
        return list(settings.targets)
    name = settings.target_of(environment)
    if name is None:
        raise SettingsError(f"No Target is configured for environment {environment!r}.")
    return [name]


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
