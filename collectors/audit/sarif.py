"""Findings as SARIF 2.1.0, for code scanning, and as a workflow's annotations. Pure.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. GitHub shows no result without a
file and a line, which a database has not: the table stands in for the file. It tells results of one
place apart by `primaryLocationLineHash`, which it computes only of files that are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from inspect import getdoc
from typing import Any
from urllib.parse import quote

from collectors.audit.reviewed import Accepted
from collectors.audit.rules import RULES, Rule
from collectors.model import KeyFinding, Severity

LEVELS = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "none",
}
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ANNOTATIONS = {Severity.HIGH: "error", Severity.MEDIUM: "warning"}


def sarif(
    findings: Sequence[KeyFinding],
    *,
    known: Collection[KeyFinding],
    accepted: Mapping[KeyFinding, Accepted],
    version: str,
    compared: bool,
    unasked: Sequence[str],
) -> dict[str, Any]:
    """One run; `known` are of the baseline (if it was `compared`), `accepted` are suppressed.

    `unasked` are sentences, a Target each: what it lacks is not told from what is mended.
    """
    results = [_result(one) | _state(one in known, compared) for one in findings]
    results += [_result(one) | _suppressed(why) for one, why in accepted.items()]
    driver = {"name": "tombstone", "version": version, "rules": [_rule(one) for one in RULES]}
    told = [{"level": "error", "message": {"text": sentence}} for sentence in unasked]
    ended = {"executionSuccessful": not told, "toolExecutionNotifications": told}
    run = {
        "tool": {"driver": driver},
        "invocations": [ended],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def annotation(finding: KeyFinding) -> str:
    """A line that GitHub's runner shows beside the job.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    kind = _ANNOTATIONS.get(finding.severity, "notice")
    title = f"{finding.table}: {finding.constraint} ({finding.rule})"
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(finding.reason)}"


def _rule(rule: Rule) -> dict[str, Any]:
    name = rule.__name__
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("_")),
        "shortDescription": {"text": (getdoc(rule) or name).split("\n")[0]},
    }


def _result(finding: KeyFinding) -> dict[str, Any]:
    place = f"{finding.table}.{finding.constraint}"
    uri = "database/" + quote(finding.table.replace(".", "/"), safe="/")
    print_ = sha256("\0".join(finding.identity).encode()).hexdigest()
    names = [rule.__name__ for rule in RULES]
    return {
        "ruleId": finding.rule,
        "ruleIndex": names.index(finding.rule),
        "kind": "informational" if finding.severity is Severity.INFO else "fail",
        "level": LEVELS[finding.severity],
        "message": {"text": f"{place}: {finding.reason}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": place, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{print_[:16]}:1",
            "tombstoneFinding/v1": print_,
        },
        "properties": {"severity": finding.severity, "exposedRows": finding.exposed_rows},
    }


def _state(known: bool, compared: bool) -> dict[str, Any]:
    return {"baselineState": "unchanged" if known else "new"} if compared else {}


def _suppressed(accepted: Accepted) -> dict[str, Any]:
    said = f"{accepted.reason} (until {accepted.look_again})"
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": said}]}


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
