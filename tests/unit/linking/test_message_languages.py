"""The server's messages in the languages of `lc_messages`, from its own message catalogues."""

from __future__ import annotations

import json

import pytest

from collectors.linking.violation import read_text

COLUMNS = "organization_id, lower(email::text)"
VALUES = "0d9e2c1a-7b54-4e0e-9a51-3f6f1c2b7a10, jane@example.com"
TUPLE = f"({COLUMNS})=({VALUES})"

UNIQUE = {
    "de": (
        "FEHLER:  doppelter Schlüsselwert verletzt Unique-Constraint »customers_email_key«\n"
        f"DETAIL:  Schlüssel »{TUPLE}« existiert bereits."
    ),
    "es": (
        "ERROR:  llave duplicada viola restricción de unicidad «customers_email_key»\n"
        f"DETALLE:  Ya existe la llave {TUPLE}."
    ),
    "fr": (
        "ERREUR:  la valeur d'une clé dupliquée rompt la contrainte unique "
        f"« customers_email_key »\nDÉTAIL:  La clé « {TUPLE} » existe déjà."
    ),
    "it": (
        'ERRORE:  un valore chiave duplicato viola il vincolo univoco "customers_email_key"\n'
        f"DETTAGLI:  La chiave {TUPLE} esiste già."
    ),
    "pt_BR": (
        'ERRO:  duplicar valor da chave viola a restrição de unicidade "customers_email_key"\n'
        f"DETALHE:  Chave {TUPLE} já existe."
    ),
    "pl": (
        'BŁĄD:  podwójna wartość klucza narusza ograniczenie unikalności "customers_email_key"\n'
        f"SZCZEGÓŁY:  Klucz {TUPLE} już istnieje."
    ),
    "ru": (
        "ОШИБКА:  повторяющееся значение ключа нарушает ограничение уникальности "
        f'"customers_email_key"\nПОДРОБНОСТИ:  Ключ "{TUPLE}" уже существует.'
    ),
    "uk": (
        "ПОМИЛКА:  повторювані значення ключа порушують обмеження унікальності "
        f'"customers_email_key"\nВІДОМОСТІ:  Ключ {TUPLE} вже існує.'
    ),
    "tr": (
        'HATA:  tekrar eden kayıt, "customers_email_key" tekil kısıtlamasını ihlal etmektedir\n'
        f'DETAY:  "{TUPLE}" anahtarı zaten mevcut.'
    ),
    "ja": (
        'ERROR:  重複したキー値は一意性制約"customers_email_key"違反となります\n'
        f"詳細:  キー {TUPLE} はすでに存在します。"
    ),
    "ja, older": (
        'ERROR:  重複キーが一意性制約"customers_email_key"に違反しています\n'
        f"DETAIL:  キー {TUPLE} はすでに存在します"
    ),
    "ko": (
        '오류:  중복된 키 값이 "customers_email_key" 고유 제약 조건을 위반함\n'
        f"상세정보:  {TUPLE} 키가 이미 있습니다."
    ),
    "zh_CN": f'错误:  重复键违反唯一约束"customers_email_key"\n详细信息:  键值"{TUPLE}" 已经存在',
    "zh_TW": f'錯誤:  重複鍵違反唯一約束 "customers_email_key"\n詳細資料:  鍵值 {TUPLE} 已存在。',
    "zh_TW, newer": (
        f'錯誤:  重複的鍵值違反唯一限制 "customers_email_key"\n詳情:  鍵 {TUPLE} 已存在。'
    ),
    "sv": (
        'FEL:  duplicerat nyckelvärde bryter mot unik-villkor "customers_email_key"\n'
        f"DETALJ:  Nyckeln {TUPLE} existerar redan."
    ),
    "cs": (
        'CHYBA:  duplicitní hodnota klíče porušuje unikátní omezení "customers_email_key"\n'
        f"DETAIL:  Klíč {TUPLE} již existuje."
    ),
    "ka": (
        "შეცდომა:  დუბლირებული გასაღების მნიშვნელობა არღვევს უნიკალურ შეზღუდვას "
        f'"customers_email_key"\nდეტალები:  გასაღები უკვე არსებობს: {TUPLE}.'
    ),
    "unknown language, known code": (
        "ERROR:  23505: giá trị khóa trùng lặp vi phạm ràng buộc\n"
        f"CHI TIẾT:  Khóa {TUPLE} đã tồn tại.\nCONSTRAINT NAME:  customers_email_key"
    ),
    "German through Java": (
        "org.postgresql.util.PSQLException: FEHLER: doppelter Schlüsselwert verletzt "
        f"Unique-Constraint »customers_email_key«\n  Detail: Schlüssel »{TUPLE}« existiert bereits."
    ),
    "Chinese through sqlx": (
        'PgDatabaseError { code: \\"23505\\", message: \\"重复键违反唯一约束\\\\\\"'
        f'customers_email_key\\\\\\"\\", detail: Some(\\"键值\\\\\\"{TUPLE}\\\\\\" 已经存在\\") }}'
    ),
    "French through PDO": (
        "SQLSTATE[23505]: Unique violation: 7 ERREUR:  la valeur d'une clé dupliquée rompt la "
        f"contrainte unique « customers_email_key »\nDÉTAIL : La clé « {TUPLE} » existe déjà."
    ),
}

