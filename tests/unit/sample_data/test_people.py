"""Invented people: different, the same for the same seed, and at nobody's domain."""

from __future__ import annotations

import random
import re

from sample_data.people import SPECIAL_ADDRESSES, People, companies

RESERVED = re.compile(r"@([a-z-]+\.)*(example\.(com|org|net)|[a-z-]+\.test)$", re.IGNORECASE)


def test_addresses_and_external_ids_are_all_different() -> None:
    people = People(random.Random(3))
    crowd = [people.next() for _ in range(2500)]
    assert len({person.email.casefold() for person in crowd}) == 2500
    assert len({person.external_id for person in crowd}) == 2500


def test_the_same_seed_gives_the_same_people() -> None:
    lines = [People(random.Random("x")) for _ in range(2)]
    assert [lines[0].next() for _ in range(20)] == [lines[1].next() for _ in range(20)]
    assert companies() == companies()


def test_no_address_can_reach_anybody() -> None:
    people = People(random.Random(4))
    addresses = [people.next().email for _ in range(300)]
    addresses += [company.email for company in companies()]
    addresses += [address for pair in SPECIAL_ADDRESSES for address in pair]
    assert [address for address in addresses if not RESERVED.search(address)] == []


def test_merchants_have_different_slugs_without_underscores() -> None:
    slugs = [company.slug for company in companies()]
    assert len(set(slugs)) == len(slugs) == 20
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
