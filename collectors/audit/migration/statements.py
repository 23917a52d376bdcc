"""The statements of a migration. Each can be run by itself, twice, and after any interruption.

None of them leaves live rows without a key: the old one is dropped by the very statement that has
just seen the new one valid. What needs a lock that makes others wait asks for it for half a second
(less than `deadlock_timeout`), gives up, lets the waiting pass, and asks again. `CREATE INDEX
CONCURRENTLY` makes no writer wait and may itself wait long for old transactions, so it has no
`lock_timeout`: one that is cut off leaves an INVALID index (sql-createindex.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.audit.migration.draft import NewKey
from collectors.audit.naming import quoted
from collectors.model.sql_text import literal

LOCK_TIMEOUT_MS = 500
ATTEMPTS = 120


@dataclass(frozen=True, slots=True)
class Step:
    """One statement, with the line that says what it is for."""

    comment: str
    sql: str


def block(lines: Sequence[str], declare: Sequence[str] = ()) -> str:
    """A DO block around plpgsql lines."""
    declared = "\n  ".join(("DECLARE", *declare)) + "\n" if declare else ""
    body = declared + "\n  ".join(("BEGIN", *lines)) + "\nEND"
    tag = "$tombstone$"
    while tag in body:
        tag = tag[:-1] + "_$"
    return f"DO {tag}\n{body}\n{tag}"


def patiently(lines: Sequence[str], before: Sequence[str] = ()) -> str:
    """A DO block that tries `lines` again for as long as a lock is not to be had."""
    return block(
        [
            f"PERFORM set_config('lock_timeout', '{LOCK_TIMEOUT_MS}ms', true);",
            *before,
            "LOOP",
            "  BEGIN",
            *(f"    {line}" for line in lines),
            "    EXIT;",
            "  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN",
            "    attempt := attempt + 1;",
            f"    IF attempt >= {ATTEMPTS} THEN RAISE; END IF;",
            "    PERFORM pg_sleep(least(0.05 * attempt, 1.0));",
            "  END;",
            "END LOOP;",
        ],
        ["attempt int := 0;"],
    )


def create(
    new: NewKey, name: str, place: str, tablespace: str | None, *, concurrently: bool
) -> str:
    """CREATE UNIQUE INDEX, unless there is one of that name."""
    how = "CONCURRENTLY IF NOT EXISTS" if concurrently else "IF NOT EXISTS"
    lines = [f"CREATE UNIQUE INDEX {how} {quoted(name)}", f"  ON {place} USING btree"]
    lines[1] += f" ({', '.join(new.items)})"
    if new.definition.include:
        lines.append(f"  INCLUDE ({new.definition.include})")
    if new.nulls_not_distinct:
        lines.append("  NULLS NOT DISTINCT")
    if new.definition.options:
        lines.append(f"  WITH ({new.definition.options})")
    if tablespace:
        lines.append(f"  TABLESPACE {tablespace}")
    if new.predicate:
        lines.append(f"  WHERE {new.predicate}")
    return "\n".join(lines)


def unless_valid(schema: str, name: str, place: str, new: NewKey | None) -> list[str]:
    """Plpgsql that stops unless the index stands, valid and as it should be."""
    conditions = [
        f"i.indexrelid = to_regclass({literal(f'{schema}.{quoted(name)}')})",
        f"i.indrelid = to_regclass({literal(place)})",
        "i.indisunique AND i.indisvalid AND i.indisready AND i.indislive",
    ]
    if new is not None:
        conditions += [
            f"i.indnkeyatts = {len(new.items)}",
            f"i.indnullsnotdistinct = {str(new.nulls_not_distinct).lower()}",
            f"(i.indpred IS NOT NULL) = {str(new.predicate is not None).lower()}",
        ]
    stop = f"The unique index {name} is not there, not valid, or not the one this migration builds."
    return [
        "IF NOT EXISTS (",
        "  SELECT FROM pg_catalog.pg_index i",
        *(f"  {'AND' if n else 'WHERE'} {each}" for n, each in enumerate(conditions)),
        ") THEN",
        f"  RAISE EXCEPTION USING MESSAGE = {literal(stop)},",
        "    HINT = 'Nothing was dropped. Run the migration again; what is done is passed over.';",
        "END IF;",
    ]


def drop_broken(schema: str, names: Sequence[str]) -> str:
    """Drop what an interrupted build of these indexes left behind, unless it is being built."""
    listed = ", ".join(f"to_regclass({literal(f'{schema}.{quoted(name)}')})" for name in names)
    return block(
        [
            f"PERFORM set_config('lock_timeout', '{LOCK_TIMEOUT_MS}ms', true);",
            "FOR broken IN",
            "  SELECT i.indexrelid::regclass FROM pg_catalog.pg_index i",
            f"  WHERE i.indexrelid IN ({listed}) AND NOT i.indisvalid",
            "LOOP",
            "  IF EXISTS (SELECT FROM pg_stat_progress_create_index p",
            "             WHERE p.index_relid = broken::oid AND p.pid <> pg_backend_pid()) THEN",
            "    RAISE EXCEPTION 'Another session is building % just now.', broken;",
            "  END IF;",
            "  attempt := 0;",
            "  LOOP",
            "    BEGIN",
            "      EXECUTE format('DROP INDEX IF EXISTS %s', broken);",
            "      EXIT;",
            "    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN",
            "      attempt := attempt + 1;",
            f"      IF attempt >= {ATTEMPTS} THEN RAISE; END IF;",
            "      PERFORM pg_sleep(least(0.05 * attempt, 1.0));",
            "    END;",
            "  END LOOP;",
            "END LOOP;",
        ],
        ["attempt int;", "broken regclass;"],
    )
