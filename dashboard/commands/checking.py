"""`doctor` and `store upgrade`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from collectors.doctor import Check, Health, check_all
from collectors.errors import TombstoneError
from collectors.evidence import database
from collectors.settings import Settings
from dashboard.commands.ending import DONE, FOUND, UNREACHABLE
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import print_json, say, tell
from dashboard.remediation.service.checks import check_write_side
from dashboard.settings import load_write_settings


def doctor(*, as_json: bool) -> int:
    """Every check, a line each; 3 where something could not be reached, 1 where it is wrong."""
    checks: list[Check] = []
    for check in chain(check_all(our_settings()), _write_side(our_settings())):
        checks.append(check)
        if not as_json:
            _show(check)
    if as_json:
        print_json(
            [
                {"name": c.name, "health": c.health, "sentence": c.sentence, "mend": c.mend}
                for c in checks
            ]
        )
    found = {check.health for check in checks}
    if Health.UNREACHABLE in found:
        return UNREACHABLE
    return FOUND if Health.WRONG in found else DONE


def _write_side(settings: Settings) -> Iterator[Check]:
    """Its checks, where there is a store to journal in; that there is none was said before."""
    try:
        store = our_store()
    except TombstoneError:
        return
    yield from check_write_side(settings, load_write_settings(), store)


def upgrade_store() -> None:
    """Copy an older SQLite store, then bring it to this version."""
    settings = our_settings()
    copy = database.upgrade_store(settings.store_url)
    if copy is not None:
        say(f"The store as it was: {copy}")
    database.open_store(settings.store_url, settings.required_secret()).close()
    say("The store is at this program's version.")


def _show(check: Check) -> None:
    mark = {"ok": "✓", "lacking": "–", "wrong": "✗", "unreachable": "?"}[check.health]
    mend = f"  →  {check.mend}" if check.mend else ""
    tell(f"{mark} {check.name}: {check.sentence}{mend}")
