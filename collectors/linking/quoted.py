"""Where a text quotes the failed statement, its parameters, or the row that was refused.

What stands there was written by whoever filled the row: a job's `last_error`, an imported log. It
may hold a whole unique violation, and tells nothing of the failure itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collectors.linking.appended import WRITES, before_error, head
from collectors.linking.literals import read_at
from collectors.linking.phrases import names_one

_VERB = r"(?=[\s(]{0,20}(?i:insert\s|update\s|delete\s|merge\s|with\s|select\s|copy\s|call\s))"
_STATEMENT = (
    *("STATEMENT", "ANWEISUNG", "SENTENCIA", "INSTRUCTION", "ISTRUZIONE", "COMANDO", "WYRAŻENIE"),
    *("ОПЕРАТОР", "ІНСТРУКЦІЯ", "İFADE", "SATS", "文", "명령 구문", "语句", "陳述式", "ოპერატორი"),
)
_REFUSED_ROW = (
    *("Failing row contains (", "Fehlgeschlagene Zeile enthält (", "La fila que falla contiene ("),
    *("La ligne en échec contient (", "La riga in errore contiene ("),
    *("Registro que falhou contém (", "Ошибочная строка содержит ("),
    *("Помилковий рядок містить (", "Misslyckande rad innehåller (", 'შეცდომიანი მწკრივი "('),
    *("失敗した行は(", "失败, 行包含(", "出错的行包含 (", "出錯的資料列包含 (", "실패한 자료: ("),
)
"""What a not-null or a check violation prints: any text may be a value of that row."""

_CLOSED = re.compile(
    r"\][ \t]{0,8}(?:\Z|\r?\n(?![\s>]{0,20}\[parameters: ))|\(Background on this error"
)
_LINE = re.compile(r"\n(?!\t|[^\n]{0,150}?#011)|\Z")
"""The server's log goes on with a tab in front, which syslog writes as `#011`."""

_CSV_END = re.compile(r"\"(?=,\d{0,10},|,<|[ \t\r]{0,8}(?:\n|\Z))|\n(?=\d{4}-\d\d-\d\d )|\Z")
_ROW_END = re.compile(r"\)[.。を](?=[\s\"'\\\])}]|\Z|含)|\Z")
_ERROR = re.compile(r"\sERROR: |\Z")
_CAUSE = re.compile(
    r"\n\s{0,20}(?:\[cause\]: |[Cc]aused by: |### Cause: |cause: (?=\w{0,60}[Ee]rror\b))|\Z"
)
"""Node prints a cause without brackets where the class lists it, as Drizzle's does."""

_CAUSE_IN_PROSE = re.compile(
    rf"\n[ \t>]{{0,20}}(?:\n|\[?\d{{4}}-\d\d-\d\d|#0 |at [\w.<])|{_CAUSE.pattern}"
)
_TEXT_END = re.compile(r"(?<!\\)(?:\\\\){0,8}\"|\Z")
"""Where a text of JSON ends."""

_LIST_END = re.compile(r"\](?=[,}]|\s{0,8}\Z)|\Z")
_BATCH_END = " was aborted"
_CALL_END = re.compile(r"\n\}(?=\n|\Z)|\Z")
"""Prisma indents what stands in the object, and escapes the line breaks of its texts."""

_MOST = 50
_BLANK = "\x1f"
"""White space that no word of ours holds: looking for them takes half as long as among spaces."""


@dataclass(frozen=True, slots=True)
class _Quote:
    """One way to quote: `signs` without one of which it is not there, its start, and its end."""

    signs: tuple[str, ...]
    start: re.Pattern[str]
    end: Callable[[str, int, bool], int]


def _until(end: re.Pattern[str]) -> Callable[[str, int, bool], int]:
    def found(text: str, position: int, _prose: bool) -> int:
        match = end.search(text, position)
        return match.start() if match else len(text)

    return found


def _bare_end(text: str, position: int, prose: bool) -> int:
    """Values that stand there as they are may hold anything: only what is plainly new ends them."""
    return _until(_CAUSE_IN_PROSE if prose else _CAUSE)(text, position, prose)


def _literal_end(text: str, position: int, _prose: bool) -> int:
    end = read_at(text, position)[1]
    return end if end is not None else _until(_LINE)(text, position, _prose)


def _list_end(text: str, position: int, _prose: bool) -> int:
    """Where the JSON list ends; one whose texts were unescaped, where its bracket closes."""
    end = read_at(text, position)[1]
    return end if end is not None else _until(_LIST_END)(text, position, _prose)


def _field_end(text: str, position: int, _prose: bool) -> int:
    """Where the literal ends, or within it the statement that an error follows; nowhere if cut."""
    end = read_at(text, position)[1]
    if end is None:
        return position
    before = head(text[position + 1 : end])
    failed = before is not None and names_one(text[position + 1 + before[1] : end])
    return position + 1 + before[1] if before is not None and failed else end


