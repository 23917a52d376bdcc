"""How a table says "deleted", found by its columns' names and types: pure.

Only names that mean deletion count; `archived_at` or `is_active` may mean much else. Where several
columns qualify, the one that also tells the time comes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from collectors.model import Column, MarkerKind, SoftDeleteMarker
from collectors.model.mark_names import FLAGS, TIMES
from collectors.model.sql_text import folded, literal
from collectors.postgres.instants import epoch_sql, instant_sql
from collectors.postgres.mapping import MarkerMapping

STATES = re.compile(r"(.*?)(?:status|state)")
OF_THE_ROW = frozenset(
    {"", "record", "row", "entity", "object", "item", "account", "lifecycle", "workflow"}
    | {"logical", "current", "delete", "deletion"}
)
"""Whose status it is that says whether the row is deleted, besides the table's own name's."""

CHANGES = frozenset({"updated", "modified", "changed"})
"""Among a column's values, they say that it tells what was done last, and to whatever."""

PLANS = re.compile(r"(soft)?delete(at|on|time|date|ts|timestamp|datetime)(utc)?")
"""What may be a time of deletion, or the day on which it is due."""

ALIVE = frozenset({"active", "live", "alive"})
"""Beside one of `GONE` among a column's values, it says what its name does not: that the column
tells the living from the dead. An `action` (created, deleted) has none of these."""

GONE = frozenset({"deleted", "removed", "trashed", "soft_deleted", "soft-deleted", "softdeleted"})
SPELLED = {"n": "y", "no": "yes", "f": "t", "false": "true", "0": "1"}
"""How "no" is written where a flag is a text or a bit, and the "yes" that goes with it."""

OPPOSITES = SPELLED | {yes: no for no, yes in SPELLED.items()}

CREATED = re.compile(
    r"(created?|creation|inserted)(at|on|time|date|ts|timestamp|datetime)(utc)?"
    r"|(date|time)(created|added|inserted)|created"
)
TIME_TYPES = frozenset({"timestamp with time zone", "timestamp without time zone", "date"})
WHOLE_TYPES = frozenset({"smallint", "integer", "bigint", "numeric"})
WHO_TYPES = frozenset({"uuid", "smallint", "integer", "bigint"})
"""Of `deleted_by`, which a mapping may name: once somebody is in it, the row is deleted."""

EPOCH_TYPES = WHOLE_TYPES | {"double precision"}
_SINCE_1970 = EPOCH_TYPES - {"smallint"}
"""Types that have room for the seconds of today."""

