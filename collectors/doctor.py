"""Does everything stand that the settings name? One line a check, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from shlex import quote

from collectors.errors import NotInSentry, SentryUnreachable, TombstoneError, Unreachable
from collectors.evidence.database import Store, open_store
from collectors.evidence.reads.runs import last_run
from collectors.evidence.sqlite import sqlite_file
from collectors.evidence.trouble import unwritable
from collectors.model import Catalog
from collectors.model.counted import counted
from collectors.postgres.engine import ReadTarget
from collectors.postgres.reader import ReaderFacts, Unreadable, reader_facts
from collectors.postgres.snapshot import Snapshot
from collectors.sentry.client import SentryClient
from collectors.sentry.connect import connect
from collectors.sentry.detect import ServerKind
from collectors.sentry.probe import ScopeCheck, ServerFacts, probe
from collectors.sentry.sources import LISTINGS
from collectors.settings import SentrySettings, Settings, TargetSettings, exposed_file
from collectors.targets import target_catalog


class Health(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    LACKING = "lacking"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Check:
    """One line. `mend` says what to do where something is not good."""

    name: str
    health: Health
    sentence: str
    mend: str | None = None


def check_all(settings: Settings) -> Iterator[Check]:
    """Every check of the read side, as it is made. Raises nothing for what it checks."""
    yield from _check_settings_file()
    yield from _check_store(settings)
    yield from _check_sentry(settings)
    if not settings.targets:
        mend = "Set TOMBSTONE_TARGETS__PRODUCTION__READ_DSN."
        sentence = "No Target is configured, so nothing can be judged."
        yield Check("targets", Health.LACKING, sentence, mend)
    for name, target in settings.targets.items():
        yield from _check_target(name, target)


def _check_settings_file() -> Iterator[Check]:
    file = exposed_file()
    if file is not None:
        sentence = f"{file} holds a secret and can be read by everybody on this machine."
        yield Check("settings file", Health.WRONG, sentence, f"chmod o-r {quote(str(file))}")


def _check_store(settings: Settings) -> Iterator[Check]:
    try:
        store = open_store(settings.store_url, settings.required_secret())
    except TombstoneError as error:
        yield Check("store", Health.WRONG, str(error))
        return
    yield Check("store", Health.GOOD, "It opens with this secret key.")
    yield _check_last_run(store)
    file = sqlite_file(settings.store_url)
    if file is not None:
        yield from _check_store_file(file)
    store.close()


def _check_store_file(file: Path) -> Iterator[Check]:
    """A store that cannot be written opens and shows its pages all the same."""
    if file.stat().st_mode & 0o077:
        sentence = f"{file} can be read by others on this machine."
        yield Check("store file", Health.WRONG, sentence, f"chmod 600 {quote(str(file))}")
    for place in unwritable(file):
        sentence = f"{place} cannot be written: nothing can be collected or remedied."
        mend = "Run this as its owner, on a disk that can be written."
        yield Check("store file", Health.WRONG, sentence, mend)


def _check_last_run(store: Store) -> Check:
    run = last_run(store)
    if run is None:
        return Check("last run", Health.LACKING, "Nothing was collected yet.", "tombstone collect")
    if run.finished_at is None:
        sentence = f"The Run of {run.started_at:%Y-%m-%d %H:%M} UTC has not finished."
        return Check("last run", Health.LACKING, sentence, "tombstone collect")
    return Check("last run", Health.GOOD, f"{run.finished_at:%Y-%m-%d %H:%M} UTC.")


def _check_sentry(settings: Settings) -> Iterator[Check]:
    if settings.sentry.token is None:
        yield Check(
            "sentry", Health.LACKING, "No token: only files.", "Set TOMBSTONE_SENTRY__TOKEN."
        )
        return
    try:
        with connect(settings.sentry) as client:
            facts = probe(client, settings.sentry.projects)
            yield from _sentry_checks(facts, settings.sentry)
            if facts.authenticated:
                yield from _project_checks(client, facts.kind, settings.sentry.projects)
    except TombstoneError as error:
        yield Check("sentry", Health.WRONG, str(error))


def _sentry_checks(facts: ServerFacts, settings: SentrySettings) -> Iterator[Check]:
    if not facts.reachable:
        sentence = facts.trouble or "It does not answer."
        yield Check("sentry", Health.UNREACHABLE, sentence, "Check base_url and the network.")
        return
    sentence = f"Server: {facts.kind} {facts.version or ''}".strip() + "."
    if not settings.organization and facts.kind not in (ServerKind.BUGSINK, ServerKind.UNKNOWN):
        mend = "Set TOMBSTONE_SENTRY__ORGANIZATION."
        yield Check("sentry", Health.WRONG, f"{sentence} No organization is named.", mend)
        return
    if not facts.authenticated:
        told = facts.known or facts.kind is not ServerKind.UNKNOWN
        trouble = facts.trouble if told else None
        sentence = f"{sentence} {trouble or ''}".strip()
        yield Check("sentry", Health.WRONG, sentence, _way_in(facts))
        return
    yield Check("sentry", Health.GOOD, sentence)
    for scope in facts.scopes:
        yield _scope_check(scope)


def _way_in(facts: ServerFacts) -> str:
    """What to mend where nothing at all may be read."""
    if facts.kind is ServerKind.UNKNOWN:
        return "Check base_url: no Sentry answers there, and no Bugsink of 2.0 or later."
    if not facts.known:
        return "Check the organization."
    needed = _some(tuple(one.scope for one in facts.scopes))
    if facts.kind is not ServerKind.SENTRY:
        return f"Make a token with {needed}."
    return (
        f"Make a personal token or an internal integration with {needed}; an organization's own "
        "token (sntrys_…) cannot have them."
    )


def _project_checks(
    client: SentryClient, kind: ServerKind, named: Sequence[str]
) -> Iterator[Check]:
    """Whether the Issues of each configured project can be listed, as `collect` does it."""
    listing = LISTINGS[kind](client)
    for project in named:
        name = f"sentry project {project}"
        try:
            next(iter(listing.issues(project, datetime.now(UTC))), None)
        except SentryUnreachable as error:
            health = Health.WRONG if error.permanent else Health.UNREACHABLE
            mend = "Check TOMBSTONE_SENTRY__PROJECTS." if isinstance(error, NotInSentry) else None
            yield Check(name, health, str(error), mend)
        else:
            yield Check(name, Health.GOOD, "can be read")


def _scope_check(scope: ScopeCheck) -> Check:
    if scope.works:
        return Check(f"sentry {scope.scope}", Health.GOOD, "works")
    if scope.trouble:
        return Check(f"sentry {scope.scope}", Health.LACKING, f"{scope.cost} {scope.trouble}")
    mend = f"Give the token {scope.scope}."
    return Check(f"sentry {scope.scope}", Health.LACKING, scope.cost, mend)


def _check_target(name: str, settings: TargetSettings) -> Iterator[Check]:
    label = f"target {name}"
    try:
        with ReadTarget(name, settings.read_dsn.get_secret_value()) as target:
            yield from target.ask(lambda snapshot: _target_checks(label, snapshot, settings))
    except Unreachable as error:
        yield Check(label, Health.UNREACHABLE, str(error))
    except TombstoneError as error:
        yield Check(label, Health.WRONG, str(error))


def _target_checks(label: str, snapshot: Snapshot, settings: TargetSettings) -> list[Check]:
    catalog = target_catalog(snapshot, settings)
    facts = reader_facts(snapshot, catalog, schemas=settings.schemas)
    marked = [table for table in catalog.tables if table.marker is not None]
    keys = [key for table in marked for key in table.keys]
    counting = [key for key in keys if key.counts_deleted and not key.primary]
    as_of = f", a standby that shows {snapshot.as_of:%Y-%m-%d %H:%M:%S} UTC"
    standby = as_of if snapshot.is_standby else ""
    counts = counted(len(counting), "unique key counts", "unique keys count")
    sentence = (
        f"PostgreSQL {snapshot.server_version // 10_000}{standby}: "
        f"{counted(len(catalog.tables), 'table')}, {len(marked):,} with soft deletion; "
        f"{counts} deleted rows."
    )
    found = [Check(label, Health.GOOD, sentence), *_reader_checks(label, facts)]
    closed = {one.table for one in facts.unreadable}
    asked = [table for table in marked if any(not key.primary for key in table.keys)]
    if asked and closed.issuperset(table.qualified for table in asked):
        said = "It may look up no key of any table that deletes softly, so no row can be blamed."
        found.append(Check(f"{label} keys", Health.WRONG, said, "Give it the grants above."))
    return [*found, *_deletion_checks(f"{label} deletion", catalog)]


def _deletion_checks(label: str, catalog: Catalog) -> Iterator[Check]:
    """What an unknown mark of deletion would hide: a deleted row that is told as a live one."""
    mend = (
        "name a marker of the table in the settings (targets.<env>.tables.<table>), then: "
        "tombstone collect --full"
    )
    if all(table.marker is None for table in catalog.tables):
        told = "No table says which of its rows are deleted, so no row can be blamed."
        yield Check(label, Health.LACKING, told, f"For one that deletes softly, {mend}")
        return
    unmarked = tuple(
        table.label
        for table in catalog.tables
        if table.marker is None and any(not key.primary for key in table.keys)
    )
    if unmarked:
        told = f"Every row counts as live in {_some(unmarked)}: no mark of deletion is known there."
        yield Check(label, Health.GOOD, told, f"Where one of them deletes softly: {mend}")


def _reader_checks(label: str, facts: ReaderFacts) -> Iterator[Check]:
    if facts.reads_only:
        yield Check(f"{label} reader", Health.GOOD, f"Role {facts.role} can only read.")
    else:
        what = "is a superuser" if facts.superuser else f"can write {_some(facts.writable)}"
        mend = "Use a role with SELECT only; README has the SQL under “On your own systems”."
        yield Check(f"{label} reader", Health.WRONG, f"Role {facts.role} {what}.", mend)
    if facts.filtered:
        sentence = f"Row-level security hides rows of {_some(facts.filtered)} from it."
        mend = "ALTER ROLE … BYPASSRLS, or a policy that lets it see every row."
        yield Check(f"{label} rows", Health.WRONG, sentence, mend)
    for one in facts.unreadable:
        grants = one.grants(facts.role) or None
        yield Check(f"{label} grants", Health.LACKING, _unreadable(one), grants)
    for schema in facts.missing:
        sentence = f"There is no schema {schema}: nothing of it is read."
        yield Check(f"{label} schemas", Health.WRONG, sentence, "Correct the target's schemas.")


def _unreadable(one: Unreadable) -> str:
    if one.parents:
        return (
            f"Whether a live row of {one.table} was left behind it cannot tell: not every row of "
            f"{_some(one.parents)} is open to it."
        )
    lacks = f"no SELECT on {_some(one.columns)}" if one.columns else "its schema is closed to it"
    return f"It may not look up the keys of {one.table}: {lacks}."


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3]) or "some of it"
    return f"{shown} and {len(names) - 3:,} more" if len(names) > 3 else shown
