"""The write side's part of `doctor`: its journal, and what each writer may and may not do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import psycopg

from collectors.doctor import Check, Health
from collectors.errors import TombstoneError, Unreachable
from collectors.evidence.database import Store
from collectors.model import Catalog
from collectors.model.counted import counted
from collectors.postgres.snapshot import Snapshot
from collectors.settings import Settings
from collectors.targets import read_targets, target_catalog
from dashboard.remediation.journal import verify
from dashboard.remediation.service.grants import filtered, lacking
from dashboard.remediation.service.one_database import MEND, TWO, is_same
from dashboard.remediation.service.rights import names_of
from dashboard.remediation.writer import Limits, RightsReader, WriterFacts
from dashboard.settings import WriteSettings

_EXCESS = "Use a role of its own with UPDATE on single columns; README has the SQL."

_READ_ONLY = (
    "Lead write_dsn to the primary, or take default_transaction_read_only from its role or "
    "database, unless somebody has set it for a while."
)


def check_write_side(settings: Settings, writing: WriteSettings, store: Store) -> Iterator[Check]:
    """Every check of the write side, as it is made. Raises nothing for what it checks."""
    yield _check_journal(store)
    for target in settings.targets:
        label = f"target {target} writer"
        dsn = writing.write_dsn(target)
        if dsn is None:
            mend = f"Set write_dsn for {target} to offer remedies."
            yield Check(label, Health.LACKING, "None is set: the remedies are off.", mend)
            continue
        limits = Limits(writing.remediation.lock_timeout_ms, 10_000)
        try:
            facts = RightsReader(target, dsn, limits).facts(settings.targets[target].schemas)
        except Unreachable as error:
            health = Health.WRONG if error.permanent else Health.UNREACHABLE
            yield Check(label, health, str(error))
        except TombstoneError as error:
            yield Check(label, Health.WRONG, str(error))
        except psycopg.Error as error:
            yield Check(
                label, Health.WRONG, f"PostgreSQL refused its questions ({error.sqlstate})."
            )
        else:
            yield from _check_writer(label, facts)
            yield from _check_beside_reader(label, target, settings, facts)
    yield from _check_forbidden(settings, writing)


def _check_journal(store: Store) -> Check:
    report = verify(store)
    if report.intact:
        lines, head = counted(report.entries, "line"), (report.head or "none")[:12]
        return Check("journal", Health.GOOD, f"Its chain of {lines} is intact; its head: {head}.")
    mend = "Compare the store with its back-up before anything else is applied."
    return Check("journal", Health.WRONG, " ".join(report.problems[:3]), mend)


def _check_writer(label: str, facts: WriterFacts) -> Iterator[Check]:
    if facts.superuser:
        yield Check(label, Health.WRONG, f"Role {facts.role} is a superuser.", _EXCESS)
        return
    if facts.read_only:
        sentence = "Its database takes no writes now, so every remedy is refused."
        yield Check(label, Health.WRONG, sentence, _READ_ONLY)
    elif not facts.writes:
        yield Check(label, Health.LACKING, f"Role {facts.role} may write nothing.")
    else:
        sentence = f"Role {facts.role} may update {'; '.join(facts.writes[:5])}."
        yield Check(label, Health.GOOD, sentence)
    if facts.deletes:
        tables = ", ".join(facts.deletes[:5])
        sentence = f"Role {facts.role} may use DELETE on {tables}: needed only for purge-row."
        mend = "Revoke DELETE where nobody is to purge."
        yield Check(f"{label} delete", Health.LACKING, sentence, mend)
    if facts.excess:
        sentence = f"Role {facts.role} {'; '.join(facts.excess[:3])}: more than a remedy needs."
        yield Check(f"{label} excess", Health.WRONG, sentence, _EXCESS)


def _check_forbidden(settings: Settings, writing: WriteSettings) -> Iterator[Check]:
    """Every line of `forbid` that names a table which is nowhere: it would forbid nothing."""
    lines = [line for line in writing.remediation.forbid if line.count("/") == 2]
    named = {line.rpartition("/")[2].casefold() for line in lines} - {"*"}
    readers = read_targets(settings) if named else {}
    for target, reader in readers.items():
        try:
            catalog = reader.ask(partial(target_catalog, settings=settings.targets[target]))
        except TombstoneError:
            return  # the reader's own check has said so, and the table may be there
        finally:
            reader.close()
        for table in catalog.tables:
            named -= {name.casefold() for name in (*names_of(table), table.name)}
    for missing in sorted(named):
        sentence = f"remediation.forbid names {missing}, which no target has: it forbids nothing."
        yield Check("forbid", Health.WRONG, sentence, "Correct the line.")


def _check_beside_reader(
    label: str, target: str, settings: Settings, facts: WriterFacts
) -> Iterator[Check]:
    """What only the reader's connection can tell: the same database? what is there to write?"""

    def asked(snapshot: Snapshot) -> tuple[bool, Catalog]:
        same = is_same(snapshot, facts.database)
        return same, target_catalog(snapshot, settings.targets[target])

    reader = read_targets(settings)[target]
    try:
        same, catalog = reader.ask(asked)
    except TombstoneError:
        return  # the reader's own check has said so
    finally:
        reader.close()
    if not same:
        yield Check(f"{label} database", Health.WRONG, TWO, MEND)
    elif not facts.superuser:
        yield from _check_grants(f"{label} grants", catalog, facts)


def _check_grants(label: str, catalog: Catalog, facts: WriterFacts) -> Iterator[Check]:
    """A line a table; those that the role is perhaps not to touch share one."""
    if hidden := filtered(catalog, facts):
        sentence = (
            f"Row-level security binds role {facts.role} on {', '.join(hidden)}: whatever writes "
            "a row there, or counts who refers to one, is refused, for it may not see them all."
        )
        yield Check(label, Health.LACKING, sentence, f"ALTER ROLE {facts.role} BYPASSRLS;")
    lacks = [*lacking(catalog, facts)]
    left_out = [one for one in lacks if one.untouched and facts.writes]
    for one in lacks:
        if one not in left_out:
            update = [f"no UPDATE on {', '.join(one.columns)}"] if one.columns else []
            what = ["no SELECT", *update] if one.unseen or not update else update
            which = "Every remedy is" if one.untouched or one.unseen else "Some remedies are"
            sentence = f"{which} refused on {one.table}: {', '.join(what)}."
            yield Check(label, Health.LACKING, sentence, one.grants)
    if left_out:
        tables = ", ".join(one.table for one in left_out)
        sentence = f"Every remedy is refused on what it may not update at all: {tables}."
        mend = "Leave it so, or: " + " ".join(one.grants for one in left_out)
        yield Check(label, Health.LACKING, sentence, mend)