INDEX_BUILDS = {
    "en": (
        f'could not create unique index "customers_email_key"\nDETAIL:  Key {TUPLE} is duplicated.'
    ),
    "de": (
        "konnte Unique Index »customers_email_key« nicht erstellen\n"
        f"DETAIL:  Schlüssel {TUPLE} ist doppelt vorhanden."
    ),
    "es": (
        "no se pudo crear el índice único «customers_email_key»\n"
        f"DETALLE:  La llave {TUPLE} está duplicada."
    ),
    "fr": (
        "n'a pas pu créer l'index unique « customers_email_key »\n"
        f"DÉTAIL:  La clé {TUPLE} est dupliquée."
    ),
    "it": (
        'creazione dell\'indice univoco "customers_email_key" fallita\n'
        f"DETTAGLI:  La chiave {TUPLE} è duplicata."
    ),
    "ja": (
        '一意インデックス"customers_email_key"を作成できませんでした\n'
        f"詳細:  キー{TUPLE}は重複しています。"
    ),
    "ko": f'"customers_email_key" 고유 인덱스를 만들 수 없음\n상세정보:  {TUPLE} 키가 중복됨',
    "ru": (
        'создать уникальный индекс "customers_email_key" не удалось\n'
        f"ПОДРОБНОСТИ:  Ключ {TUPLE} дублируется."
    ),
    "uk": (
        'не вдалося створити унікальний індекс "customers_email_key"\n'
        f"ВІДОМОСТІ:  Ключ {TUPLE} дублюється."
    ),
    "zh_CN": f'无法创建唯一索引"customers_email_key"\n详细信息:  键值{TUPLE}重复了',
    "sv": (
        'kunde inte skapa unikt index "customers_email_key"\n'
        f"DETALJ:  Nyckeln {TUPLE} är duplicerad."
    ),
    "ka": (
        'უნიკალური ინდექსის შექმნა შეუძლებელია: "customers_email_key"\n'
        f"დეტალები:  გასაღები {TUPLE} დუბლირებულია."
    ),
    "zh_TW": f'無法建立唯一索引 "customers_email_key"\n詳情:  鍵值 {TUPLE} 重複。',
    "with its code": (
        "asyncpg.exceptions.UniqueViolationError: could not create unique index "
        f'"customers_email_key"\nDETAIL:  Key {TUPLE} is duplicated. SQLSTATE 23505'
    ),
}

