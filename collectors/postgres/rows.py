"""What a table's rows are read from, and what each is called by: pure."""

from __future__ import annotations

from collectors.model import KeyPart, Table, UniqueKey
from collectors.postgres.instants import epoch_sql, instant_sql
from collectors.postgres.printing import PRINTED_BY_CAST

ROW_ADDRESS = (
    KeyPart("tableoid", ("tableoid",), "oid", nullable=False),
    KeyPart("ctid", ("ctid",), "tid", nullable=False),
)
"""Partition and place of a row, where nothing better names it: an UPDATE gives it another."""

_NAMELESS = PRINTED_BY_CAST - {"text", "character varying"}
"""Types of which no value says who somebody is."""


def identity(table: Table) -> tuple[KeyPart, ...]:
    """What names a row: its primary key, else a key that is never null, else its address.

    Ids are stored in clear. A text that is unique and no primary key is what people go by, an
    e-mail address or an external ID: no such key names a row, and no primary key of such a column.
    """
    lasting = [key for key in table.keys if key.valid and _names_every_row(table, key)]
    lasting.sort(key=lambda key: not key.primary)
    return lasting[0].parts if lasting else ROW_ADDRESS


def source(table: Table, *, percent: float | None = None) -> str:
    """ONLY, because an index holds no row of an inheriting table, and no foreign key refers to one.

    A partitioned table has no rows of its own. `percent` of its pages are read, else all.
    """
    only = "" if table.partitioned else "ONLY "
    sample = "" if percent is None else f" TABLESAMPLE SYSTEM ({percent:.6f})"
    return f"{only}{table.qualified}{sample}"


def created_at(table: Table) -> str | None:
    """When a row was made, as a timestamptz; None where the table does not say."""
    column = table.column(table.created_at) if table.created_at else None
    if column is None:
        return None
    if column.category == "N":
        return epoch_sql(column.name)
    zoned = column.type.endswith("with time zone")
    return instant_sql(column.name, "timestamp with time zone" if zoned else column.type)


def _names_every_row(table: Table, key: UniqueKey) -> bool:
    plain = all(part.is_column and not part.nullable for part in key.parts)
    may_tell = key.primary and not table.personal_key
    nameless = may_tell or all(part.type in _NAMELESS for part in key.parts)
    return plain and nameless and key.predicate is None
