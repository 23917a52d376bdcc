"""`explain`: what a text is about. Parsing needs neither settings nor a store nor a database."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from collectors.errors import UsageError
from collectors.explain import Explanation, explain, explain_text
from collectors.inquiry import Inquiry
from collectors.linking.backslashes import whole_characters
from collectors.model.counted import counted
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import print_json, print_json_lines, say, tell


def show_one(file: str, environment: str | None, *, as_json: bool) -> bool:
    """One text, from a file or standard input; whether everything could be asked."""
    text = _read(file)
    with _explainer() as explained:
        found = explained(text, environment)
    if as_json:
        print_json(_json(found))
    else:
        for line in _sentences(found):
            tell(line)
    return _all_asked([found])


def show_many(file: str, environment: str | None) -> bool:
    """A line each `{"id", "text"}`; nothing is answered unless every line is one."""
    asked = [_asked(number, line) for number, line in enumerate(_read(file).split("\n"), 1)]
    notes: list[Explanation] = []
    with _explainer() as explained:

        def answers() -> Iterator[dict[str, Any]]:
            for identity, text in filter(None, asked):
                found = explained(text, environment)
                notes.extend([found] if found.notes else [])
                yield {"id": identity} | _json(found)

        print_json_lines(answers())
    return _all_asked(notes)


def _asked(number: int, line: str) -> tuple[Any, str] | None:
    """The id and text of a line, None for an empty one. An event may stand there as it is."""
    if not line.strip():
        return None
    try:
        asked = json.loads(line)
        identity, text = asked["id"], asked["text"]
        json.dumps(identity, allow_nan=False)  # it is answered as it came
        return identity, whole_characters(text) if isinstance(text, str) else json.dumps(text or "")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f'Line {number} is not {{"id": …, "text": …}}.') from error


@contextmanager
def _explainer() -> Iterator[Callable[[str, str | None], Explanation]]:
    """With store and Targets where they are set up, else by the text alone."""
    settings = our_settings()
    if settings.secret_key is None:
        yield lambda text, _: explain_text(text)
        return
    store = our_store()
    with closing(Inquiry(settings, store)) as inquiry:
        yield lambda text, environment: explain(inquiry, store, text, environment)


def _all_asked(found: list[Explanation]) -> bool:
    notes = dict.fromkeys(note for one in found for note in one.notes)
    for note in notes:
        say(note)
    return not notes


def _read(file: str) -> str:
    """Its text; without the mark that Windows' tools begin a file with, and in their UTF-16."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    wide = raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return raw.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def _json(found: Explanation) -> dict[str, Any]:
    key, values = found.key, found.values
    return {
        "kind": found.kind,
        "constraint": key.constraint if key else None,
        "columns": list(key.columns) if key and key.columns else None,
        "values": list(values) if values is not None else None,
        "complete": key is not None and key.complete,
        "identifiers": [{"kind": i.kind, "value": i.value} for i in found.identifiers],
        "failures": list(found.failures),
        "verdict": found.verdict,
    }


def _sentences(found: Explanation) -> Iterator[str]:
    yield {
        "unique_violation": "A unique key was violated.",
        "other_database_error": "A database error, but no unique key was violated.",
        "not_recognised": "No database error was recognised.",
    }[found.kind]
    if found.key is not None:
        yield f"Constraint: {found.key.constraint or 'not named'}"
        values = found.values or ("not known",) * len(found.key.columns)
        for column, value in zip(found.key.columns, values, strict=False):
            yield f"  {column} = {'NULL' if value is None else value}"
        if found.key.doubt:
            yield f"  {found.key.doubt}"
    for identifier in found.identifiers:
        yield f"Names {identifier.kind.replace('_', ' ')}: {identifier.value}"
    stored = f"({counted(len(found.failures), 'Failure')} stored)"
    if found.verdict is not None:
        yield f"Verdict: {found.verdict} {stored}"
    elif found.failures:
        yield f"Verdict: none, for what it names stands differently {stored}"
