"""A file of an Invariant: its header, its one SELECT, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.audit import invariants
from collectors.audit.invariants import read_invariant
from collectors.errors import UsageError
from collectors.model import Severity

FOLDER = Path(invariants.__file__).parent
HEADER = "-- title: T\n-- reason: R\n-- severity: high\n"


def test_a_header_may_go_on_and_a_comment_may_follow() -> None:
    read = read_invariant(
        "\ufeff-- title: Two words\n-- reason: One line\n--   and another.\n-- severity: low\n"
        "-- about: billing.members\nSELECT id, NULL AS since -- ; not the end\nFROM t;\n",
        "mine",
    )
    assert (read.name, read.title, read.reason, read.severity, read.about) == (
        "mine",
        "Two words",
        "One line and another.",
        Severity.LOW,
        "billing.members",
    )
    assert read.sql == "SELECT id, NULL AS since -- ; not the end\nFROM t"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1", "-- title: …"),
        ("-- title: T\nSELECT 1", "-- reason: …"),
        ("-- title: T\n-- reason: R\nSELECT 1", "-- severity: …"),
        (HEADER.replace("high", "huge") + "SELECT 1", "severity 'huge'"),
        (HEADER, "must be one SELECT"),
        (HEADER + "DELETE FROM t", "must be one SELECT"),
        (HEADER + "SELECT 1; DROP TABLE t", "must be one SELECT"),
        (HEADER + "SELECT ';'; COMMIT", "must be one SELECT"),
    ],
)
def test_what_is_no_invariant_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_invariant(text, "mine")


@pytest.mark.parametrize(
    "body",
    [
        "SELECT ';' AS id",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT $a$;$a$",
        "/* ; */ select 1",
    ],
)
def test_a_semicolon_in_quotes_or_comments_ends_nothing(body: str) -> None:
    assert read_invariant(HEADER + body, "mine").sql == body


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.sql")), ids=lambda file: file.stem)
def test_each_that_ships_says_what_it_is_about(file: Path) -> None:
    read = read_invariant(file.read_text(encoding="utf-8"), file.stem)
    assert read.about
    assert len(read.reason.split()) > 8
