"""What a look-up answers: the right row, a reason, and never another look-up's trouble."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collectors.model import Catalog, Holder, KeyLookup, KeyValues, LookupAnswer, RowRef
from collectors.postgres.catalog import read_catalog
from collectors.postgres.engine import ReadTarget
from collectors.postgres.holders import find_holders
from collectors.postgres.mapping import TableMapping
from sample_data.postgres import Database
from tests.database.collations import collate_any_case

ORG = "0b9f4d7e-3a53-4b6e-9b44-0a3c57f0a001"
OTHER_ORG = "0b9f4d7e-3a53-4b6e-9b44-0a3c57f0a002"
JANE = "7e4d0b9f-3a53-4b6e-9b44-0a3c57f0a001"
JOHN = "7e4d0b9f-3a53-4b6e-9b44-0a3c57f0a002"
E_MAIL = "ix_customers_organization_id_email_case_insensitive"
EXTERNAL = "customers_organization_id_external_id_key"

POLAR = f"""
CREATE TABLE organizations (
    id uuid PRIMARY KEY, created_at timestamptz, deleted_at timestamptz, name text
);
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    organization_id uuid NOT NULL REFERENCES organizations,
    email varchar(320) NOT NULL,
    name text,
    user_metadata jsonb NOT NULL DEFAULT '{{}}',
    external_id varchar,
    CONSTRAINT {EXTERNAL} UNIQUE (organization_id, external_id)
);
CREATE UNIQUE INDEX {E_MAIL} ON customers (organization_id, lower(email));
CREATE TABLE members (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    customer_id uuid NOT NULL REFERENCES customers,
    organization_id uuid NOT NULL REFERENCES organizations,
    name text,
    email text NOT NULL,
    CONSTRAINT members_customer_id_email_key UNIQUE (customer_id, email)
);
INSERT INTO organizations VALUES ('{ORG}', '2026-01-01Z'), ('{OTHER_ORG}', '2026-01-01Z');
INSERT INTO customers (id, created_at, deleted_at, organization_id, email, external_id) VALUES
    ('{JANE}', '2026-01-02Z', '2026-02-03 04:05:06.789012Z', '{ORG}', 'Jane@Example.com', 'ext-1'),
    ('{JOHN}', '2026-01-02Z', NULL, '{OTHER_ORG}', 'john@example.com', NULL);
