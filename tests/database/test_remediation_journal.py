"""The journal cannot be changed unseen, and holds nobody's data in clear."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, text, update

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.remediations import (
    RemediationFilter,
    find_remediation,
    list_entries,
    list_remediations,
)
from collectors.evidence.schema import to_micros
from collectors.model import Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.journal.chain import signed_text
from dashboard.remediation.outcomes import Applied, RefusalCode, Step
from dashboard.remediation.service import verify
from dashboard.remediation.service.settlement import settle_uncommitted
from tests.database.remediation_world import (
    ENGINEER,
    EXTERNAL,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

entries, images = schema.audit_entries, schema.before_images


@pytest.fixture
def done(world: World) -> str:
    """A release that was applied: an intent, its commit, its outcome."""
    jane = world.customer(external_id="cus_very_private", name="Jane Privatus")
    return applied(world.door(), world.conflict(jane, EXTERNAL)).remediation_id


def tamper(store: Store, *statements: object) -> None:
    with store.write() as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def test_an_apply_leaves_intent_commit_and_outcome(world: World, done: str) -> None:
    lines = list_entries(world.store, remediation_id=done)

    assert [line.kind for line in reversed(lines)] == ["intent", "committing", "outcome"]
    assert {(line.actor, line.role) for line in lines} == {("erin", "engineer")}
    assert lines[1].body["xid"].isdigit()
    assert lines[0].body["state"] == "applied"
    report = verify(world.store)
    assert report.intact
    assert report.entries == 3


TAMPERINGS: dict[str, tuple[Callable[[], list[object]], str]] = {
    "a-changed-body": (
        lambda: [update(entries).where(entries.c.seq == 2).values(body="{}")],
        "Line 2 was changed.",
    ),
    "another-actor": (
        lambda: [update(entries).where(entries.c.seq == 1).values(actor="mallory")],
        "Line 1 was changed.",
    ),
    "another-role": (
        lambda: [update(entries).where(entries.c.seq == 1).values(role="admin")],
        "Line 1 was changed.",
    ),
    "another-conflict": (
        lambda: [update(entries).where(entries.c.seq == 1).values(conflict_id="0" * 16)],
        "Line 1 was changed.",
    ),
    "another-time": (
        lambda: [
            update(entries).where(entries.c.seq == 3).values(at=datetime(2020, 1, 1, tzinfo=UTC))
        ],
        "Line 3 was changed.",
    ),
    "a-body-that-is-a-list": (
        lambda: [update(entries).where(entries.c.seq == 2).values(body="[]")],
        "Line 2 was changed.",
    ),
    "a-hash-in-other-letters": (
        lambda: [update(entries).where(entries.c.seq == 2).values(hash="ä")],
        "Line 2 was changed.",
    ),
    "a-time-that-is-none": (
        lambda: [text("UPDATE audit_entries SET at = 'never' WHERE seq = 3")],
        "Line 3 was changed.",
    ),
    "an-actor-in-bytes": (
        lambda: [text("UPDATE audit_entries SET actor = x'00' WHERE seq = 1")],
        "Line 1 was changed.",
    ),
    "a-kept-head-that-is-none": (
        lambda: [update(schema.meta).where(schema.meta.c.name == "journal_head").values(value="?")],
        "The journal ends at line 3, which is not its last: lines were cut off.",
    ),
    "a-line-taken-out": (
        lambda: [delete(entries).where(entries.c.seq == 2)],
        "Line 2 is missing.",
    ),
    "the-tail-cut-off": (
        lambda: [delete(entries).where(entries.c.seq == 3)],
        "The journal ends at line 2, which is not its last: lines were cut off.",
    ),
    "the-tail-and-the-kept-head": (
        lambda: [delete(entries), delete(schema.meta).where(schema.meta.c.name == "journal_head")],
        "has no line in the journal.",
    ),
    "another-actor-in-the-ledger": (
        lambda: [update(schema.remediations).values(actor="mallory")],
        "is told otherwise than its lines",
    ),
    "another-reason-in-the-ledger": (
        lambda: [update(schema.remediations).values(reason="as agreed")],
        "is told otherwise than its lines",
    ),
    "another-end-in-the-ledger": (
        lambda: [update(schema.remediations).values(state="refused")],
        "is told otherwise than its lines",
    ),
    "another-conflict-in-the-ledger": (
        lambda: [update(schema.remediations).values(conflict_id="0" * 16)],
        "is told otherwise than its lines",
    ),
    "another-row-of-another-table-in-the-ledger": (
        lambda: [update(schema.remediations).values(table_name="orders", row_id="7")],
        "is told otherwise than its lines",
    ),
    "another-plan-in-the-ledger": (
        lambda: [update(schema.remediations).values(digest="0" * 64)],
        "is told otherwise than its lines",
    ),
    "a-start-in-the-ledger-that-is-none": (
        lambda: [
            text("UPDATE remediations SET started_at = 'never'"),
            update(schema.remediations).values(table_name="orders"),
        ],
        "is told otherwise than its lines",
    ),
    "a-swapped-image": (
        lambda: [update(images).values(sealed=b"something else")],
        "was changed.",
    ),
    "an-image-that-is-text-and-expires-never": (
        lambda: [text("UPDATE before_images SET sealed = 'null', expires_at = 'never'")],
        "was changed.",
    ),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_named(world: World, done: str, how: str) -> None:
    statements, expected = TAMPERINGS[how]
    assert verify(world.store).intact

    tamper(world.store, *statements())

    problems = verify(world.store).problems
    assert any(expected in problem for problem in problems), problems


def test_a_line_of_another_history_does_not_follow(world: World, done: str) -> None:
    """A copy of the store that went on by itself signs its lines with the same secret."""
    with world.store.read() as connection:
        line = connection.execute(select(entries).where(entries.c.seq == 2)).one()
    theirs = line._asdict() | {"previous_hash": "0" * 64}
    theirs["hash"] = world.store.vault.sign(signed_text(theirs | {"at": to_micros(line.at)}))

    tamper(world.store, update(entries).where(entries.c.seq == 2).values(theirs))

    problems = verify(world.store).problems
    assert "Line 2 does not follow the one before it." in problems
    assert "Line 2 was changed." not in problems


def test_only_what_ended_unclear_is_opened_again(world: World, done: str) -> None:
    refused = world.door().reopen(done, ENGINEER, "looked at it")

    assert refused is not None
    found = find_remediation(world.store, done)
    assert found is not None
    assert found.state == "applied"


def test_a_cut_stays_visible_after_the_next_line(world: World, done: str) -> None:
    tamper(world.store, delete(entries).where(entries.c.seq == 3))

    assert undone(world.door(), done)

    assert "Line 3 is missing." in verify(world.store).problems


def test_every_new_head_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tombstone.journal")

    applied(world.door(), world.conflict(world.customer()))

    heads = [record.getMessage().split() for record in caplog.records]
    assert [(words[0], words[2]) for words in heads] == [("journal", str(n)) for n in (1, 2, 3)]
    assert heads[-1][3] == verify(world.store).head


def test_no_value_stands_in_clear_in_the_store_or_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    jane = world.customer(
        email="jane.privata@example.com", external_id="cus_very_private", name="Jane Privatus"
    )
    for constraint in ("ix_customers_organization_id_email_case_insensitive", EXTERNAL):
        conflict = world.conflict(jane, constraint)
        approval = approved(previewed(world.door(), conflict))
        world.update(jane, "tax_id = coalesce(tax_id, '') || 'DE1'")
        refusal(world.door().apply(conflict, RemedyName.RELEASE_KEY, approval))
        finished = applied(world.door(), conflict)
        undone(world.door(), finished.remediation_id)
        applied(world.door(), conflict)
    world.store.close()

    stored = b"".join(path.read_bytes() for path in world.folder.iterdir())
    logged = caplog.text.encode()
    for value in (b"jane.privata", b"cus_very_private", b"Privatus"):
        assert value not in stored
        assert value not in logged


def test_an_expired_image_is_destroyed_and_the_chain_still_verifies(
    world: World, done: str
) -> None:
    world.time_passes(days=31)
    world.door().settle()

    refused = refusal(world.door().undo_preview(done, ENGINEER))
    assert refused.code is RefusalCode.NOTHING_TO_UNDO
    found = find_remediation(world.store, done)
    assert found is not None
    assert not found.can_be_undone
    with world.store.read() as connection:
        assert connection.execute(select(images.c.sealed, images.c.data_key)).all() == [
            (None, None)
        ]
        assert connection.scalar(select(func.count()).select_from(schema.previews)) == 0
    assert verify(world.store).intact


def test_a_clock_that_is_years_ahead_destroys_no_image(world: World, done: str) -> None:
    ahead = world.door(clock=lambda: datetime.now(UTC) + timedelta(days=800))
    ahead.settle()
    applied(ahead, world.conflict(world.customer(email="joe@example.com")))

    assert isinstance(undone(world.door(), done), Applied)


def test_an_image_of_a_target_that_does_not_tell_the_time_is_kept_and_not_opened(
    world: World, done: str
) -> None:
    world.time_passes(days=31)
    with world.reader_away():
        world.door().settle()
    with world.store.read() as connection:
        assert None not in connection.scalars(select(images.c.sealed)).all()
    refused = refusal(world.door().undo_preview(done, ENGINEER))
    assert refused.code is RefusalCode.NOTHING_TO_UNDO


def test_the_images_of_an_undone_remedy_are_destroyed(world: World, done: str) -> None:
    undone(world.door(), done)

    with world.store.read() as connection:
        assert connection.scalars(select(images.c.sealed)).all() == [None]
    assert verify(world.store).intact


def test_remediations_are_listed_newest_first(world: World, done: str) -> None:
    undone(world.door(), done)

    first, second = list_remediations(world.store)

    assert (first.undoes, second.id, second.undone_by) == (done, done, first.id)
    assert list_remediations(world.store, RemediationFilter(state="applied")) == [first]


def test_what_was_put_back_by_hand_is_released_once_more(world: World) -> None:
    """The plan is the very same one; its Approval is newer than what it did before."""
    jane = world.customer()
    as_it_was = world.row(jane)
    first = previewed(world.door(), world.conflict(jane))
    applied(world.door(), world.conflict(jane))
    world.update(jane, "email = 'Jane@Example.com', user_metadata = '{}'")
    assert world.row(jane) == as_it_was

    again = world.conflict(jane)
    assert previewed(world.door(), again).plan.digest == first.plan.digest
    applied(world.door(), again)

    assert world.row(jane)["email"] != "Jane@Example.com"


def test_what_has_come_to_its_commit_is_not_called_off(world: World) -> None:
    answers = []

    def announce(step: Step) -> None:
        if step is Step.COMMITTING:
            (running,) = list_remediations(world.store, RemediationFilter(state="running"))
            answers.append(settle_uncommitted(world.store, running.id, datetime.now(UTC)))

    applied(world.door(announce), world.conflict(world.customer()))

    assert answers == [None]


def test_a_clock_that_was_ahead_keeps_no_row_from_being_released_once_more(world: World) -> None:
    """What was done and undone then is known by name: no Preview has to wait until it is past."""
    conflict = world.conflict(world.customer())
    ahead = world.door(clock=lambda: datetime.now(UTC) + timedelta(days=2))
    done = applied(ahead, conflict)
    assert isinstance(undone(ahead, done.remediation_id), Applied)
    applied(world.door(), conflict)


def test_what_a_clock_that_was_ahead_wrote_is_told_to_no_conflict_again(world: World) -> None:
    """A start-up settles; it took an undo of tomorrow for one that its Conflict does not know."""
    conflict = world.conflict(world.customer())
    ahead = world.door(clock=lambda: datetime.now(UTC) + timedelta(days=2))
    undone(ahead, applied(ahead, conflict).remediation_id)
    applied(world.door(), conflict)
    world.door().settle()
    assert world.stored(conflict).verdict is Verdict.UNBLOCKED


def test_a_clock_that_is_behind_applies_no_approval_that_was_overtaken(world: World) -> None:
    conflict = world.conflict(world.customer())
    stale = approved(previewed(world.door(), conflict))
    behind = world.door(clock=lambda: datetime.now(UTC) - timedelta(hours=1))
    done = behind.apply(conflict, RemedyName.RELEASE_KEY, stale)
    assert isinstance(done, Applied)
    assert isinstance(undone(behind, done.remediation_id), Applied)
    answer = world.door().apply(conflict, RemedyName.RELEASE_KEY, stale)
    assert refusal(answer).code is RefusalCode.CHANGED_SINCE_PREVIEW
