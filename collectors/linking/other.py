"""Failures that are no unique violation of ours, in a few words without customer data.

Only names that the database itself chose or checked (constraints, tables, columns, SQLSTATEs) and
exception classes are quoted, and only when they look like names.
"""

from __future__ import annotations

import re

from collectors.linking.focus import focused
from collectors.linking.phrases import is_index_build
from collectors.linking.quoted import without_quotes
from collectors.model import Event, ExceptionValue

_DUPLICATES_ELSEWHERE = (
    ("MySQL", r"\bDuplicate entry\b.{0,400}?\bfor key\b|\bER_DUP_ENTRY\b|\bSQLSTATE\[23000\]"),
    ("SQLite", r"UNIQUE constraint failed: |SQLITE_CONSTRAINT|\bPRIMARY KEY must be unique"),
    ("SQL Server", r"Violation of (?:UNIQUE|PRIMARY) KEY constraint|Cannot insert duplicate key"),
    ("Oracle", r"\bORA-00001\b"),
    ("MongoDB", r"\bE11000\b"),
    ("H2", r"Unique index or primary key violation|\[2350\d-\d{1,3}\]"),
    ("Derby", r"duplicate key value in a unique or primary key constraint"),
    ("DB2", r"\bSQLCODE[=:] ?-803\b|\bSQL0803N\b"),
    ("HSQLDB", r"unique constraint or index violation"),
    ("DuckDB", r"Duplicate key \"[^\"\n]{0,200}\" violates (?:unique|primary key) constraint"),
    ("Firebird", r"violation of PRIMARY or UNIQUE KEY constraint"),
    ("SAP HANA", r"unique constraint violated: \[301\]|\[301\]: unique constraint violated"),
)
_ELSEWHERE = tuple(
    (name, re.compile(pattern, re.DOTALL)) for name, pattern in _DUPLICATES_ELSEWHERE
)

_NAMED = r"[^\"»«„“「`\n]{0,40}?[\"'»«„“「`\\]{1,2}\s?([A-Za-z_][\w$.\-]{0,127})\s?[\"'»«“”」`\\]"
_PHRASES = (
    (
        "foreign key violation",
        r"violates (?:RESTRICT setting of )?foreign key constraint|Fremdschlüssel-Constraint"
        r"|viola la llave foránea|contrainte de clé\s+étrangère|vincolo di chiave esterna"
        r"|restrição de chave estrangeira|klucza obcego|ограничение внешнего ключа"
        r"|обмеження зовнішнього ключа|外部キー制約|外键约束|참조키\(foreign key\) 제약 조건"
        r"|yabancı anahtar|främmande nyckel-villkor|外來鍵限制"
        r"|Foreign key constraint (?:failed|violated)|\(foreign_key_constraint\)",
    ),
    (
        "not-null violation",
        r"violates not-null constraint|verletzt Not-Null-Constraint|restricción de no nulo"
        r"|viole la contrainte NOT NULL|vincolo non nullo|restrição de não.nulo"
        r"|ograniczenie wymaganej|ограничение NOT NULL|not-null обмеження|非NULL制約|非空约束"
        r"|非空條件約束|not-null-villkor|არანულოვან შეზღუდვას"
        r"|not null 제약조건"
        r"|Null constraint violation",
    ),
    (
        "check violation",
        r"violates check constraint|verletzt Check-Constraint|restricción «check»"
        r"|contrainte de vérification|vincolo di controllo|restrição de verificação"
        r"|ограничение-проверку|перевірне обмеження|検査制約|检查约束|檢查限制"
        r"|체크 제약 조건|check-villkor|შემოწმების შეზღუდვას|\(check_constraint\)",
    ),
    (
        "exclusion violation",
        r"violates exclusion constraint|verletzt Exclusion-Constraint|restricción de exclusión"
        r"|contrainte d'exclusion|vincolo di esclusione|restrição de exclusão"
        r"|ограничение-исключение|обмеження-виключення|排除制約|排他约束|排他限制"
        r"|exclusion 제약 조건|uteslutningsvillkor|კონფლიქტის მქონე გასაღების მნიშვნელობა არღვევს"
        r"|\(exclusion_constraint\)",
    ),
)
_VIOLATIONS = tuple(
    (words, re.compile(f"(?:{pattern})(?:{_NAMED})?")) for words, pattern in _PHRASES
)
_CONDITIONS = (
    ("deadlock", r"deadlock detected|\b40P01\b"),
    ("serialization failure", r"could not serialize access|\bSQLSTATE\W{1,3}40001\b"),
    ("statement timeout", r"canceling statement due to (?:statement timeout|user request)"),
    ("lock timeout", r"canceling statement due to lock timeout|could not obtain lock on"),
    ("no matching unique key for ON CONFLICT", r"matching the ON CONFLICT specification|\b42P10\b"),
    ("no matching unique key for a foreign key", r"no unique constraint matching given keys"),
    ("row written twice by ON CONFLICT", r"cannot affect row a second time"),
    ("value too long", r"value too long for type"),
    ("invalid value", r"invalid input (?:syntax|value) for|out of range for type"),
    (
        "missing object",
        r"\b(?:relation|column|table|function|type|database|role) \S{1,130} does not exist",
    ),
    (
        "object exists already",
        r"\b(?:relation|type|database|role|schema|constraint|index|extension|column|function"
        r"|table|view|trigger) [\"'`\\]{1,2}[^\"'`\n]{1,130}[\"'`\\]{1,2}"
        r"(?: (?:of|for) relation \S{1,130})? already exists",
    ),
    ("permission denied", r"permission denied for (?:table|schema|relation|sequence|function)"),
    ("syntax error", r"syntax error at or near"),
    (
        "no connection",
        r"remaining connection slots|too many clients already|could not connect to server"
        r"|server closed the connection|terminating connection due to",
    ),
    ("aborted transaction", r"current transaction is aborted"),
)
_KNOWN = tuple((words, re.compile(pattern)) for words, pattern in _CONDITIONS)
_REFUSALS = frozenset(
    {
        "deadlock",
        "serialization failure",
        "statement timeout",
        "lock timeout",
        "value too long",
        "invalid value",
    }
)
_QUOTING = frozenset({"value too long", "invalid value"})
_SIGNS = (
    *("onstraint", "ontrainte", "incolo", "restri", "llave", "klucza", "graniczenie", "villkor"),
    *("граничени", "бмеження", "anahtar", "制約", "约束", "限制", "約束", "제약", "შეზღუდვას"),
    *("not null", "not-null"),
    *("eadlock", "40P01", "eriali", "40001", "cancel", "Cancel", " lock", "LockNot", " long "),
    *("nvalid input", "out of range", "iolation", "uplicate ", "DUP_", "[23000]", "UNIQUE"),
    *("insert duplicate", "SQLITE", "ORA-", "E11000", "[2350", "803", "[301]"),
)
"""A quick look before slow patterns: every text that `other_refusal` knows has one of these."""

