"""Audits, leftovers and Invariants of ten days, written by the functions that `collect` uses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.evidence.audited import save_audit
from collectors.evidence.database import Store
from collectors.evidence.left_behind import save_invariants, save_leftovers
from collectors.invariants import Unreadable, load_invariants
from collectors.model import (
    CheckedInvariant,
    Counting,
    InvariantState,
    KeyFinding,
    Leftover,
    LeftoverKind,
    LeftoverSample,
    Migration,
    Severity,
    TableLeftovers,
)
from tests.factories import EMAIL_KEY
from tests.views.story import FORMULA, HOSTILE, UNSEEN, now

JANE = "jane.doe@example.com"
TEXT = Migration("-- how to mend it\nSELECT 1;\n", "def upgrade() -> None: ...\n")
BACKFILL = Migration("-- how to free it\nSELECT 2;\n", "def upgrade() -> None: ...  # frees\n")
EMAIL = KeyFinding(
    "customers",
    EMAIL_KEY.name,
    "ignores_deletion",
    Severity.HIGH,
    "Rows with deleted_at IS NOT NULL still hold this key: after delete, a create with the same "
    "values fails. People can ask for such a value again. 1,204 deleted rows hold it now.",
    1_204,
    34,
    TEXT,
    BACKFILL,
)
ODD = KeyFinding(HOSTILE, FORMULA, "wrong_predicate", Severity.MEDIUM, UNSEEN + HOSTILE, None, None)
TOKEN = KeyFinding(
    "license_keys",
    "license_keys_key_key",
    "ignores_deletion",
    Severity.INFO,
    "But nobody asks for such a value again, so it should stay unique for ever.",
    88,
    0,
)
SLUG = KeyFinding(
    "organizations", "organizations_slug_key", "ignores_deletion", Severity.HIGH, "Slugs.", 3, 0
)
LEGACY = KeyFinding(
    "members", "members_legacy_key", "beside_the_right_one", Severity.HIGH, "A relic.", 12, 1, TEXT
)


def tell(store: Store) -> None:
    """Ten days: one Finding was mended, one is accepted, leftovers grew."""
    for ago in range(9, -1, -1):
        at = now() - timedelta(days=ago)
        findings = [EMAIL, ODD, TOKEN, SLUG, *([LEGACY] if ago > 4 else [])]
        said = {SLUG: ("Slugs are made from names, and nobody minds.", "2027-06-01")}
        save_audit(store, "production", at, findings, said)
        save_audit(store, "sandbox", at, [EMAIL] if ago > 2 else [], {})
        save_leftovers(store, _left(at, 40 - 3 * ago))
        save_invariants(store, "production", list(_checked(at)))


def _left(at: datetime, rows: int) -> TableLeftovers:
    oldest = at - timedelta(days=70)
    growth = [(at.date() - timedelta(days=n), 1 + n % 3) for n in range(20, -1, -2)]
    sample = LeftoverSample("c0ffee00-0000-4000-8000-000000000001", oldest, ("org-1", JANE))
    bare = LeftoverSample(HOSTILE, None)
    kind = LeftoverKind
    found = [
        Leftover(kind.LIVE_CHILD, "subscriptions", "subscriptions_customer_id_fkey", rows, oldest,
                 growth, (bare,)),
        Leftover(kind.HELD_KEY, "customers", EMAIL_KEY.name, 30 * rows, oldest, growth, (sample,),
                 sampled=0.25),
        Leftover(kind.ERASED, "customers", "customers_organization_id_external_id_key", 7, oldest,
                 growth[:3], (bare,)),
        Leftover(kind.LIVE_CHILD, HOSTILE, FORMULA, said="The reader may not read it."),
    ]  # fmt: skip
    how = Counting(at, notes=(HOSTILE,))
    return TableLeftovers("production", "public", "customers", how, found)


def _checked(at: datetime) -> Iterator[CheckedInvariant]:
    state = InvariantState
    states = [state.BROKEN, state.HOLDS, state.LACKING, state.SLOW, state.BROKEN]
    for number, one in enumerate(load_invariants()):
        assert not isinstance(one, Unreadable)
        mine = states[number % len(states)]
        rows = {state.BROKEN: 3 + number, state.HOLDS: 0}.get(mine)
        samples = (LeftoverSample("c0ffee00-0000-4000-8000-000000000009", at),)
        yield CheckedInvariant(
            one,
            "production",
            at,
            mine,
            rows,
            at if rows else None,
            samples if rows else (),
            "It did not end within its time limit." if rows is None else None,
        )
