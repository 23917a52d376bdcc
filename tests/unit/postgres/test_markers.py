"""Columns that mean deletion, and columns that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.model import Column, MarkerKind, SoftDeleteMarker
from collectors.postgres.instants import instant_sql
from collectors.postgres.mapping import MarkerMapping
from collectors.postgres.markers import (
    ColumnFacts,
    created_column,
    find_markers,
    mapped_marker,
)

TZ = "timestamp with time zone"
BARE = "timestamp without time zone"


def facts(
    name: str,
    base: str,
    *,
    nullable: bool = True,
    default: str | None = None,
    category: str = "U",
    labels: tuple[str, ...] = (),
    fixed: bool = False,
    nulls: bool = False,
) -> ColumnFacts:
    quoted = name if name.islower() else f'"{name}"'
    column = Column(quoted, base, nullable, category=category)
    return ColumnFacts(column, name, base, default, labels, fixed, nulls)


def status(*labels: str, name: str = "status", default: str | None = None) -> ColumnFacts:
    return facts(name, "shade", category="E", labels=labels, default=default)


@pytest.mark.parametrize(
    ("column", "deleted", "live"),
    [
        (facts("deleted_at", TZ), "deleted_at IS NOT NULL", "NULL"),
        (facts("deletedAt", TZ), '"deletedAt" IS NOT NULL', "NULL"),
        (facts("DeletedOn", "date"), '"DeletedOn" IS NOT NULL', "NULL"),
        (facts("removed_at", BARE), "removed_at IS NOT NULL", "NULL"),
        (facts("DeletedOnUtc", TZ), '"DeletedOnUtc" IS NOT NULL', "NULL"),
        (facts("deleted_datetime", BARE), "deleted_datetime IS NOT NULL", "NULL"),
        (facts("date_deleted", BARE), "date_deleted IS NOT NULL", "NULL"),
        (facts("delete_time", TZ), "delete_time IS NOT NULL", "NULL"),
        (facts("discarded_at", BARE), "discarded_at IS NOT NULL", "NULL"),
        (
            facts("deleted_at", TZ, nullable=False, default="'infinity'::timestamp with time zone"),
            "deleted_at <> 'infinity'::timestamp with time zone",
            "'infinity'::timestamp with time zone",
        ),
        (
            facts("deleted_at", TZ, default="'infinity'::timestamp with time zone"),
            "deleted_at <> 'infinity'::timestamp with time zone",
            "'infinity'::timestamp with time zone",
        ),
        (
            facts("removed_on", "date", default="'9999-12-31'::date"),
            "removed_on <> '9999-12-31'::date",
            "'9999-12-31'::date",
        ),
        (
            facts("deleted_at", TZ, default="to_timestamp(0)", fixed=True),
            "deleted_at <> to_timestamp(0)",
            "to_timestamp(0)",
        ),
        (
            facts("deleted_at", TZ, default=f"NULL::{TZ}", fixed=True),
            "deleted_at IS NOT NULL",
            "NULL",
        ),
        (facts("DeletionTime", BARE), '"DeletionTime" IS NOT NULL', "NULL"),
        (
            facts(
                "deletion_timestamp",
                TZ,
                nullable=False,
                default="'1970-01-01 00:00:00+00'::timestamp with time zone",
            ),
            "deletion_timestamp <> '1970-01-01 00:00:00+00'::timestamp with time zone",
            "'1970-01-01 00:00:00+00'::timestamp with time zone",
        ),
        (facts("deleted_at", "double precision"), "COALESCE(deleted_at, 0) <> 0", "NULL"),
        (status("active", "soft_deleted"), "status = 'soft_deleted'", "'active'"),
        (facts("is_deleted", "boolean"), "is_deleted IS TRUE", "false"),
        (facts("isDeleted", "boolean"), '"isDeleted" IS TRUE', "false"),
        (facts("removed", "boolean"), "removed IS TRUE", "false"),
        (facts("soft_deleted", "boolean"), "soft_deleted IS TRUE", "false"),
        (facts("tombstone", "boolean"), "tombstone IS TRUE", "false"),
        (facts("tombstoned_at", TZ), "tombstoned_at IS NOT NULL", "NULL"),
        (facts("deleted_at", "bigint", nullable=False), "COALESCE(deleted_at, 0) <> 0", "0"),
        (facts("deleted_at", "bigint"), "COALESCE(deleted_at, 0) <> 0", "0"),
        (facts("deleted_at", "bigint", nulls=True), "COALESCE(deleted_at, 0) <> 0", "NULL"),
        (
            facts("stage", "text", category="S", labels=("Active", "Deleted")),
            "stage = 'Deleted'",
            "'Active'",
        ),
        (facts("deleted", "smallint", default="0"), "COALESCE(deleted, 0) <> 0", "0"),
        (
            facts("deleted_at", "bigint", nullable=False, default="'-1'::bigint"),
            "COALESCE(deleted_at, -1) <> -1",
            "-1",
        ),
        (facts("is_del", "smallint", default="0"), "COALESCE(is_del, 0) <> 0", "0"),
        (facts("isDelete", "boolean"), '"isDelete" IS TRUE', "false"),
        (facts("del_flag", "integer", default="0"), "COALESCE(del_flag, 0) <> 0", "0"),
        (facts("delete_flg", "boolean"), "delete_flg IS TRUE", "false"),
        (
            facts("del_yn", "character", default="'N'::bpchar", category="S"),
            "del_yn = 'Y'",
            "'N'::bpchar",
        ),
        (
            facts("deleted", "character", default="'N'::bpchar", category="S"),
            "deleted = 'Y'",
            "'N'::bpchar",
        ),
        (
            facts("is_deleted", "text", default="'false'::text", category="S"),
            "is_deleted = 'true'",
            "'false'::text",
        ),
        (facts("deleted", "bpchar", category="S", labels=("T", "F")), "deleted = 'T'", "'F'"),
        (status("active", "deleted"), "status = 'deleted'", "'active'"),
        (status("a", "removed", "deleted"), "status IN ('removed', 'deleted')", "'a'"),
        (status("OPEN", "DELETED"), "status = 'DELETED'", "'OPEN'"),
        (
            facts("deleted", "bpchar", category="S", labels=("N", "Y"), nullable=False),
            "deleted = 'Y'",
            "'N'",
        ),
        (
            facts("is_deleted", "bpchar", category="S", default="'F'::bpchar"),
            "is_deleted = 'T'",
            "'F'::bpchar",
        ),
        (
            facts("removed", "character varying", category="S", default="'No'::character varying"),
            "removed = 'Yes'",
            "'No'::character varying",
        ),
        (
            facts("is_deleted", "text", category="S", default="'0'::text", labels=("0", "1", "2")),
            "is_deleted IN ('1', '2')",
            "'0'::text",
        ),
        (
            facts("deleted", "bit", category="V", default="'0'::\"bit\""),
            "deleted = '1'",
            "'0'::\"bit\"",
        ),
        (
            status("a", "removed", name="lifecycle_state", default="'a'::shade"),
            "lifecycle_state = 'removed'",
            "'a'::shade",
        ),
    ],
)
def test_a_marker(column: ColumnFacts, deleted: str, live: str) -> None:
    (marker,) = find_markers([column])
    assert (marker.deleted, marker.live) == (deleted, live)


@pytest.mark.parametrize(
    "column",
    [
        facts("archived_at", TZ),
        facts("deleted_by", "uuid"),
        facts("deleted_at", "text"),
        facts("undeleted_at", TZ),
        facts("is_active", "boolean"),
        facts("deleted_at", TZ, nullable=False),
        facts("deleted_at", TZ, nullable=False, default="now()"),
        facts("deleted_at", TZ, default="never()"),
        facts("deleted_count", "integer"),
        status("active", "archived"),
        facts("status", "text", category="S"),
        facts("deleted", "text", category="S"),
        facts("deleted", "text", category="S", default="''::text"),
        facts("deleted", "text", category="S", default="'Y'::text"),
        facts("deleted", "text", category="S", labels=("0", "N", "Y")),
        facts("deleted_reason", "text", labels=("deleted",), category="S"),
        status("stored", "deleted", name="file_status"),
        status("active", "removed", name="avatarState"),
        status("trialing", "active", "deleted", name="subscription_status"),
        status("added", "modified", "removed"),
        facts("deleted", "text", labels=("no", "once", "twice"), category="S"),
        facts("deleted", "text", default="'never'::text", category="S"),
        facts("is_delivered", "boolean"),
        facts("action", "text", category="S", labels=("created", "updated", "deleted")),
        facts("stage", "text", category="S", labels=("active", "over")),
        facts("delflag_reason", "text", default="'N'::text", category="S"),
    ],
    ids=lambda column: f"{column.name} {column.base} {column.default}",
)
def test_no_marker(column: ColumnFacts) -> None:
    assert find_markers([column]) == ()


@pytest.mark.parametrize(
    ("column", "table", "marked"),
    [
        ("file_status", "files", True),
        ("file_status", "userFile", True),
        ("file_status", "profiles", False),
        ("category_state", "shop_categories", True),
        ("user_state", "users", True),
        ("user_state", "user_files", False),
        ("record_status", "invoices", True),
    ],
)
def test_a_status_of_the_row_itself_is_its_mark(column: str, table: str, marked: bool) -> None:
    assert bool(find_markers([status("new", "deleted", name=column)], table)) is marked


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ([facts("removed_at", TZ), facts("deleted_at", TZ)], ["deleted_at", "removed_at"]),
        ([facts("removed", "boolean"), facts("deleted", "boolean")], ["deleted", "removed"]),
        ([facts("delete_at", TZ), facts("deleted_at", TZ)], ["deleted_at"]),
        ([facts("delete_at", TZ), facts("is_deleted", "boolean")], ["delete_at", "is_deleted"]),
        ([facts("delete_on", "date"), facts("deleted_at", "bigint")], ["deleted_at"]),
    ],
    ids=lambda one: ", ".join(getattr(each, "name", each) for each in one),
)
def test_the_plainest_of_several_times_leads(columns: list[ColumnFacts], found: list[str]) -> None:
    assert [marker.column for marker in find_markers(columns)] == found


def test_a_flag_that_cannot_hold_a_time_tells_none() -> None:
    flag, number = (find_markers([facts("deleted", one)])[0] for one in ("smallint", "integer"))
    assert flag.since is None
    assert number.since is not None


def test_a_number_that_is_told_to_be_a_mark_leaves_no_doubt() -> None:
    column = facts("deleted", "bigint")
    (found,) = find_markers([column])
    assert found.doubt is not None
    assert mapped_marker(MarkerMapping("deleted", MarkerKind.EPOCH), column).doubt is None


def test_the_marker_that_knows_the_time_comes_first() -> None:
    columns = [
        status("active", "deleted"),
        facts("is_deleted", "boolean"),
        facts("deleted", "bigint"),
        facts("deleted_at", TZ),
    ]
    assert [marker.kind for marker in find_markers(columns)] == list(MarkerKind)


@pytest.mark.parametrize(
    ("mapping", "column", "marker"),
    [
        (
            MarkerMapping("closed_at", MarkerKind.TIMESTAMP),
            facts("closed_at", BARE),
            SoftDeleteMarker(
                "closed_at",
                MarkerKind.TIMESTAMP,
                "closed_at IS NOT NULL",
                "NULL",
                "closed_at::timestamp AT TIME ZONE 'UTC'",
            ),
        ),
        (
            MarkerMapping("deleted_by", MarkerKind.TIMESTAMP),
            facts("deleted_by", "uuid"),
            SoftDeleteMarker(
                "deleted_by", MarkerKind.TIMESTAMP, "deleted_by IS NOT NULL", "NULL", None
            ),
        ),
        (
            MarkerMapping("hidden", MarkerKind.BOOLEAN),
            facts("hidden", "boolean"),
            SoftDeleteMarker("hidden", MarkerKind.BOOLEAN, "hidden IS TRUE", "false", None),
        ),
        (
            MarkerMapping("active", MarkerKind.BOOLEAN, ("false",)),
            facts("active", "boolean"),
            SoftDeleteMarker("active", MarkerKind.BOOLEAN, "active IS FALSE", "true", None),
        ),
        (
            MarkerMapping("state", MarkerKind.STATUS, ("3",)),
            facts("state", "integer", default="0"),
            SoftDeleteMarker("state", MarkerKind.STATUS, "state = 3", "0", None),
        ),
        (
            MarkerMapping("state", MarkerKind.STATUS, ("3",)),
            facts("state", "integer", nullable=False),
            SoftDeleteMarker("state", MarkerKind.STATUS, "state = 3", "", None),
        ),
        (
            MarkerMapping("state", MarkerKind.STATUS, ("2", "3")),
            facts("state", "integer", default="0"),
            SoftDeleteMarker("state", MarkerKind.STATUS, "state IN (2, 3)", "0", None),
        ),
        (
            MarkerMapping("phase", MarkerKind.STATUS, ("it's gone",)),
            facts("phase", "text", default="'new'::text"),
            SoftDeleteMarker(
                "phase", MarkerKind.STATUS, "phase = 'it''s gone'", "'new'::text", None
            ),
        ),
        (
            MarkerMapping("gone", MarkerKind.STATUS, ("Y",)),
            facts("gone", "character", category="S"),
            SoftDeleteMarker("gone", MarkerKind.STATUS, "gone = 'Y'", "'N'", None),
        ),
        (
            MarkerMapping("enabled", MarkerKind.STATUS, ("false",)),
            facts("enabled", "text", category="S"),
            SoftDeleteMarker("enabled", MarkerKind.STATUS, "enabled = 'false'", "'true'", None),
        ),
        (
            MarkerMapping("deleted_at", MarkerKind.TIMESTAMP),
            facts("deleted_at", "text", category="S"),
            SoftDeleteMarker(
                "deleted_at",
                MarkerKind.TIMESTAMP,
                "deleted_at IS NOT NULL",
                "NULL",
                None,
                "deleted_at = ''",
            ),
        ),
    ],
    ids=[
        "timestamp",
        "who deleted it",
        "boolean",
        "boolean of the living",
        "status number",
        "status number without a default",
        "two status numbers",
        "status",
        "a yes in a text",
        "a no in a text",
        "a time in words",
    ],
)
def test_a_mapped_marker_needs_no_telling_name(
    mapping: MarkerMapping, column: ColumnFacts, marker: SoftDeleteMarker
) -> None:
    assert mapped_marker(mapping, column) == marker


def test_no_live_value_is_guessed_that_its_column_has_no_room_for() -> None:
    column = replace(facts("state", "character"), column=Column("state", "character(1)", False))
    assert mapped_marker(MarkerMapping("state", MarkerKind.STATUS, ("X",)), column).live == ""


@pytest.mark.parametrize(
    ("columns", "created"),
    [
        ([facts("created_at", TZ)], "created_at"),
        ([facts("CreatedAt", BARE)], '"CreatedAt"'),
        ([facts("created", "date"), facts("created_at", TZ)], "created_at"),
        ([facts("created_date", BARE)], "created_date"),
        ([facts("created_timestamp", "bigint")], "created_timestamp"),
        ([facts("created", "integer"), facts("date_added", TZ)], "date_added"),
        ([facts("created", "date"), facts("create_time", "bigint")], "create_time"),
        ([facts("created", "smallint")], None),
        ([facts("CreationTime", BARE)], '"CreationTime"'),
        ([facts("CreatedOnUtc", TZ)], '"CreatedOnUtc"'),
        ([facts("date_added", TZ)], "date_added"),
        ([facts("created_date", "date"), facts("created_time", TZ)], "created_time"),
        ([facts("created_by", TZ), facts("created_at", "text")], None),
        ([facts("recreated_at", TZ), facts("creator_time", TZ)], None),
    ],
)
def test_the_column_that_tells_when_a_row_was_made(
    columns: list[ColumnFacts], created: str | None
) -> None:
    assert created_column(columns) == created


def test_a_time_without_a_zone_is_taken_for_utc() -> None:
    assert instant_sql("d", TZ) == "d"
    assert instant_sql("d", BARE) == "d::timestamp AT TIME ZONE 'UTC'"
