"""What a migration cannot do by itself, in words: above its SQL, and in its Alembic docstring."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from collectors.audit.migration.draft import Draft, NewKey, Shape, live_condition
from collectors.audit.migration.steps import CHANGED, repeats
from collectors.audit.naming import raw

_NO_WAY_BACK = (
    "Not to be rolled back: as soon as a live row has a deleted one's values, the old key cannot "
    "be built again (23505, could not create unique index). If the application must go back, let "
    "it: this key asks less than the old one did. To have the old key again, first free the values "
    "that deleted rows hold, then build it CONCURRENTLY as well."
)

_COLUMN = re.compile(r'"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*')
_PARAMETER = re.compile(r"(?<![:\w]):(?=\w)")
"""What SQLAlchemy's `text` takes for one, unless a backslash stands before it."""


def title(draft: Draft) -> str:
    """One line: what it changes."""
    place, old = draft.table.label, draft.old.name
    if draft.new is None:
        assert draft.kept is not None
        return f"{place}: drop {old}, which {draft.kept.name} makes superfluous"
    return f"{place}: {draft.new.name} ({draft.new.shape}) in place of {old}"


def paragraphs(draft: Draft) -> Iterator[str]:
    """What to know before, what to change with it, and what to do instead of taking it back."""
    yield (
        "Run it statement by statement outside any transaction (psql does; Alembic's form sees to "
        "it itself). It may be stopped anywhere and run again from the start."
    )
    yield from _before(draft)
    yield from _on_conflict(draft)
    yield (
        "The application's own check must ask the same question: look among the rows with "
        f"{live_condition(draft.table, draft.marker)}, answer 409 where one is found, and 409 for "
        "a violation of the key too. A restore must first look for a live row with the same values."
    )
    if draft.new is not None:
        yield from _about(draft, draft.new)
    yield _NO_WAY_BACK


def _before(draft: Draft) -> Iterator[str]:
    if draft.new is None:
        return
    if not draft.may_repeat:
        yield "Live rows cannot share values now: the old key forbids it until the swap."
        return
    shown = ", ".join((*draft.new.columns, "count(*)"))
    yield (
        "Before it, look for live rows that share values; the new key cannot be built over them:\n"
        f"  {repeats(draft, draft.new, shown)};"
    )


def _on_conflict(draft: Draft) -> Iterator[str]:
    """Statements that name the columns find their key by the exact set of them, or fail: 42P10."""
    before, after = _target(draft.old.columns, draft.old.predicate), _new_target(draft)
    if before == after:
        yield f"{before} stays as it is."
        return
    table = raw(draft.table.name)
    query = "SELECT calls, query FROM pg_stat_statements"
    query += f" WHERE query ~* '{table}.*on\\s+conflict';"
    found = (
        f"Statements with ON CONFLICT on this key, as pg_stat_statements saw: {len(draft.upserts)}."
        if draft.upserts
        else "No ON CONFLICT on this key was seen; look in the code, and where it can be read:\n"
        f"  {query}"
    )
    yield f"{found}\n  {before}\nmust become\n  {after}\n{_when(draft)}"


def _when(draft: Draft) -> str:
    """A total key serves a statement that names a predicate too, but not one with more columns."""
    text = "The old form would fail with 42P10. "
    if draft.new is None:
        text += "The key that stays takes the new form already, so deploy it before the migration."
    elif draft.new.shape is Shape.LIVE_ONLY and len(draft.new.items) == len(draft.old.columns):
        text += "Both keys take the new form, so deploy it before the migration."
    else:
        text += "Only the new key takes it: deploy it between the build and the drop."
    stop = f" The migration stops before the drop until the session says SET {CHANGED} = 'yes'."
    return text + (stop if draft.upserts else "")


def _new_target(draft: Draft) -> str:
    if draft.new is not None:
        return _target(draft.new.columns, draft.new.predicate)
    assert draft.kept is not None
    return _target(draft.kept.columns, draft.kept.predicate)


def _target(columns: tuple[str, ...], predicate: str | None) -> str:
    return f"ON CONFLICT ({', '.join(columns)})" + (f" WHERE {predicate}" if predicate else "")


def _about(draft: Draft, new: NewKey) -> Iterator[str]:
    if new.name != draft.old.name:
        yield (
            "Code that recognises the violation by the key's name must know the new one too. In "
            f"the model:\n  {_model(new)}"
        )
    if draft.old.build is not None and draft.old.build.deferrable and not new.constraint:
        yield "The old constraint was checked at COMMIT; an index is checked at each statement."
    if new.shape is Shape.DELETION_IN_KEY:
        yield (
            "Two rows with the same values must not be deleted at the same instant: now() stands "
            "still within a transaction, clock_timestamp() does not."
        )


def _model(new: NewKey) -> str:
    """As SQLAlchemy has it, the words of which other mappers share."""
    items = ", ".join(map(_model_item, new.items))
    more = f", postgresql_where={_model_sql(new.predicate)}" if new.predicate else ""
    more += ", postgresql_nulls_not_distinct=True" if new.nulls_not_distinct else ""
    return f"Index({_python(new.name)}, {items}, unique=True{more})"


def _model_item(item: str) -> str:
    """A column goes by its raw name, which SQLAlchemy quotes itself; anything else is SQL."""
    return _python(raw(item)) if _COLUMN.fullmatch(item) else _model_sql(item)


def _model_sql(sql: str) -> str:
    escaped = _PARAMETER.sub(r"\\:", sql)
    return f"text({_python(escaped)})"


def _python(text: str) -> str:
    """A literal of Python: JSON's is one."""
    return json.dumps(text, ensure_ascii=False)
