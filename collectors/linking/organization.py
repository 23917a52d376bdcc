"""Whose customer a Conflict is about."""

from __future__ import annotations

from collectors.linking.case import Case
from collectors.linking.memory import same_row
from collectors.model import Judgement


def organization_of(case: Case, judgement: Judgement) -> str | None:
    """The word of the row that it is about, else the key's own column.

    Where neither is left it is whose it was, as our earlier look had it. A row that holds the key
    since may be anybody's, and the Event only hints.
    """
    holder = judgement.holder
    told = [
        *_of_the_row(case, judgement),
        _in_the_key(case, judgement),
        case.earlier.organization_id if case.earlier else None,
        holder.organization_id if holder else None,
    ]
    return next(filter(None, told), case.question.failure.organization_id)


def _of_the_row(case: Case, judgement: Judgement) -> list[str | None]:
    blocker, holder = judgement.blocker, judgement.holder
    if blocker is None:
        return [holder.organization_id] if holder else []
    rows = [row for answer in case.answers for row in answer.holders]
    rows += [case.known_row] if case.known_row else []
    return [row.organization_id for row in rows if same_row(row.row, blocker)]


def _in_the_key(case: Case, judgement: Judgement) -> str | None:
    table, key = case.question.table, judgement.key
    if table is None or table.organization is None or key is None or judgement.values is None:
        return None
    return dict(zip(key.columns, judgement.values, strict=True)).get(table.organization)
