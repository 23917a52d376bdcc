"""What the command line says of a bulk that has ended."""

from __future__ import annotations

import json

import pytest

from dashboard.commands.bulk import Ended, show
from dashboard.commands.ending import UNREACHABLE
from dashboard.remediation.service.bulk import BulkEnded, BulkPreview

STOPPED = "It has stopped by itself."
WORDS = {
    "done": (None, 0, "To take it back: tombstone undo b1", "go on"),
    "stopped": (None, 2, f"{STOPPED} 2 rows wait: go on with --digest d1", "undo b0"),
    "an-undo": ("b0", 0, "3 applied and verified, 0 refused.", "To take it back"),
    "an-undo-that-stopped": ("b0", 1, "go on with tombstone undo b0 --apply", "--digest"),
}


@pytest.mark.parametrize("name", WORDS)
def test_what_was_done_names_the_way_back_and_what_waits_the_way_on(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    undoes, waiting, words, never = WORDS[name]
    preview = BulkPreview("b1", "d1", "release-key", "shop", 3, 1, (), (), (), 0, 3, undoes)
    answer = BulkEnded("b1", 3, 0, 0, waiting, (), STOPPED if waiting else None)

    assert show(Ended("release-key", True, preview, answer, "d1"), as_json=False) == bool(waiting)

    said = capsys.readouterr().out
    assert words in said
    assert never not in said


def test_what_was_done_before_the_target_was_lost_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not "Refused": its rows are written, and can be taken back."""
    lost = "Target 'shop', in one batch: The connection was lost before anything was committed."
    answer = BulkEnded("b1", 120, 0, 0, 280, (), lost, unreachable=True)
    ended = Ended("release-key", True, None, answer, "d1")

    assert show(ended, as_json=True) == UNREACHABLE
    told = json.loads(capsys.readouterr().out)
    assert (told["bulk_id"], told["digest"], told["outcome"]) == ("b1", "d1", "Stopped")
    assert (told["applied"], told["waiting"], told["stopped"]) == (120, 280, lost)