FOREIGN_KEYS = {
    "de": (
        "Einfügen oder Aktualisieren in Tabelle »customers« verletzt Fremdschlüssel-Constraint "
        "»customers_organization_id_fkey«\nDETAIL:  Schlüssel (organization_id)=(7) ist nicht in "
        "Tabelle »organizations« vorhanden."
    ),
    "es": (
        "inserción o actualización en la tabla «customers» viola la llave foránea "
        "«customers_organization_id_fkey»\nDETALLE:  La llave (organization_id)=(7) no está "
        "presente en la tabla «organizations»."
    ),
    "fr": (
        "une instruction insert ou update sur la table « customers » viole la contrainte de clé\n"
        "étrangère « customers_organization_id_fkey »"
    ),
    "it": (
        'la INSERT o l\'UPDATE sulla tabella "customers" viola il vincolo di chiave esterna '
        '"customers_organization_id_fkey"'
    ),
    "ja": (
        'テーブル"customers"への挿入、更新は外部キー制約"customers_organization_id_fkey"に違反しています\n'
        '詳細:  テーブル"organizations"にキー(organization_id)=(7)がありません'
    ),
    "ko": (
        '"customers" 테이블에서 자료 추가, 갱신 작업이 "customers_organization_id_fkey" '
        "참조키(foreign key) 제약 조건을 위배했습니다"
    ),
    "ru": (
        'INSERT или UPDATE в таблице "customers" нарушает ограничение внешнего ключа '
        '"customers_organization_id_fkey"'
    ),
    "zh_CN": '插入或更新表 "customers" 违反外键约束 "customers_organization_id_fkey"',
    "zh_TW": '資料表 "customers" 的插入或更新違反外來鍵限制 "customers_organization_id_fkey"',
}

REFUSED_ROWS = {
    "de": (
        "neue Zeile für Relation »jobs« verletzt Check-Constraint »jobs_check«",
        "Fehlgeschlagene Zeile enthält {row}.",
    ),
    "fr": (
        "la nouvelle ligne de la relation « jobs » viole la contrainte de vérification « ck »",
        "La ligne en échec contient {row}.",
    ),
    "ja": (
        'リレーション"jobs"の新しい行は検査制約"jobs_check"に違反しています',
        "失敗した行は{row}を含みます",
    ),
    "ka": (
        'ახალი მწკრივი ურთიერთობისთვის "jobs" არღვევს შემოწმების შეზღუდვას "jobs_check"',
        'შეცდომიანი მწკრივი "{row}"-ს შეიცავს.',
    ),
    "ka, not null": (
        'ნულოვანი მნიშვნელობა სვეტში "n" ურთიერთობისთვის "jobs" არანულოვან შეზღუდვას არღვევს',
        'შეცდომიანი მწკრივი "{row}"-ს შეიცავს.',
    ),
    "ko": (
        '새 자료가 "jobs" 릴레이션의 "jobs_check" 체크 제약 조건을 위반했습니다',
        "실패한 자료: {row}",
    ),
    "ru": (
        'новая строка в отношении "jobs" нарушает ограничение-проверку "jobs_check"',
        "Ошибочная строка содержит {row}.",
    ),
    "sv": (
        'ny rad för relation "jobs" bryter mot check-villkor "jobs_check"',
        "Misslyckande rad innehåller {row}.",
    ),
    "sv, not null": (
        'null-värde i kolumn "n" i relation "jobs" bryter mot not-null-villkoret',
        "Misslyckande rad innehåller {row}.",
    ),
    "uk": (
        'новий рядок для відношення "jobs" порушує перевірне обмеження перевірку "jobs_check"',
        "Помилковий рядок містить {row}.",
    ),
    "zh_CN": (
        '关系 "jobs" 的列 "n" 中的 NULL 值违反非空约束',
        "出错的行包含 {row}。",
    ),
    "zh_TW": (
        '關聯 "jobs" 的新資料列違反檢查限制 "jobs_check"',
        "出錯的資料列包含 {row}。",
    ),
    "zh_TW, not null": (
        '關聯 "jobs" 的欄位 "n" 中的 NULL 值違反非空條件約束',
        "出錯的資料列包含 {row}。",
    ),
}
EXCLUSIONS = {
    "ka": (
        'კონფლიქტის მქონე გასაღების მნიშვნელობა არღვევს უნიკალურ შეზღუდვას "rooms_excl"',
        "გასაღები (a)=(1) კონფლიქტობს არსებულ გასაღებ (a)=(1)-სთან.",
    ),
    "ko": (
        '"rooms_excl" exclusion 제약 조건에 따라 키 값 충돌이 발생했습니다.',
        "(a)=(1) 키가 이미 있는 (a)=(1) 키와 충돌합니다.",
    ),
    "sv": (
        'konfliktande nyckelvärde bryter mot uteslutningsvillkor "rooms_excl"',
        "Nyckel (a)=(1) står i konflilkt med existerande nyckel (a)=(1).",
    ),
    "zh_TW": (
        '鍵值衝突違反排他限制 "rooms_excl"',
        "索引鍵 (a)=(1) 與既有的索引鍵 (a)=(1) 衝突。",
    ),
}


