"""Errors as the languages print their structures: Rust's `{:?}` and `{:#?}`, Erlang's terms."""

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


def erlang(value: str, *, counted: bool, until: int | None = None) -> str:
    """epgsql's error as `~p` prints it: bytes beyond Latin-1's letters make all of them numbers."""
    told = f"Key (login)=({value}) already exists.".encode()
    numbers = ",".join(map(str, told[:until])).replace(",32,", ",32,\n   ")
    cut = ",..." if until else ""
    shown = f"<<{numbers}{cut}>>" if counted else f'<<"{told.decode("latin-1")}">>'
    fields = (
        f'{{constraint_name,<<"u_login">>}},\n {{detail,{shown}}},\n {{table_name,<<"users">>}}'
    )
    return f'{{error,{{error,<<"23505">>,unique_violation,<<"{MESSAGE}">>,\n[{fields}]}}}}'


@pytest.mark.parametrize(
    ("value", "counted"), [("日本", True), ("José", True), ("José", False), ("jane@e.com", False)]
)
def test_a_text_that_erlang_prints_as_bytes_is_that_text(value: str, counted: bool) -> None:
    key = read_message(erlang(value, counted=counted))
    assert key is not None
    assert (key.constraint, key.table, key.splits) == ("u_login", "users", ((value,),))


def test_bytes_that_are_cut_tell_no_value() -> None:
    key = read_message(erlang("jane@example.com", counted=True, until=20))
    assert key is not None
    assert (key.constraint, key.columns, key.splits) == ("u_login", ("login",), ())


@pytest.mark.parametrize("printed", ["bell\\a", "tab\\v", "esc\\e", "del\\d"])
def test_control_characters_are_no_letters(printed: str) -> None:
    """As Go, Ruby and Elixir print them."""
    value = printed[:-2] + {"a": "\a", "v": "\v", "e": "\x1b", "d": "\x7f"}[printed[-1]]
    text = f'msg="{MESSAGE}" detail="Key (login)=({printed}) already exists." line=7'
    key = read_message(text)
    assert key is not None
    assert key.splits == ((value,),)


def test_a_field_of_erlangs_is_unescaped_in_any_language() -> None:
    told = r"Ya existe la llave (login)=(acme-\"inc\")."
    key = read_message(
        f'{{error,<<"23505">>,unique_violation,[{{constraint_name,<<"u_login">>}},'
        f'{{detail,<<"{told}">>}}]}}'
    )
    assert key is not None
    assert (key.constraint, key.splits) == ("u_login", (('acme-"inc"',),))


def test_a_sentence_that_ends_with_its_tuple_ends_at_a_comma() -> None:
    """As Swift prints the fields of an error, without quotes around them."""
    key = read_message(
        "PSQLError(code: server, serverInfo: [sqlState: 23505, detail: Ya existe la llave "
        "(login)=(jane@example.com)., file: nbtinsert.c, message: llave duplicada viola "
        "restricción de unicidad «u_login», constraintName: u_login, tableName: users])"
    )
    assert key is not None
    assert (key.constraint, key.table, key.splits) == ("u_login", "users", (("jane@example.com",),))


STORED = f"{MESSAGE} Key (login)=(by) already exists."
OWN = 'Detail:"Key (login)=(j) already exists."'
GO = f'&pgconn.PgError{{Code:"23505", Message:"{MESSAGE}", {OWN}}}'


@pytest.mark.parametrize(
    "text",
    [
        f'CreateError {{ input: New {{ login: "j", bio: "{STORED}" }}, source: {rust("j")} }}',
        f'CreateError {{\n  input: New {{\n bio: "{STORED}",\n }},\n source: {pretty("j")} }}',
        f'create main.New{{Login:"j", Bio:"{STORED}"}}: {GO}',
        f'CreateError {{ source: {rust("j")}, input: New {{ login: "j", bio: "{STORED}" }} }}',
    ],
    ids=["rust", "rust, over many lines", "go", "behind the error"],
)
def test_a_sentence_in_the_row_that_is_printed_beside_is_not_the_failure(text: str) -> None:
    key = read_message(text)
    assert key is not None
    assert (key.constraint, key.splits) == ("u_login", (("j",),))


def test_a_structure_behind_an_errors_own_sentence_is_anybodys() -> None:
    first = MESSAGE.replace("\\", "") + "\nDETAIL:  Key (login)=(j) already exists."
    key = read_message(f"ERROR: {first}\nbefore: {rust('by')}")
    assert key is not None
    assert key.splits[0] == ("j",)
