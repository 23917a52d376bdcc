"""The read-write side of an application database, on connections that no reader shares.

connecting.py   the connection, what is set in its transactions, and what became of one
one.py          one plan, one transaction
batch.py        many rows in one transaction, by statements over sets of rows
batch_steps.py  what is done within it: locked, checked, written, counted
rights.py       what the role may do, for `doctor`
"""

from __future__ import annotations

from dashboard.remediation.writer.batch import BatchWriter
from dashboard.remediation.writer.batch_steps import BatchWritten, Seen
from dashboard.remediation.writer.connecting import (
    WHICH_CLUSTER,
    EndUnknown,
    Limits,
    RolledBack,
    Which,
)
from dashboard.remediation.writer.one import Announce, Writer, Written
from dashboard.remediation.writer.rights import (
    RightsReader,
    TableRights,
    WriterFacts,
)

__all__ = [
    "WHICH_CLUSTER",
    "Announce",
    "BatchWriter",
    "BatchWritten",
    "EndUnknown",
    "Limits",
    "RightsReader",
    "RolledBack",
    "Seen",
    "TableRights",
    "Which",
    "Writer",
    "WriterFacts",
    "Written",
]
