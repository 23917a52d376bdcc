"""What the command line says of a bulk that has ended."""

from __future__ import annotations

import pytest

from dashboard.commands.bulk import Ended, show
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

    show(Ended("release-key", True, preview, answer, "d1"), as_json=False)

    said = capsys.readouterr().out
    assert words in said
    assert never not in said
