"""Who holds these values? What became of these rows? Asked in batches, answered in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from collectors.model import (
    Catalog,
    Column,
    Holder,
    KeyLookup,
    KeyPart,
    KeyValues,
    LookupAnswer,
    Table,
    UniqueKey,
    input_columns,
    row_id_parts,
)
from collectors.postgres.casting import (
    in_halves,
    readings,
    text_array,
    uncastable,
    unsendable,
)
from collectors.postgres.dated import doubtful, is_dated
from collectors.postgres.outage import Halted, StatementFailed, TableUnreadable
from collectors.postgres.rows import identity
from collectors.postgres.serving import computable, has_index
from collectors.postgres.shapes import Answers, Asked, Scope, answer_shapes, batches, scope_of
from collectors.postgres.snapshot import Question, Snapshot
from collectors.postgres.statements import key_values_of, only_within

OWN_STYLE = "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'DateStyle'"
"""As the database or the server has it; our own transaction's is always ISO."""


def find_holders(
    snapshot: Snapshot, catalog: Catalog, lookups: Sequence[KeyLookup]
) -> list[LookupAnswer]:
    """The rows that hold each look-up's values now: those that the key's index contains.

    Same order, same length. A look-up that cannot be asked (a value that does not fit, a table that
    may not be read, parts that no index serves) is answered with the reason, and no other one is
    touched by it. More than one Holder comes back only where the printed values fit more than one
    row, or where only some parts of the key are known. Raises TargetUnreachable.
    """
    answers = Answers()
    for numbers in _by_key(lookups):
        first = lookups[numbers[0]]
        scope = scope_of(snapshot, catalog, first.key, first.parts)
        asked = {number: lookups[number] for number in numbers}
        if scope is not None:
            _answer_lookups(scope, asked, answers)
            continue
        for number in numbers:
            answers.refuse(number, "the table is not in the catalog any more")
    return [answers.of(number) for number in range(len(lookups))]


def find_rows(
    snapshot: Snapshot, catalog: Catalog, key: UniqueKey, row_ids: Sequence[str]
) -> list[Holder | None]:
    """What became of rows, by their id: as they are now, with the values they have for the key.

    Same order, same length; None where no such row is left. The row need not be in the key's index
    any more. Raises TargetUnreachable, and TableUnreadable where the table may not be read: "no
    row" would be wrong.
    """
    answers = Answers()
    scope = scope_of(snapshot, catalog, key)
    if scope is not None:
        _answer_ids(scope, dict(enumerate(row_ids)), answers)
    return [next(iter(answers.held.get(number, ())), None) for number in range(len(row_ids))]


def _by_key(lookups: Sequence[KeyLookup]) -> list[list[int]]:
    """The numbers of the questions about each key, by identity, and by which of its parts.

    A catalog's keys are few, and hashing one takes longer than looking its values up.
    """
    numbers: defaultdict[tuple[int, tuple[KeyPart, ...] | None], list[int]] = defaultdict(list)
    for number, lookup in enumerate(lookups):
        numbers[id(lookup.key), lookup.parts].append(number)
    return list(numbers.values())


def _answer_lookups(scope: Scope, lookups: dict[int, KeyLookup], answers: Answers) -> None:
    try:
        scope, asked = _with_computed(scope, _asked(scope, lookups, answers), answers)
        try:
            answer_shapes(scope, scope.parts, asked, answers, within=True)
        except StatementFailed as failure:
            if not failure.denied or not scope.parents:
                raise
            _answer_without_parents(scope, asked, answers)
    except (StatementFailed, Halted) as failure:
        for number in lookups:
            answers.refuse(number, _why_not(failure, scope.table))


def _with_computed(scope: Scope, asked: list[Asked], answers: Answers) -> tuple[Scope, list[Asked]]:
    """Where no index is of just these parts: with the indexed ones that they determine."""
    more = () if has_index(scope.table, scope.parts) else computable(scope.table, scope.parts)
    if not more:
        return scope, asked
    names = input_columns(replace(scope.key, parts=more))
    places = [[part.expression for part in scope.parts].index(name) for name in names]
    given = [(tuple(values[place] for place in places), number) for values, number in asked]
    computed = _computed(scope, more, given, answers)
    whole = [
        ((*values, *computed[inputs]), number)
        for (values, number), (inputs, _) in zip(asked, given, strict=True)
        if inputs in computed
    ]
    return replace(scope, parts=(*scope.parts, *more)), whole


def _answer_without_parents(scope: Scope, asked: Sequence[Asked], answers: Answers) -> None:
    """Parents may not be read: a deleted Holder needs none, for a live one that leaves a doubt."""
    answer_shapes(replace(scope, parents=()), scope.parts, asked, answers, within=True)
    for _, number in asked:
        if not all(holder.deleted for holder in answers.held.get(number, ())):
            answers.refuse(number, "the reader may not read a table that the live row belongs to")


