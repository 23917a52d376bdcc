"""A backfill as text: what to know before it, and the change that every delete path needs."""

# ruff: noqa: S608  (what is put together here comes from the catalog alone)

from __future__ import annotations

from collections.abc import Iterator

from collectors.audit.backfill.draft import Freeing
from collectors.audit.backfill.statements import BATCH, assignments, forgetting, steps, wanted
from collectors.audit.migration.render import written
from collectors.model import Migration
from collectors.model.releasable import columns_read
from collectors.model.released import kept_name

_REFUSAL = (
    "What was freed is not taken back: somebody may have the value by now. The docstring says "
    "where the old values are."
)


def backfill(plan: Freeing) -> Migration:
    """Both spellings of the same steps."""
    heading = f"{plan.table.label}: free what deleted rows hold of {plan.key.name}"
    return written(heading, list(_paragraphs(plan)), steps(plan), _REFUSAL)


def _paragraphs(plan: Freeing) -> Iterator[str]:
    table = plan.table
    yield (
        "Run it outside any transaction (psql does; Alembic's form sees to it itself). It may be "
        f"stopped anywhere and run again: it commits every {BATCH:,} rows, takes only deleted rows "
        "that still hold the key, and what it has freed holds it no more, so it ends."
    )
    yield (f"How many there are:\n  SELECT count(*) FROM {table.own_rows} WHERE {wanted(plan)};")
    yield _what(plan)
    if plan.erased is not None:
        yield _of_the_erased(plan)
    if table.triggers:
        yield f"Triggers of the table fire for each row: {', '.join(table.triggers)}."
    yield from _delete_paths(plan)


def _of_the_erased(plan: Freeing) -> str:
    table, column = plan.table, plan.column.name
    who = f"a row that was erased ({table.erased_when})"
    if column in columns_read(table, table.erased_when or ""):
        return f"A{who[1:]} is left as it is: its {column} was made up when it was erased."
    if plan.keeper is None:
        return f"Of {who} nothing is kept either."
    return f"Of {who} nothing is kept: neither now nor where an earlier release kept it."


def _what(plan: Freeing) -> str:
    column = plan.column.name
    if plan.keeper is not None:
        where = f"{plan.keeper.name}.{kept_name(column)}"
        return (
            f"{column} becomes NULL; the old value moves to {where}, from where it can come back."
        )
    lost = (
        "The old value is kept nowhere: save it first if you need it, except of rows that were "
        "erased."
    )
    if plan.value == "NULL":
        place = "To keep it in a JSON column of the row, name that as the table's `kept_in`."
        return f"{column} becomes NULL. {lost} {place}"
    return f"{column} becomes a value that no other row can have: {plan.value}. {lost}"


def _delete_paths(plan: Freeing) -> Iterator[str]:
    """The cure must not sit in one path only."""
    table = plan.table
    ids = " AND ".join(f"{name} = …" for name in table.primary_key)
    place = table.qualified
    yield (
        "It frees what is there now. From now on every path that deletes (endpoint, worker, admin "
        "page, cascade, SQL by hand) must free the key in the statement that marks the row, or the "
        "key must leave deleted rows out (the migration):\n"
        f"  UPDATE {place} SET {plan.mark}, {assignments(plan)} WHERE {ids};"
    )
    if (forget := forgetting(plan)) is not None:
        yield (
            "And every path that erases or anonymizes must drop what was kept:\n"
            f"  UPDATE {place} SET {forget} WHERE {ids};"
        )
