"""Impact: what it says, how it narrows, and what it does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from collectors.evidence import schema
from collectors.evidence.database import Store
from dashboard.report.answers import Wanted, impact_in
from dashboard.report.document import document
from tests.database import hurt_world
from tests.factories import SECRET, new_store
from tests.views import pages


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = new_store(tmp_path_factory.mktemp("hurt"))
    hurt_world.fill(opened)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def settings(hurt: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = Path(str(hurt.engine.url.database)).parent
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TOMBSTONE_STORE_URL", f"sqlite:///{folder}/store.sqlite")
    monkeypatch.setenv("TOMBSTONE_SECRET_KEY", SECRET)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(**parameters: str) -> AppTest:
    app = AppTest.from_function(_alone, default_timeout=pages.PATIENCE_S)
    for name, value in parameters.items():
        app.query_params[name] = value
    return ran(app)


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, [one.value for one in app.exception]
    return app


def _alone() -> None:
    from dashboard.components import problem
    from dashboard.views import impact

    with problem.told():
        impact.render()


def numbers(app: AppTest) -> dict[str, int]:
    return {one.label: int(one.value.replace(",", "")) for one in app.metric}


def test_the_page_says_what_the_store_says(hurt: Store) -> None:
    found, told = impact_in(hurt, Wanted()), numbers(opened())
    assert told["Customers blocked now"] == found.blocked
    assert told["Customers hit"] == found.hurt.hit
    assert told["Organizations hit"] == found.hurt.organizations
    assert told["Blocked there now"] == found.apart.blocked
    ends = ("Got through", "Gave up", "Too early to tell", "Outcome not known")
    assert sum(told[one] for one in ends) == found.hurt.hit


def test_every_number_says_its_window_and_source_on_hover(hurt: Store) -> None:
    for one in opened(period="30 days").metric:
        assert "UTC" in one.help, one.label
        assert "store" in one.help, one.label


def test_any_time_is_compared_with_nothing(hurt: Store) -> None:
    assert any("Nothing to compare" in one.value for one in opened().caption)
    assert "First kept out" not in numbers(opened())


def test_thirty_days_are_compared_with_thirty_before(hurt: Store) -> None:
    app = opened(period="30 days")
    (began,) = [one for one in app.metric if one.label == "First kept out"]
    assert "before:" in began.delta


def test_ninety_days_are_not_compared_with_days_that_were_not_read(hurt: Store) -> None:
    app = opened(period="90 days")
    (began,) = [one for one in app.metric if one.label == "First kept out"]
    assert not began.delta
    (told,) = [one.value for one in app.caption if "were not read in full" in one.value]
    assert "whole UTC days, without today" in told


def test_the_sandbox_alone_is_counted_as_what_it_is(hurt: Store) -> None:
    app = opened(environment="sandbox")
    assert "Counted: sandbox" in [one.value for one in app.text]
    assert any("integration tests" in one.value for one in app.caption)


def test_a_setting_tells_which_environments_are_production(
    hurt: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOMBSTONE_DASHBOARD__PRODUCTION", "sandbox")
    assert "Counted: sandbox" in [one.value for one in opened().text]


def test_a_click_on_an_organization_narrows_the_page_to_it(hurt: Store) -> None:
    app = opened()
    (listed,) = [one.value for one in app.dataframe if "gave_up" in one.value]
    wanted = str(listed["id"].iloc[1])
    app.session_state["only_organization"] = {"row": 1}
    ran(app)
    assert app.selectbox(key="organization").value == wanted
    (narrowed,) = [one.value for one in app.dataframe if "gave_up" in one.value]
    assert list(narrowed["id"]) == [wanted]


def test_an_organization_that_nobody_knows_has_no_button_to_narrow_the_page_by(
    hurt: Store,
) -> None:
    (listed,) = [one.value for one in opened().dataframe if "gave_up" in one.value]
    nobody = listed["organization"] == "not known"
    assert nobody.any()
    assert (listed["only"].isna() == nobody).all()


def test_what_somebody_called_an_organization_is_never_rendered(hurt: Store) -> None:
    name = "![x](https://evil.example/a.png) :red[x] =1+1"
    table = schema.organizations
    with hurt.write() as connection:
        connection.execute(update(table).values(name=name))
    assert "evil.example" not in pages.marked_up(opened())


def test_of_organizations_that_nobody_knows_the_number_is_no_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schema whose mapping names no organization: its customers have one all the same."""
    store = new_store(tmp_path)
    hurt_world.fill(store)
    with store.write() as connection:
        connection.execute(update(schema.conflicts).values(organization_id=None))
    monkeypatch.setenv("TOMBSTONE_STORE_URL", f"sqlite:///{tmp_path}/store.sqlite")
    shown = {one.label: one for one in opened(period="30 days").metric}
    theirs = ("Organizations blocked now", "Organizations hit", "Their organizations")
    assert [shown[label].value for label in (*theirs, "Organizations testing")] == ["–"] * 4
    assert not shown["Their organizations"].delta
    assert int(shown["Customers hit"].value) > 0
    written = document(impact_in(store, Wanted(since=hurt_world.MIDNIGHT - 30 * hurt_world.DAY)))
    told = dict(re.findall(r"<small>([^<]+)</small><b>([^<]+)</b>", written))
    assert [told[label] for label in (*theirs, "Organizations testing")] == ["–"] * 4
    triage = {one.label: one.value for one in pages.triage().metric}
    assert triage["Organizations hurt"] == "–"
