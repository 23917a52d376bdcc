"""Tickets as mail, chats, word processors and web pages leave them."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linking.ticket import IdentifierKind
from collectors.linking.transfer import from_quoted_printable
from collectors.linking.violation import read_text

NAMED = 'ERROR: duplicate key value violates unique constraint "customers_email_key"'
SENTENCE = "Key (organization_id, lower(email::text))=(7, jane@example.com) already exists."
WHOLE = f"{NAMED}\nDETAIL:  {SENTENCE}"
HEADER = "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"


def sent(text: str) -> str:
    return quopri.encodestring(text.encode()).decode()


TICKETS = {
    "quoted-printable": HEADER + sent(f"We get {WHOLE}\ncafé"),
    "quoted-printable without its header": sent(f"We get {WHOLE}\ncafé"),
    "quoted-printable, cut inside the address": WHOLE.replace("=", "=3D").replace(
        "exam", "exam=\n"
    ),
    "no-break spaces": WHOLE.replace(" ", "\u00a0"),
    "narrow no-break spaces": WHOLE.replace(" ", "\u202f"),
    "marks in the names": WHOLE.replace("rs_e", "rs\u200b_e").replace("n_id", "n\u200b_id"),
    "marks of direction": f"\u200f{WHOLE}\u200e",
    "a comment": "# " + WHOLE.replace("\n", "\n# ").replace("(7, ", "(7,\n# "),
    "a comment in code": "// " + WHOLE.replace("\n", "\n// ").replace("(7, ", "(7,\n// "),
    "numbered lines": "12 | " + WHOLE.replace("\n", "\n13 | ").replace("(7, ", "(7,\n14 | "),
    "a frame": "│ " + WHOLE.replace("\n", "  │\n│ ").replace("(7, ", "(7,  │\n│ ") + " │",
    "an address in bold": WHOLE.replace("jane@example.com", "**jane@example.com**"),
    "an address in a chat's bold": WHOLE.replace("jane@example.com", "*jane@example.com*"),
    "an address in italics": WHOLE.replace("jane@example.com", "_jane@example.com_"),
    "an address as code": WHOLE.replace("jane@example.com", "`jane@example.com`"),
}


@pytest.mark.parametrize("text", TICKETS.values(), ids=TICKETS.keys())
def test_the_key_is_read(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert key.constraint == "customers_email_key"
    assert key.columns == ("organization_id", "lower(email::text)")
    assert key.splits == (("7", "jane@example.com"),)


def test_a_wrongly_decoded_ticket_names_its_key() -> None:
    text = (
        "ERROR:  llave duplicada viola restricción de unicidad «usuarios_correo_key»\n"
        "DETALLE:  Ya existe la llave (correo)=(jane@example.com)."
    )
    key = read_text(text.encode().decode("cp1252")).key
    assert key is not None
    assert (key.constraint, key.splits) == ("usuarios_correo_key", (("jane@example.com",),))


def test_a_mark_that_does_not_show_may_be_the_page_s_or_the_value_s() -> None:
    key = read_text(WHOLE.replace("jane@", "jane@\u200b")).key
    assert key is not None
    assert set(key.splits) == {("7", "jane@\u200bexample.com"), ("7", "jane@example.com")}


@pytest.mark.parametrize("value", ["🤦\u200d♂️", "می\u200cخواهم", "jane%40example.com", "amFuZUBl="])
def test_what_may_be_the_value_s_own_is_left_alone(value: str) -> None:
    key = read_text(WHOLE.replace("jane@example.com", value)).key
    assert key is not None
    assert key.splits == (("7", value),)


def test_an_address_that_a_line_cuts_is_named_whole() -> None:
    reading = read_text(
        f"{NAMED}\n> DETAIL: Key (email)=(jane.the-long-\n> name@ex.com) already exists."
    )
    emails = [one.value for one in reading.identifiers if one.kind is IdentifierKind.EMAIL]
    assert emails == ["jane.the-long-name@ex.com"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            f"This is not the '{NAMED}' error, the log says deadlock detected.",
            "other_database_error",
        ),
        (f"It isn't the same {NAMED}. We see: value too long for type x", "other_database_error"),
        (
            "It is NOT the duplicate key error (duplicate key value violates unique constraint) "
            "that we had, it is slow.",
            "not_recognised",
        ),
        (f"could not insert: {NAMED}", "unique_violation"),
        (f"It is not the first time: {NAMED}", "unique_violation"),
        (f"This is not the first {NAMED} today", "unique_violation"),
        (f"Why not catch it? {NAMED}", "unique_violation"),
        (f"Not a timeout, {NAMED}", "unique_violation"),
    ],
)
def test_what_a_ticket_denies_did_not_happen(text: str, kind: str) -> None:
    assert read_text(text).kind == kind


@pytest.mark.parametrize("value", ["Room\n#12", "a\n# b", "a\n14 | b"])
def test_a_break_that_may_be_the_value_s_own_stays_among_the_ways(value: str) -> None:
    key = read_text(f"{NAMED}\nDETAIL:  Key (note)=({value}) already exists.").key
    assert key is not None
    assert (value,) in key.splits


@given(st.text())
def test_what_was_sent_in_quoted_printable_comes_back(text: str) -> None:
    whole = f"{WHOLE}\n{text}".replace("\r", "")
    assert from_quoted_printable(sent(whole)) == whole


@given(st.text(alphabet="=3D4CA9 )(\r\nquoted-printable:"))
def test_no_encoding_raises(text: str) -> None:
    from_quoted_printable(f")=3D({text}")
