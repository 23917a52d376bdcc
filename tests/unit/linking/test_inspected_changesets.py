"""Ecto's changesets as Elixir inspects them, where a match failed or a job ended with one."""

from __future__ import annotations

import pytest

from collectors.linking.violation import read_text

UNIQUE = '{"has already been taken", [constraint: :unique, constraint_name: "c_email"]}'
TAKEN = f"email: {UNIQUE}"
MAIL = 'email: "j@e.com"'


def changeset(changes: str, errors: str = TAKEN) -> str:
    return (
        f"#Ecto.Changeset<action: :insert, changes: %{{{changes}}}, errors: [{errors}], "
        "data: #Shop.Customer<>, valid?: false>"
    )


OTHER = changeset('email: "boss@e.com"', "")
ORG = '%Shop.Org{__meta__: #Ecto.Schema.Metadata<:loaded, "orgs">, id: 7, email: "boss@e.com"}'
QUOTED = r'bio: "Applied changes %{email: \"boss@e.com\"}, errors: [", '

TOLD = {
    "alone": changeset(MAIL),
    "over several lines": changeset(MAIL).replace(", ", ",\n  ").replace("<action", "<\n  action"),
    "behind another row's error": changeset(MAIL, f'name: {{"is bad", []}}, {TAKEN}'),
    "rows within it": changeset(f"members: [{OTHER}], org: {ORG}, {MAIL}"),
    "within another row": changeset(f'email: "boss@e.com", members: [{changeset(MAIL)}]', ""),
    "behind another one": f"{{{{:ok, {OTHER}}}, {{:error, {changeset(MAIL)}}}}}",
    "times and numbers": changeset(f"at: ~U[2026-01-01 10:00:00Z], n: #Decimal<1.5>, {MAIL}"),
    "atoms and bytes": changeset(f"kind: :paid, salt: <<255, 1>>, {MAIL}"),
    "a text that quotes another": changeset(QUOTED + MAIL),
}


@pytest.mark.parametrize("inspected", TOLD.values(), ids=TOLD.keys())
@pytest.mark.parametrize("head", ["no match of right hand side value: ", "Shop.Job failed with "])
def test_the_changeset_with_the_error_tells_the_rows_values(head: str, inspected: str) -> None:
    key = read_text(f"{head}{{:error, {inspected}}}").key
    assert key is not None
    assert key.constraint == "c_email"
    assert dict(key.fields)["email"] == "j@e.com"


@pytest.mark.parametrize(
    ("inspected", "key_is_told"),
    [
        (changeset('email: "**redacted**"'), True),
        (changeset('email: "j@e" <> ...'), True),
        (changeset(MAIL).replace("errors: [", "errors: #Elided<>, x: ["), True),
        (changeset(MAIL, TAKEN.replace(":unique", ":foreign")), False),
        (changeset(MAIL, 'email: {"taken", [validation: :unsafe_unique]}'), False),
    ],
    ids=["hidden", "cut", "another's error", "another constraint", "a validation"],
)
def test_what_the_changeset_does_not_tell_is_not_made_up(inspected: str, key_is_told: bool) -> None:
    key = read_text(f"no match of right hand side value: {{:error, {inspected}}}").key
    assert (key is not None) is key_is_told
    assert key is None or "email" not in dict(key.fields)
