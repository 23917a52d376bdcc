"""Every page, in every state that it can be met in: nothing in it may end in a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import list_conflicts
from collectors.evidence.store import save_page
from collectors.model import Coverage, Verdict
from dashboard.access import Role
from dashboard.components.routes import CONFLICT
from dashboard.report.answers import Wanted, impact_in
from dashboard.report.document import document
from dashboard.views import PAGES
from sample_data.postgres import Database
from tests.views import pages, prevented, shop, story

ROUTES = {route.url_path: route for route in PAGES}


def draw(name: str, conflict_id: str | None = None, **asked: str) -> AppTest:
    """The page alone, as its address opens it; nothing may raise on it."""
    app = AppTest.from_function(_alone, default_timeout=pages.PATIENCE_S, args=(name,))
    for choice, wanted in asked.items():
        app.query_params[choice] = wanted
    if conflict_id is not None:
        app.query_params["id"] = conflict_id
    app.run()
    assert not app.exception, [one.value for one in app.exception]
    return app


def _alone(name: str) -> None:
    from dashboard.components import problem, sign_in
    from dashboard.views import PAGES

    (render,) = [render for route, render in PAGES.items() if route.url_path == name]
    if sign_in.passed():
        with problem.told():
            render()


CHOICES = {
    "triage": ("environment", "period", "queue", "verdict", "order"),
    "regression": ("key", "release", "by", "of"),
    "activity": ("act",),
    "prevention": ("finding", "invariant"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_what_an_address_asks_for_and_no_choice_offers_is_said(filled: Store, name: str) -> None:
    prevented.tell(filled)
    asked = dict.fromkeys(CHOICES[name], "Moon")
    app = draw(name, **asked)
    said = "\n".join(one.value for one in app.text)
    assert {choice: f"• {choice}: Moon" in said for choice in asked} == dict.fromkeys(asked, True)
    assert "It is left out" not in pages.texts(app.run())


def its_conflict(name: str, store: Store) -> str | None:
    return list_conflicts(store)[0].id if name == CONFLICT.url_path else None


def complaints(app: AppTest) -> list[str]:
    return [one.value for one in app.error]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", ROUTES)
def test_it_is_drawn_with_data_for_each_role(
    filled: Store, monkeypatch: pytest.MonkeyPatch, name: str, role: Role
) -> None:
    monkeypatch.setenv("TOMBSTONE_ACCESS__LOCAL_ROLE", role)
    app = draw(name, its_conflict(name, filled))
    assert complaints(app) == []
    assert f"local · {role} · not verified" in [one.value for one in app.text]
    assert [one.label for one in app.metric if "Source: " not in one.proto.help] == []
    unsaid = [one for one in app.dataframe if one.value.isna().any(axis=None)]
    assert all(one.proto.placeholder for one in unsaid)  # else a cell says “None”


@pytest.mark.parametrize("name", ROUTES)
def test_it_is_drawn_without_data_and_says_what_is_missing(store: Store, name: str) -> None:
    app = draw(name)
    assert complaints(app) == []
    assert not app.dataframe
    said = [*app.info, *app.header, *app.caption]
    assert said


def test_health_says_how_complete_each_project_is_and_what_came_from_files(store: Store) -> None:
    save_page(store, "test", [story.judged(store, story.failure(1, story.HOUR), Verdict.UNDECIDED)])
    assert any("came from files" in one.value for one in draw("health").caption)
    for coverage in (
        Coverage("whole", 354, 354),
        Coverage("sampled", 300, 354, missing=54),
        Coverage("long", 300, 900, covered_from=story.now()),
    ):
        save_page(store, "web", [], coverage=coverage, cursor="here")
    (marks,) = [one for one in draw("health").dataframe if "whole" in one.value]
    assert dict(zip(marks.value["project"], marks.value["whole"], strict=True)) == {
        "whole": "all of it",
        "sampled": "all that is left",
        "long": "the newest; more to read",
    }


def test_failures_that_nobody_can_judge_are_no_zero(store: Store) -> None:
    """Impact of none but UNDECIDED Failures: not nobody is hurt, but nobody knows who."""
    waiting = story.failure(1, story.HOUR)
    save_page(store, "test", [story.judged(store, waiting, Verdict.UNDECIDED, confidence=None)])
    app = draw("impact", None)
    assert any("1 failure cannot be judged yet" in one.value for one in app.caption)
    assert [one for one in pages.elements(app) if "vega" in one.type] == []  # nothing to draw
    assert "1 failure cannot be judged yet" in document(impact_in(store, Wanted()))


@pytest.mark.parametrize("name", ROUTES)
def test_a_store_that_cannot_be_opened_is_one_sentence(
    settings: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TOMBSTONE_STORE_URL", f"sqlite:///{settings}/gone/store.sqlite")
    app = draw(name, "0123456789abcdef")
    assert any("does not exist" in one.value for one in app.code)


@pytest.mark.parametrize("name", ROUTES)
def test_a_store_that_breaks_while_it_is_looked_at_is_one_sentence(
    filled: Store, name: str
) -> None:
    conflict_id = its_conflict(name, filled)
    draw(name, conflict_id)
    with filled.write() as connection:
        connection.execute(text("DROP TABLE meta"))
    app = draw(name, conflict_id)
    assert any("The store does not answer" in one.value for one in app.code)


@pytest.mark.parametrize("name", ROUTES)
def test_nothing_of_an_event_is_rendered_as_markup(filled: Store, name: str) -> None:
    conflicts = [one.id for one in list_conflicts(filled)] if name == CONFLICT.url_path else [None]
    for conflict_id in conflicts:
        marked = pages.marked_up(draw(name, conflict_id))
        assert "evil.example" not in marked


@pytest.mark.parametrize("name", ROUTES)
def test_a_target_that_does_not_answer_leaves_the_page_standing(
    filled: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for environment in ("PRODUCTION", "SANDBOX"):
        dsn = "postgresql://nobody@127.0.0.1:1/none"
        monkeypatch.setenv(f"TOMBSTONE_TARGETS__{environment}__READ_DSN", dsn)
    assert complaints(draw(name, its_conflict(name, filled))) == []


@pytest.mark.parametrize("name", ROUTES)
def test_it_is_drawn_over_a_real_database(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, value in shop.settings(database).items():
        monkeypatch.setenv(variable, value)
    conflict_id = shop.open_shop(database, store)
    app = draw(name, conflict_id if name == CONFLICT.url_path else None)
    assert complaints(app) == []
    assert shop.JANE not in pages.texts(app)


def test_a_login_that_ends_at_an_action_leads_to_the_door() -> None:
    app = AppTest.from_function(_ending, default_timeout=pages.PATIENCE_S).run()
    assert not app.exception
    assert pages.texts(app).strip() == "The door"


def _ending() -> None:
    import streamlit as st

    from collectors.errors import NotSignedIn
    from dashboard.components import problem

    if "over" in st.session_state:
        st.text("The door")
    else:
        st.session_state["over"] = True
        with problem.told():
            raise NotSignedIn("A login lasts 8 hours; this one is over.")
