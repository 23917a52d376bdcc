"""A remedy tells the Issues of those it helped; that it cannot never fails the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.evidence.reads.remediations import list_entries
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied
from dashboard.remediation.service import Approval, verify
from dashboard.remediation.service.bulk import BulkPreview, Chosen
from dashboard.remediation.writeback import Told, WriteBack
from sample_data.postgres import Database
from sample_data.sentry.trouble import Fault, Kind
from tests.database.remediation_world import ENGINEER, World, applied, undone
from tests.http.serving import SentryOfTest, event_body


@pytest.fixture
def world(database: Database, tmp_path: Path, sentry: SentryOfTest) -> Iterator[World]:
    sentry.send(event_body())
    with World.made(database, tmp_path) as made:
        address = sentry.address
        made.writeback = WriteBack(address.url, address.write_token, address.organization)
        yield made


def texts(sentry: SentryOfTest) -> list[str]:
    return [row["text"] for row in sentry.store.comments(1)]


def told(world: World) -> list[str]:
    return [str(entry.body["told"]) for entry in list_entries(world.store) if entry.kind == "told"]


def test_a_remedy_and_its_undo_are_told_and_journalled(world: World, sentry: SentryOfTest) -> None:
    jane = world.customer(external_id="cus_0042")
    done = applied(world.door(), world.conflict(jane))
    assert isinstance(undone(world.door(), done.remediation_id), Applied)
    first, second = texts(sentry)
    assert f"[remediation {done.remediation_id}]" in first
    assert "took back release-key on 1 soft-deleted row" in second
    assert told(world) == [Told.KEPT, Told.KEPT]
    assert verify(world.store).intact
    said = " ".join(texts(sentry)).casefold()
    assert not [word for word in ("jane", "example", "cus_0042", jane) if word in said]


def test_many_rows_of_one_issue_are_one_comment(world: World, sentry: SentryOfTest) -> None:
    people = [world.customer(email=f"p{n}@example.com") for n in range(3)]
    chosen = Chosen(tuple(world.conflict(one) for one in people))
    preview = world.door().bulk.preview(chosen, RemedyName.RELEASE_KEY, ENGINEER)
    assert isinstance(preview, BulkPreview), preview
    world.door().bulk.apply(Approval(ENGINEER, preview.digest, "a ticket"))
    (text,) = texts(sentry)
    assert "on 3 soft-deleted rows" in text


def test_a_server_that_does_not_answer_leaves_the_outcome_as_it_is(
    world: World, sentry: SentryOfTest
) -> None:
    sentry.server.order([Fault(Kind.HTML, on="comments/")])
    jane = world.customer()
    assert isinstance(applied(world.door(), world.conflict(jane)), Applied)
    assert told(world) == [Told.FAILED]
    assert texts(sentry) == []
