"""The statement of a backfill: batches of its own transactions, from one end of the table on.

A batch takes rows that still hold the key and that nobody else has locked, and changes them in the
statement that locked them. What it has changed holds the key no more, so the loop ends, and a
second run finds only what the first had to leave.
"""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collectors.audit.backfill.draft import Freeing
from collectors.audit.migration.statements import LOCK_TIMEOUT_MS, Step, block
from collectors.model import SoftDeleteMarker
from collectors.model.sql_text import literal

BATCH = 1_000


def steps(plan: Freeing) -> list[Step]:
    """Everything to run, one statement after another, outside any transaction."""
    return [
        Step(
            "The whole takes as long as it takes; each batch is short.", "SET statement_timeout = 0"
        ),
        Step("No batch makes anybody wait for long.", f"SET lock_timeout = '{LOCK_TIMEOUT_MS}ms'"),
        Step("Free what deleted rows hold, and say what had to be left.", _loop(plan)),
        Step("Leave the session as it was.", "RESET lock_timeout"),
        Step("", "RESET statement_timeout"),
    ]


def assignments(plan: Freeing) -> str:
    """What is set, in a backfill as in every path that deletes."""
    written = [f"{plan.column.name} = {plan.value}"]
    if plan.keeper is not None:
        written.append(f"{plan.keeper.name} = {_kept(plan)}")
    return ", ".join(written)


def forgetting(plan: Freeing) -> str | None:
    """What a path that erases must set: the keeper without the old value."""
    if plan.keeper is None:
        return None
    return f"{plan.keeper.name} = ({plan.keeper.name}::jsonb - {plan.kept})::{plan.keeper.type}"


def wanted(plan: Freeing) -> str:
    """A deleted row that holds the key and can let go of it, or keeps what was to be erased."""
    terms = [plan.held]
    if plan.keeper is not None:
        terms.append(_can_keep(plan))
    held = f"({' AND '.join(terms)})"
    if plan.keeper is not None and plan.erased is not None:
        object_ = f"jsonb_typeof({plan.keeper.name}::jsonb) = 'object'"
        member = f"{plan.keeper.name}::jsonb ? {plan.kept}"
        held = f"({held} OR ({plan.erased} AND {object_} AND {member}))"
    return f"{_surely_deleted(plan.marker)} AND {held}"


def _surely_deleted(marker: SoftDeleteMarker) -> str:
    """Not a row that is to be deleted some day, or whose mark says neither: it may be live."""
    deleted = f"({marker.deleted})"
    if marker.doubt:
        deleted += f" AND ({marker.doubt}) IS NOT TRUE"
    return f"{deleted} AND ({marker.since} > now()) IS NOT TRUE" if marker.since else deleted


def _can_keep(plan: Freeing) -> str:
    """Its value has a place: what is no JSON object takes none, and the row is left as it is."""
    assert plan.keeper is not None
    name = plan.keeper.name
    free = f"coalesce(jsonb_typeof({name}::jsonb), 'object') = 'object'"
    return f"({plan.erased} OR {free})" if plan.erased else free


def _kept(plan: Freeing) -> str:
    """The keeper with the value; of an erased row without it, also where it was kept before."""
    assert plan.keeper is not None
    name, type_ = plan.keeper.name, plan.keeper.type
    member = f"jsonb_build_object({plan.kept}, {plan.column.name}::text)"
    keep = f"(coalesce({name}::jsonb, '{{}}'::jsonb) || {member})::{type_}"
    if plan.erased is None:
        return keep
    odd = f"jsonb_typeof({name}::jsonb) IS DISTINCT FROM 'object'"
    return (
        f"CASE WHEN {plan.erased} AND {odd} THEN {name}"
        f" WHEN {plan.erased} THEN ({name}::jsonb - {plan.kept})::{type_} ELSE {keep} END"
    )


def _loop(plan: Freeing) -> str:
    table, ids = plan.table, plan.table.primary_key
    place = table.own_rows
    names = [f"tombstone_id{n}" for n in range(len(ids))]
    after = [f"tombstone_after{n}" for n in range(len(ids))]
    shown = ", ".join(f"{own} AS {name}" for own, name in zip(ids, names, strict=True))
    same = " AND ".join(f"{table.name}.{own} = {n}" for own, n in zip(ids, names, strict=True))
    backwards = ", ".join(f"{name} DESC" for name in names)
    last = ", ".join(f"(array_agg({name} ORDER BY {backwards}))[1]" for name in names)
    lines = [
        f"SELECT {', '.join(ids)} INTO {', '.join(after)}",
        f"  FROM {place} ORDER BY {', '.join(ids)} LIMIT 1;",
        "LOOP",
        "  WITH tombstone_batch AS MATERIALIZED (",
        f"    SELECT {shown} FROM {place}",
        f"    WHERE ({', '.join(ids)}) >= ({', '.join(after)})",
        f"      AND {wanted(plan)}",
        f"    ORDER BY {', '.join(ids)} LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
        "  ), tombstone_done AS (",
        f"    UPDATE {place}",
        f"    SET {assignments(plan)}",
        f"    FROM tombstone_batch WHERE {same} AND ({plan.marker.deleted})",
        f"    RETURNING {', '.join(names)}",
        "  )",
        f"  SELECT count(*), {last} INTO tombstone_freed, {', '.join(after)}",
        "    FROM tombstone_done;",
        "  EXIT WHEN tombstone_freed = 0;",
        "  tombstone_total := tombstone_total + tombstone_freed;",
        "  COMMIT;",
        "END LOOP;",
        *_report(plan, place),
    ]
    declared = [f"{a} {table.qualified}.{own}%TYPE;" for a, own in zip(after, ids, strict=True)]
    counters = ["tombstone_freed bigint;", "tombstone_left bigint;"]
    return block(lines, [*declared, *counters, "tombstone_total bigint := 0;"])


def _report(plan: Freeing, place: str) -> list[str]:
    still = f"({plan.marker.deleted}) AND {plan.held}"
    left = "% deleted rows still hold " + plan.key.name.replace("%", "%%")
    hint = (
        "They were locked, have no place to keep the value in, or may be live (a time to come, a "
        "mark that says neither): look, then run it again."
    )
    return [
        f"RAISE NOTICE {literal('% rows were changed.')}, tombstone_total;",
        f"SELECT count(*) INTO tombstone_left FROM {place} WHERE {still};",
        "IF tombstone_left > 0 THEN",
        f"  RAISE WARNING {literal(left)}, tombstone_left USING HINT = {literal(hint)};",
        "END IF;",
    ]