def _stated_end(text: str, position: int, _prose: bool) -> int:
    return before_error(text, position) or position


def _batch_end(text: str, position: int, _prose: bool) -> int:
    return max(position, text.find(_BATCH_END, position))


def _quote(start: str, end: Callable[[str, int, bool], int], *signs: str) -> _Quote:
    return _Quote(signs, re.compile(start), end)


_RAILS = rf"\n: {_VERB}"
_LOGGED = rf"\b(?:{'|'.join(_STATEMENT)}) ?: {{1,2}}{_VERB}"
_BARE = (
    rf"(?:\(Connection: [^\n]{{0,300}}?\b|\(|(?<![\[\w]))SQL: \[?{_VERB}"
    rf"|\bThe SQL being executed was: {_VERB}"
)
_FIELDS = ("tatement", "uery", "sql", "SQL")
_SQL = (
    r"\s{0,20}(?i:insert\s+into\s+[\w.\"\\]{1,200}\s{0,8}(?:\(|default\b)"
    r"|update\s+[\w.\"\\]{1,200}\s+set\s|delete\s+from\s+[\w.\"\\]{1,200}\s+(?:where|using)\s"
    r"|merge\s+into\s|with\s+[\w\"\\]{1,128}\s+as\s{1,8}\(|select\s)"
)
_IN_FIELD = rf"\b(?:(?:statement|query|sql)[\"']?\s?[:=]>?|SQL statement)\s?(?=(?:\"|'){_SQL})"
_QUOTES = (
    _quote(r"\[SQL: ", _until(_CLOSED), "[SQL: "),  # SQLAlchemy
    _quote(r"\[parameters: (?=[(\[{])", _until(_CLOSED), "[parameters: "),
    _quote(_BARE, _bare_end, "SQL: ", "SQL being"),  # Laravel, Yii, Exposed
    _quote(rf"\[rows:[-\d]{{1,12}}\] {_VERB}", _until(_ERROR), "[rows:"),  # GORM's log
    _quote(_RAILS, _bare_end, "\n: "),  # Rails before 6
    _quote(r"\nparams: ", _bare_end, "Failed query: "),  # Drizzle
    _quote(r"\\nparams: ", _until(_TEXT_END), "Failed query: "),  # in a log of JSON
    _quote(r"(?<=\s)param(?:eter)?s: (?=\[)", _literal_end, " parameters: [", " params: ["),
    _quote(r"\"(?:params|parameters|bindings)\": ?(?=\[)", _list_end, 'ms":', 'rs":', 'gs":'),
    _quote(r" with params (?=\[)", _literal_end, " with params ["),  # Doctrine before 3
    _quote(r"\bBatch entry \d{1,6} ", _batch_end, "Batch entry "),  # JDBC
    _quote(rf"(?<=[\s\"'])(?i:{WRITES})", _stated_end, " - "),  # MikroORM's, within logs and JSON
    _quote(rf"\[for Statement \"{_VERB}", _bare_end, "[for Statement "),  # Perl's DBI
    _quote(r"` invocation(?: in)?:?\s[^{}]{0,400}?\n(?=\{\n)", _until(_CALL_END), "` invocation"),
    _quote(_LOGGED, _until(_LINE), *_STATEMENT),  # the server's log
    _quote(_IN_FIELD, _field_end, *_FIELDS),  # logs and errors as JSON, as key=value
    _quote(rf"(?:,,|AUDIT: [^\n]{{0,300}}?,)(?=\"{_SQL})", _until(_CSV_END), ',,"', "AUDIT: "),
    _quote(r"\bCOPY \w{1,63}, line \d{1,12}[^\n:]{0,80}: (?=\")", _until(_LINE), "COPY "),
    _quote("|".join(map(re.escape, _REFUSED_ROW)), _until(_ROW_END), *_REFUSED_ROW),
)
RAW_QUOTE = re.compile(f"{_BARE}|{_RAILS}|{_LOGGED}")
"""A statement with its values in it, neither quoted nor escaped."""


def without_quotes(text: str, *, prose: bool = False) -> str:
    """The text with what it quotes blanked out, so that every other place stays where it is.

    A value of the server's own sentence that looks like such a quote is blanked too: where the
    sentence begins is asked of this text, where it ends of the whole one.
    """
    before = head(text)
    if before is not None:
        start, end = before
        text = f"{text[:start]}{_BLANK * (end - start)}{text[end:]}"
    for quote in _QUOTES:
        if any(sign in text for sign in quote.signs):
            for start, end in list(_spans(text, quote, prose=prose)):
                text = f"{text[:start]}{_BLANK * (end - start)}{text[end:]}"
    return text


def _spans(text: str, quote: _Quote, *, prose: bool) -> Iterator[tuple[int, int]]:
    position = 0
    for _ in range(_MOST):
        match = quote.start.search(text, position)
        if match is None:
            return
        position = quote.end(text, match.end(), prose)
        yield match.start(), position
    yield position, len(text)
