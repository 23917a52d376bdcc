"""Triage: what it lists, finds, and says when there is nothing or nothing can be read."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from collectors.evidence import schema
from collectors.evidence.database import Store
from collectors.evidence.reads.conflicts import list_conflicts
from collectors.evidence.reads.organizations import LISTED
from collectors.evidence.runs import finish_run, start_run
from collectors.evidence.store import save_page
from collectors.evidence.writing import next_generation
from collectors.model import Verdict
from dashboard.components.finder import LONGEST
from tests.views import pages, story


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_the_summary_counts_what_is_open_and_whom_it_hurts(filled: Store) -> None:
    page = pages.triage()
    assert metrics(page) == {
        "Blocked now": "3",
        "Organizations hurt": "3",
        "Failures": "16",
        "Undecided": "2",
    }


def test_a_filter_narrows_the_numbers_and_the_list_alike(filled: Store) -> None:
    page = pages.triage()
    page.multiselect(key="environment").select("sandbox").run()
    assert metrics(page)["Blocked now"] == "0"
    assert metrics(page)["Failures"] == "2"
    page.multiselect(key="verdict").set_value([]).run()
    assert set(page.dataframe[0].value["environment"]) == {"sandbox"}


def test_what_an_address_asks_for_in_vain_is_said(filled: Store) -> None:
    page = pages.triage(release="shop@0.0.0", period="Last year", environment="production")
    said = pages.texts(page)
    assert "It is left out" in said
    assert "• period: Last year\n• release: shop@0.0.0" in said
    assert page.multiselect(key="environment").value == ["production"]
    assert "It is left out" not in pages.texts(page.run())
    assert "It is left out" not in pages.texts(pages.triage(environment="production"))
    unknown = pages.texts(pages.triage(organization="Nobody · 4711"))
    assert "No Conflict of this organization is known here." in unknown


def test_a_link_names_its_organization_by_the_id_whatever_that_is_called_by_now(
    filled: Store,
) -> None:
    mine = story.organization(1)
    named = {"target": "production", "organization_id": mine, "name": "Acme"}
    with filled.write() as connection:
        connection.execute(schema.organizations.insert().values(named))
    page = pages.triage(organization=f"Before · {mine}")
    assert page.selectbox(key="organization").value == mine
    assert page.query_params["organization"] == f"Acme · {mine}"
    assert metrics(page)["Blocked now"] == "1"


def test_of_more_organizations_than_are_listed_each_can_be_asked_for(store: Store) -> None:
    last = LISTED + 1
    met = [
        story.judged(
            store,
            story.failure(number, story.HOUR),
            Verdict.BLOCKED_BY_TOMBSTONE,
            f"jane{number}@example.com",
            customer=number,
        )
        for number in range(1, last + 1)
    ]
    save_page(store, "test", met)
    page = pages.triage(organization=story.organization(last))
    assert metrics(page)["Blocked now"] == "1"
    assert "No Conflict of this organization is known here." not in pages.texts(page)
    assert page.selectbox(key="organization").value == story.organization(last)
    assert "more than these 2,000" in page.selectbox(key="organization").help
    page.selectbox(key="organization").set_value(None).run()
    assert metrics(page)["Blocked now"] == f"{last:,}"


def test_the_list_begins_with_what_is_blocked_newest_failure_first(filled: Store) -> None:
    shown = pages.triage().dataframe[0].value
    assert [labels[0] for labels in shown["verdict"]] == [
        "■ Blocked by tombstone",
        "■ Blocked by tombstone",
        "◆ Blocked by leftover",
    ]
    assert list(shown["attempts"]) == [1, 7, 1]
    assert shown["last"].is_monotonic_decreasing


def test_without_a_verdict_chosen_every_conflict_is_listed(filled: Store) -> None:
    page = pages.triage()
    page.multiselect(key="verdict").set_value([]).run()
    assert len(page.dataframe[0].value) == 7


def test_a_filter_that_matches_nothing_says_so(filled: Store) -> None:
    page = pages.triage()
    page.multiselect(key="verdict").set_value([]).run()
    page.multiselect(key="environment").select("staging").run()
    assert "No Conflict matches" in page.info[0].value


def test_the_address_sets_the_filters(filled: Store) -> None:
    page = pages.triage(environment="sandbox", period="7 days")
    assert page.multiselect(key="environment").value == ["sandbox"]
    assert page.segmented_control(key="period").value == "7 days"


def test_older_and_newer_turn_the_page_without_losing_a_row(store: Store) -> None:
    many = [
        story.judged(
            store,
            story.failure(number, number * story.HOUR),
            Verdict.BLOCKED_BY_TOMBSTONE,
            f"customer{number}@example.com",
            customer=number,
        )
        for number in range(1, 71)
    ]
    save_page(store, "test", many)
    page = pages.triage()
    first = list(page.dataframe[0].value["organization"])
    assert page.button(key="newer").disabled
    page.button(key="older").click().run()
    second = list(page.dataframe[0].value["organization"])
    page.button(key="older").click().run()
    third = list(page.dataframe[0].value["organization"])
    assert [len(first), len(second), len(third)] == [25, 25, 20]
    assert len({*first, *second, *third}) == 70
    assert page.button(key="older").disabled
    page.button(key="newer").click().run()
    assert list(page.dataframe[0].value["organization"]) == second


def test_asking_from_the_list_is_answered_where_one_looks_and_below(filled: Store) -> None:
    page = pages.triage()
    page.session_state["ask_conflict"] = {"row": 0}
    page.run()
    assert [one.value for one in page.toast] == ["Row 1: it could not be told just now."]
    assert "It could not be told just now." in pages.texts(page)


def test_finding_nothing_says_that_nothing_was_pasted(filled: Store) -> None:
    page = pages.triage()
    page.button[0].click().run()
    assert "Nothing was pasted" in pages.texts(page)


def test_a_look_up_of_one_s_own_is_no_news(filled: Store) -> None:
    """It is journalled, and the page would offer to be refreshed for it."""
    page, before = pages.triage(), filled.news()
    page.text_area(key="pasted").input("nobody.known@example.com")
    page.text_input(key="pasted_ticket").input("SUP-4711")
    page.button[0].click().run()
    assert filled.news() > before
    assert page.session_state["tombstone"].shown == filled.news()


def test_a_paste_is_never_too_long_to_be_read(filled: Store) -> None:
    """A box that has a limit drops what is longer, and an Event's JSON is."""
    page = pages.triage()
    assert not page.text_area(key="pasted").proto.max_chars
    page.text_area(key="pasted").input("jane.doe@example.com" + " and so on" * (LONGEST // 10))
    page.button[0].click().run()
    said = pages.texts(page)
    assert "its first 1,000,000 characters were read" in said
    assert "This is about one Conflict" in said


def test_another_filter_begins_at_the_first_page_again(store: Store) -> None:
    many = [
        story.judged(
            store,
            story.failure(number, number * story.HOUR),
            Verdict.UNBLOCKED if number % 20 == 0 else Verdict.BLOCKED_BY_TOMBSTONE,
            f"customer{number}@example.com",
            customer=number,
        )
        for number in range(1, 71)
    ]
    save_page(store, "test", many)
    page = pages.triage()
    page.button(key="older").click().run()
    page.multiselect(key="verdict").set_value([Verdict.UNBLOCKED]).run()
    assert len(page.dataframe[0].value) == 3


def test_the_undecided_queue_gives_reasons_and_candidates(filled: Store) -> None:
    page = pages.triage()
    page.radio(key="queue").set_value("Undecided").run()
    said = "\n".join(element.value for element in page.text)
    assert "The value was hidden by a scrubber." in said
    assert "No target is configured for this environment." in said
    assert story.row(9).id in said


def test_a_pasted_ticket_finds_the_conflict_and_reads_back_masked(filled: Store) -> None:
    page = pages.triage()
    page.text_area(key="pasted").input("Hello! jane.doe@example.com cannot be created, error 500.")
    page.button[0].click().run()
    assert "This is about one Conflict" in [heading.value for heading in page.header]
    assert "E-mail address: j…@e….com" in [element.value for element in page.text]
    assert "jane.doe" not in pages.texts(page).replace(page.text_area[0].proto.value, "")


@pytest.mark.parametrize(
    "ticket",
    [
        "{id}",
        "See http://127.0.0.1:8501/conflict?id={id}.",
        "https://safelinks.example/?url=https%3A%2F%2Ftomb.example%2Fconflict%3Fid%3D{id}&data=05",
        '<p>Again: <a href="https://tomb.example/conflict?id={id}">this one</a></p>',
        "Organization {organization}, again http://tomb.example/conflict?id={id}",
    ],
    ids=["id", "link", "wrapped", "html", "organization"],
)
def test_a_conflicts_own_id_or_link_means_it_alone(filled: Store, ticket: str) -> None:
    mine = next(
        one for one in list_conflicts(filled) if one.organization_id == story.organization(1)
    )
    page = pages.triage()
    pasted = ticket.format(id=mine.id, organization=mine.organization_id)
    page.text_area(key="pasted").input(pasted)
    page.button[0].click().run()
    assert "This is about one Conflict" in pages.texts(page)
    assert f"Conflict: {mine.id}" in pages.texts(page)


def test_what_only_an_issue_has_in_common_is_not_said_to_be_meant(filled: Store) -> None:
    """An Issue gathers everybody's; so does an organization, without a time that fits."""
    page = pages.triage()
    page.text_area(key="pasted").input("https://sentry.example/issues/1/?project=1")
    page.button[0].click().run()
    assert "This may be about any of 7 Conflicts" in [one.value for one in page.header]
    page.text_area(key="pasted").input(f"Organization: {story.organization(1)} 2020-01-01 10:00")
    page.button[0].click().run()
    assert "This is about one Conflict" in [one.value for one in page.header]


@pytest.mark.parametrize(
    ("role", "ticket", "told"),
    [
        ("support", "SUP-4711", "The ticket is kept with this Conflict."),
        ("support", "jane.doe@example.com", "leave it out"),
        ("viewer", "SUP-4711", "keeps no ticket"),
    ],
)
def test_of_several_conflicts_the_one_that_keeps_the_ticket_says_so_or_why_not(
    filled: Store, monkeypatch: pytest.MonkeyPatch, role: str, ticket: str, told: str
) -> None:
    monkeypatch.setenv("TOMBSTONE_ACCESS__LOCAL_ROLE", role)
    mine, other = (one.id for one in list_conflicts(filled)[:2])
    page = pages.triage()
    page.text_area(key="pasted").input(f"{mine}\n{other}")
    page.text_input(key="pasted_ticket").input(ticket)
    page.button[0].click().run()
    page.button(key=f"ticket_{mine}").click().run()
    assert [told in one.value for one in page.toast] == [True]


def test_a_conflicts_link_opens_nothing_for_a_ticket_of_another_organization(filled: Store) -> None:
    mine = next(
        one for one in list_conflicts(filled) if one.organization_id == story.organization(1)
    )
    page = pages.triage()
    pasted = f"organization_id: {story.organization(2)} conflict?id={mine.id}"
    page.text_area(key="pasted").input(pasted)
    page.button[0].click().run()
    found = page.session_state["tombstone"].answer.conflicts
    assert {one.organization_id for one in found} == {story.organization(2)}


@pytest.mark.parametrize(
    ("link", "conflicts"),
    [
        ("https://acme.sentry.io/issues/4711/?project=1", 2),
        ("https://sentry.io/organizations/acme/issues/4711/", 2),
        ("https://github.example/acme/shop/issues/4711", 0),
        ("https://acme.sentry.io/issues/4711/events/{event}/", 1),
        ("Event {dashed}", 1),
        ("organization_id: {organization} https://acme.sentry.io/issues/4711/", 1),
        ("jane.doe@example.com, see https://acme.sentry.io/issues/4711/", 1),
    ],
    ids=["issue", "shorter_host", "other_tracker", "one_event", "dashes", "organization", "value"],
)
def test_a_link_means_the_narrowest_that_it_names(filled: Store, link: str, conflicts: int) -> None:
    event = f"{1:032x}"
    with filled.write() as connection:
        connection.execute(
            text(
                "INSERT INTO issues (issue_id, title, url) "
                "VALUES ('4711', 'IntegrityError', 'https://acme.sentry.io/issues/4711/')"
            )
        )
        connection.execute(
            text("UPDATE failures SET issue_id = '4711' WHERE event_id IN (:jane, :other)"),
            {"jane": event, "other": f"{20:032x}"},
        )
    page = pages.triage()
    told = {
        "event": event,
        "dashed": UUID(event),
        "organization": story.organization(1),
    }
    page.text_area(key="pasted").input(link.format(**told))
    page.button[0].click().run()
    assert len(page.session_state["tombstone"].answer.conflicts) == conflicts


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Acme", "Acme"),
        ("\u202e \t\u200b", story.organization(1)),
        ("jane.doe@example.com", "j…@e….com"),
    ],
    ids=["name", "nothing_to_see", "an_address"],
)
def test_an_organization_is_called_what_can_be_seen_and_may_be_told(
    filled: Store, name: str, shown: str
) -> None:
    line = {"target": "production", "organization_id": story.organization(1), "name": name}
    with filled.write() as connection:
        connection.execute(schema.organizations.insert().values(line))
    page = pages.triage()
    assert shown in list(page.dataframe[0].value["organization"])
    assert "jane.doe@" not in pages.texts(page)


