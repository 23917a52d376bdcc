"""Errors as the languages print their structures: Rust's `{:?}` and `{:#?}`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collectors.linking.message import read_message
from collectors.linking.violation import read_text

VALUES = ["jane@example.com", 'acme-"inc"', "CORP\\nick", "o'hara", "日本"]
MESSAGE = r"duplicate key value violates unique constraint \"u_login\""


def rust(value: str, some: str = "Some({0})", end: str = ", ") -> str:
    """What `{:?}` prints of sqlx's error."""
    told = f"Key (login)=({value}) already exists.".replace("\\", "\\\\").replace('"', '\\"')
    fields = {"severity": "Error", "code": '"23505"', "message": f'"{MESSAGE}"'}
    fields |= {
        "detail": some.format(f'"{told}"'),
        "hint": "None",
        "schema": some.format('"public"'),
    }
    fields |= {"table": some.format('"users"'), "constraint": some.format('"u_login"')}
    listed = end.join(f"{name}: {field}" for name, field in fields.items())
    return f"Database(PgDatabaseError {{{end[1:]}{listed}{end[1:]}}})"


def pretty(value: str) -> str:
    """What `{:#?}` prints of it: what is in `Some` stands in a line of its own."""
    return rust(value, "Some(\n            {0},\n        )", ",\n        ")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("printed", [rust, pretty])
def test_an_optional_field_is_what_stands_in_it(printed: Callable[[str], str], value: str) -> None:
    for key in (read_text(printed(value)).key, read_message(printed(value))):
        assert key is not None
        assert (key.constraint, key.schema, key.table) == ("u_login", "public", "users")
        assert key.splits == ((value,),)