CONSTANT = re.compile(r"'(?:[^']|'')*'(?:::[\w\s\"().]+)?|-?\d+|true|false")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column with what tells whether it is a marker.

    name     as the table's author wrote it, not quoted
    base     its type under any domain, without a length
    default  the SQL text of its default
    labels   the values it is known to take: of an enum, a CHECK, or (for "deleted") its statistics
    fixed    the default is the same for every row, by what its functions promise
    nulls    its statistics know NULL in it, and no 0 to speak of
    """

    column: Column
    name: str
    base: str
    default: str | None = None
    labels: tuple[str, ...] = ()
    fixed: bool = False
    nulls: bool = False

    @property
    def folded(self) -> str:
        """deleted_at, deletedAt and DeletedAt are one name."""
        return folded(self.name)

    @property
    def constant(self) -> str | None:
        """The default, if it is a literal."""
        return self.default if self.default and CONSTANT.fullmatch(self.default) else None

    @property
    def undeleted(self) -> str | None:
        """Of a time, what a live row has; None where nothing tells.

        NOT NULL without a fixed default, it is a log of deletions. Where each row is given a time
        of its own by default, having one says nothing.
        """
        if self.default is None or self.default.startswith("NULL::"):
            return "NULL" if self.column.nullable else None
        return self.default if self.fixed else self.constant


def find_markers(columns: Sequence[ColumnFacts], table: str = "") -> tuple[SoftDeleteMarker, ...]:
    """Every marker among a table's columns, best first; `table` is its raw name.

    Of two times the plainer one leads: what was `removed_at` may not have been deleted.
    """
    order = list(MarkerKind)
    found = _without_plans([marker for facts in columns if (marker := _marker(facts, table))])

    def plainness(one: SoftDeleteMarker) -> tuple[int, bool]:
        return order.index(one.kind), "del" not in folded(one.column)

    return tuple(sorted(found, key=plainness))


def mapped_marker(mapping: MarkerMapping, facts: ColumnFacts) -> SoftDeleteMarker:
    """The marker that the table mapping names."""
    if mapping.kind is MarkerKind.TIMESTAMP:
        return _timestamp(facts, facts.undeleted or "NULL")
    if mapping.kind is MarkerKind.BOOLEAN:
        return _boolean(facts, deleted=mapping.deleted_values != ("false",))
    if mapping.kind is MarkerKind.EPOCH:
        return replace(_epoch(facts), doubt=None)
    return _status(facts, *(mapping.deleted_values or ("deleted",)))


def apart_from_id(marker: SoftDeleteMarker, primary_key: Sequence[str]) -> SoftDeleteMarker:
    """A number that is the row's own id is no time, though it may be as large as one; nor a doubt.

    So live rows have 0 in a unique key, and each deleted one what no other has.
    """
    if marker.kind is not MarkerKind.EPOCH or len(primary_key) != 1:
        return marker
    another = f"ltrim({marker.column}::text, '-') <> {primary_key[0]}::text"
    return replace(
        marker,
        since=marker.since and f"CASE WHEN {another} THEN {marker.since} END",
        doubt=marker.doubt and f"{marker.doubt} AND {another}",
    )


def created_column(columns: Sequence[ColumnFacts]) -> str | None:
    """The column that tells when a row was made; rather in so many words than as a number."""
    found = [
        f for f in columns if CREATED.fullmatch(f.folded) and f.base in TIME_TYPES | _SINCE_1970
    ]
    found.sort(key=lambda f: (f.base == "date", f.base in _SINCE_1970, f.folded != "createdat"))
    return found[0].column.name if found else None


def is_flag(column: str) -> bool:
    """By its (quoted) name it says whether a row is deleted, and cannot say when."""
    name = folded(column)
    return bool(FLAGS.fullmatch(name)) and not TIMES.fullmatch(name)


def tells_a_time(marker: SoftDeleteMarker, type_: str) -> bool:
    """No two deletions write the same: it holds a time, if only in words, not who deleted."""
    in_words = type_ not in WHO_TYPES and bool(TIMES.fullmatch(folded(marker.column)))
    return marker.since is not None or in_words


def _without_plans(found: Sequence[SoftDeleteMarker]) -> Sequence[SoftDeleteMarker]:
    """Beside `deleted_at`, `delete_at` says when a row is to go: it may be a live one's."""
    plans = [one for one in found if PLANS.fullmatch(folded(one.column))]
    told = any(one.since and "deleted" in folded(one.column) for one in found)
    return [one for one in found if one not in plans] if told else found


def _marker(facts: ColumnFacts, table: str) -> SoftDeleteMarker | None:
    if facts.base in TIME_TYPES and TIMES.fullmatch(facts.folded):
        return _timestamp(facts, facts.undeleted) if facts.undeleted else None
    if facts.base == "boolean" and FLAGS.fullmatch(facts.folded):
        return _boolean(facts, deleted=facts.constant != "true")
    if facts.base in EPOCH_TYPES and (
        TIMES.fullmatch(facts.folded) or FLAGS.fullmatch(facts.folded)
    ):
        return _epoch(facts)
    if facts.labels and facts.column.category in "ES" and _tells_a_state(facts, table):
        gone = dict.fromkeys(label for label in facts.labels if label.lower() in GONE)
        return _status(facts, *gone) if gone else None
    if facts.column.category in "SV" and FLAGS.fullmatch(facts.folded):
        return _spelled(facts)
    return None


def _tells_a_state(facts: ColumnFacts, table: str) -> bool:
    """By its name, or by its values: `lifecycle IN ('active', 'deleted')`.

    The status of something that a row has (`file_status`) says nothing of the row.
    """
    values = {label.lower() for label in facts.labels}
    if not values.isdisjoint(CHANGES):
        return False
    if named := STATES.fullmatch(facts.folded):
        return named[1] in OF_THE_ROW or _is_called(table, named[1])
    return not values.isdisjoint(ALIVE)


