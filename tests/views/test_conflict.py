"""Conflict: the verdict, its evidence, and the way from Preview to Undo on a real database."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import ConflictFilter, list_conflicts
from collectors.model import Verdict
from sample_data.postgres import Database
from tests.views import pages, shop

PREVIEW = "Preview: release the key"
REASON = "The customer was deleted and cannot be created again."


def conflict_of(store: Store, verdict: Verdict) -> str:
    return list_conflicts(store, ConflictFilter(verdicts=(verdict,)))[-1].id


@pytest.fixture
def jane(database: Database, store: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    """Jane's Conflict, with her shop behind it."""
    for name, value in shop.settings(database).items():
        monkeypatch.setenv(name, value)
    return shop.open_shop(database, store)


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def approve(page: AppTest, label: str = "Approve and apply", reason: str = REASON) -> AppTest:
    page.text_input(key="reason").input(reason)
    return press(page, label)


def previews_off(page: AppTest) -> bool:
    """Each card has its button, under a name of its own, and none can be pressed."""
    named = {one.label: one.disabled for one in page.button if one.label.startswith("Preview: ")}
    return len(named) == 3 and all(named.values())


def said(page: AppTest) -> str:
    return pages.texts(page)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.BLOCKED_BY_TOMBSTONE, "still holds this key"),
        (Verdict.BLOCKED_BY_LEFTOVER, "an engineer must clean it up"),
        (Verdict.UNBLOCKED, "already unblocked"),
        (Verdict.LIVE_DUPLICATE, "The row exists and is live"),
        (Verdict.CONCURRENT_CREATE, "A retry finds it"),
        (Verdict.HOLDER_GONE, "cannot be proved any more"),
    ],
    ids=str,
)
def test_every_verdict_is_said_in_a_sentence_with_an_answer_to_send(
    filled: Store, verdict: Verdict, words: str
) -> None:
    page = pages.conflict(conflict_of(filled, verdict))
    assert not page.exception
    assert words in page.header[0].value
    assert any(code.value.startswith("Hello,") for code in page.code)


def test_the_evidence_has_reasons_their_age_and_every_attempt(filled: Store) -> None:
    page = pages.conflict(conflict_of(filled, Verdict.BLOCKED_BY_TOMBSTONE))
    assert "customers holds this key with a row deleted before the event." in said(page)
    assert any("asked 3 minutes ago" in caption.value for caption in page.caption)
    attempts = page.dataframe[0].value
    assert len(attempts) == 7
    assert set(attempts["sentry"]) == {"https://sentry.example/issues/1/"}


def test_the_timeline_reads_the_same_as_a_list(filled: Store) -> None:
    page = pages.conflict(conflict_of(filled, Verdict.BLOCKED_BY_TOMBSTONE))
    told = next(one.value for one in page.markdown if "Row created" in one.value)
    assert told.index("Row created") < told.index("Row deleted") < told.index("Attempt failed")
    assert told.count("Attempt failed") == 7
    assert told.count("UTC") == len(told.splitlines())  # where nobody is elsewhere, once a line


def test_an_address_that_names_nothing_known_says_so(filled: Store) -> None:
    for unknown in ("0123456789abcdef", "../../etc/passwd", None):
        page = pages.conflict(unknown)
        assert not page.exception
        assert "names no Conflict that is known here" in page.info[0].value


