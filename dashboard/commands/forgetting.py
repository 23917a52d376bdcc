"""`forget` and `reopen`: what only an engineer asks of the store, by the same door."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from collectors.model.counted import counted
from dashboard.access import cli_actor
from dashboard.commands.ending import DONE, FOUND, UNREACHABLE
from dashboard.commands.remedying import open_door
from dashboard.commands.streams import checked_text
from dashboard.output import print_json, tell, working
from dashboard.remediation.outcomes import Refusal
from dashboard.remediation.service.forgetting import Forgotten
from dashboard.settings import load_write_settings


def forget(value: str, *, erase: bool, as_json: bool) -> int:
    """List what is held of a person and erase it; 1 where it was refused or stands in clear.

    `-` reads the value from standard input: a command line is kept in a shell's history.
    """
    given = checked_text(sys.stdin.readline()) if value == "-" else value
    with working("Opening all that is sealed…"):
        answer = open_door().forget(given, cli_actor(load_write_settings()), erase=erase)
    if as_json:
        print_json(_json(answer))
    else:
        for line in _sentences(answer):
            tell(line)
    if isinstance(answer, Refusal):
        return FOUND
    return UNREACHABLE if answer.unasked else FOUND if answer.in_clear else DONE


def reopen(remediation: str, reason: str, *, as_json: bool) -> int:
    """Open the row of a remediation that ended unclear to plans again."""
    refusal = open_door().reopen(remediation, cli_actor(load_write_settings()), reason)
    if as_json:
        print_json({"remediation_id": remediation, "refusal": _refusal(refusal)})
    else:
        said = f"Refused: {refusal.text}" if refusal else "Its row is open to plans again."
        tell(said)
    return FOUND if refusal else DONE


def _json(answer: Forgotten | Refusal) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        names = (*Forgotten.__dataclass_fields__, "held")
        return dict.fromkeys(names) | {"refusal": _refusal(answer)}
    return asdict(answer) | {"held": answer.held, "refusal": None}


def _refusal(refusal: Refusal | None) -> dict[str, str] | None:
    return {"code": refusal.code, "text": refusal.text} if refusal else None


def _where(columns: tuple[str, ...] | None) -> str:
    if columns is None:
        return "whether it is in the row is not known to us, so look at it"
    return f"now in {', '.join(columns)}" if columns else "it is not in the row any more"


def _sentences(answer: Forgotten | Refusal) -> Iterable[str]:
    if isinstance(answer, Refusal):
        yield f"Refused: {answer.text}"
        return
    verb = "Erased" if answer.erased else "Held"
    yield (
        f"{verb}: values of {counted(answer.conflicts, 'Conflict')} and "
        f"{counted(answer.failures, 'Failure')}, {counted(answer.fingerprints, 'fingerprint')}, "
        f"{counted(answer.images, 'before-image')}, {counted(answer.previews, 'Preview')}, "
        f"{counted(answer.batches, 'waiting batch', 'waiting batches')}."
    )
    for row in answer.rows:
        where = _where(row.now_in)
        yield (
            f"{row.remedy} wrote {', '.join(row.wrote) or 'this row'} of {row.table} {row.row_id} "
            f"in target {row.target}: {where}. That database is not ours to clean."
        )
    for target in answer.unasked:
        yield f"Target {target} did not answer: other spellings of the value may be missed."
    if answer.lingers:
        yield (
            "Somebody was reading the store meanwhile, so its write-ahead log still holds what was "
            "erased, sealed: run this again."
        )
    for copy in answer.copies:
        yield f"{copy} is the store as it was before an upgrade, and keeps it all: delete it."
    for place in answer.in_clear:
        yield f"It stands in clear in {place}, where it should never be: please report this."
