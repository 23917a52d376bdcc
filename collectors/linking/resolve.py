"""From a Failure and the catalog to the question for the Target. Pure.

Expressions and identifiers are the catalog's; of the Event only values go into a look-up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from collectors.linking.columns import (
    column_lookup,
    known_columns,
    missing_values,
    other_lookups,
    part_lookup,
    telling,
    tidied,
)
from collectors.linking.deletion_mark import holder_was_live
from collectors.linking.names import bare
from collectors.linking.question import KeyStanding, Question, reads_marker
from collectors.linking.shapes import Shape, narrower, repeating_no_null, shape_of, unmarked
from collectors.linking.standing import Match, is_modelled, match_key, written_elsewhere
from collectors.linking.tuples import LIMIT
from collectors.model import (
    Catalog,
    Failure,
    KeyLookup,
    KeyValues,
    Table,
    UniqueKey,
    ValueSource,
    ViolatedKey,
    input_columns,
)

__all__ = ["KeyStanding", "Question", "resolve"]

_TEXT = frozenset({"text", "character varying", "bpchar", "character", "name", "citext", "jsonb"})
"""Types of which a value may print as `null`, like NULL itself."""

_NUMBER = re.compile(r"\s*[-+]?\d+\s*")
FORMS = {
    "uuid": re.compile(r"\s*[{]?[0-9A-Fa-f-]{32,39}[}]?\s*"),
    **dict.fromkeys(("smallint", "integer", "bigint"), _NUMBER),
}
"""Types whose texts are told at once from a piece of a cut tuple."""

_AS_SENT = frozenset({ValueSource.FRAME, ValueSource.REQUEST, ValueSource.ATTACHED})
"""Sources of values that the application may have changed before it inserted them."""

_CROWDED = "The printed values can be read in too many ways to tell them apart."


def resolve(failure: Failure, catalog: Catalog) -> Question:
    """What to ask the Target about this Failure."""
    if failure.key is None:
        return Question(failure)
    match = match_key(failure.key, catalog)
    if match.key is not None:
        return _ask(failure, failure.key, match, match.key, catalog)
    lookups = _rival_lookups(failure, failure.key, match.rivals, catalog)
    return Question(
        failure,
        standing=match.standing,
        lookups=lookups,
        note=match.note,
        readings=(None,) * len(lookups),
    )


def _ask(
    failure: Failure, violated: ViolatedKey, match: Match, key: UniqueKey, catalog: Catalog
) -> Question:
    table = catalog.table(key.schema, key.table)
    if table is None:
        return Question(failure, key=key, standing=match.standing, note="The table is not known.")
    violated = _by_name(violated, key, table)
    shape = shape_of(key, table, violated.columns)
    readings = _readings(shape, violated) if shape else ()
    elsewhere = written_elsewhere(violated, key, catalog)
    own = replace(violated, fields=()) if elsewhere else violated
    asked = _with_nulls(shape.key if shape else key, readings, table)
    changed = match.standing is KeyStanding.AS_REPORTED and _differs(shape, key, asked, violated)
    question = Question(
        failure,
        table,
        key,
        asked,
        KeyStanding.CHANGED if changed else match.standing,
        note=_changed(key, shape) if changed else match.note,
        holder_was_live=holder_was_live(asked, readings, table),
        others=other_lookups(
            key, table, _known(asked, readings, own, table), _printed(asked, readings)
        ),
    )
    if readings:
        return _ask_by_values(question, asked, table, readings)
    widened = None if shape else narrower(key, table, violated.columns)
    if widened is not None and telling(input_columns(widened.key), table, catalog):
        return _ask_the_widened(question, widened, _readings(widened, violated))
    found = _ask_by_columns(question, asked, table, violated, catalog)
    if elsewhere is None:
        return found
    note = (
        f"The failed statement writes into {elsewhere.label}, and the unique key is one of "
        f"{table.label}: what a trigger or cascade wrote there is not known."
    )
    return replace(found, standing=KeyStanding.ELSEWHERE, note=_noted(question, note))


def _by_name(violated: ViolatedKey, key: UniqueKey, table: Table) -> ViolatedKey:
    """What an application retells, `Customer with email j@e.com exists`, may be a part of the key.

    Its words are fields then: they do not say that the key had other columns.
    """
    if violated.source is not ValueSource.MESSAGE or len(violated.splits) != 1:
        return violated
    is_ours = violated.table in (None, bare(key.table)) or is_modelled(table, violated)
    fits = shape_of(key, table, violated.columns) or narrower(key, table, violated.columns)
    if fits or not is_ours or len(violated.splits[0]) != len(violated.columns):
        return violated
    told = zip(violated.columns, violated.splits[0], strict=True)
    fields = {**dict(violated.fields), **dict(told)}
    return replace(violated, columns=(), splits=(), fields=tuple(fields.items()))


def _ask_by_values(
    question: Question, asked: UniqueKey, table: Table, readings: tuple[KeyValues, ...]
) -> Question:
    """By the printed values: the whole tuple if it says that the Holder was deleted.

    Otherwise the part that says so is left out, and each row that comes back tells it by itself.
    """
    key = asked if question.holder_was_live is False else unmarked(asked, table)
    kept = [place for place, part in enumerate(asked.parts) if part in key.parts]
    lookups = tuple(KeyLookup(key, tuple(values[place] for place in kept)) for values in readings)
    return replace(question, lookups=lookups, readings=readings)


def _ask_the_widened(question: Question, known: Shape, readings: tuple[KeyValues, ...]) -> Question:
    """Rows of today's key with the printed values of the parts it had then."""
    assert question.key is not None
    key, parts = question.key, known.key.parts
    return replace(
        question,
        standing=KeyStanding.WIDENED,
        lookups=tuple(KeyLookup(key, values, parts=parts) for values in readings),
        readings=(None,) * len(readings),
    )


