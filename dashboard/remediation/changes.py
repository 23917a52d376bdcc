"""What a plan does to a column, and the statement it becomes part of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from collectors.evidence.privacy import mask
from collectors.model.sql_text import literal

_PLACEHOLDER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])\$(\d+)""")
"""A placeholder, or what may look like one inside: a literal, a quoted name."""

LONGEST_NUMBER = 131_072
"""Digits that a `numeric` has at most before its point."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$n` placeholders and what is bound to them; `clear` may be shown as it is."""

    sql: str
    params: tuple[str | None, ...] = field(default=(), repr=False)
    clear: frozenset[int] = frozenset()

    @property
    def shown(self) -> str:
        """To be read by a person: values in place, customer data masked."""
        sql, returning, _ = self.sql.partition(" RETURNING ")
        shown = _PLACEHOLDER.sub(
            lambda found: self._literal(int(found[1])) if found[1] else found[0], sql
        )
        return f"{shown}{returning and ' RETURNING …'}"

    def _literal(self, number: int) -> str:
        value = self.params[number - 1]
        if value is None:
            return "NULL"
        text = value if number in self.clear else mask(value)
        return literal(text)


class Binding:
    """Collects the values of one Statement."""

    def __init__(self) -> None:
        self._values: list[str | None] = []
        self._clear: set[int] = set()

    def __call__(self, value: str | None, cast: str, *, clear: bool = False) -> str:
        """The placeholder that stands for this value."""
        self._values.append(value)
        if clear:
            self._clear.add(len(self._values))
        return f"${len(self._values)}::{cast}"

    @property
    def values(self) -> tuple[str | None, ...]:
        """What was bound so far."""
        return tuple(self._values)

    def statement(self, sql: str) -> Statement:
        """The finished Statement."""
        return Statement(sql, tuple(self._values), frozenset(self._clear))


class Change(Protocol):
    """What a plan does to one column."""

    @property
    def column(self) -> str:
        """The column's quoted name."""

    @property
    def shown(self) -> str:
        """What it will hold, without customer data."""

    def expression(self, bind: Binding) -> str:
        """The right side of its assignment."""

    def is_seen_in(self, before: str | None, after: str | None) -> bool:
        """Whether the column's new text is what was meant."""


@dataclass(frozen=True, slots=True)
class Write:
    """Sets a column to a value. `clear`: the value is ours, not a customer's."""

    column: str
    type: str
    value: str | None = field(repr=False)
    clear: bool = False

    @property
    def shown(self) -> str:
        """NULL, our own value, or a mask."""
        if self.value is None:
            return "NULL"
        return self.value if self.clear else mask(self.value)

    def expression(self, bind: Binding) -> str:
        """The bound value."""
        return bind(self.value, self.type, clear=self.clear)

    def is_seen_in(self, before: str | None, after: str | None) -> bool:  # noqa: ARG002
        """It reads back as it was written."""
        return after == self.value or _is_same_value(self.type, after, self.value)


@dataclass(frozen=True, slots=True)
class Keep:
    """Adds one member to a JSON column, and leaves the others as they are.

    PostgreSQL merges it: Python would reprint numbers such as `1.10`.
    """

    column: str
    type: str
    name: str
    value: str = field(repr=False)

    @property
    def shown(self) -> str:
        """Which member is added."""
        return f"… with {self.name} = {mask(self.value)}"

    def expression(self, bind: Binding) -> str:
        """The column's own content with the member."""
        member = f"jsonb_build_object({bind(self.name, 'text', clear=True)}, "
        member += f"{bind(self.value, 'text')})"
        return f"(coalesce({self.column}::jsonb, '{{}}'::jsonb) || {member})::{self.type}"

    def is_seen_in(self, before: str | None, after: str | None) -> bool:
        """The member is there, and nothing else has moved."""
        kept = json_object(before)
        return kept is not None and json_object(after) == {**kept, self.name: self.value}


@dataclass(frozen=True, slots=True)
class TakeOut:
    """Removes one member from a JSON column, and leaves the others as they are."""

    column: str
    type: str
    name: str

    @property
    def shown(self) -> str:
        """Which member goes."""
        return f"… without {self.name}"

    def expression(self, bind: Binding) -> str:
        """The column's own content without the member."""
        return f"({self.column}::jsonb - {bind(self.name, 'text', clear=True)})::{self.type}"

    def is_seen_in(self, before: str | None, after: str | None) -> bool:
        """The member is gone, and nothing else has moved."""
        was, now = json_object(before), json_object(after)
        return was is not None and now == {k: v for k, v in was.items() if k != self.name}


def _is_same_value(type_: str, one: str | None, other: str | None) -> bool:
    """Whether two texts are one value, printed in another time zone or with another scale.

    >>> _is_same_value("timestamp(3) with time zone", "1970-01-01 00:00Z", "1970-01-01 01:00+01")
    True
    >>> _is_same_value("numeric(20,3)", "0.000", "0"), _is_same_value("text", "0.000", "0")
    (True, False)
    """
    if one is None or other is None:
        return False
    try:
        if type_.startswith("numeric"):
            return Decimal(one) == Decimal(other)
        if type_.startswith("timestamp"):
            return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except (ArithmeticError, TypeError, ValueError):  # infinity, years before Christ
        return False
    return False


def json_object(text: str | None) -> dict[str, Any] | None:
    """The members of a JSON object (numbers as `jsonb` spells them); none of SQL NULL; else None.

    None also where it is nested deeper, or a number is longer, than can be read here.
    """
    if text is None:
        return {}
    try:
        found = json.loads(text, parse_float=_spelled, parse_int=_spelled)
    except (ArithmeticError, RecursionError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _spelled(number: str) -> str:
    """How `jsonb` prints a number that a `json` column may have spelled otherwise.

    >>> [_spelled(one) for one in ("1.10", "1.50e1", "2E-3", "-0", "-7")]
    ['1.10', '15.0', '0.002', '0', '-7']
    """
    value = Decimal(number)
    if abs(value.adjusted()) > LONGEST_NUMBER:
        raise ValueError(number)
    return format(value if value else abs(value), "f")
