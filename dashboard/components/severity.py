"""How a severity and an Invariant's state look: a sign and a word, never a colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import InvariantState, Severity

SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.HIGH: ("▲ high", "#C24E00"),
    Severity.MEDIUM: ("◆ medium", "#8A6A00"),
    Severity.LOW: ("● low", "#0072B2"),
    Severity.INFO: ("○ info", "#66707D"),
}
STATES: Mapping[InvariantState, str] = {
    InvariantState.BROKEN: "✗ broken",
    InvariantState.HOLDS: "✓ holds",
    InvariantState.SLOW: "? too slow",
    InvariantState.FAILED: "? not asked",
    InvariantState.LACKING: "– does not apply",
}


def label(severity: Severity) -> str:
    """Sign and word."""
    return SEVERITIES[severity][0]


def labels() -> list[str]:
    """All of them, worst first."""
    return [word for word, _ in SEVERITIES.values()]


def inks() -> list[str]:
    """Their colours, in the same order."""
    return [ink for _, ink in SEVERITIES.values()]