def _ask_by_columns(
    question: Question, asked: UniqueKey, table: Table, violated: ViolatedKey, catalog: Catalog
) -> Question:
    """Where printed values do not serve, those known by column name may, be it in part."""
    key = unmarked(asked, table)
    known = known_columns(table, violated.fields)
    forms = tidied(known, key) if violated.source in _AS_SENT else [known]
    whole = [lookup for form in forms if (lookup := column_lookup(key, form))]
    found = whole or [
        lookup for form in forms if (lookup := part_lookup(key, table, form, catalog))
    ]
    if found and not whole:
        question = replace(question, note=_noted(question, missing_values(key, known)))
    if not found:
        crowded = len(violated.splits) > 1
        why = _CROWDED if crowded else missing_values(key, known)
        return replace(question, note=_noted(question, why))
    lookups = tuple({lookup.values: lookup for lookup in found}.values())
    return replace(question, asked_as=key, lookups=lookups, readings=(None,) * len(lookups))


def _noted(question: Question, why: str) -> str:
    return f"{question.note} {why}" if question.note else why


def _rival_lookups(
    failure: Failure, violated: ViolatedKey, rivals: Sequence[UniqueKey], catalog: Catalog
) -> tuple[KeyLookup, ...]:
    """The same question to every key that the Event may mean; the rows will be candidates."""
    match = Match(KeyStanding.AS_REPORTED)
    questions = [_ask(failure, violated, match, key, catalog) for key in rivals]
    return tuple(lookup for question in questions for lookup in question.lookups)


# --- the printed values ---------------------------------------------------------------------------


def _readings(shape: Shape, violated: ViolatedKey) -> tuple[KeyValues, ...]:
    """Every split in the order of the shape's parts; none where there are too many of them."""
    wanted = len(violated.columns) or len(shape.key.parts)
    if len(violated.splits) >= LIMIT:
        return ()
    fitting = (split for split in violated.splits if len(split) == wanted)
    ordered = (tuple(split[place] for place in shape.order) for split in fitting)
    every = tuple(dict.fromkeys(ordered))
    return tuple(values for values in every if _can_be(shape.key, values)) or every


def _can_be(key: UniqueKey, values: KeyValues) -> bool:
    """No value is plainly none of its part's type: what the database would refuse one by one."""
    return all(
        value is None or part.type not in FORMS or FORMS[part.type].fullmatch(value)
        for part, value in zip(key.parts, values, strict=True)
    )


def _with_nulls(asked: UniqueKey, readings: Sequence[KeyValues], table: Table) -> UniqueKey:
    """A reported NULL proves that NULLs did not repeat then; a text that reads "null" does not."""
    nulls = {
        part
        for values in readings
        for part, value in zip(asked.parts, values, strict=True)
        if value is None and (part.type not in _TEXT or reads_marker(part, table))
    }
    return repeating_no_null(asked) if nulls and asked.nulls_distinct else asked


def _known(
    asked: UniqueKey, readings: Sequence[KeyValues], violated: ViolatedKey, table: Table
) -> dict[str, str | None]:
    """Column values of the insert: those of its fields, and the plain ones of an only reading."""
    plain = {part.expression for part in asked.parts if part.is_column}
    printed = {name: v for name, v in _printed(asked, readings).items() if name in plain}
    return known_columns(table, violated.fields) | printed


def _printed(asked: UniqueKey, readings: Sequence[KeyValues]) -> dict[str, str | None]:
    """The parts of an only reading, by their expressions."""
    return dict(zip(asked.columns, readings[0], strict=True)) if len(readings) == 1 else {}


def _differs(shape: Shape | None, key: UniqueKey, asked: UniqueKey, violated: ViolatedKey) -> bool:
    """The Event shows the key otherwise than the catalog does today."""
    columns = len(violated.columns) or len(asked.parts)
    return shape is None or asked is not key or len(asked.parts) != columns


def _changed(key: UniqueKey, shape: Shape | None) -> str:
    if shape is None:
        return f"The unique key {key.name} has other columns today than the event reports."
    return f"The unique key {key.name} was changed since: today it covers {', '.join(key.columns)}."
