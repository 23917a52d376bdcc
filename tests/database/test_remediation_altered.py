"""Tables that are altered between a Preview and its Approval."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.remediation.facts import RemedyName
from dashboard.remediation.outcomes import RefusalCode
from sample_data.postgres import Database
from tests.database.remediation_world import World, approved, previewed, refusal

RELEASE, RESTORE, _ = RemedyName

ALTERED = {
    "a-key-more": ("ADD tax_code text UNIQUE", RELEASE),
    "a-key-renamed": ("RENAME external_id TO code", RELEASE),
    "a-mark-more": ("ADD is_deleted boolean NOT NULL DEFAULT true", RESTORE),
    "a-parent-more": ("ADD team uuid NOT NULL DEFAULT id REFERENCES teams", RESTORE),
}


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    with World.made(database, tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", ALTERED)
def test_other_columns_than_were_previewed_refuse_in_words(world: World, name: str) -> None:
    change, remedy = ALTERED[name]
    conflict = world.conflict(world.customer(external_id="cus_0042"))
    approval = approved(previewed(world.door(), conflict, remedy))
    team = "'0b6f6a70-5a0c-4c6e-8f0e-3f3c7d1f2a12'"
    world.database.execute(
        "CREATE TABLE teams (id uuid PRIMARY KEY, deleted_at timestamptz);"
        f"INSERT INTO teams VALUES ({team});"
        f"ALTER TABLE customers {change.replace('DEFAULT id', f'DEFAULT {team}')}"
    )

    refused = refusal(world.door().apply(conflict, remedy, approval))

    assert refused.code is RefusalCode.CHANGED_SINCE_PREVIEW
    assert refused.text.endswith("have changed since the preview: preview it again.")
