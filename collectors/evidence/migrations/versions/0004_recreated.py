"""Failed Re-creations a day, customers a release, and what was counted a day without whose it is.

All of it is derived: the upgrade counts what is there, and triggers count along.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_DAY = 86_400_000_000
_FAILED = ("day", "environment", "table_name", "constraint_name", "any_release", "release")
_CUSTOMERS = ("last_day", "environment", "constraint_name", "release")
_COUNTED = ("target", "schema_name", "table_name", "topic", "constraint_name", "day")
_TYPES = {"day": sa.BigInteger, "last_day": sa.BigInteger, "any_release": sa.Boolean}
_PLACE = ("conflict_id", "occurred_at", "release", "environment", "constraint_name", "table_name")
_KIND = ("operation", "verdict")


def upgrade() -> None:
    """Add the tables, count what is there, and keep counting."""
    _create("failed_recreation_days", _FAILED, "customers")
    _create("release_customers", _CUSTOMERS, "customers")
    _create("counted_days", _COUNTED, "counted")
    _count_days()
    count_customers()


def count_customers() -> None:
    """Count failed Re-creations and customers afresh, and keep counting."""
    _count_failed()
    _count_of_releases()
    count_along()


def count_along() -> None:
    """Keep counting, by triggers."""
    moved = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _PLACE)
    update = f"UPDATE OF {', '.join((*_PLACE, *_KIND))}"
    for name, is_one, step in (
        ("recreation", _is_recreation, _step_failed),
        ("customer", _is_customer, _step_customers),
    ):
        _trigger(f"{name}_stored", "INSERT", is_one("new"), step("new", 1))
        _trigger(f"{name}_removed", "DELETE", is_one("old"), step("old", -1))
        left = f"{is_one('old')} AND ({moved} OR ({is_one('new')}) IS NOT TRUE)"
        came = f"{is_one('new')} AND ({moved} OR ({is_one('old')}) IS NOT TRUE)"
        _trigger(f"{name}_left", update, left, step("old", -1))
        _trigger(f"{name}_came", update, came, step("new", 1))


def _create(table: str, key: tuple[str, ...], number: str) -> None:
    columns = [sa.Column(name, _TYPES.get(name, sa.String)(), nullable=False) for name in key]
    counted = sa.Column(number, sa.Integer(), nullable=False)
    op.create_table(table, *columns, counted, sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"))


def _is_recreation(row: str) -> str:
    """A create that a Tombstone of its table stood in the way of."""
    return (
        f"{row}.conflict_id IS NOT NULL AND {row}.operation = 'create'"
        f" AND {row}.verdict IN ('BLOCKED_BY_TOMBSTONE', 'UNBLOCKED')"
    )


def _is_customer(row: str) -> str:
    """A Failure of this bug, by a customer that is known.

    SQLite compares with two words as they stand. For three in one list a trigger fills a table,
    each time that it is asked, which costs more than all else that it asks.
    """
    return (
        f"{row}.conflict_id IS NOT NULL AND ({row}.verdict = 'UNBLOCKED'"
        f" OR {row}.verdict IN ('BLOCKED_BY_TOMBSTONE', 'BLOCKED_BY_LEFTOVER'))"
    )


def _day(row: str) -> str:
    return f"({row}.occurred_at - {row}.occurred_at % {_DAY})"


def _text(row: str, name: str) -> str:
    return f"coalesce({row}.{name}, '')"


def _texts(row: str, names: tuple[str, ...]) -> str:
    return ", ".join(_text(row, name) for name in names)


def _count_failed() -> None:
    for any_release, release in ((1, "''"), (0, _text("f", "release"))):
        op.execute(
            f"INSERT INTO failed_recreation_days SELECT {_day('f')}, {_texts('f', _FAILED[1:4])},"
            f" {any_release}, {release}, count(DISTINCT f.conflict_id) FROM failures AS f"
            f" WHERE {_is_recreation('f')} GROUP BY 1, 2, 3, 4, 5, 6"
        )


def _count_of_releases() -> None:
    kinds = ", ".join(f"{_text('f', name)} AS {name}" for name in _CUSTOMERS[1:])
    op.execute(
        "INSERT INTO release_customers SELECT day, environment, constraint_name, release, count(*)"
        f" FROM (SELECT max({_day('f')}) AS day, {kinds} FROM failures AS f"
        f" WHERE {_is_customer('f')} GROUP BY f.conflict_id, 2, 3, 4) GROUP BY 1, 2, 3, 4"
    )


def _count_days() -> None:
    for table, topic, key, number in (
        ("create_days", "creates", "''", "creates"),
        ("recreation_days", "recreations", "constraint_name", "succeeded"),
    ):
        op.execute(
            f"INSERT INTO counted_days SELECT target, schema_name, table_name, '{topic}', {key},"
            f" day, sum({number}) FROM {table} GROUP BY 1, 2, 3, 4, 5, 6"
        )


def _step_failed(row: str, step: int) -> str:
    """One customer more or less, unless another Failure of that day keeps them counted."""
    same_release = f" AND {_text('other', 'release')} = {_text(row, 'release')}"
    return "".join(
        f"INSERT INTO failed_recreation_days SELECT {_day(row)}, {_texts(row, _FAILED[1:4])},"
        f" {any_release}, {release}, {step} WHERE NOT EXISTS (SELECT 1 {_others(row)}"
        f" AND {_is_recreation('other')} AND other.occurred_at >= {_day(row)}"
        f" AND other.occurred_at < {_day(row)} + {_DAY}{besides})"
        f" ON CONFLICT ({', '.join(_FAILED)}) DO UPDATE SET customers = customers + {step}; "
        for any_release, release, besides in (
            (1, "''", ""),
            (0, _text(row, "release"), same_release),
        )
    )


def _step_customers(row: str, step: int) -> str:
    """A customer stands at the newest of their Failures in the release: from or to the next one."""
    newest_other = (
        f"(SELECT {_day('other')} {_others(row)} AND {_is_customer('other')}"
        f" AND {_text('other', 'release')} = {_text(row, 'release')}"
        " ORDER BY other.occurred_at DESC LIMIT 1)"
    )
    kinds = _texts(row, _CUSTOMERS[1:])
    return "".join(
        f"INSERT INTO release_customers SELECT day, {kinds}, {change}"
        f" FROM (SELECT {day} AS day, {newest_other} AS before) WHERE {condition}"
        f" ON CONFLICT ({', '.join(_CUSTOMERS)}) DO UPDATE SET customers = customers + {change}; "
        for day, change, condition in (
            (_day(row), step, "before IS NULL OR before < day"),
            (newest_other, -step, f"before < {_day(row)}"),
        )
    )


def _others(row: str) -> str:
    """The other Failures of the same Conflict, environment and name of its key.

    Several environments may share its Target. Nothing but the Conflict may be looked up by an
    index: SQLite would take the environment's, and read half of a large store for each Failure.
    """
    return (
        f"FROM failures AS other WHERE other.conflict_id = {row}.conflict_id"
        f" AND other.event_id <> {row}.event_id"
        f" AND {_text('other', 'environment')} = {_text(row, 'environment')}"
        f" AND {_text('other', 'constraint_name')} = {_text(row, 'constraint_name')}"
        f" AND {_text('other', 'table_name')} = {_text(row, 'table_name')}"
    )


def _trigger(name: str, event: str, condition: str, body: str) -> None:
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON failures WHEN {condition} BEGIN {body}END")
