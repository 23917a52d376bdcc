"""Prevention as people meet it: never audited, all mended, and everything at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from streamlit.testing.v1 import AppTest

from collectors.evidence import schema
from collectors.evidence.audited import save_audit
from collectors.evidence.database import Store
from collectors.evidence.left_behind import save_invariants
from collectors.evidence.reads.conflicts import ConflictFilter, list_conflicts
from collectors.evidence.reads.leftovers import invariant_trend, list_invariants
from collectors.evidence.surveyed import save_counts
from collectors.model import (
    Counting,
    ExposureCount,
    InvariantState,
    TableCounts,
    Topic,
    Verdict,
)
from dashboard.metrics.prevention import NOT_WHOLE
from tests.factories import EMAIL_KEY
from tests.views import pages, prevented, story

DSN = "postgresql://nobody@127.0.0.1:1/none"


def page(**parameters: str) -> AppTest:
    app = AppTest.from_function(_alone, default_timeout=pages.PATIENCE_S)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, [one.value for one in app.exception]
    return app


def _alone() -> None:
    from dashboard.components import problem
    from dashboard.views import prevention

    with problem.told():
        prevention.render()


def metrics(app: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in app.metric}


def test_never_audited_is_not_no_finding(store: Store) -> None:
    app = page()
    assert "not the same as “no Finding”" in app.info[0].value
    assert [one.value for one in app.code] == ["tombstone audit"]
    assert not app.metric


def test_an_audit_that_found_nothing_says_so(store: Store) -> None:
    save_audit(store, "production", datetime.now(UTC), [], {})
    app = page()
    assert "No Finding is open here." in [one.value for one in app.success]
    assert metrics(app) == {
        "Findings, high": "0",
        "Deleted rows in the way": "–",
        "Live rows left behind": "–",
        "Broken invariants": "–",
    }
    assert any("Nobody has counted yet" in one.value for one in app.info)


def test_a_target_that_was_never_audited_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOMBSTONE_TARGETS__STAGING__READ_DSN", DSN)
    monkeypatch.setenv("TOMBSTONE_TARGETS__PRODUCTION__READ_DSN", DSN)
    save_audit(store, "production", datetime.now(UTC), [], {})
    app = page()
    assert any("never audited" in one.value for one in app.warning)
    assert "• staging" in [one.value for one in app.text]


def test_everything_at_once(filled: Store) -> None:
    prevented.tell(filled)
    app = page()
    assert metrics(app)["Findings, high"] == "1"
    assert metrics(app)["Live rows left behind"] == "at least 40"  # one place was not counted
    assert metrics(app)["Broken invariants"] == "4"
    findings = app.dataframe[0].value
    assert findings["key"][0] == EMAIL_KEY.name
    assert (findings["exposed"][0], findings["failures"][0]) == (1204, 34)
    tabs = [one.label for one in app.tabs]
    assert tabs == [
        "Migration, SQL",
        "Migration, Alembic",
        "Backfill, SQL",
        "Backfill, Alembic",
    ]
    assert "-- how to free it\nSELECT 2;" in [one.value for one in app.code]
    said = pages.texts(app)
    assert "Slugs are made from names" in said
    assert "members_legacy_key" in said
    assert "j…@e….com" in said
    assert prevented.JANE not in said
    assert "The reader may not read it." in said


def test_exposure_is_drawn_once_it_was_counted_on_two_days(filled: Store) -> None:
    save_audit(filled, "production", story.now(), [], {})
    for ago, rows in ((3, 40), (0, 7)):
        lines = [ExposureCount(None, None, rows)]
        how = Counting(story.now() - timedelta(days=ago))
        place = ("production", "public", "customers")
        save_counts(filled, TableCounts(*place, Topic.EXPOSURE, how, exposures=lines))
    app = page()
    assert metrics(app)["Deleted rows in the way"] == "7"
    (chart,) = (one for one in pages.elements(app) if one.type == "vega_lite_chart")
    assert "Deleted rows in the way: 40 on" in chart.proto.alt
    assert "7 on" in chart.proto.alt


def test_a_finding_and_an_invariant_are_chosen_by_the_address(filled: Store) -> None:
    prevented.tell(filled)
    name = "license_keys · license_keys_key_key · ignores_deletion · production"
    app = page(
        finding=name, invariant="A deleted customer still has an active subscription, production"
    )
    assert not app.tabs
    assert any("Worth knowing and no more" in one.value for one in app.caption)
    assert any("s.status IN ('trialing', 'active', 'past_due')" in one.value for one in app.code)


def test_the_bar_narrows_it(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRODUCTION", "SANDBOX"):
        monkeypatch.setenv(f"TOMBSTONE_TARGETS__{name}__READ_DSN", DSN)
    prevented.tell(filled)
    sandbox = page(environment="sandbox")
    assert "No Finding is open here." in [one.value for one in sandbox.success]
    assert metrics(sandbox)["Live rows left behind"] == "–"
    key = page(key=EMAIL_KEY.name)
    assert list(key.dataframe[0].value["key"]) == [EMAIL_KEY.name]
    assert metrics(key)["Live rows left behind"] == "–"
    said = pages.texts(key)
    assert f"high: 2 on {story.now().date() - timedelta(days=9)}" in said
    assert "Keys held by erased rows:" not in said


def test_an_invariant_that_nobody_answered_is_not_one_that_holds(store: Store) -> None:
    prevented.tell(store)
    with store.write() as connection:
        connection.execute(update(schema.invariants).values(state=InvariantState.SLOW))
    assert metrics(page())["Broken invariants"] == "–"


def test_a_leftover_s_conflict_leads_to_the_invariant_that_it_breaks(filled: Store) -> None:
    prevented.tell(filled)
    wanted = ConflictFilter(verdicts=(Verdict.BLOCKED_BY_LEFTOVER,))
    (conflict,) = list_conflicts(filled, wanted)
    said = pages.texts(pages.conflict(conflict.id))
    assert "Left behind by a deletion that was not whole" in said
    assert "The Invariant that it breaks" in said
    with filled.write() as connection:
        connection.execute(delete(schema.invariants))
    with filled.write() as connection:
        from collectors.evidence.writing import next_generation

        next_generation(connection)
    said = pages.texts(pages.conflict(conflict.id))
    assert "No Invariant about this table is known to be broken." in said


def test_other_conflicts_say_nothing_of_invariants(filled: Store) -> None:
    prevented.tell(filled)
    wanted = ConflictFilter(verdicts=(Verdict.BLOCKED_BY_TOMBSTONE,))
    app: Any = pages.conflict(list_conflicts(filled, wanted)[0].id)
    assert "Left behind by a deletion" not in pages.texts(app)


def test_no_name_of_a_table_or_key_is_rendered_as_markup(filled: Store) -> None:
    prevented.tell(filled)
    assert "evil.example" not in pages.marked_up(page())


def test_broken_invariants_have_their_days_while_they_are_asked(store: Store) -> None:
    prevented.tell(store)
    broken = sum(one.rows or 0 for one in list_invariants(store))
    days = invariant_trend(store)
    assert len({one.day for one in days}) == 10
    assert sum(one.rows for one in days if one.day == days[-1].day) == broken
    assert f"{NOT_WHOLE}: {broken:,} on" in pages.texts(page())
    save_invariants(store, "production", [])
    assert invariant_trend(store) == []
