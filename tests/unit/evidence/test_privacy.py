"""Privacy: what a mask gives away, what a fingerprint tells, what a seal hides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.evidence.privacy import Vault, mask, mask_text, mask_title, mask_values

VAULT = Vault.of("0123456789abcdef" * 3)
OTHER = Vault.of("fedcba9876543210" * 3)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        pytest.param("jane@example.com", "j…@e….com", id="e-mail"),
        pytest.param("j@e.io", "j…@e….io", id="short e-mail"),
        pytest.param("jane@localhost", "j…@l…", id="no top-level domain"),
        pytest.param("a@b@c.example.org", "a…@c….org", id="two at signs"),
        pytest.param("cus_829", "c…", id="identifier"),
        pytest.param("jane@corp.kowalski", "j…@c….k…", id="an ending that may be a name"),
        pytest.param("abc", "…", id="under four characters"),
        pytest.param(None, "…", id="NULL"),
        pytest.param("@@@@", "@…", id="only at signs"),
    ],
)
def test_a_mask_keeps_one_character_a_part(value: str | None, masked: str) -> None:
    assert mask(value) == masked


@given(st.text())
def test_masking_never_raises_and_never_keeps_six_characters_in_a_row(value: str) -> None:
    masked = mask(value)
    assert not any(value[start : start + 6] in masked for start in range(len(value) - 5))


@given(st.text(min_size=1), st.text(min_size=1))
def test_fingerprints_tell_equal_from_different_and_nothing_else(one: str, two: str) -> None:
    assert (VAULT.fingerprint(one) == VAULT.fingerprint(two)) == (one == two)
    assert VAULT.fingerprint(one) != OTHER.fingerprint(one)


def test_a_title_loses_its_values() -> None:
    title = (
        "duplicate key: Key (organization_id, lower(email))=(1, jane@example.com) already exists"
    )
    assert mask_text(title) == "duplicate key: Key (organization_id, lower(email))=(…)"
    assert "jane" not in mask_text("no customer <jane.doe+x@example.com> here")
    assert (
        mask_text("of o'neil.brigid@x.org: it's 'jane@x.org'") == "of o…@x….org: it's 'j…@x….org'"
    )
    row = 'null value in column "email": Failing row contains (7, Jane Doe, cus_1234567890).'
    assert mask_text(row) == 'null value in column "email": Failing row contains (…)'


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("IntegrityError: (asyncpg) … [parameters: ('cus_1', 'Jane')]", "IntegrityError: …"),
        ("shop.errors.TakenError: Customer cus_829 exists.", "shop.errors.TakenError: …"),
        ("PG::UniqueViolation: ERROR:  doppelter Schlüsselwert", "PG::UniqueViolation: …"),
        ("org.postgresql.util.PSQLException", "org.postgresql.util.PSQLException"),
        ("Duplicate entry '1-cus_829' for key 'customers.external_id'", "…"),
        ("jane.doe: an Error: nobody", "…"),
        ("山田太郎Error: x", "…"),
        ("", "…"),
    ],
)
def test_of_an_issues_title_only_the_exceptions_class_is_kept(title: str, kept: str) -> None:
    """Its text is as each application words it, so no pattern finds the values in it."""
    assert mask_title(title) == kept


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /v1/customers/acme", "GET /v1/customers/a…"),
        ("/v1/customers/Acme/seats", "/v1/customers/a…/seats"),
        ("sync customer +49 (171) 555", "sync customer +…"),
        ("import('back\\1 slash')", "import('b…')"),
        ("acme.customers.create", "acme.customers.create"),
        ("/acme-admin/customers", "/acme-admin/customers"),
        ("POST /v1/abc", "POST /v1/abc"),
    ],
)
def test_a_text_loses_the_values_that_stand_alone_in_it(text: str, shown: str) -> None:
    assert mask_values(text, ["acme", "+49 (171) 555", "back\\1 slash", "abc", None, ""]) == shown


def test_of_values_that_are_within_each_other_nothing_is_left() -> None:
    nested = [" ".join(["acme", *map(str, range(number))]) for number in range(50)]
    assert mask_values(f"import {nested[-1]}", nested) == "import a…"


def test_a_conflict_keeps_its_id_and_shares_it_with_no_other() -> None:
    one = VAULT.conflict_id("production", "customers", ["email"], ("a",))
    assert one == VAULT.conflict_id("production", "customers", ["email"], ("a",))
    others = {
        VAULT.conflict_id("sandbox", "customers", ["email"], ("a",)),
        VAULT.conflict_id("production", "members", ["email"], ("a",)),
        VAULT.conflict_id("production", "customers", ["external_id"], ("a",)),
        VAULT.conflict_id("production", "customers", ["email"], ("b",)),
        VAULT.conflict_id("production", "customers", ["email"], (None,)),
    }
    assert len(others | {one}) == 6


def test_what_is_sealed_opens_with_the_same_secret_only() -> None:
    from cryptography.fernet import InvalidToken

    sealed = VAULT.seal(["jane@example.com", None])
    assert b"jane" not in sealed
    assert VAULT.open(sealed) == ["jane@example.com", None]
    with pytest.raises(InvalidToken):
        OTHER.open(sealed)
