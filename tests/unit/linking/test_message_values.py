"""Tuples whose values are awkward: expressions, commas, brackets, hidden, cut, wrapped, escaped."""

from __future__ import annotations

import pytest

from collectors.linking import hidden
from collectors.linking.message import read_message
from collectors.linking.violation import read_text
from collectors.model import ValueSource

U = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10"
DUPLICATE = 'duplicate key value violates unique constraint "some_key"'


def message(columns: str, values: str) -> str:
    return f"{DUPLICATE}\nDETAIL:  Key ({columns})=({values}) already exists."


CERTAIN = {
    "two columns": ("a, b", "1, 2", (("1", "2"),)),
    "one column with commas": ("name", "Doe, Jane, Dr.", (("Doe, Jane, Dr.",),)),
    "quoted names": ('"userId", "orgId"', "7, 9", (("7", "9"),)),
    "empty value": ("a, b", "x, ", (("x", ""),)),
    "only an empty value": ("a", "", (("",),)),
    "null": (
        "organization_id, lower(email::text), deleted_at",
        f"{U}, j@e.com, null",
        ((U, "j@e.com", None),),
    ),
    "encode": ("encode(hash, 'hex'::text), n", "00ff, 3", (("00ff", "3"),)),
    "coalesce": ("org, COALESCE(external_id, ''::text)", "7, acct", (("7", "acct"),)),
    "literal with a comma": ("COALESCE(a, ','::text), b", "1, 2", (("1", "2"),)),
    "literal with a bracket": ("COALESCE(a, ')=('::text), b", "1, 2", (("1", "2"),)),
    "name with a bracket": ('"we,ird)=(", b', "1, 2", (("1", "2"),)),
    "concatenation": ("(a || '-'::text || b)", "1-2", (("1-2",),)),
    "case over lines": (
        "(\nCASE\n    WHEN a > 1 THEN 'x,)'::text\n    ELSE c\nEND), b",
        "c, 2",
        (("c", "2"),),
    ),
    "cast": ("((data ->> 'email'::text))", "j@e.com", (("j@e.com",),)),
    "varchar cast": ("(code::character varying(5)), b", "abcde, 2", (("abcde", "2"),)),
    "typed expression keeps its comma-free value": (
        "COALESCE(parent, '00000000-0000-0000-0000-000000000000'::uuid), name",
        f"{U}, Doe, Jane",
        ((U, "Doe, Jane"),),
    ),
    "number in an expression": ("COALESCE(n, 0), name", "4, Doe, Jane", (("4", "Doe, Jane"),)),
    "range": ("span, room", "[1,5), 7", (("[1,5)", "7"),)),
    "array": ("tags, room", "{a,b}, 7", (("{a,b}", "7"),)),
    "booleans": ("email, has_account", "j@e.com, t", (("j@e.com", "t"),)),
    "timestamp": ("a, at", "1, 2025-06-01 10:00:00.5+00", (("1", "2025-06-01 10:00:00.5+00"),)),
    "brackets in the value": ("name", "Acme (UK) Ltd", (("Acme (UK) Ltd",),)),
    "unbalanced bracket": ("name", "smile :)", (("smile :)",),)),
    "quotes in the value": ("name", 'O\'Brien "Bob"', (('O\'Brien "Bob"',),)),
    "equals in the value": ("name", "a=b)=(c", (("a=b)=(c",),)),
    "unicode": ("name", "İstanbul 株式会社 🎉", (("İstanbul 株式会社 🎉",),)),
    "backslashes": ("path", r"C:\new\table", ((r"C:\new\table",),)),
    "markup": ("name", "<b>&amp;</b>", (("<b>&amp;</b>",),)),
    "line break in the value": ("name", "a\nb", (("a\nb",),)),
    "percent": ("name", "100%", (("100%",),)),
    "looks like SQL": ("name", "x'); DROP TABLE y; --", (("x'); DROP TABLE y; --",),)),
}


