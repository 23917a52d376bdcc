"""Restore the row: it is live again, with the value back that an earlier release has kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from collectors.model import MarkerKind, SoftDeleteMarker, Table
from collectors.model.sql_text import literal
from dashboard.remediation.changes import Write
from dashboard.remediation.facts import Facts, RemedyName, Row
from dashboard.remediation.kept import put_back
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.references import changed_along
from dashboard.remediation.remedies.released_value import released_value
from dashboard.remediation.remedies.remedy import Draft, Goal
from dashboard.remediation.statements import marks

_DELETION = re.compile(
    r'"?(is_?)?((soft_?)?(delet(ed|ion)|removed|removal)(_|[A-Z])'
    r'|([Pp]urged?|[Ee]rased?|[Aa]nonymi[sz]ed|[Rr]edacted|[Ss]crubbed)(_|[A-Z]|"|$))'
)


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """Sets every marker that says "deleted" back to what it is on a live row.

    A table may have several, set together: a row with one of them left is half deleted. A value
    that a release moved into the row's JSON goes back to its column, as long as nobody else holds
    it now. Nothing else is written: what was deleted along with the row is named, never taken for
    granted.
    """

    name: ClassVar[RemedyName] = RemedyName.RESTORE_ROW
    title: ClassVar[str] = "Restore the row"
    advice: ClassVar[str] = (
        "For a row that was deleted by mistake: it comes back with its history and access, "
        "and a create is then answered as a duplicate."
    )
    has_undo: ClassVar[bool] = True

    def draft(self, facts: Facts) -> Draft | Refusal:
        """What it would write, or why it may not."""
        table, row = facts.place.table, facts.row
        assert row is not None
        assert table.marker is not None
        live = live_again(table, row)
        refusal = _not_of_such_a_row(facts) or _not_set_back(table, [one.column for one in live])
        if refusal is not None:
            return refusal
        back = put_back(table, row) if facts.kept_free else ()
        return Draft(
            changes=(*live, *back),
            goal=Goal(deleted=False),
            checked=tuple(key for key in table.keys if not key.primary),
            preconditions=(
                "the row is still deleted, and as it was seen",
                "it was not erased",
                "no live row holds any of its unique keys",
            ),
            undo="The row is marked deleted again, as long as it is unchanged and nothing newer "
            "refers to it.",
            warnings=tuple(_warnings(facts)),
        )

    def not_for_support(self, facts: Facts) -> str | None:
        """Only where erasure can be told, and nothing above the row is deleted."""
        if facts.place.table.erased_when is None:
            return "it is not known how this table says that somebody was erased"
        if facts.parent_deleted is None:
            return "it is not known whether what the row belongs to was deleted"
        if facts.parent_deleted:
            return "what the row belongs to was deleted as well"
        return None


def _not_of_such_a_row(facts: Facts) -> Refusal | None:
    """Why what stands in the row must not be live again."""
    assert facts.row is not None
    if facts.row.erased:
        return Refusal(
            RefusalCode.ERASED,
            "The row was erased or anonymized, or is about to be: it is never restored.",
        )
    made_up = _made_up(facts)
    if made_up:
        return Refusal(
            RefusalCode.ALREADY_DONE,
            f"A release has put a made-up value into {', '.join(made_up)}, and the record "
            "would be live with it: take that release back first.",
        )
    return None


def _not_set_back(table: Table, columns: Sequence[str]) -> Refusal | None:
    """Why the marks in these columns cannot be taken off."""
    assert table.marker is not None
    if table.marker.column not in columns:
        return Refusal(
            RefusalCode.NOTHING_TO_CHANGE,
            f"{table.marker.column} is computed by the database: it cannot be set back.",
        )
    unknown = [one.column for one in (table.marker, *table.markers) if not one.live]
    if not {*columns}.isdisjoint(unknown):
        return Refusal(
            RefusalCode.NOTHING_TO_CHANGE,
            f"Which {unknown[0]} a live row has is not known: the column has no default.",
        )
    if not {*table.primary_key}.isdisjoint(changed_along(table, columns)):
        return Refusal(
            RefusalCode.NOTHING_TO_CHANGE,
            f"{table.marker.column} is part of the primary key: set back, it would make the "
            "row another one for all that names it.",
        )
    return None


def _made_up(facts: Facts) -> list[str]:
    """The columns that hold what a release writes where it cannot write NULL."""
    assert facts.row is not None
    texts, row_id = facts.row.columns, facts.place.row_id
    return [
        column.name
        for column in facts.place.table.columns
        if not column.generated
        and (text := texts.get(column.name)) is not None
        and text == released_value(column, text, row_id)
    ]


def live_again(table: Table, row: Row) -> tuple[Write, ...]:
    """What makes the row live: each marker that says "deleted", but those that are computed."""
    assert table.marker is not None
    others = [each for each in table.markers if each.column != table.marker.column]
    markers = [table.marker, *(each for each in others if _says_deleted(each, row))]
    columns = [(table.column(marker.column), live_value(marker)) for marker in markers]
    return tuple(
        Write(column.name, column.type, value, clear=True)
        for column, value in columns
        if column is not None and not column.generated
    )


def _says_deleted(marker: SoftDeleteMarker, row: Row) -> bool:
    """A status that is not the deleted one is as good as live; all else is live or deleted."""
    text = row.columns[marker.column]
    if marker.kind is MarkerKind.STATUS:
        quoted = literal(str(text))
        return text is not None and not {quoted, str(text)}.isdisjoint(marker.states)
    return text is not None and text != live_value(marker)


def live_value(marker: SoftDeleteMarker) -> str | None:
    """The text of the marker's live value, from the SQL literal that the catalog gives.

    >>> from collectors.model import MarkerKind
    >>> live_value(SoftDeleteMarker("s", MarkerKind.STATUS, "s = 'x'", "'it''s on'::state", None))
    "it's on"
    >>> live_value(SoftDeleteMarker("d", MarkerKind.TIMESTAMP, "d IS NOT NULL", "NULL", "d"))
    """
    literal = marker.live.strip()
    if literal.upper() == "NULL":
        return None
    if literal.startswith("'"):
        return literal[1 : literal.rindex("'")].replace("''", "'")
    return literal.split("::")[0]


def _tells_of_deletion(table: Table, row: Row, name: str) -> bool:
    """Who deleted it and why, or that its content went, by the column's name; or a state's value.

    The marks themselves are taken off.
    """
    column, told = table.column(name), row.columns[name]
    if column is None or column.generated or name in marks(table) or told is None:
        return False
    named = bool(_DELETION.match(name)) and told not in ("false", "0", "")
    return named or told.lower() in ("deleted", "removed")


def _warnings(facts: Facts) -> list[str]:
    place = facts.place
    warnings = ["Its history and access come back, and possibly its billing."]
    if facts.children:
        along = Counter(child.place.table.label for child in facts.children)
        counts = ", ".join(f"{count:,} in {table}" for table, count in along.items())
        warnings.append(f"Restored with it, in the same transaction: {counts}.")
    if facts.same_moment:
        counts = ", ".join(f"{count:,} in {table}" for table, count in facts.same_moment)
        warnings.append(
            f"Deleted in the same moment, and not restored with it: {counts}. An engineer can "
            "have them restored along, a table at a time."
        )
    if place.dependents:
        tables = ", ".join(place.dependents)
        warnings.append(f"What else refers to it and is deleted stays deleted: {tables}.")
    if facts.parent_deleted:
        warnings.append("What it belongs to is deleted and stays so.")
    if place.table.erased_when is None:
        warnings.append("It is not known whether its owner asked for erasure.")
    assert facts.row is not None
    warnings += [
        f"Which {marker.column} it had before is not known: it becomes {live_value(marker)}."
        for marker in place.table.markers
        if marker.kind is MarkerKind.STATUS and _says_deleted(marker, facts.row)
    ]
    told = [name for name in facts.row.columns if _tells_of_deletion(place.table, facts.row, name)]
    if told:
        warnings.append(f"What else tells of the deletion stays as it is: {', '.join(told)}.")
    back = [one.column for one in put_back(place.table, facts.row) if isinstance(one, Write)]
    if back:
        names, how = ", ".join(back), "is put back" if facts.kept_free else "is not put back"
        why = "" if facts.kept_free else ", for another row holds it now"
        warnings.append(f"The value that an earlier release took away {how}{why}: {names}.")
    return warnings
