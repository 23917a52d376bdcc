"""What a row of a table is called in a sentence."""

from __future__ import annotations

import re

_SINGULAR = (
    (re.compile(r"people$"), "person"),
    (re.compile(r"series$"), "series"),
    (re.compile(r"ies$"), "y"),
    (re.compile(r"(?<=ss|sh|.x)es$"), ""),
    (re.compile(r"(?<=[nrt]ch)es$"), ""),
    (re.compile(r"(?<=[^aeo]us)es$"), ""),
    (re.compile(r"(?<=.[^sui])s$"), ""),
)
"""How a table's name in the plural ends, and what one row of it is called instead; first wins."""


def singular(label: str) -> str:
    """One row of a table, in a sentence.

    >>> singular("customers"), singular("billing.categories"), singular('"Address"')
    ('customer', 'category', 'Address')
    >>> singular("addresses"), singular("order_statuses"), singular("people"), singular("houses")
    ('address', 'order_status', 'person', 'house')
    """
    name = label.rpartition(".")[2].strip('"')
    for ending, one in _SINGULAR:
        if ending.search(name):
            return ending.sub(one, name)
    return name