_STATE = re.compile(
    r"(?:SQLSTATE|SQL state|sqlState|pgcode)[\"'\]\[\s:=(]{0,4}(?=\w{0,4}\d)([0-9A-Z]{5})\b"
    r"|\(SQLSTATE ([0-9A-Z]{5})\)"
)
_CLASS_STATES = {
    "23503": "foreign key violation",
    "23502": "not-null violation",
    "23514": "check violation",
    "23P01": "exclusion violation",
    "40001": "serialization failure",
    "40P01": "deadlock",
    "57014": "statement timeout",
    "55P03": "lock timeout",
}
_CLASSES = (
    ("foreign key violation", "ForeignKeyViolation"),
    ("not-null violation", "NotNullViolation"),
    ("check violation", "CheckViolation"),
    ("exclusion violation", "ExclusionViolation"),
    ("deadlock", "DeadlockDetected"),
    ("serialization failure", "SerializationFailure"),
    ("serialization failure", "SerializationError"),
    ("statement timeout", "QueryCanceled"),
    ("lock timeout", "LockNotAvailable"),
)
"""Class names of psycopg and, with `Error` behind them, of asyncpg."""
_DRIVERS = re.compile(
    r"\b(sqlalchemy\.exc\.\w+|asyncpg\.exceptions\.\w+|psycopg2?\.errors\.\w+|psycopg2?\.\w+Error"
    r"|pg8000\.\w+(?:\.\w+)?|django\.db\.utils\.\w+|PG::\w+|Mysql2::\w+"
    r"|ActiveRecord::(?!Record(?:Invalid|NotFound|NotSaved|NotDestroyed))\w+"
    r"|org\.postgresql\.util\.PSQLException|org\.hibernate\.exception\.\w+|Npgsql\.\w+Exception"
    r"|org\.springframework\.dao\.\w+|PrismaClient\w+Error|QueryFailedError|Sequelize\w+Error"
    r"|sqlite3\.\w+Error|SqlException|Doctrine\\DBAL\\\w+|Postgrex\.Error|PDOException"
    r"|Ecto\.\w+Error)(?!(?:\.{3}|…)\s*\Z)(?=[:(\s\"'.\]]|\Z)"
)
"""Whole names: of one that an SDK cut short nobody knows how it went on."""
_P_CODE = re.compile(r"\bP20\d\d\b")
_SERVER = re.compile(r"(?:^|[\s:])(?:(?:ERROR|FATAL|PANIC):  |pq: )(?=[a-z])", re.MULTILINE)
_TYPE = re.compile(r"[\w.:$\\]{1,80}")
_UPSTREAM = re.compile(
    r"^(?:httpx|httpcore|requests|aiohttp|urllib3|stripe|botocore|openai|axios|grpc)\b|^Axios|^Fetch"
    r"|Connect(?:ion)?(?:Error|Timeout|Refused)|ReadTimeout|RemoteProtocolError|BadGateway"
)


