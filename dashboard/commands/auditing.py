"""`audit`: where it can still happen, told to people, scripts, a DBA or a pull request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from collectors.audit.baseline import Baseline, read_baseline
from collectors.audit.migration import in_one_line
from collectors.audit.sarif import annotation, sarif
from collectors.auditing import AuditSummary, audit_targets
from collectors.errors import UsageError
from collectors.model import InvariantState, KeyFinding, Migration, Severity
from collectors.model.counted import counted
from dashboard.commands.opening import our_settings, our_store
from dashboard.output import print_json, print_table, say, working, write

Chosen = Callable[[KeyFinding], Migration | None]
"""Which of a Finding's texts is wanted."""


@dataclass(frozen=True, slots=True)
class Audited:
    """How it ended: the Findings to fail on, and whether a Target or our store was out of reach."""

    failing: tuple[KeyFinding, ...]
    unreachable: bool


def run(
    environment: str | None, baseline: Path | None, fail_on: Severity | None, shape: str
) -> Audited:
    """Audit, show, and say what fails. A store is used where there is a key to open it."""
    before = _baseline(baseline)
    settings = our_settings()
    store = our_store() if settings.secret_key is not None else None
    frees = shape.startswith("backfill")
    with working("Asking the Targets…"):
        summary = audit_targets(settings, store, environment=environment, backfills=frees)
    new = [one for one in summary.findings if not before.has(one)]
    _SHAPES[shape](summary, new, baseline is not None)
    _summarize(summary, new, compared=baseline is not None)
    failing = [one for one in new if fail_on and one.severity.at_least(fail_on)]
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for finding in failing:
            say(annotation(finding))
    return Audited(tuple(failing), bool(summary.unreachable or summary.unwritten))


def finding_json(finding: KeyFinding) -> dict[str, Any]:
    """One element of `audit --json`."""
    migration = finding.migration
    return {
        "table": finding.table,
        "constraint": finding.constraint,
        "rule": finding.rule,
        "severity": finding.severity,
        "reason": finding.reason,
        "exposed_rows": finding.exposed_rows,
        "migration": migration and {"sql": migration.sql, "alembic": migration.alembic},
    }


def _baseline(path: Path | None) -> Baseline:
    if path is None:
        return Baseline()
    try:
        return read_baseline(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.") from error


def _show_table(summary: AuditSummary, new: Sequence[KeyFinding], compared: bool) -> None:
    headings = ("SEVERITY", "TABLE", "KEY", "RULE", "EXPOSED", "FAILURES", "NEW", "WHY")
    print_table(
        headings,
        (
            (
                one.severity,
                one.table,
                one.constraint,
                one.rule,
                one.exposed_rows,
                one.failures,
                ("yes" if one in new else "no") if compared else None,
                one.reason,
            )
            for one in summary.findings
        ),
    )


def _show_json(summary: AuditSummary, _new: Sequence[KeyFinding], _compared: bool) -> None:
    print_json([finding_json(one) for one in summary.findings])


def _show_sql(
    chosen: Chosen, summary: AuditSummary, _new: Sequence[KeyFinding], _compared: bool
) -> None:
    for _, text in _texts(summary.findings, chosen):
        write(text.sql + "\n")


def _show_alembic(
    chosen: Chosen, summary: AuditSummary, _new: Sequence[KeyFinding], _compared: bool
) -> None:
    """The lines between them say where one file ends and the next begins."""
    for finding, text in _texts(summary.findings, chosen):
        named = in_one_line(f"{finding.table}: {finding.constraint}")
        write(f"# --- revision for {named} ---\n")
        write(text.alembic + "\n")


def _show_sarif(summary: AuditSummary, new: Sequence[KeyFinding], compared: bool) -> None:
    known = [one for one in summary.findings if one not in new]
    found = sarif(
        summary.findings,
        known=known,
        accepted=summary.accepted,
        version=_version(),
        compared=compared,
        unasked=tuple(summary.unreachable.values()),
    )
    print_json(found)


_SHAPES: dict[str, Callable[[AuditSummary, Sequence[KeyFinding], bool], None]] = {
    "table": _show_table,
    "json": _show_json,
    "sql": partial(_show_sql, lambda one: one.migration),
    "alembic": partial(_show_alembic, lambda one: one.migration),
    "backfill-sql": partial(_show_sql, lambda one: one.backfill),
    "backfill-alembic": partial(_show_alembic, lambda one: one.backfill),
    "sarif": _show_sarif,
}


def _texts(
    findings: Sequence[KeyFinding], chosen: Chosen
) -> Iterator[tuple[KeyFinding, Migration]]:
    """Each key's text once: several Findings may have the same one."""
    keys = {(one.table, one.constraint): (one, text) for one in findings if (text := chosen(one))}
    yield from keys.values()


def _summarize(summary: AuditSummary, new: Sequence[KeyFinding], *, compared: bool) -> None:
    counts = [
        f"{count} {severity}"
        for severity in Severity
        if (count := sum(one.severity is severity for one in summary.findings))
    ]
    found = counted(len(summary.findings), "Finding")
    asked = " in what could be asked" if summary.unreachable else ""
    say(f"{found} ({', '.join(counts)})." if counts else f"No Finding{asked}.")
    if compared:
        say(f"New since the baseline: {len(new):,}.")
    if summary.accepted:
        soonest = min(one.look_again for one in summary.accepted.values())
        say(f"Accepted and not shown: {len(summary.accepted):,}; look again on {soonest}.")
    for name in summary.unmarked:
        mend = (
            f"Name a marker in the settings (targets.{name}.tables.<table>), then: "
            "tombstone collect --full"
        )
        say(f"No table of {name} says which of its rows are deleted. {mend}")
    _say_invariants(summary)
    for sentence in (*summary.unreachable.values(), summary.unwritten):
        if sentence:
            say(sentence)


def _say_invariants(summary: AuditSummary) -> None:
    """To stderr: the list on stdout is of Findings alone."""
    for one in summary.invariants:
        named = f"{one.target}: {one.invariant.title}"
        if one.state is InvariantState.BROKEN:
            rows = counted(one.rows or 0, "row")
            say(f"Broken invariant ({one.invariant.severity}), {named}: {rows}.")
        elif one.state in (InvariantState.SLOW, InvariantState.FAILED):
            say(f"Invariant not asked, {named}: {one.said}")


def _version() -> str:
    try:
        return version("tombstone-dashboard")
    except PackageNotFoundError:
        return "0"
