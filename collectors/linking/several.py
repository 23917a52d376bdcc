"""Of a text that tells of several errors, the part that tells of one.

A log holds other people's errors too, and a ticket may quote two: the statement of one says nothing
of the other.
"""

from __future__ import annotations

import re
from itertools import islice

from collectors.linking.mentions import mentions, process_of
from collectors.linking.quoted import without_quotes
from collectors.model import ViolatedKey

_SEVERITY = re.compile(
    r"\b(?:ERROR|FATAL|PANIC|FEHLER|ERREUR|ERRO|ERRORE|BŁĄD|ОШИБКА|ПОМИЛКА|HATA|FEL|CHYBA|错误|錯誤"
    r"|오류|შეცდომა)\s?:\s{1,2}"
)
_MOST_ERRORS = 200


def part_about(text: str, key: ViolatedKey) -> str:
    """What stands between `key`'s own error and the next one; nothing where it may be any of them.

    Where the lines name their process, those of another one are left out.
    """
    if len(_errors(text)) < 2:
        return text
    errors = _errors(without_quotes(text, prose=True))
    mine = [place for place, (_, name) in enumerate(errors) if name == key.constraint]
    if len(errors) < 2 or not mine:
        return text if len({name for _, name in errors if name}) < 2 else ""
    ends = [at for at, _ in errors[1:]] + [len(text)]
    start = errors[mine[0]][0]
    spans = [(errors[place][0] if place else 0, ends[place]) for place in mine]
    return _of_process("".join(text[slice(*span)] for span in spans), process_of(text, start))


def _errors(said: str) -> list[tuple[int, str | None]]:
    """Where each error begins, and its constraint, "" for what is no unique violation."""
    found = [(one.start, one.constraint) for one in mentions(said)]
    lines = {said.rfind("\n", 0, at) for at, _ in found}
    severities = (match.start() for match in islice(_SEVERITY.finditer(said), _MOST_ERRORS))
    found += [(at, "") for at in severities if said.rfind("\n", 0, at) not in lines]
    return sorted(found, key=lambda error: error[0])


def _of_process(text: str, process: str | None) -> str:
    """The lines of that process, and those that do not say whose they are."""
    if process is None:
        return text
    lines = text.split("\n")
    return "\n".join(line for line in lines if process_of(line, len(line)) in (None, process))