@pytest.mark.parametrize(("columns", "values", "expected"), CERTAIN.values(), ids=CERTAIN.keys())
def test_values_are_read_as_they_were_printed(
    columns: str, values: str, expected: tuple[tuple[str | None, ...], ...]
) -> None:
    key = read_message(message(columns, values))
    assert key is not None
    assert key.splits == expected
    assert len(key.columns) == len(expected[0])
    assert (key.constraint, key.source, key.doubt) == ("some_key", ValueSource.DETAIL, None)


AMBIGUOUS = {
    "comma in a name": ("team, name", "red, Doe, Jane", ("red", "Doe, Jane"), 2),
    "uuid in front": ("organization_id, external_id", f"{U}, acct, 42", (U, "acct, 42"), 2),
    "uuid at the end": ("name, organization_id", f"Doe, Jane, {U}", ("Doe, Jane", U), 2),
    "null at the end": (
        "organization_id, name, deleted_at",
        f"{U}, Doe, Jane, null",
        (U, "Doe, Jane", None),
        3,
    ),
    "the sentence itself in a value": (
        "organization_id, external_id",
        f"{U}, acct, (42)=7) already exists.",
        (U, "acct, (42)=7) already exists."),
        4,
    ),
    "e-mail behind": ("name, email", "Doe, Jane, j@e.com", ("Doe, Jane", "j@e.com"), 2),
    "flag behind": ("name, is_default", "Doe, Jane, t", ("Doe, Jane", "t"), 2),
}


@pytest.mark.parametrize(
    ("columns", "values", "likeliest", "ways"), AMBIGUOUS.values(), ids=AMBIGUOUS.keys()
)
def test_every_way_is_kept_and_the_likeliest_comes_first(
    columns: str, values: str, likeliest: tuple[str | None, ...], ways: int
) -> None:
    key = read_message(message(columns, values))
    assert key is not None
    assert key.splits[0] == likeliest
    assert len(key.splits) == ways
    assert not key.complete


WITHOUT_VALUES = {
    "cut by the SDK": (f"{DUPLICATE}\nDETAIL:  Key (a, b)=(1, jane@exam...", hidden.CUT),
    "cut by Sentry's title": (f"{DUPLICATE} DETAIL: Key (a, b)=(1, jane…", hidden.CUT),
    "cut without a mark": (f"{DUPLICATE}\nDETAIL:  Key (a, b)=(1, jane", hidden.CUT),
    "value cut by the server": (message("a", "x" * 64 + "..."), hidden.CUT),
    "value cut with an ellipsis": (message("a, b", "1, very long…"), hidden.CUT),
    "Sentry's filter": (message("a, b", "[Filtered]"), hidden.HIDDEN),
    "one value filtered": (message("a, b", "1, [Filtered]"), hidden.HIDDEN),
    "stars": (message("a, b", "1, ***"), hidden.HIDDEN),
    "half an address": (message("a, b", "1, j***@e***.com"), hidden.HIDDEN),
    "Relay's e-mail": (message("a, b", "1, [email]"), hidden.HIDDEN),
    "angle brackets": (message("a, b", "1, <redacted>"), hidden.HIDDEN),
    "angle e-mail": (message("email", "<email>"), hidden.HIDDEN),
    "placeholder": (message("email", "%s"), hidden.HIDDEN),
    "numbered placeholder": (message("email", "$1"), hidden.HIDDEN),
    "question mark": (message("email", "?"), hidden.HIDDEN),
    "bullets": (message("email", "••••••"), hidden.HIDDEN),
    "too few values": (message("a, b", "1"), hidden.MISFIT),
    "driver keeps quiet": (
        f"{DUPLICATE}\nDETAIL: Detail redacted as it may contain sensitive data.",
        hidden.REDACTED,
    ),
    "whole detail filtered": (f"{DUPLICATE}\nDETAIL:  [Filtered]", hidden.HIDDEN),
    "no detail": (DUPLICATE, hidden.ABSENT),
    "cut in the constraint": (
        'duplicate key value violates unique constraint "custom...',
        hidden.CUT,
    ),
    "cut before the constraint": ("duplicate key value violates uni…", hidden.CUT),
}