@pytest.mark.parametrize(
    ("ticket", "customer"),
    [
        ("Organization: Alder & Ash, customers cannot be created since Monday", 1),
        ("<p>Organisation name: <b>Alder &amp; Ash</b></p><p>500 again</p>", 1),
        ("Organization: Alder. It fails again", 2),
        ('Org: "alder & ash" fails', 1),
        ("Alder & Ash cannot create customers since Monday", 1),
        ("Since Monday this hits <b>alder &amp;\nash</b>’s customers", 1),
        ("Alder. It fails again (under an alder)", 2),
    ],
)
def test_an_organization_is_known_by_its_whole_name(
    filled: Store, ticket: str, customer: int
) -> None:
    with filled.write() as connection:
        for number, name in ((1, "Alder & Ash"), (2, "Alder")):
            line = {"target": "production", "organization_id": story.organization(number)}
            connection.execute(schema.organizations.insert().values(name=name, **line))
    page = pages.triage()
    page.text_area(key="pasted").input(ticket)
    page.button[0].click().run()
    found = page.session_state["tombstone"].answer.conflicts
    assert {one.organization_id for one in found} == {story.organization(customer)}


@pytest.mark.parametrize(
    ("ticket", "conflicts", "note"),
    [
        ("jane.doe@example.com fails, writes Alder", 0, "Read as about Alder alone"),
        ("jane.doe@example.com fails under the alder", 1, ""),
        (
            "jane.doe@example.com fails, writes Alder Street Books",
            1,
            "Read as about Alder Street Books alone",
        ),
        (
            "Organization: Nobody Knows Inc. Alder says jane.doe@example.com fails",
            1,
            "No organization is known by the name that it gives",
        ),
    ],
    ids=["another_s", "a_plain_word", "a_longer_name", "called_an_organization"],
)
def test_an_organization_named_in_prose_narrows_a_value_to_its_own(
    filled: Store, ticket: str, conflicts: int, note: str
) -> None:
    """The address is known of the first organization alone."""
    with filled.write() as connection:
        for number, name in ((1, "Alder Street Books"), (2, "Alder")):
            line = {"target": "production", "organization_id": story.organization(number)}
            connection.execute(schema.organizations.insert().values(name=name, **line))
    page = pages.triage()
    page.text_area(key="pasted").input(ticket)
    page.button[0].click().run()
    answer = page.session_state["tombstone"].answer
    assert len(answer.conflicts) == conflicts
    assert " ".join(answer.notes).startswith(note)
    assert bool(answer.notes) == bool(note)


