"""What a column is called that says that its row is deleted, or when it was."""

from __future__ import annotations

import re

from collectors.model.sql_text import folded

TIMES = re.compile(
    r"(soft)?(deleted?|removed|discarded|trashed|tombstoned)"
    r"(at|on|time|date|ts|timestamp|datetime)(utc)?"
    r"|deletiontime(stamp)?(utc)?|(date|time)(deleted|removed)|deleted|removed"
)
FLAGS = re.compile(
    r"(is)?(soft)?(deleted|removed|discarded|trashed|tombstoned?)|is(soft)?del(ete)?"
    r"|del(eted?)?(flag|flg|yn)"
)


def is_called_a_mark(column: str) -> bool:
    """By its (quoted) name alone: what a live row has in it may be known to nobody.

    >>> [is_called_a_mark(name) for name in ("deleted", '"isDeleted"', "deletion_reason")]
    [True, True, False]
    """
    name = folded(column)
    return bool(TIMES.fullmatch(name) or FLAGS.fullmatch(name))
