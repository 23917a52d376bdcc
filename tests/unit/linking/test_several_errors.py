"""A text that tells of several errors: what is said of one comes from that one alone."""

from __future__ import annotations

import pytest

from collectors.linking.violation import read_text

CUSTOMER = 'duplicate key value violates unique constraint "customers_email_key"'
CUSTOMER_KEY = "Key (email)=(jane@example.com) already exists."
CUSTOMER_SQL = "INSERT INTO customers (email, note) VALUES ('jane@example.com', 'n')"
ORDER = 'duplicate key value violates unique constraint "orders_no_key"'
ORDER_KEY = "Key (no)=(A-1) already exists."
ORDER_SQL = "INSERT INTO orders (no, payer) VALUES ('A-1', 'bob@example.com')"
FOREIGN = 'insert or update on table "orders" violates foreign key constraint "orders_fk"'


def log(*lines: tuple[str, str], prefix: str = "2025-03-02 10:11:12 UTC ") -> str:
    return "\n".join(f"{prefix}{process}{line}" for process, line in lines)


ANOTHERS_STATEMENT = {
    "the second of two": log(
        ("", f"ERROR:  {CUSTOMER}"),
        ("", f"DETAIL:  {CUSTOMER_KEY}"),
        ("", f"ERROR:  {ORDER}"),
        ("", f"DETAIL:  {ORDER_KEY}"),
        ("", f"STATEMENT:  {ORDER_SQL}"),
    ),
    "that of a foreign key": log(
        ("", f"ERROR:  {CUSTOMER}"),
        ("", f"DETAIL:  {CUSTOMER_KEY}"),
        ("", f"ERROR:  {FOREIGN}"),
        ("", f"STATEMENT:  {ORDER_SQL}"),
    ),
    "that of another process": log(
        ("[99] ", f"ERROR:  {CUSTOMER}"),
        ("[99] ", f"DETAIL:  {CUSTOMER_KEY}"),
        ("[4711] ", f"STATEMENT:  {ORDER_SQL}"),
        ("[4711] ", f"ERROR:  {FOREIGN}"),
    ),
    "that of another process, which began first": log(
        ("[4711] ", f"ERROR:  {ORDER}"),
        ("[99] ", f"ERROR:  {CUSTOMER}"),
        ("[99] ", f"DETAIL:  {CUSTOMER_KEY}"),
        ("[4711] ", f"STATEMENT:  {ORDER_SQL}"),
    ),
    "in a ticket": (
        f"Yesterday:\n\n{CUSTOMER} DETAIL: {CUSTOMER_KEY}\n\nToday:\n\nERROR: {ORDER}\n"
        f"[SQL: {ORDER_SQL}]"
    ),
    "in French": log(
        ("", "ERREUR:  la valeur d'une clé dupliquée rompt la contrainte unique "
         "« customers_email_key »"),
        ("", "DÉTAIL:  La clé « (email)=(jane@example.com) » existe déjà."),
        ("", "ERREUR:  la valeur d'une clé dupliquée rompt la contrainte unique « orders_no_key »"),
        ("", f"STATEMENT:  {ORDER_SQL}"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", ANOTHERS_STATEMENT.values(), ids=ANOTHERS_STATEMENT.keys())
def test_the_statement_of_another_error_gives_neither_table_nor_fields(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.splits) == ("customers_email_key", (("jane@example.com",),))
    assert (key.table, key.fields) == (None, ())


OWN_STATEMENT = {
    "alone": log(
        ("", f"ERROR:  {CUSTOMER}"),
        ("", f"DETAIL:  {CUSTOMER_KEY}"),
        ("", f"STATEMENT:  {CUSTOMER_SQL}"),
    ),
    "before another error": log(
        ("", f"ERROR:  {CUSTOMER}"),
        ("", f"DETAIL:  {CUSTOMER_KEY}"),
        ("", f"STATEMENT:  {CUSTOMER_SQL}"),
        ("", f"ERROR:  {ORDER}"),
        ("", f"STATEMENT:  {ORDER_SQL}"),
    ),
    "after another error": log(
        ("", f"ERROR:  {FOREIGN}"),
        ("", f"STATEMENT:  {ORDER_SQL}"),
        ("", f"ERROR:  {CUSTOMER}"),
        ("", f"DETAIL:  {CUSTOMER_KEY}"),
        ("", f"STATEMENT:  {CUSTOMER_SQL}"),
    ),
    "among another process's lines": log(
        ("[99] ", f"ERROR:  {CUSTOMER}"),
        ("[99] ", f"DETAIL:  {CUSTOMER_KEY}"),
        ("[4711] ", f"STATEMENT:  {ORDER_SQL}"),
        ("[99] ", f"STATEMENT:  {CUSTOMER_SQL}"),
        ("[4711] ", f"ERROR:  {FOREIGN}"),
    ),
    "told twice": (
        f"could not execute: ERROR: {CUSTOMER}\n  Detail: {CUSTOMER_KEY}\n"
        f"Caused by: PSQLException: ERROR: {CUSTOMER}\n  Detail: {CUSTOMER_KEY}\n"
        f"[SQL: {CUSTOMER_SQL}]"
    ),
}


@pytest.mark.parametrize("text", OWN_STATEMENT.values(), ids=OWN_STATEMENT.keys())
def test_its_own_statement_gives_them(text: str) -> None:
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.splits) == ("customers_email_key", (("jane@example.com",),))
    assert key.table == "customers"
    assert key.fields == (("email", "jane@example.com"), ("note", "n"))


def test_where_nothing_tells_whose_it_is_there_is_no_statement() -> None:
    text = log(
        ("", f"ERROR:  {CUSTOMER}"),
        ("", f"ERROR:  {ORDER}"),
        ("", f"DETAIL:  {ORDER_KEY}"),
        ("", f"DETAIL:  {CUSTOMER_KEY}"),
        ("", f"STATEMENT:  {CUSTOMER_SQL}"),
    )
    key = read_text(text).key
    assert key is not None
    assert (key.constraint, key.table, key.fields) == (None, None, ())
