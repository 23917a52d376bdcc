"""What people have decided about Findings: a TOML file that is reviewed like code. Pure.

[[accepted]]                       # not shown and not failed on until the day to look again
table = "orders"                   # as the Finding names it
constraint = "orders_slug_key"
rule = "ignores_deletion"          # left out: every rule
reason = "Slugs of orders are made from their number."
look_again = 2027-06-01

[[values]]                         # whether anybody can ask for a value of this key again
table = "vouchers"
constraint = "vouchers_code_key"
asked_again = true
reason = "Shops choose the code of a voucher."
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from collectors.audit.case import Reuse
from collectors.errors import UsageError
from collectors.model import KeyFinding, Table, UniqueKey

_FIELDS = {
    "accepted": {"table": str, "constraint": str, "reason": str, "look_again": date},
    "values": {"table": str, "constraint": str, "reason": str, "asked_again": bool},
}
_OPTIONAL = {"accepted": {"rule": str}, "values": {}}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A Finding that somebody decided to live with until a day. `rule` None is every rule."""

    table: str
    constraint: str
    reason: str
    look_again: date
    rule: str | None = None

    def covers(self, finding: KeyFinding, today: date) -> bool:
        """It is this Finding, and the day has not come."""
        same = (self.table, self.constraint) == (finding.table, finding.constraint)
        return same and self.rule in (None, finding.rule) and today < self.look_again


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Everything that the file says."""

    accepted: tuple[Accepted, ...] = ()
    asked_again: Mapping[tuple[str, str], bool] | None = None

    def acceptance(self, finding: KeyFinding, today: date) -> Accepted | None:
        """Why a Finding is lived with, if it is."""
        return next((one for one in self.accepted if one.covers(finding, today)), None)

    def reuse(self, table: Table, key: UniqueKey) -> Reuse | None:
        """What the file says of a key's values."""
        said = (self.asked_again or {}).get((table.label, key.name))
        return None if said is None else Reuse.LIKELY if said else Reuse.NEVER


def read_reviewed(text: str, name: str) -> Reviewed:
    """The file's text; `name` is for the sentence of the UsageError that says what is wrong."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not valid TOML: {error}.") from error
    if unknown := sorted(set(raw) - set(_FIELDS)):
        raise UsageError(f"{name} has no place for {unknown[0]!r}: only accepted and values.")
    accepted = [Accepted(**entry) for entry in _entries(raw, "accepted", name)]
    values = {
        (entry["table"], entry["constraint"]): entry["asked_again"]
        for entry in _entries(raw, "values", name)
    }
    return Reviewed(tuple(accepted), values)


def _entries(raw: dict[str, Any], kind: str, name: str) -> list[dict[str, Any]]:
    entries = raw.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{name}: {kind} must be written as [[{kind}]].")
    for number, entry in enumerate(entries, 1):
        if wrong := _wrong(entry, kind):
            raise UsageError(f"{name}: {kind} {number} {wrong}.")
    return entries


def _wrong(entry: dict[str, Any], kind: str) -> str | None:
    needed, possible = _FIELDS[kind], {**_FIELDS[kind], **_OPTIONAL[kind]}
    if missing := [field for field in needed if field not in entry]:
        return f"lacks {missing[0]}"
    if unknown := [field for field in entry if field not in possible]:
        return f"has no place for {unknown[0]!r}"
    bad = [n for n, v in entry.items() if not isinstance(v, possible[n]) or isinstance(v, datetime)]
    if bad:
        return f"needs {bad[0]} to be a {possible[bad[0]].__name__}"
    return None if str(entry["reason"]).strip() else "needs a reason that says something"
