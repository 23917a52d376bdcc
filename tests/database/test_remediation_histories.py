"""Whatever the application, the remedies and crashes do, in whatever order: the law holds."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from collectors.evidence.reads.remediations import (
    RemediationFilter,
    find_remediation,
    list_remediations,
)
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, Failed, Refused, Step
from dashboard.remediation.service import Approval, Preview, verify
from dashboard.remediation.service.bulk import BulkPreview, BulkRefused, Chosen
from sample_data.postgres import Database, Postgres
from tests.database.remediation_world import EMAIL, ENGINEER, EXTERNAL, WRITER, World, approved

pytestmark = pytest.mark.slow

Columns = dict[str, str | None]


Previewed = tuple[str, RemedyName, Preview]
KEYS = st.sampled_from([EMAIL, EXTERNAL])
REMEDIES = st.sampled_from(list(RemedyName))
CRASHES = st.none() | st.sampled_from(list(Step))
BULK_STEPS = ("begun", "committing", "committed", "outcome")
BULK_CRASHES = st.none() | st.tuples(st.sampled_from(BULK_STEPS), st.integers(0, 2))
CHANGES = ("deleted_at = now()", "deleted_at = NULL", "name = 'Jane'", "external_id = 'cus_3'")


def written_by(preview: Preview) -> set[str]:
    """The rows that its plan writes."""
    return {plan.place.row_id for plan in (preview.plan, *preview.plan.children)}


class Crash(Exception):
    """A call that breaks off; the next one finds what it left behind."""


class Histories(RuleBasedStateMachine):
    """One organization in which two people share an address and an external ID."""

    postgres: Postgres
    previews: Bundle[Previewed] = Bundle("previews")

    def __init__(self) -> None:
        super().__init__()
        self.held = ExitStack()
        name = f"test_{uuid4().hex}"
        self.postgres.create_database(name, template="template0")
        self.held.callback(self.postgres.drop_database, name)
        folder = Path(self.held.enter_context(tempfile.TemporaryDirectory()))
        database = Database(name, self.postgres.dsn(name))
        self.world = self.held.enter_context(World.made(database, folder))
        self.world.limits |= {"bulk_batch_rows": 1, "bulk_pause_ms": 0, "bulk_stop_percent": 100}
        database.execute(
            f"GRANT DELETE ON customers TO {WRITER};"
            f"GRANT UPDATE (deleted_at) ON subscriptions TO {WRITER}"
        )
        self.bulks: dict[str, dict[str, Columns]] = {}
        self.befores: dict[str, dict[str, Columns]] = {}
        self.subscribed: set[str] = set()
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        self.held.close()

    @initialize()
    def two_were_deleted(self) -> None:
        self.the_application_creates("jane@example.com", "cus_1", True)
        self.the_application_creates("joe@example.com", "cus_2", True)

    @rule(
        email=st.sampled_from(["jane@example.com", "JANE@example.com", "joe@example.com"]),
        external_id=st.sampled_from([None, "cus_1", "cus_2"]),
        deleted=st.booleans(),
    )
    def the_application_creates(self, email: str, external_id: str | None, deleted: bool) -> None:
        with suppress(psycopg.errors.UniqueViolation):
            self.world.customer(
                id=f"{next(self.numbers):032d}",  # not random: hypothesis repeats what it finds
                email=email,
                external_id=external_id,
                deleted=deleted,
            )

    @rule(data=st.data(), together=st.booleans())
    def the_application_subscribes_one(self, data: st.DataObject, together: bool) -> None:
        """Live, or deleted in the same moment as its customer."""
        if everybody := list(self.customers()):
            subscription = str(UUID(f"{next(self.numbers):032d}"))
            self.world.database.execute(
                "INSERT INTO subscriptions (id, customer_id, deleted_at) SELECT %s, id,"
                " CASE WHEN %s THEN deleted_at END FROM customers WHERE id = %s",
                [subscription, together, data.draw(st.sampled_from(everybody))],
            )
            self.subscribed.add(subscription)

    @rule(data=st.data(), change=st.sampled_from(CHANGES))
    def the_application_changes_one(self, data: st.DataObject, change: str) -> None:
        if everybody := list(self.customers()):
            with suppress(psycopg.errors.UniqueViolation):
                self.world.update(data.draw(st.sampled_from(everybody)), change)

    @rule(target=previews, data=st.data(), constraint=KEYS, remedy=REMEDIES)
    def somebody_previews(self, data: st.DataObject, constraint: str, remedy: RemedyName) -> Any:
        return self.previewed(data, constraint, remedy) or multiple()

    @rule(previewed=consumes(previews), crash=CRASHES)
    def somebody_applies(self, previewed: Previewed, crash: Step | None) -> None:
        conflict, remedy, preview = previewed
        before = self.everything()
        row = preview.plan.place.row_id
        try:
            outcome = self.world.door(self.breaks_at(crash)).apply(
                conflict, remedy, approved(preview)
            )
        except Crash:
            self.world.door().settle()
            newest = list_remediations(self.world.store, limit=1)[0]
            applied = newest.id if newest.state == "applied" else None
        else:
            assert not isinstance(outcome, Failed)
            assert isinstance(outcome, Applied) or outcome.refusal.text
            applied = outcome.remediation_id if isinstance(outcome, Applied) else None
        self.only_this_row_changed(before, row if applied else None, preview)
        if applied is not None:
            self.befores[applied] = {one: before[one] for one in written_by(preview)}

    @rule(constraint=KEYS, crash=BULK_CRASHES, meanwhile=st.booleans(), data=st.data())
    def somebody_releases_all(
        self, constraint: str, crash: tuple[str, int] | None, meanwhile: bool, data: st.DataObject
    ) -> None:
        held = "external_id" if constraint == EXTERNAL else "email"
        for customer, row in self.customers().items():
            if row["deleted_at"] and row[held]:
                self.world.conflict(customer, constraint)
        before = self.everything()
        bulk = self.world.door().bulk
        preview = bulk.preview(Chosen(constraint=constraint), RemedyName.RELEASE_KEY, ENGINEER)
        assert self.everything() == before
        if isinstance(preview, BulkRefused) or not preview.rows:
            return
        if meanwhile:
            self.the_application_changes_one(data, data.draw(st.sampled_from(CHANGES)))
        self.bulk_runs(preview, crash)

    @precondition(lambda self: self.bulks)
    @rule(data=st.data(), crash=BULK_CRASHES)
    def somebody_takes_a_bulk_back(
        self, data: st.DataObject, crash: tuple[str, int] | None
    ) -> None:
        bulk_id = data.draw(st.sampled_from(list(self.bulks)))
        before = self.everything()
        preview = self.world.door().bulk.undo_preview(bulk_id, ENGINEER)
        assert self.everything() == before
        if isinstance(preview, BulkPreview) and preview.rows:
            self.bulk_runs(preview, crash)
            was, now = self.bulks[bulk_id], self.everything()
            done = RemediationFilter(bulk_id=preview.bulk_id)
            for undo in list_remediations(self.world.store, done):
                row = was[undo.row_id]
                kept = {"email", "external_id", "user_metadata"}
                changed = {n for n in kept if now[undo.row_id][n] != before[undo.row_id][n]}
                assert {n: now[undo.row_id][n] for n in changed} == {n: row[n] for n in changed}

    def bulk_runs(self, preview: BulkPreview, crash: tuple[str, int] | None) -> None:
        """Whatever breaks off, exactly the rows that the journal names have changed."""
        before = self.everything()

        def announce(step: str, batch: int) -> None:
            if (step, batch) == crash:
                raise Crash

        approval = Approval(ENGINEER, preview.digest, "the incident")
        with suppress(Crash):
            ended = self.world.door(announce_batch=announce).bulk.apply(approval)
            assert not isinstance(ended, BulkRefused), ended
            assert ended.failed == 0
            assert all(one.refusal.text for one in ended.exceptions)
        self.world.door().settle()
        done = list_remediations(self.world.store, RemediationFilter(bulk_id=preview.bulk_id))
        after = self.everything()
        assert {c for c in after if after[c] != before[c]} == {one.row_id for one in done}
        assert all(before[one.row_id]["deleted_at"] for one in done)
        assert all(
            after[one.row_id]["deleted_at"] == before[one.row_id]["deleted_at"] for one in done
        )
        if preview.undoes is None and done:
            self.bulks[preview.bulk_id] = before
            self.befores |= {one.id: {one.row_id: before[one.row_id]} for one in done}

    @rule(data=st.data(), constraint=KEYS, remedy=REMEDIES, crash=CRASHES)
    def somebody_previews_and_applies(
        self, data: st.DataObject, constraint: str, remedy: RemedyName, crash: Step | None
    ) -> None:
        previewed = self.previewed(data, constraint, remedy)
        if previewed is not None:
            self.somebody_applies(previewed, crash)

    @precondition(lambda self: self.befores)
    @rule(data=st.data(), crash=CRASHES)
    def somebody_takes_one_back(self, data: st.DataObject, crash: Step | None) -> None:
        remediation = data.draw(st.sampled_from(list(self.befores)))
        before = self.everything()
        preview = self.world.door().undo_preview(remediation, ENGINEER)
        if isinstance(preview, Refused):
            assert preview.refusal.text
            assert self.everything() == before
            return
        try:
            self.world.door(self.breaks_at(crash)).undo(remediation, approved(preview))
        except Crash:
            self.world.door().settle()
        found = find_remediation(self.world.store, remediation)
        assert found is not None
        undone = found.state == "undone"
        self.only_this_row_changed(before, found.row_id if undone else None, preview)
        if undone:
            was, now = self.befores[remediation], self.everything()
            for plan in (preview.plan, *preview.plan.children):
                one, columns = plan.place.row_id, [change.column for change in plan.changes]
                assert {c: now[one][c] for c in columns} == {c: was[one][c] for c in columns}

    @invariant()
    def no_remedy_takes_anybodys_subscription_away(self) -> None:
        ids = self.world.database.execute("SELECT id::text FROM subscriptions")
        assert {one for (one,) in ids} == self.subscribed

    @invariant()
    def the_journal_is_whole_and_nothing_is_left_running(self) -> None:
        assert verify(self.world.store).intact
        states = {each.state for each in list_remediations(self.world.store)}
        assert states <= {"applied", "refused", "undone"}

    def previewed(
        self, data: st.DataObject, constraint: str, remedy: RemedyName
    ) -> Previewed | None:
        """A Preview of a Tombstone that holds this key; it changes nothing."""
        before = self.everything()
        held = "external_id" if constraint == EXTERNAL else "email"
        everybody = self.customers().items()
        blocking = [c for c, row in everybody if row["deleted_at"] and row[held]]
        if not blocking:
            return None
        conflict = self.world.conflict(data.draw(st.sampled_from(blocking)), constraint)
        preview = self.world.door().preview(conflict, remedy, ENGINEER)
        if isinstance(preview, Preview) and preview.plan.offered and data.draw(st.booleans()):
            along = [table for table, _ in preview.plan.offered]
            preview = self.world.door().preview(conflict, remedy, ENGINEER, along)
        assert self.everything() == before
        return None if isinstance(preview, Refused) else (conflict, remedy, preview)

    def only_this_row_changed(
        self, before: dict[str, Columns], row: str | None, preview: Preview
    ) -> None:
        """The plan's rows in its columns, or nothing; live ones only by the undo of a restore."""
        after = self.everything()
        changed = {each for each in before | after if after.get(each) != before.get(each)}
        assert changed == (written_by(preview) if row else set())
        if row is None:
            return
        if preview.plan.goal.gone:
            assert row not in after
            assert before[row]["deleted_at"] is not None
            return
        undoes_restore = preview.plan.undoes and preview.plan.remedy is RemedyName.RESTORE_ROW
        for plan in (preview.plan, *preview.plan.children):
            was, now = before[plan.place.row_id], after[plan.place.row_id]
            columns = {name for name in now if now[name] != was[name]}
            assert columns <= {change.column for change in plan.changes}
            assert was["deleted_at"] is not None or undoes_restore

    def everything(self) -> dict[str, Columns]:
        """Every customer and every subscription, by their ids."""
        query = "SELECT id::text, customer_id::text, deleted_at::text FROM subscriptions"
        found = self.world.database.execute(query)
        subscriptions = {
            one: {"id": one, "customer_id": customer, "deleted_at": deleted}
            for one, customer, deleted in found
        }
        return self.customers() | subscriptions

    def customers(self) -> dict[str, Columns]:
        """Every customer as PostgreSQL prints it."""
        ids = self.world.database.execute("SELECT id::text FROM customers ORDER BY id")
        return {customer: self.world.row(customer) for (customer,) in ids}

    @staticmethod
    def breaks_at(step: Step | None) -> Any:
        def announce(now: Step) -> None:
            if now is step:
                raise Crash

        return announce


def test_in_any_history_no_row_is_changed_but_by_the_law(postgres: Postgres) -> None:
    Histories.postgres = postgres
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