@pytest.mark.parametrize(
    ("said", "conflicts", "told"),
    [("", 2, True), (f"Organization: {story.organization(2)}. ", 1, False)],
    ids=["nobody-is-named", "one-is-named"],
)
def test_of_a_value_that_several_organizations_have_the_answer_says_so(
    filled: Store, said: str, conflicts: int, told: bool
) -> None:
    failed = story.failure(77, story.HOUR)
    blocked = Verdict.BLOCKED_BY_TOMBSTONE
    save_page(
        filled,
        "test",
        [story.judged(filled, failed, blocked, "jane.doe@example.com", customer=2)],
    )
    page = pages.triage()
    page.text_area(key="pasted").input(f"{said}jane.doe@example.com cannot be created")
    page.button[0].click().run()
    assert len(page.session_state["tombstone"].answer.conflicts) == conflicts
    assert ("They are of 2 organizations, and no known one is named" in pages.texts(page)) is told


def test_an_external_id_in_prose_is_asked_for_by_itself(filled: Store) -> None:
    page = pages.triage()
    page.text_area(key="pasted").input("customer crm-683089777 cannot be created again")
    page.button[0].click().run()
    assert "by itself or in quotes" in pages.texts(page)


def test_a_ticket_about_nobody_we_know_says_so(filled: Store) -> None:
    page = pages.triage()
    page.text_area(key="pasted").input("stranger@example.net has a question about an invoice")
    page.button[0].click().run()
    assert "Nothing that was collected is about this" in [h.value for h in page.header]


