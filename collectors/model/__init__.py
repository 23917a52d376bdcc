"""The vocabulary: frozen values that every part speaks in. Nothing here touches the world.

Names are DESIGN's terms. Every `datetime` is aware and in UTC. Every identifier that comes from a
catalog (`schema`, `table`, a column, an expression) is spelled as PostgreSQL's `quote_ident` or
`pg_get_indexdef` gives it, so that it can stand in a statement as it is; whatever comes from an
Event never does.
"""

from __future__ import annotations

from collectors.model.catalog import (
    Catalog,
    Column,
    ForeignKey,
    KeyPart,
    MarkerKind,
    SoftDeleteMarker,
    Table,
    UniqueKey,
    input_columns,
)
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
from collectors.model.judgements import (
    Earlier,
    Finding,
    Judgement,
)
from collectors.model.rows import (
    Holder,
    KeyLookup,
    LookupAnswer,
    RowRef,
    row_id,
    row_id_parts,
)
from collectors.model.words import (
    Confidence,
    KeyValues,
    Operation,
    ValueSource,
    Verdict,
)

__all__ = [
    "Catalog",
    "Column",
    "Confidence",
    "Earlier",
    "Event",
    "ExceptionValue",
    "Failure",
    "Finding",
    "ForeignKey",
    "Frame",
    "Holder",
    "Issue",
    "Judgement",
    "KeyLookup",
    "KeyPart",
    "KeyValues",
    "LookupAnswer",
    "MarkerKind",
    "Operation",
    "Request",
    "RowRef",
    "SoftDeleteMarker",
    "Table",
    "UniqueKey",
    "ValueSource",
    "Verdict",
    "ViolatedKey",
    "input_columns",
    "row_id",
    "row_id_parts",
]
