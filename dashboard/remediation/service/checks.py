"""The write side's part of `doctor`: its journal, and what each writer may and may not do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import psycopg

from collectors.doctor import Check, Health
from collectors.errors import TombstoneError, Unreachable
from collectors.evidence.database import Store
from collectors.postgres.snapshot import Snapshot
from collectors.settings import Settings
from collectors.targets import read_targets, target_catalog
from dashboard.remediation.journal import verify
from dashboard.remediation.service.rights import names_of
from dashboard.remediation.writer import WHICH_DATABASE, Limits, RightsReader, WriterFacts
from dashboard.settings import WriteSettings

_GRANTS = "Grant UPDATE on the columns that the remedies write; README has the SQL."


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
            yield Check(label, Health.UNREACHABLE, str(error))
        except TombstoneError as error:
            yield Check(label, Health.WRONG, str(error))
        except psycopg.Error as error:
            yield Check(
                label, Health.WRONG, f"PostgreSQL refused its questions ({error.sqlstate})."
            )
        else:
            yield from _check_writer(label, facts)
            yield from _check_same_database(label, target, settings, facts)
    yield from _check_forbidden(settings, writing)


def _check_journal(store: Store) -> Check:
    report = verify(store)
    if report.intact:
        return Check("journal", Health.GOOD, f"Its chain of {report.entries:,} lines is intact.")
    mend = "Compare the store with its back-up before anything else is applied."
    return Check("journal", Health.WRONG, " ".join(report.problems[:3]), mend)


def _check_writer(label: str, facts: WriterFacts) -> Iterator[Check]:
    if facts.superuser:
        yield Check(label, Health.WRONG, f"Role {facts.role} is a superuser.", _GRANTS)
        return
    if not facts.writes:
        yield Check(label, Health.LACKING, f"Role {facts.role} may write nothing.", _GRANTS)
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
        yield Check(f"{label} excess", Health.WRONG, sentence, _GRANTS)


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


def _check_same_database(
    label: str, target: str, settings: Settings, facts: WriterFacts
) -> Iterator[Check]:
    def asked(snapshot: Snapshot) -> tuple[bool, tuple[str, str]]:
        ((name, started),) = snapshot.rows(WHICH_DATABASE)
        return snapshot.is_standby, (name, started)

    reader = read_targets(settings)[target]
    try:
        is_standby, read = reader.ask(asked)
    except TombstoneError:
        return  # the reader's own check has said so
    finally:
        reader.close()
    same = read[0] == facts.database[0] if is_standby else read == facts.database
    if not same:
        sentence = "Reader and writer are connected to different databases."
        mend = "Make read_dsn and write_dsn lead to the same one."
        yield Check(f"{label} database", Health.WRONG, sentence, mend)