def _asked(scope: Scope, lookups: dict[int, KeyLookup], answers: Answers) -> list[Asked]:
    """Every exact set of values to look for."""
    key, parts = scope.key, scope.parts
    printed = {n: lookup.values for n, lookup in lookups.items() if not lookup.from_columns}
    asked: list[Asked] = [
        (values, number)
        for number, found in _askable(scope, printed, parts, answers, printed=True).items()
        for values in readings(parts, found, key.nulls_distinct)
    ]
    if len(printed) == len(lookups):
        return asked
    given = {n: lookup.values for n, lookup in lookups.items() if lookup.from_columns}
    names = input_columns(replace(key, parts=parts))
    columns = [column for name in names if (column := scope.table.column(name))]
    inputs = [(values, n) for n, values in _askable(scope, given, columns, answers).items()]
    computed = _computed(scope, parts, inputs, answers)
    found = [(computed[values], n) for values, n in inputs if values in computed]
    answers.computed |= {number: values for values, number in found}
    # Where NULLs are distinct nothing can conflict with a NULL.
    return asked + [one for one in found if not (key.nulls_distinct and None in one[0])]


def _computed(
    scope: Scope, parts: tuple[KeyPart, ...], given: Sequence[Asked], answers: Answers
) -> dict[KeyValues, KeyValues]:
    """These parts' values for rows of the given column values, computed by the server.

    Column values by which nothing can be computed are not in it, and their questions are refused.
    """
    key = replace(scope.key, parts=parts)
    names = input_columns(key)
    columns = [column for name in names if (column := scope.table.column(name))]
    types = [column.type for column in columns]
    statement = key_values_of(scope.table, key, columns)
    asking: defaultdict[KeyValues, list[int]] = defaultdict(list)
    for values, number in given:
        asking[values].append(number)

    def question(batch: Sequence[KeyValues]) -> Question:
        return statement, *map(text_array, zip(*batch, strict=True))

    def refuse(values: KeyValues, failure: StatementFailed | None) -> None:
        reason = "a value is longer than its column"
        if failure is not None:
            wrong = uncastable(scope.snapshot, names, types, values)
            reason = wrong or "the key cannot be computed from the values"
        for number in asking[values]:
            answers.refuse(number, reason)

    computed: dict[KeyValues, KeyValues] = {}
    for batch in batches(list(asking)):
        for given_values, rows in in_halves(scope.snapshot, batch, question, refuse):
            for place, fits, *found in rows:
                if fits:
                    computed[given_values[place - 1]] = tuple(found)
                else:
                    refuse(given_values[place - 1], None)
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
        raise TableUnreadable(f"Target {scope.snapshot.target!r}: {reason}.") from None


def _askable(
    scope: Scope,
    values: dict[int, KeyValues],
    of: Sequence[KeyPart] | Sequence[Column],
    answers: Answers,
    *,
    printed: bool = False,
) -> dict[int, KeyValues]:
    """Without what cannot even be sent, or means several things; that is answered here."""
    names = [one.expression if isinstance(one, KeyPart) else one.name for one in of]
    types = [one.type for one in of]
    every = chain.from_iterable(values.values())
    is_sound = unsendable(every) is None and {*map(len, values.values())} <= {len(of)}
    if is_sound and not any(map(is_dated, types)):
        return values
    doubts = {n: doubtful(names, types, one) for n, one in values.items() if len(one) == len(of)}
    if printed and any(doubts.values()) and _has_own_style(scope):
        doubts = {}
    good = {}
    for number, found in values.items():
        reason = unsendable(found)
        if len(found) != len(of):
            reason = f"{len(found)} values are no key of {len(of)}"
        reason = reason or doubts.get(number)
        if reason:
            answers.refuse(number, reason)
        else:
            good[number] = found
    return good


def _has_own_style(scope: Scope) -> bool:
    """The database prints dates by a style of its own: then so did whoever failed in it."""
    ((style,),) = scope.snapshot.rows(OWN_STYLE)
    return not str(style).startswith("ISO")


def _why_not(failure: StatementFailed | Halted, table: Table) -> str:
    if isinstance(failure, Halted):
        return f"the look-up in {table.label} was ended by a time limit, and is tried again"
    if failure.denied:
        return (
            f"the reader may not read {table.label}, or row-level security hides rows from it"
            " (doctor tells which)"
        )
    if failure.sqlstate.startswith("42"):
        return f"{table.label} has changed since the catalog was read"
    return f"PostgreSQL refuses the look-up in {table.label} ({failure.sqlstate})"
