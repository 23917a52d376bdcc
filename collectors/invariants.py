"""Asking the Invariants of a Target: each read-only, under a time limit, in a Snapshot of its own.

One that is slow, fails, or names what the Target lacks says so and harms no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from collectors.audit import invariants as shipped
from collectors.audit.invariants import read_invariant
from collectors.errors import SettingsError, UsageError
from collectors.model import (
    CheckedInvariant,
    Invariant,
    InvariantState,
    LeftoverSample,
    Severity,
)
from collectors.postgres.engine import ReadTarget
from collectors.postgres.outage import Halted, StatementFailed
from collectors.postgres.printing import time_of
from collectors.postgres.snapshot import Snapshot

SAMPLES = 5
_LACKING = {"42P01", "42703", "3F000"}
_SAID = {
    InvariantState.LACKING: (
        "It names a table or column that this Target does not have, or gives no id and since."
    ),
    InvariantState.SLOW: "It did not end within its time limit.",
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no Invariant, and why."""

    name: str
    why: str


def load_invariants(folder: Path | None = None) -> list[Invariant | Unreadable]:
    """Those that ship, and those of the folder; one of the same name takes the shipped one's place.

    Raises SettingsError where there is no such folder.
    """
    texts = {
        file.name: file.read_text(encoding="utf-8")
        for file in files(shipped).iterdir()
        if file.name.endswith(".sql")
    }
    found = {name: _read(name, text) for name, text in texts.items()}
    if folder is not None:
        if not folder.is_dir():
            raise SettingsError(f"audit.invariants names {folder}, which is no folder.")
        found |= {file.name: _of_file(file) for file in folder.glob("*.sql")}
    return [found[name] for name in sorted(found)]


def check_invariants(
    target: ReadTarget, schemas: Sequence[str], loaded: Sequence[Invariant | Unreadable]
) -> list[CheckedInvariant]:
    """Ask each. Raises TargetUnreachable where the Target itself does not answer."""
    return [_check(target, schemas, one) for one in loaded]


def _of_file(file: Path) -> Invariant | Unreadable:
    try:
        return _read(file.name, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return Unreadable(file.stem, f"{file.name} cannot be read.")


def _read(name: str, text: str) -> Invariant | Unreadable:
    stem = name.removesuffix(".sql")
    try:
        return read_invariant(text, stem)
    except UsageError as error:
        return Unreadable(stem, str(error))


def _check(
    target: ReadTarget, schemas: Sequence[str], one: Invariant | Unreadable
) -> CheckedInvariant:
    now = datetime.now(UTC)
    if isinstance(one, Unreadable):
        named = Invariant(one.name, one.name, "", Severity.LOW, None, "")
        return CheckedInvariant(named, target.name, now, InvariantState.FAILED, said=one.why)
    try:
        return target.ask(lambda snapshot: _asked(snapshot, schemas, one))
    except Halted:
        state, said = InvariantState.SLOW, _SAID[InvariantState.SLOW]
    except StatementFailed as failure:
        state, said = _refused(failure)
    return CheckedInvariant(one, target.name, now, state, said=said)


def _refused(failure: StatementFailed) -> tuple[InvariantState, str]:
    if failure.sqlstate in _LACKING:
        return InvariantState.LACKING, _SAID[InvariantState.LACKING]
    if failure.denied:
        return InvariantState.FAILED, "The reader may not read what it names."
    return InvariantState.FAILED, f"{failure}."


def _asked(snapshot: Snapshot, schemas: Sequence[str], one: Invariant) -> CheckedInvariant:
    """Bound parameters make it one statement, whatever the file says."""
    snapshot.rows("SELECT set_config('search_path', $1, true)", ", ".join(map(_quoted, schemas)))
    lines = snapshot.rows(_statement(one), SAMPLES)
    return CheckedInvariant(
        invariant=one,
        target=snapshot.target,
        as_of=snapshot.as_of,
        state=InvariantState.BROKEN if lines else InvariantState.HOLDS,
        rows=lines[0][0] if lines else 0,
        oldest=_aware(lines[0][1]) if lines else None,
        samples=tuple(_samples(lines)),
    )


def _statement(one: Invariant) -> str:
    since = "since::timestamptz"
    return f"""
SELECT count(*) OVER (), {time_of(f"(min({since}) OVER ())")}, id::text, {time_of(since)}
FROM (
{one.sql}
) AS tombstone_broken
ORDER BY {since} NULLS LAST, id::text LIMIT $1"""  # noqa: S608


def _samples(
    lines: Sequence[tuple[int, datetime | None, str, datetime | None]],
) -> Iterator[LeftoverSample]:
    for _, _, name, since in lines:
        yield LeftoverSample(name or "", _aware(since))


def _aware(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)


def _quoted(schema: str) -> str:
    return '"' + schema.replace('"', '""') + '"'
