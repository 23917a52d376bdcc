"""Text and tables as HTML in which nothing of them is markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

import pandas as pd

from dashboard.text import UNKNOWN, cleaned

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Whatever stood in the text, a browser would run and fetch nothing of it."""


def page(title: str, style: str, body: Iterable[str]) -> str:
    """The whole document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def text(value: object) -> str:
    """One line of anybody's text."""
    return escape(cleaned(str(value)))


def heading(words: str) -> str:
    """A section's."""
    return f"<h2>{text(words)}</h2>"


def paragraph(words: str, *, quiet: bool = False) -> str:
    """A sentence or two."""
    return f'<p class="quiet">{text(words)}</p>' if quiet else f"<p>{text(words)}</p>"


def numbers(told: Iterable[tuple[str, str, str]]) -> str:
    """Named numbers, each with what it counts."""
    lines = (
        f"<li><small>{text(name)}</small><b>{text(value)}</b><small>{text(what)}</small></li>"
        for name, value, what in told
    )
    return f'<ul class="numbers">{"".join(lines)}</ul>'


def figure(drawing: str, words: str) -> str:
    """A drawing of ours, with the same in words."""
    return f"<figure>{drawing}<figcaption>{text(words)}</figcaption></figure>"


def table(frame: pd.DataFrame, headings: Sequence[str], ids: Sequence[str]) -> str:
    """A table; numbers stand to the right, times are in UTC.

    `ids` stand in small print beneath the first cell of each row: they name it, and are long.
    """
    head = "".join(f'<th scope="col">{text(one)}</th>' for one in headings)
    rows = (
        f"<tr><td>{text(first)}{_beneath(first, id_)}</td>{''.join(map(_cell, rest))}</tr>"
        for (first, *rest), id_ in zip(frame.itertuples(index=False, name=None), ids, strict=True)
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def definitions(told: Iterable[tuple[str, str]]) -> str:
    """What words mean."""
    lines = (f"<dt>{text(word)}</dt><dd>{text(meaning)}</dd>" for word, meaning in told)
    return f"<dl>{''.join(lines)}</dl>"


def utc(moment: datetime) -> str:
    """A time, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _beneath(first: object, id_: str) -> str:
    """Nothing where the id is all that the first cell says."""
    return "" if id_ in (first, UNKNOWN) else f"<small>{text(id_)}</small>"


def _cell(value: object) -> str:
    if value is None or value is pd.NaT:
        return f"<td>{UNKNOWN}</td>"
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{text(utc(value) if isinstance(value, datetime) else value)}</td>"
