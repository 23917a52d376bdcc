"""In which of Sentry's Issues do the people stand whom a Remedy helped?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from collectors.evidence.chunks import chunks
from collectors.evidence.database import Store
from collectors.evidence.schema import failures, remediations


def issues_met(store: Store, remediation_ids: Sequence[str]) -> dict[str, int]:
    """Issue ids, each with how many of these remediations' rows its Failures met; most first.

    Only Failures that a server gave count: a file may come from another one.
    """
    found: dict[str, int] = {}
    rows = func.count(func.distinct(remediations.c.row_id))
    query = (
        select(failures.c.issue_id, rows)
        .join(remediations, remediations.c.conflict_id == failures.c.conflict_id)
        .where(failures.c.blocker["id"].as_string() == remediations.c.row_id)
        .where(failures.c.issue_id.is_not(None), failures.c.source != "files")
        .group_by(failures.c.issue_id)
    )
    with store.read() as connection:
        for some in chunks(remediation_ids):
            of_these = query.where(remediations.c.id.in_(some))
            for issue_id, count in connection.execute(of_these):
                found[issue_id] = found.get(issue_id, 0) + count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
