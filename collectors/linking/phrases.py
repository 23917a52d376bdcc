"""What PostgreSQL says of a unique violation, in the languages of `lc_messages`.

The texts are those of the server's message catalogues (`src/backend/po`), of this and earlier
versions. Each is kept as short as it can be and still mean nothing else, so that a cut or slightly
rewritten message is still known. The constraint's name and the tuple are never translated.
"""

from __future__ import annotations

import re

NAMED_AFTER = (
    "uplicate key value viol",
    "uplicate key violates unique",  # before PostgreSQL 9
    "verletzt Unique-Constraint",  # de
    "viola restricción de unicidad",  # es
    "viola la restricción de unicidad",
    "rompt la contrainte unique",  # fr
    "viola il vincolo univoco",  # it
    "viola il vincolo unico",
    "narusza ograniczenie unikalności",  # pl
    "viola a restrição de unicidade",  # pt_BR
    "нарушает ограничение уникальности",  # ru
    "порушують обмеження унікальності",  # uk
    "порушує обмеження унікальності",
    "違反唯一約束",  # zh_TW
    "違反唯一性限制",
    "違反唯一限制",
    "违反唯一约束",  # zh_CN
    "キー値は一意性制約",  # ja
    "キーが一意性制約",
    "bryter mot unik-villkor",  # sv
    "porušuje unikátní omezení",  # cs
    "დუბლირებული გასაღების მნიშვნელობა არღვევს",  # ka
)
"""The constraint's name stands soon after these words."""

ENGLISH = NAMED_AFTER[:2]

NAMED_BEFORE = (
    "고유 제약 조건을 위반",  # ko
    "tekil kısıtlamasını ihlal",  # tr
    "benzersiz kısıtlamasını ihlal",
)
"""The constraint's name stands right before these words."""

_NAMING = (*NAMED_AFTER, *NAMED_BEFORE)
_NAMING_IN_ASCII = tuple(phrase for phrase in _NAMING if phrase.isascii())

INDEX_BUILD = (
    "could not create unique index",
    ") is duplicated",  # its DETAIL, where a driver prints that alone
    "konnte Unique Index",
    "no se pudo crear el índice único",
    "n'a pas pu créer l'index unique",
    "creazione dell'indice univoco",
    "nie można utworzyć unikalnego indeksu",
    "nie można utworzyć indeksu unikalnego",
    "não pôde criar índice único",
    "não foi possível criar índice único",
    "создать уникальный индекс",
    "не вдалося створити унікальний індекс",
    "无法创建唯一索引",
    "無法建立唯一索引",
    "一意インデックス",
    "고유 인덱스를 만들 수 없음",
    "tekil indeksi oluşturulamadı",
    "kunde inte skapa unikt index",
    "უნიკალური ინდექსის შექმნა შეუძლებელია",
)
"""SQLSTATE 23505 as well, but no row was refused: an index could not be built over old rows."""

_EXISTS = (
    "already exists",
    "existiert bereits",
    "existe déjà",
    "esiste già",
    "già esistente",
    "já existe",
    "już istnieje",
    "уже существует",
    "вже існує",
    "anahtarı zaten mevcut",
    "anahtarı zaten var",
    "はすでに存在",
    "は既に存在",
    "키가 이미 있(?!는)",  # `키가 이미 있는 … 키와 충돌`: an exclusion constraint's
    "已经存在",
    "已經存在",
    "已存在",
    "existerar redan",
    "finns redan",
    "již existuje",
)
EXISTS = re.compile(
    r"\)[\"'»«”“」\ufffd]?[\sÂ]{0,3}[»«”“\"']?\s{0,3}(?:" + "|".join(_EXISTS) + r")[.。]?"
)
"""How the sentence goes on after the tuple. Group-free; it starts at the tuple's last bracket.

Where a text was decoded wrongly, a quote is U+FFFD, or has `Â` before it.
"""

EXISTS_FIRST = re.compile(r"(?:Ya existe la (?:llave|clave)|უკვე არსებობს:)\s{0,3}[\"«]?\s?\Z")
"""In these languages the sentence ends with the tuple."""