def other_engine(text: str) -> str | None:
    """The name of another database engine whose duplicate error `text` is."""
    text = focused(text)
    return next((name for name, pattern in _ELSEWHERE if pattern.search(text)), None)


def other_refusal(text: str) -> str | None:
    """For which other reason than a unique key of ours a database refused the statement.

    A broken connection or an aborted transaction may follow upon a unique violation: neither
    counts, and no class that a library raises for errors of every kind.
    """
    text = focused(text)
    if not any(sign in text for sign in _SIGNS):
        return None
    text = without_quotes(text)  # a parameter may hold the text of any error
    return other_violation(text) or _named_class(text) or _refusing(text) or _elsewhere(text)


def is_upstream(error: ExceptionValue) -> bool:
    """Another service failed, or took too long."""
    return _is_of_a_client(error) or "timeout" in _kind(error.type).lower()


def _is_of_a_client(error: ExceptionValue) -> bool:
    return any(_UPSTREAM.search(name) for name in (error.module, error.type) if name)


def database_error(text: str) -> str | None:
    """What kind of database error `text` tells of, other than a unique violation."""
    text = focused(text)
    if is_index_build(text):
        return "unique index could not be built"
    return (
        _elsewhere(text)
        or other_violation(text)
        or _condition(text)
        or _by_state(text)
        or _by_driver(text)
    )


def _elsewhere(text: str) -> str | None:
    engine = other_engine(text)
    return f"duplicate key in another engine ({engine})" if engine else None


def other_violation(text: str) -> str | None:
    """The violation of another kind of constraint that PostgreSQL tells of, with its name."""
    for words, pattern in _VIOLATIONS:
        match = pattern.search(text)
        if match is not None:
            return f"{words} ({match[1]})" if match[1] else words
    return None


def quotes_a_value(text: str) -> bool:
    """It tells of an error whose details print values: of the row, of the input, of a parameter."""
    return other_violation(text) is not None or _condition(text) in _QUOTING


def _condition(text: str) -> str | None:
    return next((words for words, pattern in _KNOWN if pattern.search(text)), None)


def _refusing(text: str) -> str | None:
    words = _condition(text)
    return words if words in _REFUSALS else None


def _named_class(text: str) -> str | None:
    return next((words for words, name in _CLASSES if name in text), None)


def _by_state(text: str) -> str | None:
    match = _STATE.search(text)
    return state_words(match[1] or match[2]) if match else None


def state_words(state: str) -> str:
    """An SQLSTATE in words, as far as we know it."""
    return _CLASS_STATES.get(state, f"database error {state}")


def _by_driver(text: str) -> str | None:
    named = _named_class(text)
    if named is not None:
        return named
    match = _DRIVERS.search(text)
    if match is not None:
        return f"database error ({match[1]})"
    code = _P_CODE.search(text)
    if code is not None:
        return f"database error ({code[0]})"
    return "database error" if _SERVER.search(text) else None


def describe(event: Event) -> str:
    """What the Event tells of: what a database refused in the end, else what came first of all."""
    texts = [f"{error.type or ''}: {error.value}" for error in event.exceptions]
    for read, ordered in ((other_refusal, reversed(texts)), (database_error, iter(texts))):
        found = next(filter(None, map(read, ordered)), None)
        if found is not None:
            return found
    if not event.exceptions:
        return database_error(event.message or "") or "an event without an exception"
    for error in reversed(event.exceptions):
        if _is_of_a_client(error):
            return f"upstream error: {_kind(error.type)}"
    kind = _kind(event.exceptions[-1].type)
    return f"timeout: {kind}" if "timeout" in kind.lower() else f"error: {kind}"


def _kind(name: str | None) -> str:
    return name if name and _TYPE.fullmatch(name) else "unknown"
