"""How long all takes that a page asks: when nothing of it is kept, and when it is asked again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.served import NOBODY_THERE
from tests.factories import SECRET

ROUNDS = 5

_CODE = """
import json, statistics, sys, time
import streamlit as st
from streamlit.testing.v1 import AppTest
from dashboard.data import held

took = []

def answered(ask, *args, **kwargs):
    began = time.perf_counter()
    try:
        return plain(ask, *args, **kwargs)
    finally:
        took.append(time.perf_counter() - began)

plain, held.answered = held.answered, answered

def draw(path):
    page, _, query = path.strip("/").partition("?")
    view = page or "triage"
    code = f'''
from dashboard import data
from dashboard.views import {view} as view
with data.one_state():
    view.render()
'''
    app = AppTest.from_string(code, default_timeout=120)
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception

found = {}
for name, path in json.loads(sys.argv[1]).items():
    afresh, kept = [], []
    for _ in range(int(sys.argv[2]) + 1):
        st.cache_data.clear()
        for times in (afresh, kept):
            took.clear()
            draw(path)
            times.append(sum(took))
    found[name] = [statistics.median(times[1:]) for times in (afresh, kept)]
print(json.dumps(found))
"""
"""`held.answered` is what every question goes through; questions do not ask one another there."""


def answer_times(folder: Path, pages: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """Median seconds of each page over the store in `folder`: asked afresh, and again."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOMBSTONE_")}
    own |= {
        "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
        **NOBODY_THERE,
    }
    said = subprocess.run(
        [sys.executable, "-c", _CODE, json.dumps(pages), str(ROUNDS)],
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    found = json.loads(said.stdout.splitlines()[-1])
    return {name: (afresh, kept) for name, (afresh, kept) in found.items()}
