"""Every language in every wrapping, with values that look like the wrapping itself."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Callable

import pytest

from collectors.linking.message import read_message
from collectors.linking.violation import read_text

LANGUAGES = {
    "en": (
        'ERROR:  duplicate key value violates unique constraint "{name}"\n'
        "DETAIL:  Key {told} already exists."
    ),
    "de": (
        "FEHLER:  doppelter Schlüsselwert verletzt Unique-Constraint »{name}«\n"
        "DETAIL:  Schlüssel »{told}« existiert bereits."
    ),
    "fr": (
        "ERREUR:  la valeur d'une clé dupliquée rompt la contrainte unique « {name} »\n"
        "DÉTAIL : La clé « {told} » existe déjà."
    ),
    "es": (
        "ERROR:  llave duplicada viola restricción de unicidad «{name}»\n"
        "DETALLE:  Ya existe la llave {told}."
    ),
    "it": (
        'ERRORE:  un valore chiave duplicato viola il vincolo univoco "{name}"\n'
        "DETTAGLI:  La chiave {told} esiste già."
    ),
    "pt_BR": (
        'ERRO:  duplicar valor da chave viola a restrição de unicidade "{name}"\n'
        "DETALHE:  Chave {told} já existe."
    ),
    "pl": (
        'BŁĄD:  podwójna wartość klucza narusza ograniczenie unikalności "{name}"\n'
        "SZCZEGÓŁY:  Klucz {told} już istnieje."
    ),
    "ru": (
        'ОШИБКА:  повторяющееся значение ключа нарушает ограничение уникальности "{name}"\n'
        'ПОДРОБНОСТИ:  Ключ "{told}" уже существует.'
    ),
    "uk": (
        'ПОМИЛКА:  повторювані значення ключа порушують обмеження унікальності "{name}"\n'
        "ДЕТАЛІ:  Ключ {told} вже існує."
    ),
    "tr": (
        'HATA:  tekrar eden kayıt, "{name}" tekil kısıtlamasını ihlal etmektedir\n'
        "AYRINTI:  {told} anahtarı zaten mevcut."
    ),
    "ja": (
        'ERROR:  重複したキー値は一意性制約"{name}"違反となります\n'
        "DETAIL:  キー {told} はすでに存在します。"
    ),
    "ko": (
        '오류:  중복된 키 값이 "{name}" 고유 제약 조건을 위반함\n'
        "상세정보:  {told} 키가 이미 있습니다."
    ),
    "zh_CN": ('错误:  重复键违反唯一约束"{name}"\n描述:  键值"{told}" 已经存在'),
}
VALUES = [
    {"org": "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10", "lower(email::text)": "jane@example.com"},
    {"email": "o'brien+x@ex-ample.co.uk"},
    {"name": "Doe, Jane (old)", "n": "4"},
    {"a": 'say "hi"'},
    {"a": "x=y", "b": "(1)=(2)"},
    {'"userId"': "5", "COALESCE(ext, ''::text)": ""},
    {"path": "C:\\new\\table"},
    {"url": "https://x.io/?a=1&b=2"},
    {"a": "jané", "deleted_at": None},
]


def wrapped_mail(text: str) -> str:
    lines = [
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, 72, break_long_words=False, break_on_hyphens=False)
    ]
    return "Hello,\n\n" + "\n".join(f"> {line}" for line in lines) + "\n\nBye"


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "none": lambda text: text,
    "one line": lambda text: text.replace("\n", " "),
    "JSON, ASCII": lambda text: json.dumps({"error": text}),
    "JSON": lambda text: json.dumps({"error": text}, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(
        {"log": json.dumps({"error": text}, ensure_ascii=False)}, ensure_ascii=False
    ),
    "a web page": lambda text: f"<p>{html.escape(text)}</p>",
    "a web page, quotes as they are": lambda text: html.escape(text, quote=False).replace(
        "\n", "<br/>\n"
    ),
    "a repr": lambda text: f"Error({text!r})",
    "mail": lambda text: "Hello,\n\n> " + text.replace("\n", "\n> ") + "\n\nBye",
    "mail with short lines": wrapped_mail,
    "a log": lambda text: "\n".join(
        f"2025-03-02 10:11:12 UTC [12] app@shop {line}" for line in text.split("\n")
    ),
    "csvlog": lambda text: 'app,INSERT,ERROR,23505,"' + text.replace('"', '""') + '",,,',
    "SQLAlchemy": lambda text: (
        f"(psycopg2.errors.UniqueViolation) {text}\n\n[SQL: INSERT INTO c (a) VALUES (%(a)s)]\n"
        "[parameters: {'a': 'boss@x.io'}]\n(Background on this error at: https://sqlalche.me/e)"
    ),
    "JDBC": lambda text: text.replace("DETAIL:  ", "  Detail: ") + "\n\tat x.Y(Z.java:2713)",
    "Markdown": lambda text: f"We got:\n```\n{text}\n```\nplease help, customer (id)=(7)",
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
@pytest.mark.parametrize("values", VALUES, ids=lambda values: " ".join(map(str, values.values())))
def test_the_key_comes_out_of_every_wrapping(
    values: dict[str, str | None], wrap: Callable[[str], str]
) -> None:
    printed = ", ".join("null" if value is None else value for value in values.values())
    told = f"({', '.join(values)})=({printed})"
    wrong = {}
    for language, template in LANGUAGES.items():
        key = read_text(wrap(template.format(name="ix_shop_key", told=told))).key
        if (
            key is None
            or key.constraint != "ix_shop_key"
            or tuple(values.values()) not in key.splits
        ):
            wrong[language] = key
    assert wrong == {}


UNKNOWN = (
    'LỖI:  23505: giá trị khóa trùng lặp vi phạm ràng buộc duy nhất "{name}"\n'
    "CHI TIẾT:  Khóa {told} đã tồn tại."
)
GEORGIAN = (
    "შეცდომა:  დუბლირებული გასაღების მნიშვნელობა არღვევს უნიკალურ შეზღუდვას "
    '"{name}"\nდეტალები:  გასაღები უკვე არსებობს: {told}.'
)
WITH_WRONG_DECODING = {
    "U+FFFD for every foreign letter": lambda text: text.encode("latin-1").decode(errors="replace"),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
}
IN_ONE_LINE = {
    "laravel": (
        "SQLSTATE[23505]: Unique violation: 7 {text} (Connection: pgsql, SQL: insert into "
        '"users" ("email", "note") values (jane@example.com, (x)) returning "id")'
    ),
    "hibernate": (
        "could not execute statement; SQLSTATE 23505 [{text}] [insert into c (a,b) values (?,?)]; "
        "SQL [insert into c (a,b) values (?,?)]; constraint [ix_shop_key]"
    ),
    "spring, the cause's own words behind its own": (
        "PreparedStatementCallback; SQL [INSERT INTO c (a, b) VALUES (?, ?)]; {text}; nested "
        "exception is org.postgresql.util.PSQLException: {text}\nSQLSTATE 23505"
    ),
    "a place in the code": "UniqueViolation: {text} at handler (app.js:12:3)",
    "a statement in the same line": "SQLSTATE 23505: {text} SENTENCIA: INSERT INTO x VALUES ('y')",
    "a batch": (
        "Batch entry 0 insert into c (a) values (1) was aborted: {text}  Call getNextException to "
        "see other errors in the batch. SQLSTATE 23505\n\tat org.postgresql.x(Y.java:165)"
    ),
    "sqlalchemy": (
        "(psycopg2.errors.UniqueViolation) {text}\n\n[SQL: INSERT INTO c (a, b) VALUES (%s, %s)]\n"
        "[parameters: ('(x)', 'y (z).')]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
    ),
    "celery": "Task x raised unexpected: UniqueViolation({text!r}) at t (y.py:3)",
}
told = pytest.mark.parametrize("wrapper", IN_ONE_LINE.values(), ids=IN_ONE_LINE.keys())


@told
@pytest.mark.parametrize(
    "template",
    [*LANGUAGES.values(), GEORGIAN, UNKNOWN],
    ids=[*LANGUAGES, "ka", "an unknown language"],
)
def test_the_wrappers_own_brackets_are_no_part_of_the_value(template: str, wrapper: str) -> None:
    told = "(organization_id, email)=(7, jane@example.com)"
    text = wrapper.format(text=template.format(name="ix_shop_key", told=told))
    for key in (read_message(text), read_text(text).key):
        assert key is not None
        assert key.splits == (("7", "jane@example.com"),)


@told
@pytest.mark.parametrize("decoded", WITH_WRONG_DECODING.values(), ids=WITH_WRONG_DECODING.keys())
@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "pt_BR"])
def test_a_wrongly_decoded_text_gives_its_value_and_never_a_wrong_name(
    language: str, decoded: Callable[[str], str], wrapper: str
) -> None:
    template = LANGUAGES[language]
    text = decoded(template.format(name="ix_shop_key", told="(email)=(jane@example.com)"))
    key = read_message(wrapper.format(text=text))
    assert key is not None
    assert key.splits == (("jane@example.com",),)
    assert key.constraint in {"ix_shop_key", None}
    assert key.constraint or language not in {"de", "it"}


@pytest.mark.parametrize(
    ("value", "ways"),
    [("Acme (UK) Ltd", 1), ("Acme (UK). Ltd", 1), ("smile :)", 1), ("a). (b", 2)],
)
@pytest.mark.parametrize("template", [LANGUAGES["es"], GEORGIAN], ids=["es", "ka"])
def test_where_the_tuple_ends_the_sentence_its_brackets_tell_the_end(
    template: str, value: str, ways: int
) -> None:
    key = read_message(template.format(name="ix_shop_key", told=f"(name)=({value})"))
    assert key is not None
    assert (value,) in key.splits
    assert len(key.splits) == ways


@pytest.mark.parametrize(
    "template", [LANGUAGES["es"], GEORGIAN, UNKNOWN], ids=["es", "ka", "an unknown language"]
)
def test_an_escaped_line_break_behind_the_tuple_is_undone(template: str) -> None:
    text = template.format(name="ix_shop_key", told="(path)=(C:\\temp)") + "\n"
    key = read_message(f"Task x raised unexpected: UniqueViolation({text!r})")
    assert key is not None
    assert (key.constraint, key.splits) == ("ix_shop_key", (("C:\\temp",),))
