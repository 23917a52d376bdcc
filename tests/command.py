"""The `tombstone` command, run in this process: its imports cost seconds, and hundreds ask for it.

What a process of its own shows (signals, a closed pipe, a killed Run) starts one.
"""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.commands import opening

Done = subprocess.CompletedProcess[str]
_ITS_OWN = ("TOMBSTONE_", "GITHUB_")
"""Variables that it hears: its settings, and whether a workflow reads what it says."""


def tombstone(folder: Path, *arguments: str, variables: Mapping[str, str], given: str = "") -> Done:
    """Run it in `folder` with these variables, and no other setting; how it ended, what it said.

    `given` is its standard input.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith(_ITS_OWN)]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["tombstone", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = _run()
    return Done(list(arguments), code, out.getvalue(), err.getvalue())


def _run() -> int:
    _forget()
    gc.freeze()  # what is there already is nothing of the command's, and takes long to look through
    try:
        with pytest.raises(SystemExit) as end:
            main()
        assert isinstance(end.value.code, int)
        return end.value.code
    finally:
        if opening.our_store.cache_info().currsize:
            opening.our_store().close()
        _forget()
        _let_go()


def _forget() -> None:
    for opened in (opening.our_settings, opening.our_store):
        opened.cache_clear()


def _let_go() -> None:
    """Of what a process leaves open until its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.unfreeze()
