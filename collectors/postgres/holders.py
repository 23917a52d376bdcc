"""Who holds these values? What became of these rows? Asked in batches, answered in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from collectors.errors import TargetUnreachable
from collectors.model import (
    Catalog,
    Holder,
    KeyLookup,
    KeyValues,
    LookupAnswer,
    Table,
    UniqueKey,
    input_columns,
    row_id_parts,
)
from collectors.postgres.casting import in_halves, readings, text_array, uncastable, unsendable
from collectors.postgres.engine import Snapshot
from collectors.postgres.outage import StatementFailed
from collectors.postgres.shapes import Answers, Asked, Scope, answer_shapes, batches, scope_of
from collectors.postgres.statements import identity, key_values_of, only_within

NOT_ALLOWED = "42501"


def find_holders(
    snapshot: Snapshot, catalog: Catalog, lookups: Sequence[KeyLookup]
) -> list[LookupAnswer]:
    """The rows that hold each look-up's values now: those that the key's index contains.

    Same order, same length. A look-up that cannot be asked (a value that does not fit, a table that
    may not be read) is answered with the reason, and no other is touched by it. More than one
    Holder comes back only where the printed values fit more than one row. Raises TargetUnreachable.
    """
    answers = Answers()
    for numbers in _by_key([lookup.key for lookup in lookups]):
        scope = scope_of(snapshot, catalog, lookups[numbers[0]].key)
        asked = {number: lookups[number] for number in numbers}
        if scope is not None:
            _answer_lookups(scope, asked, answers)
            continue
        for number in numbers:
            answers.refuse(number, "the table is not in the catalog any more")
    return [answers.of(number) for number in range(len(lookups))]


def find_rows(
    snapshot: Snapshot, catalog: Catalog, asks: Sequence[tuple[UniqueKey, str]]
) -> list[Holder | None]:
    """What became of rows, by their id: as they are now, with the values they have for the key.

    Same order, same length; None where no such row is left. The row need not be in the key's index
    any more. Raises TargetUnreachable, also where a table may not be read: "no row" would be wrong.
    """
    answers = Answers()
    for numbers in _by_key([key for key, _ in asks]):
        scope = scope_of(snapshot, catalog, asks[numbers[0]][0])
        if scope is not None:
            _answer_ids(scope, {number: asks[number][1] for number in numbers}, answers)
    return [next(iter(answers.held[number]), None) for number in range(len(asks))]


def _by_key(keys: Sequence[UniqueKey]) -> list[list[int]]:
    """The numbers of the questions about each key, by identity.

    A catalog's keys are few, and hashing one takes longer than looking its values up.
    """
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        numbers[id(key)].append(number)
    return list(numbers.values())


def _answer_lookups(scope: Scope, lookups: dict[int, KeyLookup], answers: Answers) -> None:
    try:
        asked = _asked(scope, lookups, answers)
        try:
            answer_shapes(scope, scope.key.parts, asked, answers, within=True)
        except StatementFailed as failure:
            if failure.sqlstate != NOT_ALLOWED or not scope.parents:
                raise
            _answer_without_parents(scope, asked, answers)
    except StatementFailed as failure:
        for number in lookups:
            answers.refuse(number, _why_not(failure, scope.table))


def _answer_without_parents(scope: Scope, asked: Sequence[Asked], answers: Answers) -> None:
    """Parents may not be read: a deleted Holder needs none, for a live one that leaves a doubt."""
    answer_shapes(replace(scope, parents=()), scope.key.parts, asked, answers, within=True)
    for _, number in asked:
        if not all(holder.deleted for holder in answers.held[number]):
            answers.refuse(number, "the reader may not read a table that the live row belongs to")


def _asked(scope: Scope, lookups: dict[int, KeyLookup], answers: Answers) -> list[Asked]:
    """Every exact set of values to look for."""
    key = scope.key
    printed = {n: lookup.values for n, lookup in lookups.items() if not lookup.from_columns}
    given = {n: lookup.values for n, lookup in lookups.items() if lookup.from_columns}
    asked = [
        (values, number)
        for number, found in _askable(printed, len(key.parts), answers).items()
        for values in readings(key.parts, found, key.nulls_distinct)
    ]
    computed = _key_values(scope, given, answers) if given else {}
    # Where NULLs are distinct nothing can conflict with a NULL.
    asked += [(v, n) for n, v in computed.items() if not (key.nulls_distinct and None in v)]
    return asked


def _key_values(
    scope: Scope, given: dict[int, KeyValues], answers: Answers
) -> dict[int, KeyValues]:
    """The key's values for rows of the given column values, computed by the server."""
    names = input_columns(scope.key)
    columns = [column for name in names if (column := scope.table.column(name))]
    types = [column.type for column in columns]
    statement = key_values_of(scope.table, scope.key, columns)

    def compute(items: Sequence[Asked]) -> list[tuple[int, bool, KeyValues]]:
        arrays = [text_array(array) for array in zip(*(values for values, _ in items), strict=True)]
        rows = scope.snapshot.rows(statement, *arrays)
        return [(items[place - 1][1], fits, tuple(values)) for place, fits, *values in rows]

    def refuse(item: Asked, _: StatementFailed) -> None:
        reason = uncastable(scope.snapshot, names, types, item[0])
        answers.refuse(item[1], reason or "the key cannot be computed from the values")

    computed: dict[int, KeyValues] = {}
    asked = [(values, n) for n, values in _askable(given, len(names), answers).items()]
    for batch in batches(asked):
        for number, fits, values in in_halves(scope.snapshot, batch, compute, refuse):
            if fits:
                computed[number] = values
            else:
                answers.refuse(number, "a value is longer than its column")
    return computed


def _answer_ids(scope: Scope, ids: dict[int, str], answers: Answers) -> None:
    parts = identity(scope.table)
    split = {number: row_id_parts(text, len(parts)) for number, text in ids.items()}
    asked: list[Asked] = [
        (values, number) for number, values in split.items() if values and not unsendable(values)
    ]
    try:
        try:
            answer_shapes(scope, parts, asked, answers, within=False)
        except StatementFailed as failure:
            if not failure.blames_a_value:
                raise
            # An expression fails for a row outside the index: such a row has no values in it.
            guarded = replace(scope, key=only_within(scope.key))
            answer_shapes(guarded, parts, asked, answers, within=False)
    except StatementFailed as failure:
        reason = _why_not(failure, scope.table)
        raise TargetUnreachable(f"Target {scope.snapshot.target!r}: {reason}.") from None


def _askable(values: dict[int, KeyValues], width: int, answers: Answers) -> dict[int, KeyValues]:
    """Without what cannot even be sent, which is answered here."""
    good = {}
    for number, found in values.items():
        reason = unsendable(found)
        if len(found) != width:
            reason = f"{len(found)} values are no key of {width}"
        if reason:
            answers.refuse(number, reason)
        else:
            good[number] = found
    return good


def _why_not(failure: StatementFailed, table: Table) -> str:
    if failure.sqlstate == NOT_ALLOWED:
        return (
            f"the reader may not read {table.label}, or row-level security hides rows from it"
            " (doctor tells which)"
        )
    if failure.sqlstate.startswith("42"):
        return f"{table.label} has changed since the catalog was read"
    return f"PostgreSQL refuses the look-up in {table.label} ({failure.sqlstate})"
