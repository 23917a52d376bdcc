"""Auditing a database of the test's own, and running a migration as a person would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import psycopg

from collectors.audit.case import KeyFacts
from collectors.audit.inspect import cases, flaw_of, inspect, name_of, worst_first
from collectors.audit.migration import CHANGED, Draft, draft, steps
from collectors.model import Catalog, KeyFinding, KeyName
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from sample_data.postgres import Database


def catalog_of(database: Database, *schemas: str) -> Catalog:
    with ReadTarget("test", database.dsn) as target, target.snapshot() as snapshot:
        return read_catalog(snapshot, schemas=schemas or ("public",))


def findings_of(
    database: Database, *schemas: str, facts: Mapping[KeyName, KeyFacts] | None = None
) -> list[KeyFinding]:
    return audited(catalog_of(database, *schemas), facts or {})


def audited(catalog: Catalog, facts: Mapping[KeyName, KeyFacts]) -> list[KeyFinding]:
    known = [case.knowing(facts.get(name_of(case.key), KeyFacts())) for case in cases(catalog)]
    return worst_first(one for case in known for one in inspect(case, flaw_of(case)))


def draft_of(database: Database, constraint: str, facts: KeyFacts | None = None) -> Draft:
    case = next(c for c in cases(catalog_of(database)) if c.key.name == constraint)
    found = draft(replace(case, facts=facts or KeyFacts()))
    assert isinstance(found, Draft), found
    return found


def statements_of(plan: Draft, *, upserts_changed: bool = True) -> list[str]:
    """What a person runs, who has said that the application's ON CONFLICT is deployed."""
    said = f"SET {CHANGED} = 'yes'"
    chosen = [step.sql for step in steps(plan)]
    return [
        said if upserts_changed and CHANGED in sql and "SET" in sql[:3] else sql for sql in chosen
    ]


def run(database: Database, statements: list[str]) -> None:
    """One after another on one session, each in a transaction of its own."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
