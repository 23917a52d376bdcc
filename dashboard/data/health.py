"""How far each source was read, what is missing, and whether everything stands."""

from __future__ import annotations

from collectors import doctor
from collectors.doctor import Check
from collectors.evidence.reads import marks, runs, sources, unmapped
from collectors.evidence.reads.marks import MarkRow
from collectors.evidence.reads.runs import RunRow
from collectors.evidence.reads.sources import EnvironmentRow, SourceRow
from collectors.evidence.reads.unmapped import UnmappedRow
from dashboard.data.held import answered, opened, remembered
from dashboard.remediation.service.checks import check_write_side
from dashboard.settings import load_write_settings

RUNS_SHOWN = 20


def recent_runs() -> list[RunRow]:
    """The newest Runs. Read afresh: a Run that only starts does not change the generation."""
    return answered(runs.recent_runs, opened().store, RUNS_SHOWN)


def sources_read() -> list[SourceRow]:
    """Every source, and when a page of it was last stored."""
    return answered(sources.read_sources, opened().store)


def environments_heard() -> list[EnvironmentRow]:
    """Every environment with its newest Failure."""
    return remembered(sources.heard_of)


def coverage() -> list[MarkRow]:
    """How much of each project was read."""
    return remembered(marks.coverage_marks)


def unmapped_environments() -> list[UnmappedRow]:
    """Environments that belong to no Target, with how many Failures wait there."""
    return remembered(unmapped.unmapped_environments)


def targets() -> dict[str, tuple[str, ...]]:
    """Every configured Target with the environments that run on it."""
    configured = opened().settings.targets
    return {name: target.environments or (name,) for name, target in configured.items()}


def check_everything() -> list[Check]:
    """What `tombstone doctor` checks, asked of Sentry and every Target now."""
    return answered(_checks)


def _checks() -> list[Check]:
    settings, store = opened().settings, opened().store
    write_side = check_write_side(settings, load_write_settings(), store)
    return [*doctor.check_all(settings), *write_side]
