"""Text from Events and rows is shown as text: nothing of it is ever rendered, run or fetched."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import list_conflicts
from tests.views import pages, story

MARKUP = ("evil.example", ":material/skull:", "$e=mc^2$", "**bold**", ":red[", "<img")


def conflict_with_hostile_text(store: Store) -> AppTest:
    wanted = next(one for one in list_conflicts(store) if story.HOSTILE in one.reasons)
    return pages.conflict(wanted.id)


def undecided_queue(store: Store) -> AppTest:
    page = pages.triage()
    return page.radio(key="queue").set_value("Undecided").run()


PAGES = {"conflict": conflict_with_hostile_text, "undecided": undecided_queue}


@pytest.mark.parametrize("name", PAGES)
def test_markup_in_an_event_reaches_only_elements_that_show_it_literally(
    filled: Store, name: str
) -> None:
    page = PAGES[name](filled)
    assert not page.exception
    assert story.HOSTILE in pages.texts(page)
    rendered = pages.marked_up(page)
    assert not [markup for markup in MARKUP if markup in rendered]


@pytest.mark.parametrize("name", PAGES)
def test_control_bidi_and_zero_width_characters_are_never_shown(filled: Store, name: str) -> None:
    shown = pages.texts(PAGES[name](filled))
    assert "paygpj.exe[31mred" in shown
    assert not [character for character in "\u202e\u200b\x07\x1b" if character in shown]


def test_a_formula_in_a_table_cell_is_made_harmless(filled: Store) -> None:
    page = conflict_with_hostile_text(filled)
    (release,) = page.dataframe[0].value["release"]
    assert release == f"'{story.FORMULA}"


def test_names_in_filters_are_cleaned(store: Store) -> None:
    from collectors.evidence.store import save_page
    from collectors.model import Verdict

    given = story.failure(1, story.HOUR, environment=story.UNSEEN)
    save_page(store, "test", [story.judged(store, given, Verdict.OTHER_FAILURE, confidence=None)])
    assert pages.triage().multiselect(key="environment").options == ["paygpj.exe[31mred"]


def test_text_from_a_pasted_ticket_is_not_rendered(filled: Store) -> None:
    page = pages.triage()
    page.text_area(key="pasted").input(f"{story.HOSTILE} jane.doe@example.com")
    page.button[0].click().run()
    assert not page.exception
    rendered = pages.marked_up(page).replace(page.text_area[0].proto.value, "")
    assert ":material/skull:" not in rendered
