"""The remedies, the one to be offered first at the top; one without an Undo is never offered first.

To add one: copy `restore_row.py`, name it in `facts.RemedyName`, register it here, and add its
table test and its line in the README.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.remediation.facts import RemedyName
from dashboard.remediation.remedies.purge_row import PurgeRow
from dashboard.remediation.remedies.release_key import ReleaseKey
from dashboard.remediation.remedies.remedy import Draft, Goal, Remedy
from dashboard.remediation.remedies.restore_row import RestoreRow

__all__ = ["REMEDIES", "Draft", "Goal", "Remedy"]

_ALL: tuple[Remedy, ...] = (ReleaseKey(), RestoreRow(), PurgeRow())

REMEDIES: Mapping[RemedyName, Remedy] = MappingProxyType({remedy.name: remedy for remedy in _ALL})
