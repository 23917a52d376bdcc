"""What a deleted row still blocks: the spellings that PostgreSQL prints, and every known trap."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.model import Blocks, KeyPart, MarkerKind, SoftDeleteMarker
from collectors.postgres.deletion import (
    besides_deletion,
    blocked,
    blocked_by_deleted,
)
from collectors.postgres.spellings import conjuncts

TIME = SoftDeleteMarker(
    "deleted_at", MarkerKind.TIMESTAMP, "deleted_at IS NOT NULL", "NULL", "deleted_at"
)
SENTINEL = SoftDeleteMarker(
    "deleted_at",
    MarkerKind.TIMESTAMP,
    "deleted_at <> 'infinity'::timestamp with time zone",
    "'infinity'::timestamp with time zone",
    "deleted_at",
)
FLAG = SoftDeleteMarker("is_deleted", MarkerKind.BOOLEAN, "is_deleted IS TRUE", "false", None)
ACTIVE = SoftDeleteMarker("active", MarkerKind.BOOLEAN, "active IS FALSE", "true", None)
NUMBERED = SoftDeleteMarker("state", MarkerKind.STATUS, "state = 3", "0", None)
EPOCH = SoftDeleteMarker("gone", MarkerKind.EPOCH, "COALESCE(gone, 0) <> 0", "0", None)
FLAG_OF_INT = replace(EPOCH, column="is_deleted", deleted="COALESCE(is_deleted, 0) <> 0")
UNSET = SoftDeleteMarker("gone", MarkerKind.EPOCH, "COALESCE(gone, -1) <> -1", "-1", None)
STATUS = SoftDeleteMarker("status", MarkerKind.STATUS, "status = 'deleted'", "'active'", None)
STATES = SoftDeleteMarker(
    "status", MarkerKind.STATUS, "status IN ('removed', 'deleted')", "'active'", None
)
ODD = SoftDeleteMarker('"Gone At"', MarkerKind.TIMESTAMP, '"Gone At" IS NOT NULL', "NULL", None)


def column(name: str, type_: str = "text") -> KeyPart:
    return KeyPart(name, (name,), type_, nullable=True)


def key(*parts: KeyPart, where: str | None = None) -> tuple[str | None, tuple[KeyPart, ...]]:
    return where, parts


@pytest.mark.parametrize(
    ("marker", "predicate"),
    [
        (STATES, "status <> ALL (ARRAY['deleted'::text, 'x'::text, 'removed'::text])"),
        (STATES, "status <> 'deleted'::text AND n > 1 AND status <> 'removed'::text"),
        (STATES, "status = 'active'::text"),
        (STATES, "status = ANY (ARRAY['active'::st, 'new'::st])"),
        (STATES, "status <> ALL (ARRAY['deleted'::st, 'removed'::st]) OR status IS NULL"),
        (TIME, "deleted_at IS NULL"),
        (TIME, "(deleted_at IS NULL) AND email <> ''::text"),
        (TIME, "email <> 'a AND b'::text AND (n > 1 AND deleted_at IS NULL)"),
        (TIME, "deleted_at IS NULL AND n > 1 OR deleted_at IS NULL AND n < 0"),
        (TIME, "NOT deleted_at IS NOT NULL"),
        (TIME, "NOT (deleted_at IS NOT NULL)"),
        (ODD, '"Gone At" IS NULL'),
        (SENTINEL, "deleted_at = 'infinity'::timestamp with time zone"),
        (FLAG, "NOT is_deleted"),
        (FLAG, "is_deleted = false"),
        (FLAG, "is_deleted IS FALSE"),
        (FLAG, "is_deleted IS NOT TRUE"),
        (FLAG, "COALESCE(is_deleted, false) = false"),
        (FLAG, "NOT COALESCE(is_deleted, false)"),
        (ACTIVE, "active"),
        (ACTIVE, "active = true"),
        (ACTIVE, "active IS NOT FALSE"),
        (ACTIVE, "COALESCE(active, true)"),
        (NUMBERED, "state <> 3"),
        (NUMBERED, "state <> '3'::smallint"),
        (NUMBERED, "state = 0"),
        (NUMBERED, "state = ANY (ARRAY[0, 1, 33])"),
        (NUMBERED, "state <> ALL (ARRAY[3, 4])"),
        (UNSET, "gone = '-1'::integer"),
        (UNSET, "COALESCE(gone, '-1'::integer) = '-1'::integer"),
        (EPOCH, "gone = 0"),
        (EPOCH, "gone = '0'::bigint"),
        (EPOCH, "COALESCE(gone, 0::bigint) = 0"),
        (STATUS, "status <> 'deleted'::text"),
        (STATUS, "status::text <> 'deleted'::character varying(20)::text"),
        (STATUS, "status = 'active'::shop.status"),
        (STATUS, "status = ANY (ARRAY['active'::text, 'paused'::text])"),
        (STATUS, "status::text = ANY (ARRAY['a'::character varying, 'b'::text]::text[])"),
        (STATUS, "(status <> ALL (ARRAY['x'::text, 'deleted'::text]))"),
        (STATUS, "status IS DISTINCT FROM 'deleted'::text"),
    ],
)
def test_a_predicate_that_excludes_deleted_rows_blocks_nothing(
    marker: SoftDeleteMarker, predicate: str
) -> None:
    assert blocked_by_deleted(*key(column("email"), where=predicate), marker) is Blocks.NOTHING


@pytest.mark.parametrize(
    ("expression", "effect"),
    [
        ("CASE WHEN deleted_at IS NULL THEN true END", Blocks.NOTHING),
        (
            "CASE\n    WHEN deleted_at IS NULL THEN true\n    ELSE NULL::boolean\nEND",
            Blocks.NOTHING,
        ),
        ("CASE WHEN deleted_at IS NOT NULL THEN NULL::boolean ELSE true END", Blocks.NOTHING),
        ("CASE WHEN deleted_at IS NULL THEN true ELSE false END", Blocks.DELETE),
        ("CASE WHEN deleted_at IS NOT NULL THEN true END", Blocks.DELETE),
        ("CASE WHEN n > 1 THEN true END", Blocks.DELETE),
    ],
)
def test_a_boolean_that_is_null_for_deleted_rows_lets_them_repeat(
    expression: str, effect: Blocks
) -> None:
    part = KeyPart(expression, ("deleted_at",), "boolean", nullable=True)
    assert blocked_by_deleted(*key(column("email"), part), TIME) is effect


@pytest.mark.parametrize(
    ("marker", "predicate"),
    [
        (ACTIVE, "email <> ''::text"),
        (UNSET, "gone = 0"),
        (NUMBERED, "state <> 4"),
        (NUMBERED, "state = ANY (ARRAY[1, 3])"),
        (NUMBERED, "state <> ALL (ARRAY[33, 4])"),
        (TIME, "email <> ''::text"),
        (TIME, "archived_at IS NULL"),
        (TIME, "deleted_at IS NULL OR n > 3"),
        (TIME, "(deleted_at IS NULL OR n > 3) AND email IS NOT NULL"),
        (TIME, "note = 'deleted_at IS NULL AND x'::text"),
        (TIME, "CASE WHEN n > 1 AND deleted_at IS NULL THEN true ELSE true END"),
        (SENTINEL, "deleted_at = 'epoch'::timestamp with time zone"),
        (FLAG, "is_deleted IS NOT NULL"),
        (FLAG, "NOT is_deleted_by_owner"),
        (EPOCH, "gone >= 0"),
        (STATES, "status <> 'deleted'::text"),
        (STATES, "status <> ALL (ARRAY['deleted'::text, 'spam'::text])"),
        (STATES, "status = ANY (ARRAY['active'::text, 'removed'::text])"),
        (STATUS, "status <> 'archived'::text"),
        (STATUS, "status <> ALL (ARRAY['x'::text, 'not deleted'::text])"),
        (STATUS, "status = ANY (ARRAY['active'::text, 'deleted'::text])"),
    ],
)
def test_a_predicate_about_something_else_leaves_creates_blocked(
    marker: SoftDeleteMarker, predicate: str
) -> None:
    assert blocked_by_deleted(*key(column("email"), where=predicate), marker) is Blocks.CREATE


@pytest.mark.parametrize(
    ("marker", "predicate"),
    [
        (TIME, "deleted_at IS NOT NULL"),
        (TIME, "n > 1 AND (deleted_at IS NOT NULL)"),
        (SENTINEL, "deleted_at <> 'infinity'::timestamp with time zone"),
        (FLAG, "is_deleted"),
        (FLAG, "is_deleted = true"),
        (EPOCH, "gone <> 0"),
        (EPOCH, "gone > '0'::bigint"),
        (STATUS, "status::text = 'deleted'::text"),
        (STATES, "status = 'removed'::text"),
        (STATES, "status = ANY (ARRAY['deleted'::text, 'removed'::text])"),
    ],
)
def test_an_inverted_predicate_blocks_the_second_delete(
    marker: SoftDeleteMarker, predicate: str
) -> None:
    assert blocked_by_deleted(*key(column("email"), where=predicate), marker) is Blocks.DELETE


LIVE_ONLY = KeyPart(
    "(CASE WHEN deleted_at IS NULL THEN email END)", ("deleted_at", "email"), "text", nullable=True
)
WHOLE_ROW = KeyPart("norm(items.*)", ("deleted_at", "email"), "text", nullable=True)
IS_LIVE = KeyPart("(deleted_at IS NULL)", ("deleted_at",), "boolean", nullable=True)


@pytest.mark.parametrize(
    ("parts", "marker", "blocks"),
    [
        ([column("email")], TIME, Blocks.CREATE),
        ([column("email"), column("deleted_at", "timestamp with time zone")], TIME, Blocks.NOTHING),
        ([column("email"), column("deleted_at", "date")], TIME, Blocks.DELETE),
        ([column("email"), column("is_deleted", "boolean")], FLAG, Blocks.DELETE),
        ([column("email"), column("gone", "bigint")], EPOCH, Blocks.NOTHING),
        ([column("email"), column("gone", "smallint")], EPOCH, Blocks.DELETE),
        ([column("email"), column("is_deleted", "integer")], FLAG_OF_INT, Blocks.DELETE),
        ([column("email"), column("is_deleted", "bigint")], FLAG_OF_INT, Blocks.NOTHING),
        ([column("email"), column("status")], STATUS, Blocks.DELETE),
        ([LIVE_ONLY], TIME, Blocks.NOTHING),
        ([column("email"), IS_LIVE], TIME, Blocks.DELETE),
        ([LIVE_ONLY, IS_LIVE], TIME, Blocks.NOTHING),
        ([WHOLE_ROW], TIME, Blocks.CREATE),
    ],
    ids=[
        "not in the key",
        "a time",
        "a day",
        "a boolean",
        "an epoch",
        "a 0/1 flag",
        "a number that is called a flag",
        "a number that is called a flag, with room for an id",
        "a status",
        "an expression that is null once deleted",
        "an expression that is boolean",
        "both",
        "a function of the whole row",
    ],
)
def test_a_marker_in_the_key_frees_creates_but_not_always_the_second_delete(
    parts: list[KeyPart], marker: SoftDeleteMarker, blocks: Blocks
) -> None:
    assert blocked_by_deleted(*key(*parts), marker) is blocks


def test_a_table_without_a_marker_has_no_deleted_rows_to_count() -> None:
    assert blocked(*key(column("email")), []) is Blocks.NOTHING


def test_respecting_one_of_two_markers_is_enough() -> None:
    respects_flag = key(column("email"), where="NOT is_deleted")
    assert blocked(*key(column("email")), [TIME, FLAG]) is Blocks.CREATE
    assert blocked(*respects_flag, [TIME, FLAG]) is Blocks.NOTHING
    assert blocked(*respects_flag, [TIME]) is Blocks.CREATE


@pytest.mark.parametrize(
    ("condition", "terms"),
    [
        ("a", ["a"]),
        ("a AND b AND c", ["a", "b", "c"]),
        ("((a) AND (b OR c AND d))", ["a", "b OR c AND d"]),
        ("f(a AND b) AND x = 'y AND z'::text", ["f(a AND b)", "x = 'y AND z'::text"]),
        ('"AND" AND "x AND y"', ['"AND"', '"x AND y"']),
        ("x = 'it''s AND' AND b", ["x = 'it''s AND'", "b"]),
        ("CASE WHEN a AND b THEN c END AND d", ["CASE WHEN a AND b THEN c END", "d"]),
        ("a OR b AND c", ["a OR b AND c"]),
        ("(a) OR (b)", ["(a) OR (b)"]),
    ],
)
def test_a_condition_is_cut_only_where_all_terms_must_hold(
    condition: str, terms: list[str]
) -> None:
    assert list(conjuncts(condition)) == terms


@pytest.mark.parametrize(
    ("where", "besides"),
    [
        (None, None),
        ("deleted_at IS NULL", None),
        ("deleted_at IS NOT NULL AND n > 1", "(n > 1)"),
        ("(deleted_at IS NULL) AND email <> ''::text AND n > 1", "(email <> ''::text) AND (n > 1)"),
        ("deleted_at IS NULL OR n > 1", "(deleted_at IS NULL OR n > 1)"),
        ("NOT is_deleted AND deleted_at IS NULL", None),
    ],
)
def test_what_a_predicate_asks_besides_deletion(where: str | None, besides: str | None) -> None:
    assert besides_deletion(where, [TIME, FLAG]) == besides


@pytest.mark.parametrize(
    ("marker", "where", "always", "filled"),
    [
        (TIME, "deleted_at IS NULL", True, True),
        (TIME, "deleted_at IS NULL AND n > 1 OR deleted_at IS NULL AND n < 0", False, False),
        (SENTINEL, "deleted_at = 'infinity'::timestamp with time zone", False, True),
        (
            SENTINEL,
            "deleted_at = 'infinity'::timestamp with time zone OR deleted_at IS NULL",
            True,
            True,
        ),
        (FLAG, "NOT is_deleted", False, True),
        (FLAG, "is_deleted = false", False, True),
        (FLAG, "is_deleted IS NOT TRUE", True, True),
        (FLAG, "NOT COALESCE(is_deleted, false)", True, True),
        (FLAG, "is_deleted = false OR is_deleted IS NULL", True, True),
        (ACTIVE, "active", False, True),
        (ACTIVE, "COALESCE(active, true) = true", True, True),
        (EPOCH, "gone = 0", False, True),
        (EPOCH, "COALESCE(gone, 0::bigint) = 0", True, True),
        (STATUS, "status = 'active'::text", False, False),
        (STATUS, "status <> 'deleted'::text", False, True),
        (STATUS, "status IS DISTINCT FROM 'deleted'::text", True, True),
        (STATUS, "status <> ALL (ARRAY['deleted'::text, 'spam'::text])", False, False),
    ],
)
def test_a_predicate_may_leave_live_rows_out(
    marker: SoftDeleteMarker, where: str, always: bool, filled: bool
) -> None:
    """`always`: it asks nothing more, though the mark may be NULL; `filled`: where it may not."""
    assert blocked_by_deleted(where, (), marker) is Blocks.NOTHING
    assert (besides_deletion(where, [marker], {marker.column}) is None) is always
    assert (besides_deletion(where, [marker]) is None) is filled


@pytest.mark.parametrize(
    ("parts", "where", "blocks"),
    [
        (("email",), None, Blocks.CREATE),
        (("email",), "NOT is_deleted", Blocks.NOTHING),
        (("email", "is_deleted"), None, Blocks.DELETE),
        (("email", "is_deleted", "deleted_at"), None, Blocks.NOTHING),
    ],
)
def test_two_markers_are_set_together(
    parts: tuple[str, ...], where: str | None, blocks: Blocks
) -> None:
    columns = [column(part, "boolean" if part == "is_deleted" else "text") for part in parts]
    assert blocked(*key(*columns, where=where), [TIME, FLAG]) is blocks
    assert blocked(*key(*columns, where=where), []) is Blocks.NOTHING