def test_clearing_the_box_clears_the_answer(filled: Store) -> None:
    page = pages.triage()
    page.text_area(key="pasted").input("jane.doe@example.com")
    page.button[0].click().run()
    page.button[1].click().run()
    assert page.text_area(key="pasted").value == ""
    assert not page.header


def test_what_the_last_run_could_not_reach_is_named(filled: Store) -> None:
    page = pages.triage()
    assert any("sandbox: connection refused" in element.value for element in page.text)
    assert any("Last collected" in caption.value for caption in page.caption)


def test_who_is_looking_is_shown_with_their_role(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOMBSTONE_ACCESS__LOCAL_ROLE", "engineer")
    said = [element.value for element in pages.triage().text]
    assert "local · engineer · not verified" in said


def test_an_empty_store_explains_the_first_step(store: Store) -> None:
    page = pages.triage()
    assert "No failures have been collected yet" in [h.value for h in page.header]
    assert "tombstone collect --since 14d" in [code.value for code in page.code]
    assert not page.metric


@pytest.mark.parametrize(
    ("ended", "unreachable", "words"),
    [
        (False, [], "A run has begun and has not ended"),
        (True, ["Sentry cannot be reached"], "could not reach what is named above"),
        (True, [], "The last run found no failed create"),
    ],
    ids=["interrupted", "unreachable", "nothing there"],
)
def test_that_nothing_failed_is_said_only_of_a_run_that_ended_and_reached_its_source(
    store: Store, ended: bool, unreachable: list[str], words: str
) -> None:
    run = start_run(store)
    if ended:
        finish_run(store, run, read=0, stored=0, unreachable=unreachable, notes=[])
    said = pages.texts(pages.triage())
    assert words in said
    assert ("The last run found no" in said) == (ended and not unreachable)


def test_how_old_the_data_is_stays_said_while_another_run_goes_on(filled: Store) -> None:
    start_run(filled)
    (line,) = [one.value for one in pages.triage().caption if "has not ended yet" in one.value]
    assert line.startswith("Last collected")


def test_an_empty_queue_says_it_of_what_the_filters_match_alone(filled: Store) -> None:
    page = pages.triage(queue="Undecided", period="24 hours", environment="sandbox")
    assert any("every failure that these filters match has" in one.value for one in page.info)


def test_a_missing_secret_key_is_one_sentence(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOMBSTONE_SECRET_KEY")
    page = pages.triage()
    assert not page.exception
    assert "TOMBSTONE_SECRET_KEY is not set" in page.code[0].value


def test_a_store_that_is_not_there_is_one_sentence(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOMBSTONE_STORE_URL", f"sqlite:///{settings}/gone/store.sqlite")
    page = pages.triage()
    assert not page.exception
    assert "does not exist" in page.code[0].value


def test_a_store_of_another_version_names_the_command(filled: Store) -> None:
    with filled.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    page = pages.triage()
    assert not page.exception
    assert "tombstone store upgrade" in page.code[0].value


def test_a_store_that_breaks_under_the_dashboard_is_one_sentence(filled: Store) -> None:
    page = pages.triage()
    with filled.write() as connection:
        connection.execute(text("UPDATE meta SET value = value + 1 WHERE name = 'generation'"))
        connection.execute(text("DROP TABLE verdict_history"))
        connection.execute(text("DROP TABLE fingerprints"))
        connection.execute(text("ALTER TABLE conflicts RENAME TO elsewhere"))
    page.run()
    assert not page.exception
    assert "The store does not answer just now" in page.code[0].value


def test_a_mended_setting_works_on_the_next_visit(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "TOMBSTONE_SECRET_KEY"
    with monkeypatch.context() as broken:
        broken.delenv(secret)
        assert not pages.triage().metric
    assert pages.triage().metric


def test_what_was_found_is_shown_as_it_stands_after_a_remedy(filled: Store) -> None:
    page = pages.triage()
    page.text_area(key="pasted").input("jane.doe@example.com")
    page.button[0].click().run()
    assert "This is about one Conflict" in [h.value for h in page.header]
    assert "it can be unblocked now" in pages.texts(page)
    with filled.write() as connection:
        connection.execute(text("UPDATE conflicts SET verdict = 'UNBLOCKED'"))
        next_generation(connection)
    page.run()
    assert "already unblocked" in pages.texts(page)
    assert "it can be unblocked now" not in pages.texts(page)


def test_a_link_means_its_organization_whatever_that_is_called_by_now(filled: Store) -> None:
    one = story.organization(1)
    known = metrics(pages.triage(organization=one))
    assert known != metrics(pages.triage())
    assert metrics(pages.triage(organization=f"Once Called So · {one}")) == known


def test_two_sessions_share_nothing(filled: Store) -> None:
    first, second = pages.triage(), pages.triage()
    first.text_area(key="pasted").input("jane.doe@example.com")
    first.button[0].click().run()
    second.run()
    assert first.header
    assert not second.header
