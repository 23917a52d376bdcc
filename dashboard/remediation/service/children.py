"""What was deleted in the same moment as a row: counted, offered, and found where it was asked for.

Only rows that refer to ours themselves: what refers to those is not restored along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collectors.model import ForeignKey, Table, row_id
from dashboard.access import Actor, Role
from dashboard.remediation.children import Link, deleted_together, which_deleted_together
from dashboard.remediation.facts import Child, Place, RemedyName, Row, foreign_keys_of
from dashboard.remediation.journal.images import KeptChild
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.plan import refused_by_row_key
from dashboard.remediation.service import rights
from dashboard.remediation.service.gather import Case, answers
from dashboard.remediation.undo import BeforeImage
from dashboard.remediation.writer import Writer
from dashboard.settings import WriteSettings

MOST = 100
"""More rows than that in one transaction are not one previewed click any more."""

NOT_A_RESTORE = Refusal(
    RefusalCode.NOTHING_TO_CHANGE, "Only a restore can take other rows along with it."
)
_NO_LINK = (
    "it is no table that refers to this one, tells when a row was deleted, and has a primary key "
    "to name one by."
)
_ROLE = Refusal(RefusalCode.ROLE_MAY_NOT, "Only an engineer may restore more than the one row.")
_TOO_MANY = Refusal(
    RefusalCode.TOO_MANY, f"More than {MOST} rows would be restored along: choose fewer tables."
)


def same_moment(case: Case, row: Row, along: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """How many rows of which tables were deleted with it, but for those that come along."""
    children = [link for link in _links(case) if link[0].label not in along]
    statement = deleted_together(case.place, row, children)
    counts = () if statement is None else answers(case, statement)
    pairs = zip(children, counts[0] if counts else (), strict=False)
    return tuple((table.label, count) for (table, _), count in pairs if count)


def find_children(
    case: Case,
    row: Row,
    along: Sequence[str],
    settings: WriteSettings,
    writer: Callable[[str], Writer],
) -> tuple[Child, ...] | Refusal:
    """The rows of these tables that were deleted with ours, as the writer sees them now."""
    places: dict[tuple[str, str], Place] = {}
    links = _links(case)
    unknown = sorted({*along} - {table.label for table, _ in links})
    if unknown:
        text = f"Of {', '.join(unknown)} no row can be restored along: {_NO_LINK}"
        return Refusal(RefusalCode.NOTHING_TO_CHANGE, text)
    for link in links:
        statement = which_deleted_together(case.place, row, link, MOST)
        if link[0].label not in along or statement is None:
            continue
        for parts in answers(case, statement):
            place = _place(case, link[0].schema, link[0].name, row_id(parts))
            if place is not None:
                places[place.table.label, place.row_id] = place
    if len(places) > MOST:
        return _TOO_MANY
    missing = [label for label in along if label not in {table for table, _ in places}]
    if missing:
        text = f"Nothing of {', '.join(missing)} was deleted in the same moment as this row."
        return Refusal(RefusalCode.NOTHING_TO_CHANGE, text)
    found = writer(case.place.target).look_at_all([*places.values()])
    if isinstance(found, Refusal):
        return found
    pairs = zip(places.values(), found, strict=True)
    return tuple(_child(settings, place, its) for place, its in pairs)


def kept_children(
    case: Case, kept: Sequence[KeptChild], settings: WriteSettings
) -> tuple[Child, ...] | Refusal:
    """The rows as the Preview saw them, by today's catalog."""
    children = []
    for schema, table, its_id, row in kept:
        place = _place(case, schema, table, its_id)
        if place is None:
            return _table_gone(table)
        children.append(_child(settings, place, row))
    return tuple(children)


def images_of(case: Case, image: BeforeImage) -> list[tuple[Place, BeforeImage]] | Refusal:
    """The rows that a restore took along, to be taken back with it."""
    found = []
    for (schema, table, its_id), its in image.children:
        place = _place(case, schema, table, its_id)
        if place is None:
            return _table_gone(table)
        found.append((place, its))
    return found


def refusal_for(
    settings: WriteSettings, actor: Actor, remedy: RemedyName, children: Sequence[Child]
) -> Refusal | None:
    """Why this person may not take these rows along, or nobody may."""
    if not children:
        return None
    if remedy is not RemedyName.RESTORE_ROW:
        return NOT_A_RESTORE
    if not actor.role.is_at_least(Role.ENGINEER):
        return _ROLE
    refusals = (rights.remedy_refusal(settings, actor, remedy, one.place) for one in children)
    return next((refusal for refusal in refusals if refusal), None)


def _links(case: Case) -> list[Link]:
    """The tables that refer to ours, know when a row was deleted and can name one, and how."""
    found: dict[str, tuple[Table, list[ForeignKey]]] = {}
    for fk in case.place.referring:
        table = case.catalog.table(fk.schema, fk.table)
        if table and table.row_key and table.marker and table.marker.since:
            found.setdefault(table.label, (table, []))[1].append(fk)
    return [*found.values()]


def _place(case: Case, schema: str, name: str, its_id: str) -> Place | None:
    table = case.catalog.table(schema, name)
    if table is None or refused_by_row_key(table, its_id):
        return None
    ours = case.place
    return Place(
        conflict_id=ours.conflict_id,
        environment=ours.environment,
        target=ours.target,
        table=table,
        key=None,
        values=None,
        row_id=its_id,
        foreign_keys=foreign_keys_of(case.catalog, table),
    )


def _child(settings: WriteSettings, place: Place, row: Row | None) -> Child:
    return Child(place, row, triggers_known=rights.triggers_known(settings, place))


def _table_gone(table: str) -> Refusal:
    return Refusal(RefusalCode.ROW_GONE, f"The table {table} is not as it was.")