@pytest.mark.parametrize("text", UNIQUE.values(), ids=UNIQUE.keys())
def test_the_key_is_read_in_any_language(text: str) -> None:
    reading = read_text(text)
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert reading.key.constraint == "customers_email_key"
    assert reading.key.columns == ("organization_id", "lower(email::text)")
    assert reading.key.splits == (tuple(VALUES.split(", ")),)


NAMED_IN_FIRST_LINE = {
    language: text.split("\n")[0]
    for language, text in UNIQUE.items()
    if "customers_email_key" in text.split("\n")[0] and "\n" in text
}


@pytest.mark.parametrize("text", NAMED_IN_FIRST_LINE.values(), ids=NAMED_IN_FIRST_LINE.keys())
def test_the_constraint_is_read_in_any_language_without_a_detail(text: str) -> None:
    reading = read_text(text)
    assert reading.kind == "unique_violation"
    assert reading.key is not None
    assert (reading.key.constraint, reading.key.splits) == ("customers_email_key", ())


@pytest.mark.parametrize("text", INDEX_BUILDS.values(), ids=INDEX_BUILDS.keys())
def test_an_index_that_could_not_be_built_is_no_failed_create(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.key) == ("other_database_error", None)


@pytest.mark.parametrize("text", FOREIGN_KEYS.values(), ids=FOREIGN_KEYS.keys())
def test_a_foreign_key_is_no_unique_key_in_any_language(text: str) -> None:
    reading = read_text(text)
    assert (reading.kind, reading.key) == ("other_database_error", None)


@pytest.mark.parametrize("text", INDEX_BUILDS.values(), ids=INDEX_BUILDS.keys())
def test_nor_is_it_one_where_json_writes_its_letters_as_numbers(text: str) -> None:
    message, *detail = text.split("\n")
    error = {"code": "23505", "message": message, "detail": "".join(detail)}
    reading = read_text(json.dumps(error))
    assert (reading.kind, reading.key) == ("other_database_error", None)


@pytest.mark.parametrize("told", REFUSED_ROWS.values(), ids=REFUSED_ROWS.keys())
def test_a_refused_row_may_hold_any_text_in_any_language(told: tuple[str, str]) -> None:
    kept = f'duplicate key value violates unique constraint "old_key" Key {TUPLE} already exists.'
    message, detail = told
    reading = read_text(f"{message}\nDETAIL:  {detail.format(row=f'(1, {kept}, null)')}")
    assert (reading.kind, reading.key) == ("other_database_error", None)


@pytest.mark.parametrize("told", EXCLUSIONS.values(), ids=EXCLUSIONS.keys())
@pytest.mark.parametrize("as_json", [False, True], ids=["plain", "JSON"])
def test_an_exclusion_constraint_is_no_unique_key(told: tuple[str, str], as_json: bool) -> None:
    message, detail = told
    error = {"code": "23P01", "message": message, "detail": detail}
    text = json.dumps(error) if as_json else f"ERROR:  {message}\nDETAIL:  {detail}"
    reading = read_text(text)
    assert (reading.kind, reading.key) == ("other_database_error", None)
