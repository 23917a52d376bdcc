"""`explain`: what a text is about. Parsing needs neither settings nor a store nor a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from collectors.errors import SettingsError, UsageError
from collectors.explain import Explanation, explain, explain_text
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import out, plain, print_json, say


def show_one(file: str, environment: str | None, *, as_json: bool) -> None:
    """One text, from a file or standard input."""
    found = _explained(_read(file), environment)
    if as_json:
        print_json(_json(found))
        return
    for line in _sentences(found):
        out.print(plain(line), soft_wrap=True)


def show_many(file: str, environment: str | None) -> None:
    """A line each `{"id", "text"}`; a line that is not so ends it, for the ids would not match."""
    for number, line in enumerate(_read(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            identity, text = asked["id"], asked["text"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise UsageError(f'Line {number} is not {{"id": …, "text": …}}.') from error
        print_json({"id": identity} | _json(_explained(str(text), environment)))


def _explained(text: str, environment: str | None) -> Explanation:
    try:
        settings = our_settings()
        if settings.secret_key is None:
            return explain_text(text)
        return explain(settings, our_store(), text, environment)
    except SettingsError as error:
        say(f"Read without store and Targets: {error}")
        return explain_text(text)


def _read(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    return raw.decode("utf-8", errors="replace")


def _json(found: Explanation) -> dict[str, Any]:
    key, values = found.key, found.values
    return {
        "kind": found.kind,
        "constraint": key.constraint if key else None,
        "columns": list(key.columns) if key else [],
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
    if found.verdict is not None:
        yield f"Verdict: {found.verdict} ({len(found.failures):,} Failures stored)"
