"""A unique key that is gone, with nothing left that its values could meet. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.linking.expressions import normal_form
from collectors.linking.question import KeyStanding, Question
from collectors.model import Failure, KeyPart, KeyValues, Table, UniqueKey, input_columns
from collectors.model.releasable import columns_read


def dropped(failure: Failure, columns: Sequence[str], table: Table) -> Question | None:
    """The question about a key that this table had over `columns`, as its Conflict remembers it.

    None where the Event's values are not plainly those of just these columns, one of them is not
    the table's any more, or a key is left over more or fewer of them, INVALID or not: that may
    stop the same create, or be the one that is being built in its place.
    """
    values = _printed(failure, columns)
    read = [columns_read(table, one) for one in columns]
    if values is None or table.partitioned or not all(read):
        return None
    had = set().union(*read)
    left = [set(input_columns(key)) for key in table.keys]
    if any(its <= had or had <= its for its in left):
        return None
    name = (failure.key and failure.key.constraint) or ""
    parts = tuple(
        KeyPart(expression, tuple(sorted(its)), "text", nullable=True)
        for expression, its in zip(columns, read, strict=True)
    )
    was = UniqueKey(name, table.schema, table.name, parts, counts_deleted=True)
    return Question(failure, table, asked_as=was, standing=KeyStanding.DROPPED, readings=(values,))


def _printed(failure: Failure, columns: Sequence[str]) -> KeyValues | None:
    key = failure.key
    if key is None or key.constraint is None or len(key.splits) != 1:
        return None
    alike = [normal_form(one) for one in key.columns] == [normal_form(one) for one in columns]
    return key.splits[0] if alike and columns else None
