"""A request body holds column values; the key's own expressions are computed by the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.model import KeyLookup, KeyValues, LookupAnswer, input_columns
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from sample_data.postgres import Database


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("test", database.dsn) as target:
        yield target


def answers(target: ReadTarget, constraint: str, *given: KeyValues) -> list[LookupAnswer]:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named(constraint)
        return find_holders(
            snapshot, catalog, [KeyLookup(key, g, from_columns=True) for g in given]
        )


def ids(answer: LookupAnswer) -> list[str]:
    assert answer.uncastable is None
    return [holder.row.id for holder in answer.holders]


def test_the_servers_own_folding_is_used(database: Database, target: ReadTarget) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, org int, email text);"
        "CREATE UNIQUE INDEX t_key ON t (lower(email), org);"
        "INSERT INTO t VALUES (1, 7, 'Jane@E.com'), (2, 7, 'İ@e.com')"
    )
    found = answers(target, "t_key", ("JANE@e.COM", "7"), ("İ@e.com", "7"), ("jane@e.com", "8"))
    assert [ids(answer) for answer in found] == [["1"], ["2"], []]


def test_one_column_may_stand_in_several_expressions(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, number int, n text);"
        "CREATE UNIQUE INDEX t_key ON t ((number % 10), (number / 10), lower(n));"
        "INSERT INTO t VALUES (1, 42, 'A')"
    )
    with target.snapshot() as snapshot:
        (key,) = read_catalog(snapshot).keys_named("t_key")
    assert input_columns(key) == ("number", "n")
    assert [ids(answer) for answer in answers(target, "t_key", ("42", "a"), ("24", "a"))] == [
        ["1"],
        [],
    ]


def test_a_missing_value_counts_as_the_index_counts_it(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, org int, code text);"
        "CREATE UNIQUE INDEX t_coalesced ON t (org, coalesce(code, '-'));"
        "CREATE UNIQUE INDEX t_distinct ON t (org, code);"
        "CREATE UNIQUE INDEX t_same ON t (org, code) NULLS NOT DISTINCT;"
        "INSERT INTO t VALUES (1, 7, NULL), (2, 7, 'null')"
    )
    names = ("t_coalesced", "t_distinct", "t_same")
    assert [ids(*answers(target, name, ("7", None))) for name in names] == [["1"], [], ["1"]]


def test_a_number_is_rounded_as_its_column_rounds_it(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, amount numeric(8, 2) CONSTRAINT t_key UNIQUE);"
        "INSERT INTO t VALUES (1, 10.01)"
    )
    assert ids(*answers(target, "t_key", ("10.0051",))) == ["1"]


@pytest.mark.parametrize("type_", ["varchar(3)", "char(3)", "short", "varchar(3)[]"])
def test_a_text_that_is_too_long_is_not_cut_until_it_fits_somebody(
    type_: str, database: Database, target: ReadTarget
) -> None:
    held, asked = ("{abc}", "{abcd}") if type_.endswith("[]") else ("abc", "abcd")
    database.execute(
        "CREATE DOMAIN short AS varchar(3);"
        f"CREATE TABLE t (id int PRIMARY KEY, a {type_} CONSTRAINT t_key UNIQUE);"
        f"INSERT INTO t VALUES (1, '{held}')"
    )
    fits, too_long = answers(target, "t_key", (held,), (asked,))
    assert ids(fits) == ["1"]
    assert too_long == LookupAnswer(uncastable="a value is longer than its column")


def test_values_that_cannot_be_computed_with_spoil_only_their_own_look_up(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n int, a text);"
        "CREATE UNIQUE INDEX t_key ON t ((100 / n), a);"
        "INSERT INTO t VALUES (1, 50, 'x')"
    )
    found = answers(target, "t_key", ("50", "x"), ("0", "x"), ("fifty", "x"), ("49", "x"), ("50",))
    assert [answer.uncastable for answer in found] == [
        None,
        "the key cannot be computed from the values",
        "the value of n is not a valid integer",
        None,
        "1 values are no key of 2",
    ]
    assert [ids(found[place]) for place in (0, 3)] == [["1"], ["1"]]


def test_both_kinds_of_question_may_stand_in_one_batch(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text);"
        "CREATE UNIQUE INDEX t_key ON t (lower(email));"
        "INSERT INTO t VALUES (1, 'J@E.com')"
    )
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        (key,) = catalog.keys_named("t_key")
        asked = [KeyLookup(key, ("J@E.com",), given) for given in (True, False, True)]
        found = find_holders(snapshot, catalog, asked)
    assert [ids(answer) for answer in found] == [["1"], [], ["1"]]
