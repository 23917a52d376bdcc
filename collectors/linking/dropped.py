"""A unique key that today's catalog has no more as its Conflict remembers it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from collectors.linking.expressions import normal_form
from collectors.linking.names import fold
from collectors.linking.question import KeyStanding, Question
from collectors.model import Failure, KeyPart, KeyValues, Table, UniqueKey, input_columns
from collectors.model.releasable import columns_read, names_an_owner


def dropped(failure: Failure, columns: Sequence[str], table: Table) -> Question | None:
    """The question about a key that this table had over `columns`, as its Conflict remembers it.

    None where the Event's values are not plainly those of just these columns, one of them is not
    the table's any more, or something is left that may stop the same create, or is being built in
    its place: a key that is akin, INVALID or not, an EXCLUDE constraint, the keys of partitions
    and of tables that inherit. What a trigger keeps unique nobody can see.
    """
    values = _printed(failure, columns)
    read = [columns_read(table, one) for one in columns]
    elsewhere = table.partitioned or table.inherited or table.excludes
    if values is None or elsewhere or not all(read):
        return None
    had = set().union(*read)
    if any(_akin(had, key) for key in table.keys):
        return None
    was = _as_it_was(failure, columns, table)
    return Question(failure, table, asked_as=was, standing=KeyStanding.DROPPED, readings=(values,))


def remembered(question: Question, columns: Sequence[str]) -> Question:
    """The question about the row alone, where today's key cannot be asked for what was printed."""
    values, table = _printed(question.failure, columns), question.table
    asks = question.lookups and question.standing is not KeyStanding.WIDENED
    if asks or values is None or table is None or question.key is None:
        return question
    return replace(
        question,
        asked_as=_as_it_was(question.failure, columns, table),
        standing=KeyStanding.REMEMBERED,
        lookups=(),
        readings=(values,),
        others=(),
    )


def _as_it_was(failure: Failure, columns: Sequence[str], table: Table) -> UniqueKey:
    name = (failure.key and failure.key.constraint) or ""
    parts = tuple(
        KeyPart(expression, tuple(sorted(columns_read(table, expression))), "text", nullable=True)
        for expression in columns
    )
    return UniqueKey(name, table.schema, table.name, parts, counts_deleted=True)


def _akin(had: set[str], key: UniqueKey) -> bool:
    """The key is over more or fewer of the columns, or asks for what they ask for, as it is called.

    So `(account_id, email_normalized)` takes the place of `(organization_id, email)`.
    """
    its = set(input_columns(key))
    if its <= had or had <= its:
        return True
    pairs = product(map(fold, _asked_for(had)), map(fold, _asked_for(its)))
    return not key.primary and any(one in other or other in one for one, other in pairs)


def _asked_for(columns: set[str]) -> set[str]:
    """The columns but for those that say whose row it is, which many keys begin with."""
    return {one for one in columns if not names_an_owner(one)} or columns


def _printed(failure: Failure, columns: Sequence[str]) -> KeyValues | None:
    key = failure.key
    if key is None or key.constraint is None or len(key.splits) != 1:
        return None
    alike = [normal_form(one) for one in key.columns] == [normal_form(one) for one in columns]
    return key.splits[0] if alike and columns else None