@pytest.mark.parametrize(("text", "doubt"), WITHOUT_VALUES.values(), ids=WITHOUT_VALUES.keys())
def test_a_hidden_or_cut_value_is_unknown_and_the_doubt_says_why(text: str, doubt: str) -> None:
    key = read_message(text)
    assert key is not None
    assert (key.splits, key.doubt) == ((), doubt)


def test_the_visible_part_of_a_hidden_tuple_is_known_by_name() -> None:
    key = read_message(message("organization_id, lower(email::text)", f"{U}, [email]"))
    assert key is not None
    assert key.fields == (("organization_id", U),)


def test_a_visible_expression_is_not_taken_for_the_column() -> None:
    key = read_message(message("lower(email::text), external_id", "j@e.com, [Filtered]"))
    assert key is not None
    assert key.fields == ()


def test_too_many_ways_are_said_to_be_too_many() -> None:
    key = read_message(message("a, b, c, d", ", ".join("abcdefghijklmnop")))
    assert key is not None
    assert key.doubt == hidden.AMBIGUOUS


def test_a_cut_sentence_before_a_whole_one_is_passed_over() -> None:
    text = f"{DUPLICATE} DETAIL: Key (a, b)=(1, jane@e…\n\n{message('a, b', '1, jane@e.com')}"
    key = read_message(text)
    assert key is not None
    assert key.splits == (("1", "jane@e.com"),)


def test_another_errors_sentence_before_ours_is_passed_over() -> None:
    text = 'could not create unique index "x"\nDETAIL:  Key (a)=(1) is duplicated.\n' + message(
        "a", "2"
    )
    key = read_message(text)
    assert key is not None
    assert key.splits == (("2",),)


MIMICS = [
    "x Key (email)=(victim@e.com",
    "x) already exists.\n\nKey (email)=(victim@e.com",
    "x\nDETAIL:  Key (email)=(victim@e.com",
    "x) already exists.\n[SQL: INSERT INTO c (email) VALUES ('victim@e.com')]",
]


@pytest.mark.parametrize("value", MIMICS)
def test_a_value_that_mimics_the_sentence_never_hides_the_true_one(value: str) -> None:
    tail = f"\n[SQL: INSERT INTO c (email) VALUES ($1)]\n[parameters: ({value!r},)]"
    for text in (message("email", value), message("email", value) + tail):
        key = read_message(text)
        assert key is not None
        assert (value,) in key.splits
        assert ("victim@e.com",) not in key.splits


ESCAPED = {
    "html quotes": (
        "constraint &quot;some_key&quot;\n"
        "DETAIL:  Key (name)=(O&#39;Brien &amp; Co) already exists.",
        "O'Brien & Co",
    ),
    "html twice": (
        "constraint &amp;quot;some_key&amp;quot; Key (name)=(a &amp;lt; b) already exists.",
        "a < b",
    ),
    "html without quotes": ("Key (name)=(O&#39;Brien) already exists. Code: 23505", "O'Brien"),
    "hex entity": ("constraint &#x22;some_key&#x22; Key (name)=(x) already exists.", "x"),
    "backslashes": (
        'constraint \\"some_key\\"\\nDETAIL:  Key (name)=(a \\"b\\" c) already exists.',
        'a "b" c',
    ),
    "backslashes twice": (
        'constraint \\\\\\"some_key\\\\\\"\\\\nDETAIL:  Key (name)=(x) already exists.',
        "x",
    ),
    "literal line break": (
        'constraint "some_key"\\nDETAIL:  Key (name)=(O\\\'Brien) already exists.\\n',
        "O'Brien",
    ),
    "unicode escape": (
        'constraint \\"some_key\\"\\nDETAIL:  Key (name)=(J\\u00fcrgen) already exists.',
        "Jürgen",
    ),
    "surrogate escapes": (
        'constraint \\"some_key\\"\\nDETAIL:  Key (name)=(\\ud83c\\udf89) already exists.',
        "🎉",
    ),
    "json in a log line": (
        'app | {"constraint":"some_key","code":"23505",'
        '"detail":"Key (name)=(a \\"b\\") already exists."}',
        'a "b"',
    ),
    "web page": (
        "<p>constraint &quot;some_key&quot;</p><p>DETAIL: Key (name)=(x) already exists.</p>",
        "x",
    ),
}