def test_a_database_that_does_not_answer_costs_only_its_own_part(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "postgresql://reader@127.0.0.1:1/shop?connect_timeout=1"
    monkeypatch.setenv("TOMBSTONE_TARGETS__PRODUCTION__READ_DSN", nowhere)
    page = pages.conflict(conflict_of(filled, Verdict.BLOCKED_BY_TOMBSTONE))
    assert not page.exception
    assert "Something cannot be reached just now." in [one.value for one in page.warning]
    assert len(page.dataframe[0].value) == 7
    press(page, "Still blocked? Ask the database")
    assert "It could not be told just now." in said(page)


def test_the_live_look_says_what_the_database_says_now(jane: str, database: Database) -> None:
    page = press(pages.conflict(jane), "Still blocked? Ask the database")
    assert "Yes, it is still blocked." in said(page)
    database.execute("UPDATE customers SET email = 'another@example.com'")
    press(page, "Still blocked? Ask the database")
    assert "No, it is no longer blocked." in said(page)


def test_a_live_look_is_not_shown_any_more_once_a_remedy_came_after_it(jane: str) -> None:
    page = press(pages.conflict(jane), "Still blocked? Ask the database")
    page = approve(press(page, PREVIEW))
    assert any("Released and verified" in one.value for one in page.success)
    assert "Yes, it is still blocked." not in said(page)


def test_a_preview_changes_nothing_and_shows_before_and_after_masked(
    jane: str, database: Database
) -> None:
    before = shop.rows(database)
    page = press(pages.conflict(jane), PREVIEW)
    changes = next(one.value for one in page.dataframe if "before" in one.value)
    assert list(changes["column"]) == ["email"]
    assert list(changes["before"]) == ["j…@e….com"]
    assert shop.rows(database) == before
    assert shop.JANE not in said(page)


def test_released_and_verified_then_undone(jane: str, database: Database) -> None:
    before = shop.rows(database)
    page = approve(press(pages.conflict(jane), PREVIEW))
    assert any("Released and verified" in one.value for one in page.success)
    assert "This key was blocked by a deleted row and no longer is" in page.header[0].value
    assert shop.rows(database) != before
    assert "**Release the key** · Applied and verified" in said(page)  # as on its card
    page = approve(press(page, "Undo"), "Approve and take back")
    assert any("Undone and verified" in one.value for one in page.success)
    assert shop.rows(database) == before
    with pytest.raises(psycopg.errors.UniqueViolation):
        shop.create_again(database)


def test_a_second_key_that_the_same_row_holds_is_named_after_the_release_too(
    jane: str, database: Database
) -> None:
    database.execute("UPDATE customers SET external_id = 'user_42'")
    page = approve(press(pages.conflict(jane), PREVIEW))
    assert any("Released and verified" in one.value for one in page.success)
    assert "customers_organization_id_external_id_key" in said(page)


def test_a_purge_says_that_it_has_no_undo_and_offers_none(jane: str, database: Database) -> None:
    page = pages.conflict(jane)
    page.button(key="preview_purge-row").click().run()
    assert "a purge has no undo" in said(page)
    assert "Approve and apply" not in labels(page)
    changes = next(one.value for one in page.dataframe if "before" in one.value)
    assert {*changes["after"]} == {"(gone)"}
    assert shop.JANE not in said(page)
    page = approve(page, "Approve and delete for good")
    assert any("Purged and verified" in one.value for one in page.success)
    assert "Undo" not in labels(page)
    shop.create_again(database)


def test_what_was_deleted_in_the_same_moment_is_offered_and_taken_along(
    jane: str, database: Database
) -> None:
    database.execute(
        "CREATE TABLE seats (id int PRIMARY KEY, deleted_at timestamptz, c uuid REFERENCES"
        " customers); INSERT INTO seats SELECT n, deleted_at, id FROM customers,"
        " generate_series(1, 3) n"
    )
    live = "SELECT count(*) FROM seats WHERE deleted_at IS NULL"
    page = pages.conflict(jane)
    page.button(key="preview_restore-row").click().run()
    (offered,) = (one for one in page.multiselect if "same moment" in one.label)
    assert offered.options == ["3 in seats"]
    assert offered.value == []

    page = offered.select("seats").run()
    assert "Restored with it, in the same transaction: 3 in seats." in said(page)
    assert database.execute(live) == [(0,)]
    page = approve(page)
    assert any("Restored and verified" in one.value for one in page.success)
    assert database.execute(live) == [(3,)]
    approve(press(page, "Undo"), "Approve and take back")
    assert database.execute(live) == [(0,)]


def test_a_released_key_can_be_used_again_and_the_undo_is_then_refused_in_words(
    jane: str, database: Database
) -> None:
    page = approve(press(pages.conflict(jane), PREVIEW))
    shop.create_again(database)
    page = press(page, "Undo")
    assert "Refused: nothing was changed." in [one.value for one in page.warning]
    assert "A live customer holds the key now" in said(page)
    assert "Approve and take back" not in labels(page)


def test_a_row_that_changed_since_the_preview_is_refused_with_the_difference(
    jane: str, database: Database
) -> None:
    page = press(pages.conflict(jane), PREVIEW)
    database.execute("UPDATE customers SET name = 'Somebody Else'")
    page = approve(page)
    assert "Refused: nothing was changed." in [one.value for one in page.warning]
    assert "name" in said(page)
    assert "Somebody Else" not in said(page)
    page = press(page, "Preview again")
    assert any("Released" in one.value for one in approve(page).success)


def test_nothing_is_applied_without_a_reason(jane: str, database: Database) -> None:
    before = shop.rows(database)
    page = approve(press(pages.conflict(jane), PREVIEW), reason="  ")
    assert any("A reason is needed" in one.value for one in page.warning)
    assert shop.rows(database) == before


def test_a_reason_that_names_the_customer_is_refused_and_mended_in_place(
    jane: str, database: Database
) -> None:
    before = shop.rows(database)
    page = approve(press(pages.conflict(jane), PREVIEW), reason=f"{shop.JANE} asked for it")
    assert "Refused: nothing was changed." in [one.value for one in page.warning]
    assert "leave it out" in said(page)
    assert shop.rows(database) == before
    assert any("Released" in one.value for one in approve(page).success)


def test_what_was_done_stays_on_the_page_for_another_session(jane: str) -> None:
    approve(press(pages.conflict(jane), PREVIEW))
    other = pages.conflict(jane)
    assert "What was done" in [heading.value for heading in other.header]
    assert REASON in said(other)
    assert not other.success
    assert "Undo" in labels(other)


def test_a_viewer_sees_why_the_buttons_are_off(jane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMBSTONE_ACCESS__LOCAL_ROLE", "viewer")
    page = pages.conflict(jane)
    assert previews_off(page)
    assert "A viewer may look, and change nothing." in said(page)


def test_without_a_writer_the_buttons_are_off_and_say_so(
    jane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOMBSTONE_TARGETS__PRODUCTION__WRITE_DSN")
    page = pages.conflict(jane)
    assert previews_off(page)
    assert "No writer is set up" in said(page)


def test_a_role_taken_away_after_the_preview_no_longer_applies(
    jane: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.rows(database)
    page = press(pages.conflict(jane), PREVIEW)
    monkeypatch.setenv("TOMBSTONE_ACCESS__LOCAL_ROLE", "viewer")
    approve(page)
    assert shop.rows(database) == before


def test_where_nothing_can_be_settled_the_conflict_is_shown_without_its_remedies(
    jane: str, store: Store
) -> None:
    """As where the store cannot be written: before anything is offered, a crash is settled."""
    with store.write() as connection:
        connection.execute(text("ALTER TABLE previews RENAME TO elsewhere"))
    page = pages.conflict(jane)
    assert not page.exception
    assert "still holds this key" in said(page)
    assert any("The store does not answer just now" in one.value for one in page.code)
    assert not any(label.startswith("Preview") for label in labels(page))


def test_a_store_that_breaks_is_not_a_traceback(filled: Store) -> None:
    conflict_id = conflict_of(filled, Verdict.UNBLOCKED)
    with filled.write() as connection:
        connection.execute(text("ALTER TABLE conflicts RENAME TO elsewhere"))
    page = pages.conflict(conflict_id)
    assert not page.exception
    assert "The store does not answer just now" in page.code[0].value
