"""A writer that leads elsewhere than the reader: nothing is written there, nothing settled."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from collectors.evidence.reads.remediations import list_remediations
from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import Applied, RefusalCode, Step
from dashboard.remediation.service import Approval
from sample_data.postgres import Postgres
from tests.database import bulk_world
from tests.database.bulk_world import crowd
from tests.database.remediation_world import ENGINEER, Died, World, approved, previewed, refusal

RELEASE = RemedyName.RELEASE_KEY


class Elsewhere:
    """A copy of the database, which a writer of other settings leads to."""

    def __init__(self, world: World, copy: str) -> None:
        self._world, self._here = world, world.writer_dsn
        self._copy = copy

    def __enter__(self) -> None:
        self._world.writer_dsn = psycopg.conninfo.make_conninfo(self._here or "", dbname=self._copy)

    def __exit__(self, *_: object) -> None:
        self._world.writer_dsn = self._here


@pytest.fixture
def elsewhere(world: World, postgres: Postgres) -> Iterator[Elsewhere]:
    crowd(world, 3)
    world.reader.close()
    name = f"copy_{uuid4().hex}"
    postgres.create_database(name, template=world.database.name)
    yield Elsewhere(world, name)
    postgres.drop_database(name)


def test_what_was_previewed_here_is_not_written_elsewhere(
    world: World, elsewhere: Elsewhere
) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))
    with elsewhere:
        outcome = world.door().apply(conflict, RELEASE, approval)
    assert refusal(outcome).code is RefusalCode.NO_WRITER
    assert isinstance(world.door().apply(conflict, RELEASE, approval), Applied)


def test_no_bulk_that_was_previewed_here_is_written_elsewhere(
    world: World, elsewhere: Elsewhere
) -> None:
    preview = bulk_world.previewed(world)
    with elsewhere:
        outcome = world.door().bulk.apply(Approval(ENGINEER, preview.digest, "the incident"))
    assert bulk_world.refused(outcome) is RefusalCode.NO_WRITER
    assert bulk_world.done(world, preview).applied == 3


def test_what_was_cut_off_here_is_not_settled_elsewhere(world: World, elsewhere: Elsewhere) -> None:
    conflict = world.conflict(world.customer())
    approval = approved(previewed(world.door(), conflict))

    def die(step: Step) -> None:
        if step is Step.COMMITTED:
            raise Died

    with pytest.raises(Died):
        world.door(die).apply(conflict, RELEASE, approval)
    with elsewhere:
        assert world.door().settle() == []
    assert [type(one) for one in world.door().settle()] == [Applied]
    assert [one.state for one in list_remediations(world.store)] == ["applied"]