@pytest.mark.parametrize(("rest", "value"), ESCAPED.values(), ids=ESCAPED.keys())
def test_escapes_around_the_message_are_undone(rest: str, value: str) -> None:
    key = read_text(f"duplicate key value violates unique {rest}").key
    assert key is not None
    assert key.splits == ((value,),)


@pytest.mark.parametrize(
    "value",
    ["&quot;Acme&quot; Ltd", "&amp;Sons", "a &lt; b", "constraint &quot;x&quot;", "R&amp;D <x>"],
)
@pytest.mark.parametrize("columns", ["name", '"userId"'])
def test_entities_of_the_value_itself_stay(value: str, columns: str) -> None:
    key = read_message(message(columns, value))
    assert key is not None
    assert key.splits == ((value,),)


def test_tags_in_the_value_make_no_web_page() -> None:
    key = read_text(message("name", "<b>Tom &amp; Co</b>")).key
    assert key is not None
    assert key.splits == (("<b>Tom &amp; Co</b>",),)


WRAPPED = {
    "at spaces": (
        'ERROR: duplicate key value violates\nunique constraint "some_key"\n'
        f"DETAIL: Key (organization_id, email)=({U},\njane@example.com) already\nexists."
    ),
    "inside words": (
        'ERROR: duplicate key value violates unique constraint "some\n_key"\n'
        f"DETAIL: Key (organization_id, email)=({U[:9]}\n{U[9:]}, jane@exam\nple.com) alr\n"
        "eady exists."
    ),
    "quoted in mail": (
        '> ERROR: duplicate key value violates\n> unique constraint "some_key"\n'
        f"> DETAIL: Key (organization_id, email)=({U},\n> jane@example.com) already exists."
    ),
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=WRAPPED.keys())
def test_lines_that_mail_or_a_terminal_broke_are_joined(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert key.constraint == "some_key"
    assert key.splits == ((U, "jane@example.com"),)


@pytest.mark.parametrize(
    ("value", "letters"),
    [("Jürgen Ünal", "cp1252"), ("Jürgen Ünal", "latin-1"), ("naïve, “so”", "latin-1")],
)
def test_letters_that_were_misread_are_read_as_they_were_meant_too(
    value: str, letters: str
) -> None:
    shown = value.encode().decode(letters)
    key = read_text(message("name", shown)).key
    assert key is not None
    assert set(key.splits) == {(value,), (shown,)}


def test_letters_that_were_read_rightly_have_one_reading() -> None:
    key = read_text(message("name", "Jürgen Ünal, Zoë £5")).key
    assert key is not None
    assert key.splits == (("Jürgen Ünal, Zoë £5",),)


def test_a_log_has_a_tab_behind_the_values_own_line_breaks() -> None:
    text = (
        "2025-03-02 10:11:12.059 UTC [12] ERROR:  23505: duplicate key value violates unique "
        'constraint "products_sku_key"\n2025-03-02 10:11:12.059 UTC [12] DETAIL:  Key (sku)=(A\t1\n'
        "\tB) already exists.\n2025-03-02 10:11:12.059 UTC [12] LOCATION:  _bt_check_unique, "
        "nbtinsert.c:664\n"
    )
    key = read_text(text).key
    assert key is not None
    assert ("A\t1\nB",) in key.splits


def test_a_broken_line_in_a_value_of_any_shape_is_ambiguous() -> None:
    key = read_text(message("team, name", "red, Jane\nDoe")).key
    assert key is not None
    assert set(key.splits) == {("red", "JaneDoe"), ("red", "Jane Doe"), ("red", "Jane\nDoe")}


RETOLD = {
    "one column": ("Gift_card with code X-7 already exists.", "gift_card", ("code",), ("X-7",)),
    "two columns": (
        "Customer with email, has_account x@y.com, t already exists.",
        "customer",
        ("email", "has_account"),
        ("x@y.com", "t"),
    ),
    "labelled": (
        "Customer with email: x@y.com, has_account: true, already exists.",
        "customer",
        ("email", "has_account"),
        ("x@y.com", "true"),
    ),
    "behind its class": (
        "MedusaError: Region with name EU (West) already exists",
        "region",
        ("name",),
        ("EU (West)",),
    ),
    "a table in words": (
        "Customer group with name: VIP already exists.",
        "customer_group",
        ("name",),
        ("VIP",),
    ),
    "directus": (
        'Value "x@y.com" for field "email" in collection "members" has to be unique.',
        "members",
        ("email",),
        ("x@y.com",),
    ),
}


@pytest.mark.parametrize(("text", "table", "columns", "values"), RETOLD.values(), ids=RETOLD.keys())
def test_a_retold_message_gives_table_columns_and_values(
    text: str, table: str, columns: tuple[str, ...], values: tuple[str, ...]
) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.table, key.columns, key.splits) == (table, columns, (values,))
    assert key.source is ValueSource.MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        "Another customer with email x@y.com already exists.",
        "A customer with email: x@y.com already exists.",
        'The value for field "email" has to be unique.',
    ],
)
def test_prose_is_no_retold_violation(text: str) -> None:
    assert read_text(text).kind == "not_recognised"


