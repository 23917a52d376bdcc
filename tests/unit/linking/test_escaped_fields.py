"""The sentence as a field of an object that a program printed, with escapes of that program's."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from collectors.linking.backslashes import unescape
from collectors.linking.message import read_message
from collectors.linking.violation import read_text

DUPLICATE = 'duplicate key value violates unique constraint "u_name"'


def node(text: str) -> str:
    """As Node's `util.inspect` quotes it."""
    quote = next((mark for mark in "'\"" if mark not in text), "`")
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"


def node_in_pieces(text: str) -> str:
    """As it quotes a long one: each line for itself."""
    return " +\n    ".join(map(node, text.splitlines(keepends=True)))


def as_json(detail: str) -> str:
    return json.dumps(
        {"code": "23505", "message": DUPLICATE, "detail": detail, "constraint": "u_name"}
    )


def twice(detail: str) -> str:
    """As MikroORM's error is logged, whose message tells the detail once more."""
    told = {"message": f"{DUPLICATE}\n - detail: {detail}", "code": "23505", "detail": detail}
    return json.dumps({**told, "constraint": "u_name"})


def whole(detail: str) -> str:
    return f"{DUPLICATE}\nDETAIL:  {detail}"


def by_bytes(text: str, form: str) -> str:
    """As languages print texts whose encoding they do not know."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    shown = "".join(chr(b) if b < 128 else f"\\{b:{form}}" for b in escaped.encode())
    return f'"{shown}"'


def haskell(detail: str, message: str = DUPLICATE) -> str:
    """As postgresql-simple's error is shown."""
    return (
        f'SqlError {{sqlState = "23505", sqlExecStatus = FatalError, sqlErrorMsg = '
        f'{by_bytes(message, "d")}, sqlErrorDetail = {by_bytes(detail, "d")}, sqlErrorHint = ""}}'
    )


def pg8000(detail: str) -> str:
    return str({"S": "ERROR", "C": "23505", "M": DUPLICATE, "D": detail, "n": "u_name"})


PRINTED: dict[str, Callable[[str], str]] = {
    "pg8000": pg8000,
    "pg8000, its repr": lambda detail: repr(pg8000(detail)),
    "node": lambda detail: f"error: {DUPLICATE} {{\n  code: '23505',\n  detail: {node(detail)}\n}}",
    "node, in pieces": lambda detail: (
        f"error: {DUPLICATE} {{\n  detail: {node_in_pieces(detail)},\n  code: '23505'\n}}"
    ),
    "JSON": lambda detail: f"app | {as_json(detail)}",
    "JSON, in the message too": lambda detail: f"app | {twice(detail)}",
    "JSON in JSON": lambda detail: f"app | {json.dumps({'log': as_json(detail)})}",
    "JSON in node": lambda detail: f"AxiosError: 409\n  data: {node(as_json(detail))}",
    "JSON in a repr": lambda detail: f"HTTPError({as_json(detail)!r})",
    "a repr of both": lambda detail: f"UniqueViolation({whole(detail)!r})",
    "go": lambda detail: (
        f'&pgconn.PgError{{Code:"23505", Message:{json.dumps(DUPLICATE)}, '
        f"Detail:{json.dumps(detail)}}}"
    ),
    "logfmt": lambda detail: f"level=error msg={json.dumps(DUPLICATE)} detail={json.dumps(detail)}",
    "rust": lambda detail: (
        f"PgDatabaseError {{ message: {json.dumps(DUPLICATE)}, "
        f"detail: Some({json.dumps(detail)}) }}"
    ),
    "haskell": haskell,
    "octal bytes": lambda detail: f"message: {DUPLICATE}, detail: {by_bytes(detail, 'o')}",
    "ruby": lambda detail: f"#<{DUPLICATE}, :detail=>{by_bytes(detail, '#x').replace('0x', 'x')}>",
}
VALUES = {
    "plain": "jane",
    "apostrophe": "O'Brien",
    "backslash": "CORP\\jane",
    "looks like an escape": "a\\nb",
    "ends in a backslash": "a\\",
    "quotes": 'say "hi"',
    "one quote": '"',
    "both quotes": 'it\'s "x"',
    "a line break": "a\nb",
    "line breaks, quotes and backslashes": 'O\'Brien\n"the\\man"\n`x` it\'s "x"\n',
    "letters of others": "Zoë\\x9 – 日本",
}


@pytest.mark.parametrize("printed", PRINTED.values(), ids=PRINTED.keys())
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("column", ["name", '"lastName"'])
def test_as_many_escapes_are_undone_as_there_are(
    column: str, value: str, printed: Callable[[str], str]
) -> None:
    text = printed(f"Key ({column})=({value}) already exists.")
    key = read_message(text)
    assert key is not None
    assert (key.constraint, key.columns, key.splits) == ("u_name", (column,), ((value,),))
    pasted = read_text(text).key
    assert pasted is not None
    assert (value,) in pasted.splits  # as mail, a broken line may have been joined


def test_a_message_in_another_language_is_escaped_as_often_as_its_fields() -> None:
    message = "la valeur d'une clé dupliquée rompt la contrainte unique « u_name »"
    key = read_message(haskell("La clé « (name)=(Zoë\\x) » existe déjà.", message))
    assert key is not None
    assert (key.constraint, key.splits) == ("u_name", (("Zoë\\x",),))


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (r"Jos\195\1692", "José2"),
        (r"1\233\&2 \26085\26412", "1é2 日本"),
        (r"\u{e9} \x{1F600}", "é 😀"),
        (r"\xe9 \xc3\xa9", "é é"),
        (r"\u{110000} \9999999", r"\u{110000} \9999999"),
    ],
    ids=["a digit behind bytes", "haskell's characters", "braces", "hex", "no character"],
)
def test_a_number_stands_for_its_byte_or_character(printed: str, text: str) -> None:
    assert unescape(printed) == text
