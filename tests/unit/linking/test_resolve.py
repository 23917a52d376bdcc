"""From a Failure and the catalog to the question for the Target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.linking.judge import judge
from collectors.linking.question import KeyStanding
from collectors.linking.resolve import resolve
from collectors.model import (
    Confidence,
    KeyPart,
    MarkerKind,
    Partition,
    Table,
    UniqueKey,
    ValueSource,
    Verdict,
    ViolatedKey,
)
from tests.unit.linking.cases import (
    COLUMNS,
    CUSTOMERS,
    DAY,
    DELETED_PART,
    EMAIL,
    EMAIL_KEY,
    EMAIL_PART,
    EXTERNAL_PART,
    FLAG_KEY,
    MARKED,
    MENDED_KEY,
    ORGANIZATION,
    ORGANIZATION_PART,
    PARTIAL_KEY,
    UNTIMED,
    VALUES,
    by_fields,
    case,
    catalog,
    failure,
    held_by,
    row,
    violated,
)

SPELLINGS = {
    "as printed": COLUMNS,
    "with the parentheses of older servers": ("organization_id", "lower((email)::text)"),
    "without the cast": ("organization_id", "lower(email)"),
    "with a sized type": ("organization_id", "lower((email)::character varying(320))"),
    "with a numeric type": ("organization_id::numeric(10,2)", "lower(email)"),
    "quoted": ('"organization_id"', 'lower("email"::text)'),
    "with spaces": (" organization_id ", "lower( email :: text )"),
    "with schema names": ("organization_id", "pg_catalog.lower(email::pg_catalog.text)"),
    "in capitals": ("ORGANIZATION_ID", "LOWER(email)"),
    "with an array type": ("organization_id::uuid[]", "(lower(email))"),
    "with a zoned type": ("organization_id::timestamp(3) without time zone", "lower(email)"),
}


@pytest.mark.parametrize("columns", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_the_catalogs_own_key_is_asked_however_its_columns_are_spelled(
    columns: tuple[str, ...],
) -> None:
    question = resolve(failure(violated(columns=columns)), catalog())
    assert question.standing is KeyStanding.AS_REPORTED
    assert question.asked_as is EMAIL_KEY
    assert [lookup.key for lookup in question.lookups] == [EMAIL_KEY]
    assert question.lookups[0].values == VALUES
    assert question.note is None


OTHERS = {
    "another function": ("organization_id", "upper(email)"),
    "another column": ("organization_id", "name"),
    "a literal": ("organization_id", "'lower(email)'"),
    "SQL": ("organization_id", "1); DROP TABLE customers; --"),
    "unclosed": ("organization_id", "lower((email"),
    "closed too often": ("organization_id", "))name::"),
    "far too long": ("organization_id", "lower(" * 1_000),
    "empty": ("organization_id", ""),
}


@pytest.mark.parametrize("columns", OTHERS.values(), ids=OTHERS.keys())
def test_columns_that_the_catalog_does_not_know_are_not_asked(columns: tuple[str, ...]) -> None:
    question = resolve(failure(violated(columns=columns)), catalog())
    assert question.standing is KeyStanding.CHANGED
    assert question.lookups == ()
    assert question.note is not None
    assert "other columns today" in question.note


def test_values_follow_their_columns_when_the_key_was_reordered() -> None:
    key = violated(columns=COLUMNS[::-1], splits=(VALUES[::-1],))
    question = resolve(failure(key), catalog())
    assert question.standing is KeyStanding.AS_REPORTED
    assert question.lookups[0].values == VALUES


def test_a_key_without_columns_is_asked_if_the_number_of_values_fits() -> None:
    fits = resolve(failure(violated(columns=())), catalog())
    assert fits.lookups[0].values == VALUES
    too_few = resolve(failure(violated(columns=(), splits=((EMAIL,),))), catalog())
    assert too_few.lookups == ()


def test_what_is_no_unique_violation_asks_nothing() -> None:
    question = resolve(failure(None, other="a timeout"), catalog())
    assert (question.key, question.lookups, question.standing) == (None, (), KeyStanding.UNKNOWN)


# --- a key that changed ---------------------------------------------------------------------------


def test_a_mended_key_is_asked_by_the_events_own_columns() -> None:
    mended = replace(MENDED_KEY, predicate="email IS NOT NULL")
    question = resolve(failure(violated()), catalog(mended))
    assert question.standing is KeyStanding.CHANGED
    assert question.key is mended
    assert question.asked_as is not None
    assert question.asked_as.columns == COLUMNS
    assert question.asked_as.predicate is None
    assert question.lookups[0].key is question.asked_as
    assert question.counted_then
    assert not question.counts_now
    assert question.only_marker_changed


def test_a_null_in_the_markers_place_says_that_the_holder_was_live() -> None:
    key = violated(columns=MARKED, splits=((*VALUES, None),))
    question = resolve(failure(key), catalog(MENDED_KEY))
    assert question.standing is KeyStanding.AS_REPORTED
    assert question.asked_as is MENDED_KEY
    assert question.holder_was_live is True
    assert not question.counted_then
    assert question.readings == ((*VALUES, None),)
    assert question.lookups[0].key.parts == (ORGANIZATION_PART, EMAIL_PART)
    assert question.lookups[0].values == VALUES


def test_a_marker_that_the_key_has_lost_is_still_understood() -> None:
    key = violated(columns=MARKED, splits=((*VALUES, None),))
    question = resolve(failure(key), catalog())
    assert question.standing is KeyStanding.CHANGED
    assert question.asked_as is not None
    assert question.asked_as.columns == MARKED
    assert not question.asked_as.counts_deleted
    assert question.holder_was_live is True
    assert not question.counted_then


MARKERS = {
    "a time": (MENDED_KEY, "deleted_at", "2026-01-01 00:00:00+00", False),
    "false": (FLAG_KEY, "is_deleted", "f", True),
    "true": (FLAG_KEY, "is_deleted", "t", False),
}


@pytest.mark.parametrize(("key", "column", "value", "live"), MARKERS.values(), ids=MARKERS.keys())
def test_the_printed_marker_tells_what_the_holder_was(
    key: UniqueKey, column: str, value: str, live: bool
) -> None:
    marker = UNTIMED if column == "is_deleted" else CUSTOMERS.marker
    told = violated(columns=(*COLUMNS, column), splits=((*VALUES, value),))
    question = resolve(failure(told), catalog(key, marker=marker))
    assert question.holder_was_live is live
    assert len(question.lookups[0].key.parts) == (2 if live else 3)


@pytest.mark.parametrize(
    ("kind", "deleted", "live_value", "printed"),
    [
        (MarkerKind.STATUS, "status = 'gone'", "'trial'", ("trial", "gone")),
        (MarkerKind.STATUS, "status = 3", "0", ("33", "3")),
        (MarkerKind.BOOLEAN, "status IS FALSE", "true", ("t", "f")),
    ],
    ids=["a status", "a status of numbers", "a boolean that says active"],
)
def test_a_state_is_live_unless_it_is_the_deleted_one(
    kind: MarkerKind, deleted: str, live_value: str, printed: tuple[str, str]
) -> None:
    part = KeyPart("status", ("status",), "text", nullable=False)
    marker = replace(UNTIMED, column="status", kind=kind, deleted=deleted, live=live_value)
    today = catalog(replace(EMAIL_KEY, parts=(EMAIL_PART, part)), marker=marker)
    columns = ("lower(email)", "status")
    for printed_state, live in zip(printed, (True, False), strict=True):
        told = violated(columns=columns, splits=((EMAIL, printed_state),))
        assert resolve(failure(told), today).holder_was_live is live


def test_a_marker_inside_an_expression_says_nothing_and_is_not_asked() -> None:
    part = KeyPart("COALESCE(deleted_at, 'infinity'::timestamptz)", ("deleted_at",), "x", True)
    key = replace(MENDED_KEY, parts=(ORGANIZATION_PART, EMAIL_PART, part))
    told = violated(columns=key.columns, splits=((*VALUES, "infinity"),))
    question = resolve(failure(told), catalog(key))
    assert question.holder_was_live is None
    assert not question.counted_then
    assert question.lookups[0].values == VALUES


def test_a_key_of_nothing_but_the_marker_is_asked_whole() -> None:
    key = replace(MENDED_KEY, parts=(DELETED_PART,))
    told = violated(columns=("deleted_at",), splits=((None,),))
    assert resolve(failure(told), catalog(key)).lookups[0].key == key


def test_columns_that_are_gone_do_no_harm_if_todays_key_is_among_the_others() -> None:
    told = violated(columns=(*COLUMNS, "region"), splits=((*VALUES, "eu"),))
    question = resolve(failure(told), catalog())
    assert question.standing is KeyStanding.CHANGED
    assert question.asked_as is EMAIL_KEY
    assert question.lookups[0].values == VALUES
    assert not question.only_marker_changed


def test_a_column_that_left_the_key_is_asked_as_a_plain_one() -> None:
    told = violated(columns=("organization_id", "email"), splits=((ORGANIZATION, "Jane"),))
    question = resolve(failure(told), catalog())
    assert question.asked_as is not None
    assert question.counted_then
    assert question.asked_as.parts[1] == KeyPart("email", ("email",), "character varying", False)
    assert not question.only_marker_changed


OPEN = {
    "a column that is none of the key's": ("external_id",),
    "the key's column in place of another": ("organization_id", "external_id"),
}


@pytest.mark.parametrize("columns", OPEN.values(), ids=OPEN.keys())
@pytest.mark.parametrize("today", [EMAIL_KEY, MENDED_KEY, PARTIAL_KEY], ids=lambda key: key.columns)
def test_columns_that_leave_a_part_of_todays_key_open_are_not_asked(
    columns: tuple[str, ...], today: UniqueKey
) -> None:
    told = violated(columns=columns, splits=(VALUES[: len(columns)],))
    question = resolve(failure(told), catalog(today))
    assert question.key is today
    assert question.lookups == ()
    assert question.note is not None


def test_rows_alike_in_the_events_columns_are_candidates_under_a_key_that_has_more() -> None:
    told = violated(columns=("lower(email)",), splits=((EMAIL,),))
    question = resolve(failure(told), catalog())
    assert question.standing is KeyStanding.WIDENED
    (lookup,) = question.lookups
    assert (lookup.key, lookup.parts, lookup.values) == (EMAIL_KEY, (EMAIL_PART,), (EMAIL,))


def test_whose_row_it_was_makes_no_candidates() -> None:
    told = violated(columns=("organization_id",), splits=((ORGANIZATION,),))
    question = resolve(failure(told), catalog(organization="organization_id"))
    assert question.lookups == ()


def test_a_key_of_other_columns_finds_only_rows_that_todays_index_holds() -> None:
    today = replace(EMAIL_KEY, predicate="kind = 'paid'")
    told = violated(columns=("organization_id", "email"), splits=((ORGANIZATION, "Jane"),))
    question = resolve(failure(told), catalog(today))
    assert question.lookups[0].key.predicate == today.predicate


def test_a_key_whose_deleted_rows_repeat_counts_the_one_that_was_printed() -> None:
    told = violated(columns=MARKED, splits=((*VALUES, "2026-01-01 00:00:00+00"),))
    question = resolve(failure(told), catalog(MENDED_KEY))
    assert question.counted_then
    assert question.counts_now
    lost = resolve(failure(told), catalog(PARTIAL_KEY))
    assert lost.counted_then
    assert not lost.counts_now


def test_an_expression_of_a_sister_key_is_known() -> None:
    told = violated(columns=("organization_id", "external_id", "lower(email)"))
    told = replace(told, splits=((ORGANIZATION, "x-1", EMAIL),))
    question = resolve(failure(told), catalog())
    assert question.asked_as is not None
    assert question.asked_as.parts == (ORGANIZATION_PART, EMAIL_PART, EXTERNAL_PART)
    assert question.lookups[0].values == (ORGANIZATION, EMAIL, "x-1")


def test_the_same_change_of_a_key_gives_the_same_object() -> None:
    today = catalog(MENDED_KEY)
    first, second = (resolve(failure(violated()), today) for _ in range(2))
    assert first.lookups[0].key is second.lookups[0].key


# --- a key by another name ------------------------------------------------------------------------

OLD_NAME = "customers_email_key_of_long_ago"


def test_a_renamed_key_is_found_by_table_and_columns() -> None:
    told = violated(constraint=OLD_NAME, table="public.customers")
    question = resolve(failure(told), catalog())
    assert question.standing is KeyStanding.RENAMED
    assert question.key is EMAIL_KEY
    assert question.note is not None
    assert EMAIL_KEY.name in question.note
    assert OLD_NAME not in question.note


def test_a_key_that_replaced_it_with_a_marker_is_found_too() -> None:
    told = violated(constraint=OLD_NAME, table="customers")
    question = resolve(failure(told), catalog(MENDED_KEY))
    assert question.standing is KeyStanding.RENAMED
    assert question.counted_then
    assert not question.counts_now


def test_a_message_without_a_name_is_matched_by_table_and_columns() -> None:
    question = resolve(failure(violated(constraint=None, table="customers")), catalog())
    assert question.standing is KeyStanding.RENAMED
    assert question.note is not None
    assert "names no unique key" in question.note


ALIKE = replace(CUSTOMERS, name="customer", keys=(replace(EMAIL_KEY, table="customer"),))
SURVEYS = replace(CUSTOMERS, name="surveys", keys=(replace(EMAIL_KEY, table="surveys"),))


@pytest.mark.parametrize(
    ("model", "columns", "more", "standing"),
    [
        ("Customer", ("organizationId", "lower(email)"), (), KeyStanding.RENAMED),
        ("customer", COLUMNS, (), KeyStanding.RENAMED),
        ("Customer", COLUMNS, (ALIKE,), KeyStanding.AMBIGUOUS),
        ("customer", COLUMNS, (ALIKE,), KeyStanding.RENAMED),
        ("Customer", ("organizationId", "email"), (), KeyStanding.UNKNOWN),
        ("Custom", COLUMNS, (), KeyStanding.UNKNOWN),
        ("Survey", COLUMNS, (SURVEYS,), KeyStanding.RENAMED),
    ],
    ids=[
        *("another style", "singular", "two alike", "one exactly", "other columns"),
        *("no such table", "a plural in -ys"),
    ],
)
def test_a_model_means_the_table_that_sounds_like_it(
    model: str, columns: tuple[str, ...], more: tuple[Table, ...], standing: KeyStanding
) -> None:
    told = violated(constraint=None, table=model, columns=columns)
    question = resolve(failure(told), catalog(more=more))
    assert question.standing is standing
    told = replace(told, constraint=OLD_NAME)
    assert resolve(failure(told), catalog()).standing is KeyStanding.UNKNOWN


UNKNOWN = {
    "an unknown name alone": violated(constraint=OLD_NAME, columns=()),
    "an unknown name without a table": violated(constraint=OLD_NAME),
    "an unknown name of a table without such columns": violated(
        constraint=OLD_NAME, table="customers", columns=("name",)
    ),
    "an unknown name of another schema's table": violated(
        constraint=OLD_NAME, table="customers", schema="billing"
    ),
    "a known name of another schema's table": violated(table="customers", schema="tenant_b"),
    "no name, no table, and not the database's words": violated(
        constraint=None, source=ValueSource.MESSAGE
    ),
    "no name, no table, and no such columns": violated(constraint=None, columns=("a", "b")),
    "SQL for a name": violated(constraint="x'; DROP TABLE customers; --", columns=()),
}


@pytest.mark.parametrize("told", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_key_is_never_asked(told: ViolatedKey) -> None:
    question = resolve(failure(told), catalog())
    assert question.standing is KeyStanding.UNKNOWN
    assert (question.key, question.lookups) == (None, ())
    assert question.note is not None
    assert "DROP" not in question.note


@pytest.mark.parametrize(
    ("more", "asked", "says"),
    [
        ((), 1, "Only one known unique key fits"),
        ((ALIKE,), 2, "Several unique keys fit"),
        (tuple(replace(ALIKE, schema=f"t{n}") for n in range(5)), 0, "The event does not say"),
    ],
    ids=["one", "two", "too many"],
)
def test_detail_alone_has_candidates_at_most(
    more: tuple[Table, ...], asked: int, says: str
) -> None:
    """`Key (…)=(…) already exists.` is what applications answer with, of whatever table."""
    more = tuple(
        replace(one, keys=tuple(replace(key, schema=one.schema) for key in one.keys))
        for one in more
    )
    question = resolve(failure(violated(constraint=None)), catalog(more=more))
    assert question.standing is (KeyStanding.AMBIGUOUS if asked else KeyStanding.UNKNOWN)
    assert (question.key, len(question.lookups)) == (None, asked)
    assert (question.note or "").startswith(says)


def test_a_key_that_was_never_finished_does_not_replace_another() -> None:
    told = violated(constraint=OLD_NAME, table="customers")
    question = resolve(failure(told), catalog(replace(EMAIL_KEY, valid=False)))
    assert question.standing is KeyStanding.UNKNOWN


def test_a_partitions_own_index_name_means_the_partitioned_key() -> None:
    key = replace(EMAIL_KEY, aliases=("customers_2026_email_idx",))
    told = violated(constraint="customers_2026_email_idx")
    assert resolve(failure(told), catalog(key)).key is key


# --- a name that two tables have ------------------------------------------------------------------


def twin(**facts: object) -> Table:
    key = replace(EMAIL_KEY, schema="archive", **facts)  # type: ignore[arg-type]
    return replace(CUSTOMERS, schema="archive", keys=(key,))


def test_of_a_name_in_hundreds_of_schemas_only_a_few_are_listed() -> None:
    tenants = [replace(EMAIL_KEY, schema=f"tenant_{n:03}") for n in range(200)]
    more = tuple(replace(CUSTOMERS, schema=key.schema, keys=(key,)) for key in tenants)
    note = resolve(failure(violated()), catalog(more=more)).note
    assert note is not None
    assert "tenant_003.customers and 196 more tables)" in note


def test_a_name_in_two_schemas_leaves_candidates_only() -> None:
    question = resolve(failure(violated()), catalog(more=(twin(),)))
    assert question.standing is KeyStanding.AMBIGUOUS
    assert question.key is None
    assert {lookup.key.schema for lookup in question.lookups} == {"public", "archive"}
    assert question.readings == (None, None)


TELLING = {
    "the schema": (violated(schema="archive"), twin(), "archive"),
    "the table": (violated(table="archive.customers"), twin(), "archive"),
    "the columns": (violated(), twin(parts=(EXTERNAL_PART,)), "public"),
}


@pytest.mark.parametrize(("told", "other", "schema"), TELLING.values(), ids=TELLING.keys())
def test_whatever_tells_two_keys_of_one_name_apart_is_used(
    told: ViolatedKey, other: Table, schema: str
) -> None:
    question = resolve(failure(told), catalog(more=(other,)))
    assert question.key is not None
    assert question.key.schema == schema


def test_a_partition_of_another_schema_is_the_tables_own() -> None:
    told = violated(table="customers_2026", schema="parts")
    part = Partition("parts", "customers_2026", "public", "customers", partitioned=False)
    today = catalog(partitions=(part,))
    question = resolve(failure(told), today)
    assert (question.key, question.note) == (EMAIL_KEY, None)


@pytest.mark.parametrize(
    "told", [violated(schema="api"), violated(table="api.customers")], ids=["alone", "a statement"]
)
def test_another_schema_that_the_server_need_not_have_named_is_a_doubt(told: ViolatedKey) -> None:
    """A view before the table has a schema of its own, and so may a word beside the message."""
    said = judge(case(held_by(row(deleted=-DAY)), key=told))
    assert (said.verdict, said.confidence) == (Verdict.BLOCKED_BY_TOMBSTONE, Confidence.LIKELY)
    assert "The event names the schema api" in " ".join(said.reasons)


MEMBERS = replace(CUSTOMERS, name="members", keys=())


@pytest.mark.parametrize(
    ("told", "more", "sure"),
    [
        ("members", (MEMBERS,), False),
        ("public.members", (MEMBERS,), False),
        ("other.members", (MEMBERS,), True),
        ("members", (), True),
        ("members", (replace(MEMBERS, inherited=True),), True),
        ("customers", (MEMBERS,), True),
        ("customers_2026", (MEMBERS,), True),
    ],
    ids=["another", "qualified", "elsewhere", "a view", "inherited", "its own", "a partition"],
)
def test_what_is_written_into_another_table_is_not_the_keys(
    told: str, more: tuple[Table, ...], sure: bool
) -> None:
    part = Partition("public", "customers_2026", "public", "customers", partitioned=False)
    today = catalog(more=more, partitions=(part,))
    fields = (("organization_id", ORGANIZATION), ("email", EMAIL))
    said = judge(case(held_by(row(deleted=-DAY)), key=by_fields(*fields, table=told), today=today))
    assert (said.blocker is not None) is sure
    assert sure or [one.id for one in said.candidates] == ["a"]
    assert sure or "writes into members" in said.reasons[0]


def test_a_printed_key_asks_no_other_key_by_what_went_into_another_table() -> None:
    told = violated(table="members", fields=(("external_id", "x-1"),))
    assert resolve(failure(told), catalog(more=(MEMBERS,))).others == ()


def test_two_keys_that_might_have_replaced_it_leave_candidates_only() -> None:
    told = violated(constraint=OLD_NAME, table="customers")
    question = resolve(failure(told), catalog(EMAIL_KEY, replace(PARTIAL_KEY, name="other")))
    assert question.standing is KeyStanding.AMBIGUOUS


def test_a_legacy_index_that_repeats_another_is_no_second_key() -> None:
    told = violated(constraint=OLD_NAME, table="customers")
    question = resolve(failure(told), catalog(EMAIL_KEY, replace(EMAIL_KEY, name="legacy")))
    assert question.key is EMAIL_KEY


def test_a_key_whose_table_is_missing_from_the_catalog_is_not_asked() -> None:
    stray = replace(EMAIL_KEY, table="customers_old")
    question = resolve(failure(violated()), catalog(stray))
    assert question.lookups == ()