"""


@pytest.fixture
def polar(database: Database) -> Database:
    database.execute(POLAR)
    return database


@pytest.fixture
def target(database: Database) -> Iterator[ReadTarget]:
    with ReadTarget("test", database.dsn) as target:
        yield target


def answers(
    target: ReadTarget, constraint: str, *asked: KeyValues, from_columns: bool = False
) -> list[LookupAnswer]:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        lookups = lookups_of(catalog, constraint, asked, from_columns=from_columns)
        return find_holders(snapshot, catalog, lookups)


def lookups_of(
    catalog: Catalog, constraint: str, asked: tuple[KeyValues, ...], *, from_columns: bool = False
) -> list[KeyLookup]:
    (key,) = catalog.keys_named(constraint)
    return [KeyLookup(key, values, from_columns) for values in asked]


def ids(answer: LookupAnswer) -> list[str]:
    assert answer.uncastable is None
    return [holder.row.id for holder in answer.holders]


def test_a_tombstone_is_described_whole(polar: Database, target: ReadTarget) -> None:
    (answer,) = answers(target, E_MAIL, (ORG, "jane@example.com"))
    assert answer == LookupAnswer(
        (
            Holder(
                row=RowRef("customers", JANE, datetime(2026, 2, 3, 4, 5, 6, 789012, UTC)),
                deleted=True,
                values=(ORG, "jane@example.com"),
                created_at=datetime(2026, 1, 2, tzinfo=UTC),
                organization_id=ORG,
            ),
        )
    )


def test_the_same_e_mail_in_another_organization_is_somebody_else(
    polar: Database, target: ReadTarget
) -> None:
    (answer,) = answers(target, E_MAIL, (OTHER_ORG, "jane@example.com"))
    assert answer == LookupAnswer()


def test_values_are_compared_as_the_index_holds_them_not_folded_again(
    polar: Database, target: ReadTarget
) -> None:
    (answer,) = answers(target, E_MAIL, (ORG, "Jane@Example.com"))
    assert answer == LookupAnswer()


def test_answers_keep_the_order_of_the_questions_and_repeat_for_repeated_ones(
    polar: Database, target: ReadTarget
) -> None:
    asked = [(ORG, "nobody@e.com"), (ORG, "jane@example.com"), (OTHER_ORG, "john@example.com")]
    found = answers(target, E_MAIL, *asked, *reversed(asked))
    assert [ids(answer) for answer in found] == [[], [JANE], [JOHN], [JOHN], [JANE], []]


def test_look_ups_under_several_keys_are_answered_together(
    polar: Database, target: ReadTarget
) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        lookups = [
            *lookups_of(catalog, EXTERNAL, ((ORG, "ext-1"),)),
            *lookups_of(catalog, "organizations_pkey", ((ORG,),)),
            *lookups_of(catalog, E_MAIL, ((ORG, "jane@example.com"), (ORG, "x"))),
        ]
        found = find_holders(snapshot, catalog, lookups)
    assert [ids(answer) for answer in found] == [[JANE], [ORG], [JANE], []]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("not-a-uuid", "x"), "the value of organization_id is not a valid uuid"),
        ((ORG, "a\x00b"), "a value contains a NUL character, which PostgreSQL cannot hold"),
        ((ORG, "\ud800"), "a value is not valid Unicode"),
        ((ORG,), "1 values are no key of 2"),
        ((ORG, "x", "y"), "3 values are no key of 2"),
    ],
    ids=["not a uuid", "NUL", "lone surrogate", "too few", "too many"],
)
def test_a_value_that_does_not_fit_spoils_only_its_own_look_up(
    values: KeyValues, reason: str, polar: Database, target: ReadTarget
) -> None:
    good = (ORG, "jane@example.com")
    found = answers(target, E_MAIL, good, values, *[good] * 3, values)
    assert [answer.uncastable for answer in found] == [None, reason, None, None, None, reason]
    assert [ids(found[place]) for place in (0, 2, 3, 4)] == [[JANE]] * 4


def test_many_bad_values_among_a_thousand_good_ones_are_all_told_apart(
    polar: Database, target: ReadTarget
) -> None:
    asked: list[KeyValues] = [
        (f"bad-{n}" if n % 41 == 0 else ORG, "jane@example.com" if n % 3 else f"{n}@e.com")
        for n in range(2_500)
    ]
    found = answers(target, E_MAIL, *asked)
    for n, answer in enumerate(found):
        if n % 41 == 0:
            assert answer.uncastable == "the value of organization_id is not a valid uuid"
        else:
            assert ids(answer) == ([JANE] if n % 3 else [])


@pytest.mark.parametrize("type_", ["smallint", "numeric", "date", "boolean", "bytea", "int[]"])
def test_the_reason_names_column_and_type_and_keeps_the_value_to_itself(
    type_: str, database: Database, target: ReadTarget
) -> None:
    database.execute(f"CREATE TABLE t (id int PRIMARY KEY, a {type_} CONSTRAINT a_key UNIQUE)")
    secret = "\\jane@example.com"
    (answer,) = answers(target, "a_key", (secret,))
    spelled = "integer[]" if type_ == "int[]" else type_
    assert answer.uncastable == f"the value of a is not a valid {spelled}"


def test_sql_in_values_and_names_stays_data(database: Database, target: ReadTarget) -> None:
    name = "x\"; DROP TABLE victims; -- '"
    quoted = '"' + name.replace('"', '""') + '"'
    database.execute("CREATE TABLE victims (id int)")
    database.execute(f"CREATE TABLE {quoted} (id int PRIMARY KEY, {quoted} text UNIQUE)")
    database.execute(f"INSERT INTO {quoted} VALUES (1, $${name}$$)")
    (constraint,) = (
        row[0]
        for row in database.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'u'"
            " AND connamespace = 'public'::regnamespace"
        )
    )
    hostile = "'); DROP TABLE victims; --"
    found = answers(target, constraint, (name,), (hostile,), ("%s $1 :x \\",))
    assert [ids(answer) for answer in found] == [["1"], [], []]
    assert database.execute("SELECT count(*) FROM victims") == [(0,)]


def test_a_printed_null_is_null_or_the_text_null(database: Database, target: ReadTarget) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b uuid);"
        "CREATE UNIQUE INDEX t_same ON t (a, b) NULLS NOT DISTINCT;"
        f"INSERT INTO t VALUES (1, NULL, NULL), (2, 'null', NULL), (3, 'null', '{ORG}')"
    )
    found = answers(target, "t_same", (None, None), (None, ORG), ("x", None))
    assert [ids(answer) for answer in found] == [["1", "2"], ["3"], []]


def test_where_nulls_are_distinct_a_printed_null_was_the_text(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b uuid);"
        "CREATE UNIQUE INDEX t_differ ON t (a, b);"
        f"INSERT INTO t VALUES (1, NULL, '{ORG}'), (2, 'null', '{ORG}'), (3, 'null', NULL)"
    )
    found = answers(target, "t_differ", (None, ORG), ("null", None))
    assert [ids(answer) for answer in found] == [["2"], []]


def test_null_in_deleted_at_finds_the_live_row_beside_an_old_tombstone(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX t_live ON t (lower(email), deleted_at) NULLS NOT DISTINCT;"
        "INSERT INTO t VALUES (1, 'J@e.com', '2026-01-01Z'), (2, 'j@E.com', NULL)"
    )
    (answer,) = answers(target, "t_live", ("j@e.com", None))
    assert [(holder.row.id, holder.deleted) for holder in answer.holders] == [("2", False)]


def test_the_holder_is_the_row_that_the_index_contains(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, email text, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX t_live ON t (email) WHERE deleted_at IS NULL;"
        "CREATE UNIQUE INDEX t_gone ON t (email) WHERE deleted_at IS NOT NULL;"
        "INSERT INTO t VALUES (1, 'j@e.com', '2026-01-01Z'), (2, 'j@e.com', NULL)"
    )
    assert [ids(*answers(target, name, ("j@e.com",))) for name in ("t_live", "t_gone")] == [
        ["2"],
        ["1"],
    ]


def test_a_row_of_an_inheriting_table_holds_no_key_of_its_parent(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT a_key UNIQUE);"
        "CREATE TABLE child () INHERITS (t);"
        "INSERT INTO child VALUES (1, 'x')"
    )
    assert answers(target, "a_key", ("x",)) == [LookupAnswer()]


def test_an_invalid_index_is_looked_up_all_the_same(database: Database, target: ReadTarget) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text); CREATE UNIQUE INDEX a_key ON t (a);"
        "INSERT INTO t VALUES (1, 'x');"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'a_key'::regclass"
    )
    assert [ids(answer) for answer in answers(target, "a_key", ("x",), ("y",))] == [["1"], []]


def test_an_anonymized_tombstone_is_erased_and_still_holds_its_external_id(
    polar: Database, target: ReadTarget
) -> None:
    polar.execute("UPDATE customers SET email = 'a1b2@anonymized.invalid' WHERE id = %s", [JANE])
    (answer,) = answers(target, EXTERNAL, (ORG, "ext-1"))
    assert [(holder.row.id, holder.erased) for holder in answer.holders] == [(JANE, True)]


def test_a_live_row_of_a_deleted_parent_names_the_parent_deleted_first(
    polar: Database, target: ReadTarget
) -> None:
    polar.execute(
        f"UPDATE organizations SET deleted_at = '2026-03-01Z' WHERE id = '{ORG}';"
        f"INSERT INTO members (customer_id, organization_id, email) VALUES"
        f" ('{JANE}', '{ORG}', 'm@e.com'), ('{JOHN}', '{ORG}', 'n@e.com'),"
        f" ('{JOHN}', '{OTHER_ORG}', 'o@e.com')"
    )
    key = "members_customer_id_email_key"
    found = answers(target, key, (JANE, "m@e.com"), (JOHN, "n@e.com"), (JOHN, "o@e.com"))
    assert [answer.holders[0].parent for answer in found] == [
        RowRef("customers", JANE, datetime(2026, 2, 3, 4, 5, 6, 789012, UTC)),
        RowRef("organizations", ORG, datetime(2026, 3, 1, tzinfo=UTC)),
        None,
    ]


def test_a_deleted_row_needs_no_parent_to_blame(polar: Database, target: ReadTarget) -> None:
    polar.execute(f"UPDATE organizations SET deleted_at = now() WHERE id = '{ORG}'")
    (answer,) = answers(target, E_MAIL, (ORG, "jane@example.com"))
    assert answer.holders[0].parent is None


def test_a_reference_that_may_be_empty_is_no_parent(database: Database, target: ReadTarget) -> None:
    database.execute(
        "CREATE TABLE discounts (id int PRIMARY KEY, deleted_at timestamptz);"
        "CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT a_key UNIQUE,"
        " optional int REFERENCES discounts, owned int REFERENCES discounts ON DELETE CASCADE);"
        "INSERT INTO discounts VALUES (1, '2026-01-01Z');"
        "INSERT INTO t VALUES (1, 'x', 1, NULL), (2, 'y', NULL, 1)"
    )
    found = answers(target, "a_key", ("x",), ("y",))
    assert [answer.holders[0].parent is None for answer in found] == [True, False]


def test_a_row_of_an_archive_that_inherits_is_no_parent(
    database: Database, target: ReadTarget
) -> None:
    """It may well have the id of another: no key and no foreign key is over both."""
    database.execute(
        "CREATE TABLE above (id int PRIMARY KEY, deleted_at timestamptz);"
        "CREATE TABLE above_archive () INHERITS (above);"
        "CREATE TABLE t (id int, a text CONSTRAINT a_key UNIQUE, p int NOT NULL REFERENCES above);"
        "INSERT INTO above VALUES (1, NULL); INSERT INTO above_archive VALUES (1, '2026-01-01Z');"
        "INSERT INTO t VALUES (1, 'x', 1)"
    )
    (answer,) = answers(target, "a_key", ("x",))
    assert answer.holders[0].parent is None


def test_another_mark_of_deletion_that_says_otherwise_is_told(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT a_key UNIQUE,"
        " deleted_at timestamptz, is_deleted boolean,"
        " status text CHECK (status IN ('active', 'deleted')));"
        "INSERT INTO t VALUES (1, 'agreed', now(), true, 'active'), (2, 'half', NULL, true, NULL),"
        " (3, 'forgot', now(), false, NULL), (4, 'by status', NULL, false, 'deleted'),"
        " (5, 'live', NULL, NULL, 'active'), (6, 'older', now(), NULL, 'active')"
    )
    rows = ("agreed", "half", "forgot", "by status", "live", "older")
    found = [answer.holders[0] for answer in answers(target, "a_key", *((row,) for row in rows))]
    told = [row for row, holder in zip(rows, found, strict=True) if holder.contradicted]
    assert told == ["half", "forgot", "by status"]

    database.execute("CREATE UNIQUE INDEX by_flag ON t (a) WHERE is_deleted IS NOT TRUE")
    (older,) = answers(target, "by_flag", ("older",))
    assert older.holders[0].contradicted


def test_a_row_that_cannot_be_shown_spoils_only_its_own_look_up(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n int, a text CONSTRAINT a_key UNIQUE);"
        "INSERT INTO t SELECT v, v, 'a' || v FROM generate_series(0, 9) v"
    )
    spoiled = {"t": TableMapping(erased_when="100 / n > 50")}
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot, mapping=spoiled)
        (key,) = catalog.keys_named("a_key")
        found = find_holders(snapshot, catalog, [KeyLookup(key, (f"a{n}",)) for n in range(10)])
    assert [len(answer.holders) for answer in found] == [0, *[1] * 9]
    assert found[0].uncastable == "PostgreSQL cannot show the row that has them (22012)"


def test_a_table_that_refers_to_itself_finds_its_own_parent(
    database: Database, target: ReadTarget
) -> None:
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, deleted_at timestamptz,"
        " a text CONSTRAINT a_key UNIQUE, above int NOT NULL REFERENCES t);"
        "INSERT INTO t VALUES (1, '2026-01-01Z', 'x', 1), (2, NULL, 'y', 1)"
    )
    (answer,) = answers(target, "a_key", ("y",))
    assert answer.holders[0].parent == RowRef("t", "1", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("marker", "deleted_values"),
    [
        ("is_deleted boolean", "true"),
        ("deleted smallint NOT NULL DEFAULT 0", "1"),
        ("deleted_at timestamptz", "'infinity'"),
        ("deleted_at timestamptz NOT NULL DEFAULT 'infinity'", "'-infinity'"),
        ("status text DEFAULT 'active' CHECK (status IN ('active', 'deleted'))", "'deleted'"),
    ],
)
def test_a_marker_without_a_time_says_deleted_and_no_more(
    marker: str, deleted_values: str, database: Database, target: ReadTarget
) -> None:
    database.execute(
        f"CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT a_key UNIQUE, {marker});"
        f"INSERT INTO t VALUES (1, 'gone', {deleted_values}); INSERT INTO t VALUES (2, 'here')"
    )
    gone, here = answers(target, "a_key", ("gone",), ("here",))
    assert [(h.deleted, h.row.deleted_at) for h in gone.holders] == [(True, None)]
    assert [(h.deleted, h.row.deleted_at) for h in here.holders] == [(False, None)]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("timestamptz", "'2026-02-03 04:05:06+02'"),
        ("timestamp", "'2026-02-03 02:05:06'"),
        ("bigint", "1770084306"),
        ("bigint", "1770084306000"),
        ("bigint", "1770084306000000"),
        ("bigint", "1770084306000000000"),
    ],
)
def test_the_time_of_deletion_is_told_in_utc(
    type_: str, value: str, database: Database, target: ReadTarget
) -> None:
    database.execute(
        f"CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT a_key UNIQUE, deleted_at {type_});"
        f"INSERT INTO t VALUES (1, 'x', {value})"
    )
    (answer,) = answers(target, "a_key", ("x",))
    assert answer.holders[0].row.deleted_at == datetime(2026, 2, 3, 2, 5, 6, tzinfo=UTC)


def test_a_table_dropped_since_the_catalog_was_read_is_said_so(
    polar: Database, target: ReadTarget
) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
    polar.execute("ALTER TABLE customers RENAME COLUMN email TO e_mail")
    with target.snapshot() as snapshot:
        lookups = lookups_of(catalog, E_MAIL, ((ORG, "x"),))
        lookups += lookups_of(catalog, "organizations_pkey", ((ORG,),))
        changed, untouched = find_holders(snapshot, catalog, lookups)
    assert changed.uncastable == "customers has changed since the catalog was read"
    assert ids(untouched) == [ORG]


def test_a_key_of_another_catalog_is_not_looked_up(polar: Database, target: ReadTarget) -> None:
    with target.snapshot() as snapshot:
        catalog = read_catalog(snapshot)
        empty = Catalog(catalog.read_at, ())
        (answer,) = find_holders(snapshot, empty, lookups_of(catalog, E_MAIL, ((ORG, "x"),)))
    assert answer.uncastable == "the table is not in the catalog any more"


def test_equality_is_that_of_the_indexs_collation(database: Database, target: ReadTarget) -> None:
    collate_any_case(database)
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text);"
        "CREATE UNIQUE INDEX exact ON t (a); CREATE UNIQUE INDEX loose ON t (a COLLATE any_case);"
        "INSERT INTO t VALUES (1, 'Jane')"
    )
    found = [ids(*answers(target, name, ("JANE",))) for name in ("exact", "loose")]
    assert found == [[], ["1"]]
