"""What support asks the Targets: journalled first, and without anybody's data."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from collectors.evidence import schema
from collectors.evidence.reads.organizations import organizations_meant
from collectors.evidence.reads.remediations import list_entries
from collectors.evidence.surveyed import save_organizations
from dashboard.access import Actor, Role
from dashboard.remediation.service.triaging import Triager
from tests.factories import NOON, new_store

SUPPORT = Actor("sam", Role.SUPPORT, verified=True)


def test_only_an_organization_that_is_known_is_journalled_as_it_is(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    acme = {"target": "production", "organization_id": "org-1", "name": "Acme"}
    with store.write() as connection:
        connection.execute(insert(schema.organizations), acme)

    told = ["org-1", "Jane", "cus_secret_77"]  # what a ticket may call its organization
    assert Triager(store, lambda: NOON).note_look_up(["jane@example.com"], told, SUPPORT) is None

    (line,) = list_entries(store)
    assert line.body == {
        "values": ["j…@e….com"],
        "organizations": ["org-1", "J…", "c…"],
    }


@pytest.mark.parametrize("told", ["Ärzte AG", "ärzte ag", "ÄRZTE AG", "ООО Ромашка", "acme"])
def test_an_organization_is_known_by_its_name_in_whatever_case_and_script(
    tmp_path: Path, told: str
) -> None:
    store = new_store(tmp_path)
    save_organizations(store, "production", {"1": "Ärzte AG", "2": "ООО Ромашка", "3": "Acme"})
    assert len(organizations_meant(store, [told])[told]) == 1
