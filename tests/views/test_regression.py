"""Regression: what it says, and that every number obeys the filter bar."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from collectors.evidence.database import Store
from collectors.evidence.store import save_page
from collectors.model import Verdict
from dashboard.components import release_table
from dashboard.components.fix_summary import ABOVE, LOOKS
from dashboard.metrics.fix import FixState
from dashboard.metrics.intervals import Rate
from dashboard.metrics.releases import ReleaseLine
from tests.factories import EMAIL_KEY, judged, violated
from tests.views import pages, regressed, story


@pytest.fixture
def shop(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    for variable, value in regressed.SETTINGS.items():
        monkeypatch.setenv(variable, value)
    regressed.tell(store)
    return store


def opened(**parameters: str) -> AppTest:
    app = AppTest.from_function(_alone, default_timeout=pages.PATIENCE_S)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, [one.value for one in app.exception]
    return app


def _alone() -> None:
    from dashboard.components import problem
    from dashboard.views import regression

    with problem.told():
        regression.render()


def number(app: AppTest, label: str) -> str:
    (found,) = [one.value for one in app.metric if one.label == label]
    return str(found)


def keys(app: AppTest) -> Any:
    (found,) = [one.value for one in app.dataframe if "exposure" in one.value]
    return found


def releases(app: AppTest) -> Any:
    (found,) = [one.value for one in app.dataframe if "customers" in one.value]
    return found


def charts(app: AppTest) -> list[dict[str, Any]]:
    found = [one for one in pages.elements(app) if one.type == "vega_lite_chart"]
    return [json.loads(one.proto.spec) for one in found]


def test_it_still_fails_while_people_are_turned_away(shop: Store) -> None:
    app = opened()
    production = keys(app).query("environment == 'production'")
    assert [state for (state,) in production["state"]] == [
        LOOKS[FixState.FAILING].label(FixState.FAILING)
    ]
    assert production["exposure"].tolist() == [5]
    said = pages.texts(app)
    assert "not mended (ignores_deletion)" in said
    assert "The canary was red" in said


def test_after_the_key_was_mended_it_is_not_called_fixed_while_somebody_is_blocked(
    shop: Store,
) -> None:
    regressed.audited(shop, mended=True)
    regressed.walked(shop, "green", hours_ago=0)
    (state,) = keys(opened()).query("environment == 'production'")["state"]
    assert state == [LOOKS[FixState.FAILING].label(FixState.FAILING)]


def test_failures_is_the_number_of_triage(shop: Store) -> None:
    assert number(opened(), "Failures of any kind") == number(pages.triage(), "Failures")
    narrow = {"environment": "sandbox"}
    assert number(opened(**narrow), "Failures of any kind") == "2"
    assert number(pages.triage(**narrow), "Failures") == "2"


def test_rates_say_what_they_are_made_of(shop: Store) -> None:
    app = opened(environment="production")
    rate, success = (
        number(app, "Violations per 1,000 creates"),
        number(app, "Re-creation success"),
    )
    assert rate != "no data"
    assert 0 < float(success.rstrip("%")) < 100
    trend = next(one.value for one in app.markdown if one.value.startswith("**Violations"))
    assert trend.startswith("**Violations per 1,000 creates**")  # in the same unit
    window = next(one.help for one in app.metric if one.label == "Re-creation success")
    assert "Whole days that were both read and counted" in window


@pytest.mark.parametrize(
    ("parameters", "label"),
    [
        ({"environment": "staging"}, "Violations per 1,000 creates"),
        ({"environment": "sandbox"}, "Re-creation success"),
        ({"release": regressed.RELEASE}, "Violations per 1,000 creates"),
        ({"period": "24 hours"}, "Re-creation success"),
    ],
    ids=["no-target", "never-counted", "no-target-knows-releases", "no-whole-day"],
)
def test_what_is_not_known_is_no_data_and_never_zero(
    shop: Store, parameters: dict[str, str], label: str
) -> None:
    assert number(opened(**parameters), label) == "no data"


def test_the_table_of_releases_tells_them_apart(shop: Store) -> None:
    line = releases(opened()).set_index(["release", "environment"]).loc[
        (regressed.RELEASE, "production")
    ]  # fmt: skip
    assert line["customers"] == 3  # Jane, who was left over, and who is free again
    assert line["failures"] == 9
    assert 1 < line["success"] < 100
    assert line["rate"] > 0


def test_a_rate_above_a_thousand_is_told_in_full_and_explained(shop: Store) -> None:
    """A refused create makes no row: more may be refused than were created."""
    line = ReleaseLine("shop@1", "production", None, None, 5, 1, rate=Rate(5, 2))
    assert release_table.frame([line])["rate"].tolist() == [2500]
    app = opened()
    asked = next(one.help for one in app.metric if one.label == "Violations per 1,000 creates")
    configured = [json.loads(one.proto.columns) for one in app.dataframe]
    tables = [one["rate"] for one in configured if "rate" in one]
    assert len(tables) == 2
    assert all(ABOVE in told for told in (asked, *(one["help"] for one in tables)))
    (releases_rate,) = [one for one in tables if one["type_config"]["type"] == "number"]
    assert releases_rate["type_config"]["format"] == "localized"


def test_a_release_narrows_its_table(shop: Store) -> None:
    assert set(releases(opened(release=regressed.RELEASE))["release"]) == {regressed.RELEASE}


@pytest.mark.parametrize("by", ["release", "environment", "key", "operation"])
def test_failures_are_told_apart_as_the_address_says(shop: Store, by: str) -> None:
    app = opened(by=by, of="every failure")
    assert app.selectbox(key="by").value == by
    assert len(charts(app)) == 4


def test_what_is_younger_than_two_days_stands_in_its_own_hours(store: Store) -> None:
    at = story.now() - 20 * story.HOUR
    some = [judged(key=violated("o", f"{n}@example.com"), occurred_at=at) for n in range(2)]
    save_page(store, "test", some)
    assert f"most (2) from {at:%Y-%m-%d %H}:00 UTC" in pages.texts(opened())


def test_a_key_narrows_everything(shop: Store) -> None:
    assert set(keys(opened(key=EMAIL_KEY.name))["key"]) == {EMAIL_KEY.name}


def test_what_is_not_known_is_said_once(store: Store) -> None:
    one = story.failure(1, story.DAY)
    save_page(store, "test", [story.judged(store, one, Verdict.UNDECIDED, confidence=None)])
    app = opened()
    assert pages.texts(app).count("No Failure of this bug is known here.") == 1
    assert any("1 failure at any time cannot be judged yet" in one.value for one in app.caption)


def test_without_a_canary_it_says_how_to_set_one_up(store: Store) -> None:
    story.tell(store)
    app = opened()
    assert any("`tombstone canary`" in one.value for one in app.markdown)


def test_a_strip_of_walks_that_is_cut_says_so(store: Store) -> None:
    story.tell(store)
    cut = "the newest 1,000 walks at most"
    regressed.walked(store, "red", hours_ago=1)
    assert cut not in pages.texts(opened())
    regressed.walked_often(store, 1_000)
    assert cut in pages.texts(opened())


def test_no_name_of_anybody_else_stands_in_a_chart_s_specification(shop: Store) -> None:
    for spec in charts(opened(of="every failure")):
        assert "evil.example" not in json.dumps(spec)


def test_lines_are_told_of_only_where_deploys_are_drawn(shop: Store) -> None:
    assert "Dashed lines: deploys." in pages.texts(opened(period="30 days"))
    lately = pages.texts(opened(period="24 hours"))
    assert "No deploy is known in this time." in lately
    assert "Dashed lines" not in lately