def _is_called(table: str, noun: str) -> bool:
    """Whether a row of the table is one of these: a `file` of `user_files`, not of `profiles`."""
    words = re.findall(r"[A-Z]*[a-z0-9]+|[A-Z]+", table)
    spelled = {noun, f"{noun}s", f"{noun}es", re.sub("y$", "ies", noun)}
    return any("".join(words[n:]).lower() in spelled for n in range(len(words)))


def _timestamp(facts: ColumnFacts, live: str) -> SoftDeleteMarker:
    """A constant default is what a live row has, and where the column takes NULL, so has one.

    For NULL the comparison is not true either: such a row is live as well. A text, which a mapping
    may name, gives no time, for no cast of it is sure to succeed, and an empty one tells nothing.
    """
    column, is_text = facts.column.name, facts.column.category == "S"
    deleted = f"{column} IS NOT NULL" if live == "NULL" else f"{column} <> {live}"
    since = None if is_text or facts.base in WHO_TYPES else instant_sql(column, facts.base)
    doubt = f"{column} = ''" if is_text and live == "NULL" else None
    return SoftDeleteMarker(column, MarkerKind.TIMESTAMP, deleted, live, since, doubt)


def _boolean(facts: ColumnFacts, *, deleted: bool = True) -> SoftDeleteMarker:
    """`deleted` is what the column is for a deleted row: false for one that says "active".

    So it is for one that is true by default, whatever it is called: what a create writes is live.
    """
    column, gone, live = facts.column.name, *(("TRUE", "false") if deleted else ("FALSE", "true"))
    return SoftDeleteMarker(column, MarkerKind.BOOLEAN, f"{column} IS {gone}", live, None)


def _epoch(facts: ColumnFacts) -> SoftDeleteMarker:
    """The default, else 0, or NULL is live.

    Which of the two live rows have, no default tells where the application writes it. What the
    column is seen to hold does; where nothing was seen, it is 0 in a whole number.
    """
    column = facts.column.name
    default = re.search(r"-?\d+", facts.constant or "")
    unset = default[0] if default else "0"
    empty = facts.nulls or facts.base not in WHOLE_TYPES
    nullable = facts.column.nullable and not facts.constant and empty
    deleted = f"COALESCE({column}, {unset}) <> {unset}"
    live = "NULL" if nullable else unset
    since = epoch_sql(column) if facts.base in _SINCE_1970 else None
    doubt = f"abs({column}) > 1 AND abs({column}) < 1e8"
    return SoftDeleteMarker(column, MarkerKind.EPOCH, deleted, live, since, doubt)


def _spelled(facts: ColumnFacts) -> SoftDeleteMarker | None:
    """A flag of 'N' and 'Y', 'F' and 'T', '0' and '1': by its default or its CHECK, else nothing.

    Without either nobody knows what a live row has.
    """
    default = re.match(r"'(.*?)'", facts.constant or "")
    said = [default[1]] if default else facts.labels
    live = {label for label in said if label.lower() in SPELLED}
    if len(live) != 1:
        return None
    (no,) = live
    yes = SPELLED[no.lower()]
    if others := [label for label in facts.labels if label != no]:
        return _status(facts, *others) if yes in map(str.lower, others) else None
    yes = _cased(yes, no)
    doubt = f"{facts.column.name} NOT IN ({literal(no)}, {literal(yes)})"
    return replace(_status(facts, yes), doubt=doubt)


def _status(facts: ColumnFacts, *gone: str) -> SoftDeleteMarker:
    """Which status the row had before is lost: `live` is the default, else the likeliest label.

    For a number without a default nobody knows: it is empty; nor where the guess has no room.
    """
    column = facts.column.name
    counted = facts.base in WHOLE_TYPES and all(re.fullmatch(r"-?\d{1,18}", one) for one in gone)
    others = [label for label in facts.labels if label not in gone]
    guess = "active" if "active" in others or not others else others[0]
    if not others and len(gone) == 1 and (other := OPPOSITES.get(gone[0].lower())):
        guess = _cased(other, gone[0])
    unknown = counted or len(guess) > facts.column.room
    live = facts.constant or ("" if unknown else literal(guess))
    values = [one if counted else literal(one) for one in gone]
    said = f"= {values[0]}" if len(values) == 1 else f"IN ({', '.join(values)})"
    return SoftDeleteMarker(column, MarkerKind.STATUS, f"{column} {said}", live, None)


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.title() if like.istitle() else word
