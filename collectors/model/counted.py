"""A number and what it counts, in words."""

from __future__ import annotations


def counted(number: int, one: str, several: str | None = None) -> str:
    """`several` where it is not `one` with an s.

    >>> counted(1, "row"), counted(1200, "row"), counted(0, "customer was", "customers were")
    ('1 row', '1,200 rows', '0 customers were')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"