KEY_WORD = re.compile(
    r"(?:Key|key|KEY|Schlüssel|llave|clave|clé|chiave|Chave|Klucz|Klíč|Nyckeln?|Ключ|キー|键值?|鍵值?"
    r"|არსებობს:)[\s\u00a0:]{0,3}[\"'»«„“”「]?[\s\u00a0]?\("
)
"""What stands before the key's columns; it ends with their opening bracket."""

_STATE = re.compile(
    r"(?:SQL[ _-]?STATE|code|ERROR|FEHLER|ERREUR|ERRO|ERRORE|BŁĄD|ОШИБКА|ПОМИЛКА|HATA|错误|오류)"
    r"(?![\"'\s)\]]{0,4}[=!]==?)[\"'\\\s:=(\[<>]{0,8}23505(?![\w-])"
    r"|(?:^|(?<![=!]= )(?<![=!]=)(?<!case )[\[(<\"'])23505(?:[\])>\"']|: )",
    re.IGNORECASE | re.MULTILINE,
)
_CLASS_NAME = (
    r"(?:UniqueViolation(?:Error|Exception)?|UniqueConstraintViolation(?:Exception)?"
    r"|UniqueIntegrityConstraintViolationError|UniqueConstraintException"
    r"|SequelizeUniqueConstraintError|RecordNotUnique|ErrUniqueViolation)"
)
_CLASS = re.compile(
    r"(?<!except )(?<!catch )(?<!rescue )(?<!catch \()(?<!class )\b(?:\w{1,80}[.:\\]{1,8}){0,9}"
    rf"{_CLASS_NAME}(?=[\"']?[:(,\]]|'>:|\s*$)(?!:\s*$)"
    rf"|(?:\A|[:\n\"'>])\s{{0,3}}\((?:\w{{1,60}}\.){{1,6}}{_CLASS_NAME}\)\s{{1,3}}\S"
    r"|:\s\((?:\w{1,60}\.){1,6}Uniq\w{0,40}(?:\.{3}|…)\s*\Z"
    r"|(?<!WHEN )(?<!when )(?<!The )(?<!the )(?<!\ba )(?<!23505\s)\bunique_violation\b"
)
"""What raises it, not what speaks of it: code that catches it and manuals name the same class.

SQLAlchemy prints the driver's class in brackets, or as `<class '…'>`, before the driver's text;
where an SDK cut the text within it, `Uniq` is the beginning of no other class.
"""

_HINTS = ("nique", "23505", ")=(", "uplicated key", "P2002", "already exists", "constraint [")
_TYPE = re.compile(
    r"(?:sequelize)?unique(?:ness)?(?:key|integrity)?"
    r"(?:constraint)?(?:violation(?:error|exception)?|(?<=constraint)(?:error|exception))"
    r"|recordnotunique"
)
"""Classes of drivers and of libraries over them, in lower case."""


def may_tell_of_one(text: str) -> bool:
    """A quick look; False only if nothing in `text` could tell of a unique violation."""
    return any(hint in text for hint in _HINTS) or names_one(text)


def names_one(text: str) -> bool:
    """The server's own words for a unique violation are in it, in any of its languages."""
    phrases = _NAMING_IN_ASCII if text.isascii() else _NAMING
    return any(phrase in text for phrase in phrases)


def says_unique(text: str) -> bool:
    """SQLSTATE 23505, or an exception class that stands for it; a bare number does not count."""
    return _STATE.search(text) is not None or _CLASS.search(text) is not None


def is_unique_type(name: str | None) -> bool:
    """The exception's class stands for SQLSTATE 23505, or for its kin in another engine."""
    if not name:
        return False
    last = name.replace("::", ".").replace("\\", ".").rsplit(".", 1)[-1]
    return _TYPE.fullmatch(last.replace("_", "").lower()) is not None


def is_index_build(text: str) -> bool:
    """It tells of a unique index that could not be built, and of nothing else."""
    return any(phrase in text for phrase in INDEX_BUILD) and not names_one(text)
