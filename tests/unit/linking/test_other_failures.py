"""Failures that are no unique violation, in words that hold no customer data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.linking.other import describe, other_engine, other_refusal
from collectors.linking.violation import read_event
from collectors.model import Event, ExceptionValue

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def failed(type_: str | None, value: str = "", module: str | None = None) -> Event:
    return Event("e" * 32, NOW, exceptions=(ExceptionValue(type_, module, value),))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            failed(
                "IntegrityError",
                'insert or update on table "customers" violates foreign key constraint '
                '"customers_organization_id_fkey"\n'
                "DETAIL:  Key (organization_id)=(7) is not present",
            ),
            "foreign key violation (customers_organization_id_fkey)",
        ),
        (
            failed(
                "NotNullViolationError", 'null value in column "e" violates not-null constraint'
            ),
            "not-null violation",
        ),
        (
            failed("E", 'new row for relation "c" violates check constraint "c_email_check"'),
            "check violation (c_email_check)",
        ),
        (
            failed("E", 'conflicting key value violates exclusion constraint "booking_excl"'),
            "exclusion violation (booking_excl)",
        ),
        (
            failed("UniqueViolationError", 'could not create unique index "x_key"'),
            "unique index could not be built",
        ),
        (
            failed("IntegrityError", "Duplicate entry 'j@e.com' for key 'customers.email'"),
            "duplicate key in another engine (MySQL)",
        ),
        (failed("DeadlockDetectedError", "deadlock detected"), "deadlock"),
        (
            failed("QueryCanceledError", "canceling statement due to statement timeout"),
            "statement timeout",
        ),
        (failed("ForeignKeyViolationError", "[Filtered]"), "foreign key violation"),
        (failed("NotNullViolation", "[Filtered]"), "not-null violation"),
        (
            Event(
                "e" * 32,
                NOW,
                exceptions=(ExceptionValue("App\\OutOfStock", None, "sold", data={"code": 10001}),),
            ),
            "error: App\\OutOfStock",
        ),
        (
            failed("PendingRollbackError", "Original exception was: (psycopg.errors.Undefi..."),
            "error: PendingRollbackError",
        ),
        (failed("ReadTimeout", "", "httpx"), "upstream error: ReadTimeout"),
        (failed("ConnectTimeout", "", "requests.exceptions"), "upstream error: ConnectTimeout"),
        (failed("APIConnectionError", "", "stripe"), "upstream error: APIConnectionError"),
        (failed("TimeoutError"), "timeout: TimeoutError"),
        (failed("ValueError", "bad address j@e.com"), "error: ValueError"),
        (failed("j@e.com is bad"), "error: unknown"),
        (failed(None), "error: unknown"),
        (Event("e" * 32, NOW), "an event without an exception"),
        (Event("e" * 32, NOW, message="deadlock detected"), "deadlock"),
    ],
)
def test_a_few_words_say_what_it_was(event: Event, words: str) -> None:
    assert describe(event) == words


REFUSALS = {
    "foreign key violation": [
        "verletzt Fremdschlüssel-Constraint", "viola la llave foránea",
        "viole la contrainte de clé étrangère", "viola il vincolo di chiave esterna",
        "viola restrição de chave estrangeira", "narusza klucz obcy: klucza obcego",
        "нарушает ограничение внешнего ключа", "порушує обмеження зовнішнього ключа",
        "外部キー制約に違反", "违反外键约束", "참조키(foreign key) 제약 조건을 위반",
        "yabancı anahtar kısıtlamasını", "bryter mot främmande nyckel-villkor",
        "Foreign key constraint violated", "violates RESTRICT setting of foreign key constraint",
        '"f" (foreign_key_constraint)', "ForeignKeyViolationError",
    ],
    "not-null violation": [
        "verletzt Not-Null-Constraint", "viola la restricción de no nulo",
        "viole la contrainte NOT NULL", "viola il vincolo non nullo",
        "viola a restrição de não-nulo", "narusza ograniczenie wymaganej wartości",
        "нарушает ограничение NOT NULL", "порушує not-null обмеження", "非NULL制約に違反",
        "违反了非空约束", "not null 제약조건", "Null constraint violation on the fields",
        "NotNullViolation",
    ],
    "check violation": [
        "verletzt Check-Constraint", "viola la restricción «check»", "contrainte de vérification",
        "vincolo di controllo", "restrição de verificação", "ограничение-проверку", "検査制約",
        "违反了检查约束", "체크 제약 조건", '"c" (check_constraint)', "CheckViolation",
    ],
    "exclusion violation": [
        "verletzt Exclusion-Constraint", "restricción de exclusión", "contrainte d'exclusion",
        "vincolo di esclusione", "restrição de exclusão", "ограничение-исключение",
        "обмеження-виключення", "排除制約", "排他约束", "exclusion 제약 조건", "ExclusionViolation",
    ],
    "deadlock": ["deadlock detected", "ERROR 40P01", "DeadlockDetected"],
    "serialization failure": ["could not serialize access", "SerializationError"],
    "statement timeout": ["canceling statement due to user request", "QueryCanceledError"],
    "lock timeout": ["could not obtain lock on row", "LockNotAvailable"],
    "value too long": ["value too long for type character varying(9)"],
    "invalid value": ["invalid input value for enum x", "integer out of range for type"],
    "duplicate key in another engine (MySQL)": ["ER_DUP_ENTRY", "SQLSTATE[23000]"],
    "duplicate key in another engine (SQL Server)": ["Cannot insert duplicate key row"],
    "duplicate key in another engine (SQLite)": ["SQLITE_CONSTRAINT", "UNIQUE constraint failed: "],
    "duplicate key in another engine (Oracle)": ["ORA-00001"],
    "duplicate key in another engine (MongoDB)": ["E11000"],
    "duplicate key in another engine (H2)": ["[23505-214]"],
    "duplicate key in another engine (DB2)": ["SQLCODE=-803", "SQL0803N"],
    "duplicate key in another engine (HSQLDB)": ["unique constraint or index violation"],
    "duplicate key in another engine (SAP HANA)": ["unique constraint violated: [301]"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "text"), [(words, text) for words, texts in REFUSALS.items() for text in texts]
)
def test_a_refusal_for_another_reason_is_known(words: str, text: str) -> None:
    assert other_refusal(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "current transaction is aborted, commands ignored until end of transaction block",
        "server closed the connection unexpectedly",
        "['raised as a result of Query-invoked autoflush']",
        "sqlalchemy.exc.IntegrityError: [Filtered]",
        "KeyError: 'customer'",
    ],
)
def test_what_may_follow_upon_a_unique_violation_is_no_refusal(text: str) -> None:
    assert other_refusal(text) is None


@pytest.mark.parametrize("module", ["stripe", "stripe.error", "httpx"])
def test_another_services_word_for_a_duplicate_is_not_the_databases(module: str) -> None:
    failure = read_event(failed("Conflict", "Customer with email j@e.com already exists", module))
    assert failure.key is None
    own = read_event(
        failed("Conflict", "Customer with email j@e.com already exists", "shop.errors")
    )
    assert own.key is not None


def test_an_upstream_error_is_seen_through_its_wrapper() -> None:
    chain = (ExceptionValue("ReadTimeout", "httpx"), ExceptionValue("TaxCalculationError", "shop"))
    assert describe(Event("e" * 32, NOW, exceptions=chain)) == "upstream error: ReadTimeout"


def test_the_drivers_code_tells_where_the_text_does_not() -> None:
    contexts = {"QueryFailedError": {"code": "23503", "constraint": "customers_org_fkey"}}
    failure = read_event(Event("e" * 32, NOW, contexts=contexts))
    assert failure.key is None
    assert failure.other == "foreign key violation (customers_org_fkey)"


def test_a_customers_address_never_reaches_the_words() -> None:
    text = 'violates foreign key constraint "jane@example.com"'
    assert "jane" not in describe(failed("jane@example.com", text))


def test_postgresql_is_no_other_engine() -> None:
    assert other_engine('duplicate key value violates unique constraint "x"') is None
