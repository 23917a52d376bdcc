"""The steps of a migration, in order, for ordinary and for partitioned tables."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.audit.migration.draft import Draft, NewKey, live_condition
from collectors.audit.migration.statements import (
    Step,
    block,
    create,
    drop_broken,
    patiently,
    unless_valid,
)
from collectors.audit.naming import quoted
from collectors.model import Partition
from collectors.model.sql_text import literal

CHANGED = "tombstone.upserts_changed"
"""The session's word that the application's ON CONFLICT has been deployed in its new form."""


def steps(draft: Draft) -> list[Step]:
    """Everything to run, one statement after another, each in a transaction of its own."""
    return [*_opening(draft), *_body(draft), *_closing()]


def _body(draft: Draft) -> Iterator[Step]:
    check = _check(draft)
    if draft.new is not None:
        yield from _built(draft, draft.new, check)
    if draft.upserts:
        yield Step("Go on only once the new ON CONFLICT runs everywhere.", _guard())
    if draft.new is None or draft.new.name != draft.old.name:
        yield _drop(draft, check)


def _check(draft: Draft) -> list[str]:
    """Plpgsql that stops unless the key that is to stay stands."""
    staying = draft.new or draft.kept
    assert staying is not None
    return unless_valid(draft.table.schema, staying.name, draft.table.qualified, draft.new)


def _built(draft: Draft, new: NewKey, check: list[str]) -> Iterator[Step]:
    if draft.may_repeat:
        yield Step(
            "Stop if live rows share values: decide first which of them stays.", _ask(draft, new)
        )
    if draft.table.partitioned:
        yield from _build_partitioned(draft, new, check)
    else:
        yield from _build(draft, new, check)


def _opening(draft: Draft) -> Iterator[Step]:
    if draft.upserts:
        comment = "Say 'yes' here once the application's new ON CONFLICT is deployed."
        yield Step(comment, f"SET {CHANGED} = 'no'")
    yield Step("Building takes as long as it takes.", "SET statement_timeout = 0")
    comment = "And makes no writer wait; what could make one wait sets its own limit below."
    yield Step(comment, "SET lock_timeout = 0")


def _closing() -> Iterator[Step]:
    yield Step("Leave the session as it was.", "RESET lock_timeout")
    yield Step("", "RESET statement_timeout")


def _build(draft: Draft, new: NewKey, check: list[str]) -> Iterator[Step]:
    comment = "Remove what an interrupted attempt left behind."
    yield Step(comment, drop_broken(draft.table.schema, [new.name]))
    sql = create(new, new.name, draft.table.qualified, _tablespace(draft), concurrently=True)
    yield Step("Build the new key beside the old one.", sql)
    yield Step("Make sure that it is valid.", block(check))


def _build_partitioned(draft: Draft, new: NewKey, check: list[str]) -> Iterator[Step]:
    """CONCURRENTLY is not to be had for a partitioned table: each partition, then the whole.

    The parent's index comes first, so that partitions made meanwhile have theirs from the start.
    """
    partitions = draft.table.partitions
    leaves = [one for one in partitions if not one.partitioned]
    branches = [one for one in partitions if one.partitioned]
    for schema in sorted({leaf.schema for leaf in leaves}):
        names = [_on(draft, leaf) for leaf in leaves if leaf.schema == schema]
        comment = "Remove what an interrupted attempt left behind."
        yield Step(comment, drop_broken(schema, names))
    stems = [(new.name, draft.table.qualified), *((_on(draft, b), b.qualified) for b in branches)]
    for name, place in stems:
        sql = create(new, name, f"ONLY {place}", _tablespace(draft), concurrently=False)
        yield Step(f"The frame on {place}: empty, so it takes no time.", patiently([f"{sql};"]))
    for leaf in leaves:
        sql = create(new, _on(draft, leaf), leaf.qualified, _tablespace(draft), concurrently=True)
        yield Step(f"Build the key of partition {leaf.qualified}.", sql)
    for part in (*leaves, *reversed(branches)):
        yield Step(f"Join {part.qualified} to the whole.", _attach(draft, new, part))
    comment = "Make sure that the whole is valid; a partition made just before lacks its index:"
    yield Step(f"{comment} then make this migration anew.", block(check))


def _attach(draft: Draft, new: NewKey, part: Partition) -> str:
    own = _on(draft, part)
    table = draft.table
    above = next(
        (
            one
            for one in table.partitions
            if (one.schema, one.name) == (part.parent_schema, part.parent)
        ),
        None,
    )
    parent = quoted(_on(draft, above)) if above else quoted(new.name)
    sql = f"ALTER INDEX {part.parent_schema}.{parent} ATTACH PARTITION {part.schema}.{quoted(own)};"
    return patiently([sql], unless_valid(part.schema, own, part.qualified, new))


def _drop(draft: Draft, check: list[str]) -> Step:
    """Drop the old key, in the transaction that has just seen the other one valid."""
    old, place = draft.old, draft.table.qualified
    name = quoted(old.name)
    if old.build is not None and old.build.constraint:
        change = [f"ALTER TABLE {place} DROP CONSTRAINT IF EXISTS {name};"]
    else:
        change = [f"DROP INDEX IF EXISTS {draft.table.schema}.{name};"]
    if draft.new is not None and draft.new.constraint:
        change += _adopt(draft, draft.new)
    return Step("Swap: drop the old key once the other one holds.", patiently(change, check))


def _adopt(draft: Draft, new: NewKey) -> list[str]:
    """Make the new index the constraint that the old one was."""
    name, place = quoted(new.name), draft.table.qualified
    how = f"USING INDEX {name} {draft.old.build.deferrable if draft.old.build else ''}".rstrip()
    return [
        "IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k",
        f"    WHERE k.conindid = to_regclass({literal(f'{draft.table.schema}.{name}')})) THEN",
        f"  ALTER TABLE {place} ADD CONSTRAINT {name} UNIQUE {how};",
        "END IF;",
    ]


def _ask(draft: Draft, new: NewKey) -> str:
    return block(
        [
            f"SELECT count(*) INTO found FROM ({repeats(draft, new)}) repeated;",  # noqa: S608
            "IF found > 0 THEN",
            "  RAISE EXCEPTION '% values are held by more than one live row.', found",
            "    USING HINT = 'The query at the top lists them. Nothing was changed.';",
            "END IF;",
        ],
        ["found bigint;"],
    )


def repeats(draft: Draft, new: NewKey, chosen: str = "") -> str:
    """SELECT the values that several live rows share, though the new key will forbid it."""
    conditions = [live_condition(draft.table, draft.marker)]
    conditions += [draft.old.besides] if draft.old.besides else []
    if not new.nulls_not_distinct:
        conditions += [f"({each}) IS NOT NULL" for each in new.columns]
    return (  # every word of it is the catalog's
        f"SELECT {chosen} FROM {draft.table.own_rows} WHERE {' AND '.join(conditions)} "  # noqa: S608
        f"GROUP BY {', '.join(new.columns)} HAVING count(*) > 1"
    )


def _guard() -> str:
    stop = "The new key stands; the old one was not dropped."
    hint = f"Deploy the new ON CONFLICT, then run this again with SET {CHANGED} = 'yes'."
    return block(
        [
            f"IF coalesce(current_setting('{CHANGED}', true), '') <> 'yes' THEN",
            f"  RAISE EXCEPTION USING MESSAGE = {literal(stop)}, HINT = {literal(hint)};",
            "END IF;",
        ]
    )


def _on(draft: Draft, partition: Partition) -> str:
    """The name of the new index's own index on a partition."""
    assert draft.new is not None
    return draft.schema.naming.new(partition.name, draft.new.words, constraint=False)


def _tablespace(draft: Draft) -> str | None:
    return draft.old.build.tablespace if draft.old.build else None
