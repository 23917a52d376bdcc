"""The vocabulary: frozen values that every part speaks in. Nothing here touches the world.

Names are README's words. Every `datetime` is aware and in UTC. Every identifier that comes from a
catalog (`schema`, `table`, a column, an expression) is spelled as PostgreSQL's `quote_ident` or
`pg_get_indexdef` gives it, so that it can stand in a statement as it is; whatever comes from an
Event never does.
"""

from __future__ import annotations

from collectors.model.catalog import (
    Catalog,
    Column,
    ForeignKey,
    MarkerKind,
    Partition,
    SoftDeleteMarker,
    Table,
    label_of,
)
from collectors.model.coverage import Coverage
from collectors.model.events import (
    Event,
    ExceptionValue,
    Frame,
    Issue,
    Request,
)
from collectors.model.failures import (
    Failure,
    ViolatedKey,
)
from collectors.model.invariants import CheckedInvariant, Invariant, InvariantState
from collectors.model.judgements import (
    Earlier,
    Finding,
    Judgement,
)
from collectors.model.keys import Blocks, IndexBuild, KeyPart, UniqueKey, input_columns
from collectors.model.leftovers import Leftover, LeftoverKind, LeftoverSample, TableLeftovers
from collectors.model.prevention import KeyFinding, Migration, Severity
from collectors.model.releases import Deploy, Release
from collectors.model.rows import (
    Holder,
    KeyLookup,
    LookupAnswer,
    RowRef,
    is_address,
    row_id,
    row_id_parts,
)
from collectors.model.surveys import (
    Counting,
    DayCount,
    Dependents,
    ExposureCount,
    Payment,
    TableCounts,
    Topic,
)
from collectors.model.words import (
    BLOCKED_VERDICTS,
    OF_THIS_BUG,
    Confidence,
    KeyName,
    KeyValues,
    Operation,
    ValueSource,
    Verdict,
)

__all__ = [
    "BLOCKED_VERDICTS",
    "OF_THIS_BUG",
    "Blocks",
    "Catalog",
    "CheckedInvariant",
    "Column",
    "Confidence",
    "Counting",
    "Coverage",
    "DayCount",
    "Dependents",
    "Deploy",
    "Earlier",
    "Event",
    "ExceptionValue",
    "ExposureCount",
    "Failure",
    "Finding",
    "ForeignKey",
    "Frame",
    "Holder",
    "IndexBuild",
    "Invariant",
    "InvariantState",
    "Issue",
    "Judgement",
    "KeyFinding",
    "KeyLookup",
    "KeyName",
    "KeyPart",
    "KeyValues",
    "Leftover",
    "LeftoverKind",
    "LeftoverSample",
    "LookupAnswer",
    "MarkerKind",
    "Migration",
    "Operation",
    "Partition",
    "Payment",
    "Release",
    "Request",
    "RowRef",
    "Severity",
    "SoftDeleteMarker",
    "Table",
    "TableCounts",
    "TableLeftovers",
    "Topic",
    "UniqueKey",
    "ValueSource",
    "Verdict",
    "ViolatedKey",
    "input_columns",
    "is_address",
    "label_of",
    "row_id",
    "row_id_parts",
]
