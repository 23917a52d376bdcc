"""What was there before: a list that `audit --json` wrote, against which only what is new fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collectors.errors import UsageError
from collectors.model import KeyFinding, Severity

Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Findings by what stays the same of them, with the severity they had."""

    known: Mapping[Identity, Severity] = field(default_factory=dict)

    def has(self, finding: KeyFinding) -> bool:
        """It was there, and as bad as it is now."""
        before = self.known.get(finding.identity)
        return before is not None and before.at_least(finding.severity)


def read_baseline(text: str, name: str) -> Baseline:
    """The file's text; raises UsageError for anything that `audit --json` has not written."""
    try:
        entries = json.loads(text)
        return Baseline(dict(_known(entry) for entry in entries))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(f"{name} is not a list as `tombstone audit --json` writes it.") from None


def _known(entry: dict[str, Any]) -> tuple[Identity, Severity]:
    identity = entry["table"], entry["constraint"], entry["rule"]
    return identity, Severity(entry["severity"])
