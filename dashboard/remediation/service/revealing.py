"""`reveal`: the key's values in clear, read live from the Target; journalled first, then read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collectors.model import UniqueKey, input_columns
from dashboard.access import Actor, Role
from dashboard.remediation.facts import Place, Row
from dashboard.remediation.journal import Kind, Line, recording
from dashboard.remediation.outcomes import Refusal, RefusalCode
from dashboard.remediation.service.gather import Sources, read_row
from dashboard.settings import WriteSettings

_ERASED = Refusal(
    RefusalCode.ERASED,
    "The row was erased or anonymized, or is about to be: nothing of it is shown.",
)
_GONE = Refusal(RefusalCode.ROW_GONE, "The row is no longer there.")


@dataclass(frozen=True, slots=True)
class Revealed:
    """The columns that the key is made of, as they stand now; kept nowhere by us."""

    conflict_id: str
    values: tuple[tuple[str, str | None], ...] = field(repr=False)
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Revealer:
    """Reads a Conflict's key in clear for who may see it."""

    sources: Sources
    settings: WriteSettings
    clock: Callable[[], datetime]

    def reveal(self, conflict_id: str, actor: Actor) -> Revealed | Refusal:
        """The values, or why they are not shown; both are journalled. Raises TargetUnreachable."""
        place = self._allowed(actor) or self.sources.place(conflict_id)
        if isinstance(place, Refusal):
            return self._refused(place, conflict_id, actor)
        refusal = _unreadable(place, actor)
        if refusal is not None:
            return self._refused(refusal, conflict_id, actor)
        key = place.key
        assert key is not None
        names = list(input_columns(key))
        body = {"table": place.table.label, "row": place.row_id, "columns": names}
        self._journal(Kind.REVEAL, body, conflict_id, actor)
        reader = self.sources.readers[place.target]
        row = reader.ask(lambda snapshot: read_row(snapshot, place))
        unseen = row if isinstance(row, Refusal) else _hidden(row)
        if unseen is not None or not isinstance(row, Row):
            return self._refused(unseen or _GONE, conflict_id, actor)
        values = tuple((name, row.columns[name]) for name in names)
        return Revealed(conflict_id, values, self.clock())

    def _allowed(self, actor: Actor) -> Refusal | None:
        least = self.settings.access.reveal_role
        if actor.role.is_at_least(least):
            return None
        text = f"As {actor.role} you see masks only; the values are shown from {least} upwards."
        return Refusal(RefusalCode.ROLE_MAY_NOT, text)

    def _refused(self, refusal: Refusal, conflict_id: str, actor: Actor) -> Refusal:
        known = refusal.code is not RefusalCode.UNKNOWN_CONFLICT
        body = {"asked": "reveal", "code": refusal.code, "said": refusal.text}
        self._journal(Kind.REFUSED, body, conflict_id if known else None, actor)
        return refusal

    def _journal(
        self, kind: Kind, body: Mapping[str, object], conflict_id: str | None, actor: Actor
    ) -> None:
        with recording(self.sources.store) as line:
            line.append(Line(kind, self.clock(), str(actor), actor.role, body, conflict_id))


def _unreadable(place: Place, actor: Actor) -> Refusal | None:
    table, key = place.table, place.key
    if not isinstance(key, UniqueKey):
        return Refusal(
            RefusalCode.KEY_MENDED, "The unique key is not what it was: nothing to show."
        )
    if table.erased_when is None and not actor.role.is_at_least(Role.ENGINEER):
        text = "Only an engineer may see it: it is not known how this table says that somebody "
        return Refusal(RefusalCode.ROLE_MAY_NOT, f"{text}was erased.")
    return None


def _hidden(row: Row | None) -> Refusal | None:
    if row is None:
        return _GONE
    return _ERASED if row.erased else None
