"""Releasing a key, and taking it back, on a real database."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest

from collectors.evidence.reads.remediations import find_remediation
from collectors.model import Confidence, Verdict
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, RefusalCode
from dashboard.remediation.service import Approval
from tests.database.remediation_world import (
    EMAIL,
    ENGINEER,
    EXTERNAL,
    SUPPORT,
    VIEWER,
    World,
    applied,
    approved,
    previewed,
    refusal,
    undone,
)

RELEASE = RemedyName.RELEASE_KEY


def test_a_released_email_can_be_created_again(world: World) -> None:
    jane = world.customer()
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.create_again(email="jane@example.com")
    conflict = world.conflict(jane)

    outcome = applied(world.door(), conflict)

    assert world.create_again(email="jane@example.com")
    released = world.row(jane)
    assert released["email"] == f"released+{jane.replace('-', '')}@tombstone.invalid"
    assert released["deleted_at"] is not None
    assert world.stored(conflict).verdict is Verdict.UNBLOCKED
    assert world.stored(conflict).released_by == "release-key by erin"
    done = find_remediation(world.store, outcome.remediation_id)
    assert done is not None
    assert (done.state, done.reason, done.can_be_undone) == ("applied", "ticket", True)


def test_a_released_external_id_moves_into_the_metadata(world: World) -> None:
    kept = {"plan": "gold", "rate": 1.10, "big": 12345678901234567890}
    jane = world.customer(external_id="cus_0042", user_metadata=json.dumps(kept))

    applied(world.door(), world.conflict(jane, EXTERNAL))

    row = world.row(jane)
    assert row["external_id"] is None
    assert json.loads(row["user_metadata"] or "") == {**kept, "__external_id": "cus_0042"}
    assert world.create_again(email="other@example.com", external_id="cus_0042")


def test_only_the_released_columns_change(world: World) -> None:
    jane = world.customer(external_id="cus_0042", name="Jané \\ 'Doe'", tax_id="%s")
    before = world.row(jane)

    applied(world.door(), world.conflict(jane, EXTERNAL))

    after = world.row(jane)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"external_id", "user_metadata"}


@pytest.mark.parametrize("constraint", [EMAIL, EXTERNAL])
def test_an_undo_restores_every_column_as_it_was_printed(world: World, constraint: str) -> None:
    jane = world.customer(
        external_id="cus_0042",
        user_metadata='{"b": 1.10, "a": [null, "x"], "__external_id": "older"}',
        billing_address='{"city": "Łódź"}',
        modified_at="0044-03-15 12:00:00.000001+00 BC",
    )
    before, conflict = world.row(jane), world.conflict(jane, constraint)
    done = applied(world.door(), conflict)
    assert world.row(jane) != before

    assert isinstance(undone(world.door(), done.remediation_id), Applied)

    assert world.row(jane) == before
    assert world.stored(conflict).verdict is Verdict.BLOCKED_BY_TOMBSTONE


def test_after_an_undo_the_same_plan_can_be_applied_again(world: World) -> None:
    conflict = world.conflict(world.customer())
    door = world.door()
    first = previewed(door, conflict)
    stale = approved(first)
    done = door.apply(conflict, RELEASE, stale)
    assert isinstance(done, Applied)
    assert isinstance(undone(door, done.remediation_id), Applied)

    assert refusal(door.apply(conflict, RELEASE, stale)).code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert previewed(door, conflict).plan.digest == first.plan.digest
    assert applied(door, conflict)


def test_an_undo_is_refused_once_a_live_customer_holds_the_key(world: World) -> None:
    jane = world.customer()
    done = applied(world.door(), world.conflict(jane))
    world.create_again(email="JANE@example.com")
    released = world.row(jane)

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.RECREATED
    assert "live customer holds the key now" in refused.text
    assert EMAIL in refused.text
    assert "jane" not in refused.text.lower()
    assert world.row(jane) == released


def test_an_undo_is_refused_once_another_tombstone_holds_the_value(world: World) -> None:
    jane = world.customer()
    done = applied(world.door(), world.conflict(jane))
    world.customer(email="jane@EXAMPLE.com")

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.VALUE_TAKEN


def test_an_undo_is_refused_when_the_row_was_changed_since(world: World) -> None:
    jane = world.customer()
    done = applied(world.door(), world.conflict(jane))
    world.update(jane, "name = 'Janet'")

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert [each.column for each in refused.difference] == ["name"]


def test_an_undo_is_refused_the_second_time(world: World) -> None:
    done = applied(world.door(), world.conflict(world.customer()))
    assert isinstance(undone(world.door(), done.remediation_id), Applied)

    refused = refusal(undone(world.door(), done.remediation_id))

    assert refused.code is RefusalCode.ALREADY_DONE
    assert "already undone by erin at " in refused.text


def test_a_row_changed_behind_the_preview_is_refused_with_the_difference(world: World) -> None:
    jane = world.customer(name="Jane")
    conflict = world.conflict(jane)
    door = world.door()
    approval = approved(previewed(door, conflict))
    world.update(jane, "name = 'Janet', tax_id = 'DE123'")
    before = world.row(jane)

    refused = refusal(door.apply(conflict, RELEASE, approval))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert [str(each) for each in refused.difference] == ["name has changed", "tax_id: NULL → D…"]
    assert world.row(jane) == before


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        ("deleted_at = NULL", RefusalCode.NOT_A_TOMBSTONE),
        ("email = 'moved@example.com'", RefusalCode.KEY_NOT_HELD),
        ("email = 'x@anonymized.invalid'", RefusalCode.ERASED),
    ],
    ids=["restored", "moved-on", "erased"],
)
def test_what_happened_meanwhile_is_named(world: World, meanwhile: str, code: str) -> None:
    jane = world.customer()
    conflict = world.conflict(jane)
    approval = approved(previewed(world.door(), conflict))
    world.update(jane, meanwhile)

    assert refusal(world.door().apply(conflict, RELEASE, approval)).code is code


def test_a_preview_changes_nothing(world: World) -> None:
    jane = world.customer(external_id="cus_0042")
    before = world.row(jane)

    preview = previewed(world.door(), world.conflict(jane, EXTERNAL))

    assert world.row(jane) == before
    assert [(each.column, each.before, each.after) for each in preview.changes] == [
        ("external_id", "c…", "NULL"),
        ("user_metadata", "…", "… with __external_id = c…"),
    ]
    assert "cus_0042" not in str(preview) + repr(preview) + "".join(preview.statements)
    assert preview.cannot_take_back == ("Nothing but a dead row version, which vacuum removes.",)


def test_the_other_key_that_the_row_holds_is_named(world: World) -> None:
    jane = world.customer(external_id="cus_0042")

    preview = previewed(world.door(), world.conflict(jane))

    assert any(EXTERNAL in warning for warning in preview.plan.warnings)


def test_an_erased_row_gives_up_its_other_key_and_the_value_is_kept_nowhere(world: World) -> None:
    gone = world.customer(email="4f1c@anonymized.invalid", external_id="cus_0042")
    conflict = world.conflict(gone, EXTERNAL)

    done = applied(world.door(), conflict)

    assert world.row(gone)["external_id"] is None
    assert world.row(gone)["user_metadata"] == "{}"
    assert refusal(undone(world.door(), done.remediation_id)).code is RefusalCode.NOTHING_TO_UNDO


def test_nulls_that_the_index_counts_as_equal_are_no_way_out(world: World) -> None:
    world.database.execute(
        f"DROP INDEX {EXTERNAL}; CREATE UNIQUE INDEX {EXTERNAL} ON customers "
        "(organization_id, external_id) NULLS NOT DISTINCT"
    )
    jane = world.customer(external_id="cus_0042")

    applied(world.door(), world.conflict(jane, EXTERNAL))

    assert world.row(jane)["external_id"] == f"released:{jane.replace('-', '')}"


def test_a_member_gives_up_the_email_and_not_its_customer(world: World) -> None:
    world.database.execute(
        "CREATE TABLE members (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "
        "deleted_at timestamptz, organization_id uuid NOT NULL, name text, "
        "customer_id uuid NOT NULL REFERENCES customers, email varchar(60) NOT NULL, "
        "CONSTRAINT members_customer_id_email_key UNIQUE (customer_id, email)); "
        "GRANT SELECT, UPDATE (email) ON members TO tombstone_test_writer"
    )
    customer = world.create_again()
    ((member,),) = world.database.execute(
        "INSERT INTO members (customer_id, organization_id, email, deleted_at) "
        "VALUES (%s, %s, 'm@example.com', now()) RETURNING id::text",
        [customer, world.organization],
    )
    conflict = world.conflict(member, "members_customer_id_email_key", table="members")

    applied(world.door(), conflict)

    ((owner, email),) = world.database.execute("SELECT customer_id::text, email FROM members")
    assert owner == customer
    assert email == f"released+{member.replace('-', '')}@tombstone.invalid"[:60]


def test_another_remedy_than_was_done_is_not_said_to_be_done(world: World) -> None:
    conflict = world.conflict(world.customer())
    applied(world.door(), conflict)

    same, other = (
        refusal(world.door().preview(conflict, remedy, ENGINEER)).text
        for remedy in (RELEASE, RemedyName.RESTORE_ROW)
    )

    assert same.startswith("This was already done by erin at ")
    assert other.startswith("Another remedy was applied to this row: release-key by erin at ")


def test_a_key_that_was_mended_needs_no_remedy(world: World) -> None:
    conflict = world.conflict(world.customer())
    world.database.execute(
        f"DROP INDEX {EMAIL}; CREATE UNIQUE INDEX {EMAIL} ON customers "
        "(organization_id, lower(email)) WHERE deleted_at IS NULL"
    )

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.KEY_MENDED


@pytest.mark.parametrize("remedy", [RELEASE, RemedyName.RESTORE_ROW])
def test_what_was_remedied_is_taken_back_though_its_key_was_mended(
    world: World, remedy: RemedyName
) -> None:
    before = world.row(jane := world.customer())
    done = applied(world.door(), world.conflict(jane), remedy)
    world.database.execute(
        f"DROP INDEX {EMAIL}; CREATE UNIQUE INDEX {EMAIL} ON customers "
        "(organization_id, lower(email)) WHERE deleted_at IS NULL"
    )

    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.row(jane) == before


def test_a_weak_guess_is_no_ground_for_a_write(world: World) -> None:
    conflict = world.conflict(world.customer(), confidence=Confidence.WEAK)

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.NOT_SURE_ENOUGH


def test_a_table_with_triggers_waits_until_somebody_has_read_them(world: World) -> None:
    world.database.execute(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.modified_at = '2026-11-11'; RETURN NEW; END $$; "
        "CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    jane = world.customer()
    conflict = world.conflict(jane)
    assert (
        refusal(world.door().preview(conflict, RELEASE, ENGINEER)).code is RefusalCode.USER_TRIGGERS
    )

    world.limits["allow_triggers"] = ["customers"]
    preview = previewed(world.door(), conflict)

    assert "touch" in preview.cannot_take_back[0]
    done = applied(world.door(), conflict)
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    assert world.row(jane)["email"] == "Jane@Example.com"


def test_a_trigger_that_overwrites_what_is_written_rolls_everything_back(world: World) -> None:
    world.database.execute(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.email = OLD.email; RETURN NEW; END $$; "
        "CREATE TRIGGER keep BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION keep()"
    )
    world.limits["allow_triggers"] = ["public.customers"]
    conflict = world.conflict(world.customer())

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.DATABASE_REFUSED
    assert "overwrote email" in refused.text


def test_a_constraint_of_the_tables_own_is_named_without_the_value(world: World) -> None:
    world.database.execute(
        "ALTER TABLE customers ADD CONSTRAINT dotted CHECK (email NOT LIKE '%tombstone.invalid')"
    )
    conflict = world.conflict(world.customer())

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.DATABASE_REFUSED
    assert "dotted" in refused.text
    assert "@" not in refused.text


def test_a_writer_without_the_grant_is_told_so(world: World) -> None:
    conflict = world.conflict(world.customer())
    world.database.execute("REVOKE UPDATE (email) ON customers FROM tombstone_test_writer")

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.WRITER_MAY_NOT


def test_row_security_that_hides_the_row_is_an_error_and_not_an_absence(world: World) -> None:
    conflict = world.conflict(world.customer())
    world.database.execute(
        "ALTER TABLE customers ENABLE ROW LEVEL SECURITY; "
        "CREATE POLICY live ON customers USING (deleted_at IS NULL)"
    )

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.WRITER_MAY_NOT


def test_a_viewer_is_refused_and_the_refusal_is_journalled(world: World) -> None:
    from collectors.evidence.reads.remediations import list_entries

    conflict = world.conflict(world.customer())
    digest = previewed(world.door(), conflict).plan.digest

    refused = refusal(world.door().apply(conflict, RELEASE, Approval(VIEWER, digest, "please")))

    assert refused.code is RefusalCode.ROLE_MAY_NOT
    newest = list_entries(world.store, conflict_id=conflict)[0]
    assert (newest.kind, newest.actor, newest.role) == ("refused", "vic", "viewer")
    assert newest.body["code"] == RefusalCode.ROLE_MAY_NOT


def test_support_may_release_and_take_back_its_own(world: World) -> None:
    mine = applied(world.door(), world.conflict(world.customer()), actor=SUPPORT)
    other = world.customer(email="other@example.com")
    theirs = applied(world.door(), world.conflict(other), actor=ENGINEER)

    assert isinstance(undone(world.door(), mine.remediation_id, SUPPORT), Applied)
    refused = refusal(undone(world.door(), theirs.remediation_id, SUPPORT))
    assert refused.code is RefusalCode.ROLE_MAY_NOT


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", RefusalCode.REASON_MISSING),
        ("asked by jane@example.com", RefusalCode.PERSONAL_DATA),
        ("asked by someone＠else.org", RefusalCode.PERSONAL_DATA),
        ("their id is CUS_0042, see above", RefusalCode.PERSONAL_DATA),
    ],
    ids=["empty", "an-address", "a-full-width-address", "the-key-in-capitals"],
)
def test_a_reason_that_says_whom_it_is_about_is_refused(
    world: World, reason: str, code: str
) -> None:
    conflict = world.conflict(world.customer(external_id="cus_0042"), EXTERNAL)
    approval = approved(previewed(world.door(), conflict), reason=reason)

    assert refusal(world.door().apply(conflict, RELEASE, approval)).code is code


@pytest.mark.parametrize(
    "forbid",
    ["release-key", "*/production", "release-key/production/customers"],
)
def test_settings_can_forbid_it(world: World, forbid: str) -> None:
    conflict = world.conflict(world.customer())
    world.limits["forbid"] = forbid

    refused = refusal(world.door().preview(conflict, RELEASE, ENGINEER))

    assert refused.code is RefusalCode.FORBIDDEN


def test_without_a_writer_the_offers_say_so(world: World) -> None:
    conflict = world.conflict(world.customer())

    offers = world.door(writer=False).offers(conflict, ENGINEER)

    assert {offer.remedy for offer in offers} == {*RemedyName}
    assert {offer.refusal and offer.refusal.code for offer in offers} == {RefusalCode.NO_WRITER}


def test_release_is_offered_first(world: World) -> None:
    offers = world.door().offers(world.conflict(world.customer()), SUPPORT)

    assert [(offer.remedy, offer.possible, offer.first) for offer in offers] == [
        (RemedyName.RELEASE_KEY, True, True),
        (RemedyName.RESTORE_ROW, True, False),
        (RemedyName.PURGE_ROW, False, False),
    ]


def test_an_unpreviewed_digest_applies_nothing(world: World) -> None:
    conflict = world.conflict(world.customer())

    outcome = world.door().apply(conflict, RELEASE, Approval(ENGINEER, "0" * 64, "please"))

    assert refusal(outcome).code is RefusalCode.NOT_PREVIEWED


def test_a_preview_lasts_a_day(world: World) -> None:
    """Also where nothing has cleaned up since."""
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))
    late = approval.at + timedelta(days=1)

    outcome = world.door(clock=lambda: late).apply(conflict, RELEASE, approval)

    assert refusal(outcome).code is RefusalCode.NOT_PREVIEWED


def test_a_conflict_that_does_not_exist_is_refused(world: World) -> None:
    refused = refusal(world.door().preview("jane@example.com", RELEASE, ENGINEER))

    assert refused.code is RefusalCode.UNKNOWN_CONFLICT