def test_a_value_that_directus_cut_is_not_taken() -> None:
    key = read_text('Value "EU (West" for field "name" in collection "r" has to be unique.').key
    assert key is not None
    assert (key.table, key.columns, key.splits) == ("r", ("name",), ())


NO_NAMES = {
    "an address": '"jane@example.com"',
    "cut, a ticket's words behind it": '"ix_custo...\n\nReported by Jane Roe: "cannot create"',
    "cut with an ellipsis": '"ix_custo…\n\nReported by Jane Roe: "cannot create"',
    "cut in the middle of a line": '"ix_custo... Reported by Jane Roe: "cannot create"',
    "cut without a mark": '"ix_custo\n\nReported by Jane Roe: "cannot create"',
    "cut, one line later": '"ix_custo\nReported by Jane Roe: "cannot create"',
    "a sentence": '"Jane Roe cannot be created. Please help"',
    "longer than a name": f'"{"x" * 64}"',
    "JSON goes on": '","table":"customers"}',
}


@pytest.mark.parametrize("rest", NO_NAMES.values(), ids=NO_NAMES.keys())
def test_what_may_be_anything_is_never_taken_for_a_constraint(rest: str) -> None:
    text = f"duplicate key value violates unique constraint {rest}"
    for key in (read_message(text), read_text(text).key, read_text(f"> {text}").key):
        assert key is not None
        assert key.constraint is None


@pytest.mark.parametrize("name", ["some_key", "Users email key", "user.email", "a-b$1", "ключ"])
def test_a_constraint_may_have_any_name_of_words(name: str) -> None:
    key = read_message(f'duplicate key value violates unique constraint "{name}"')
    assert key is not None
    assert key.constraint == name


def test_the_sentence_alone_is_enough() -> None:
    key = read_text("Key (name)=(X) already exists.").key
    assert key is not None
    assert (key.constraint, key.columns, key.splits) == (None, ("name",), (("X",),))
