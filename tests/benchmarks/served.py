"""Dashboards to compare: ours over a store, one that replays what ours once sent, an empty one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.server.options import OPTIONS, looks
from tests.factories import SECRET

NOBODY_THERE = {
    f"TOMBSTONE_TARGETS__{name}__READ_DSN": "postgresql://reader@127.0.0.1:1/shop"
    for name in ("PRODUCTION", "SANDBOX")
}
"""Targets that are configured and answer nothing: what is measured is what the store tells."""

_PLAIN = """
import socket, streamlit as st, uvicorn
from streamlit import config
config.get_config_options(force_reparse=True, options_from_flags={options!r})
app = st.App({script!r})
listening = socket.create_server(("127.0.0.1", 0))
print("at http://127.0.0.1:%d" % listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])
"""
"""A bare Streamlit with our options and our theme, and nothing of ours in its memory."""

_OURS = "from dashboard.server import run; run(port=0)"

_RECORDED = (
    """
import pathlib
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils import script_run_context as context
send = context.ScriptRunContext.enqueue
folder = pathlib.Path({folder!r})
def enqueue(self, message):
    if message.WhichOneof("type") == "delta":
        copy = ForwardMsg()
        copy.CopyFrom(message)
        copy.delta.fragment_id = ""  # what replays it runs nothing by itself
        with open(folder / "recorded", "ab") as out:
            raw = copy.SerializeToString()
            out.write(len(raw).to_bytes(4, "big") + raw)
    send(self, message)
context.ScriptRunContext.enqueue = enqueue
"""
    + _OURS
)

_REPLAY = """
import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

@st.cache_resource
def messages():
    raw, found = open({recorded!r}, "rb").read(), []
    while raw:
        size = int.from_bytes(raw[:4], "big")
        found.append(raw[4:4 + size])
        raw = raw[4 + size:]
    return found

for raw in messages():
    message = ForwardMsg()
    message.ParseFromString(raw)
    get_script_run_ctx().enqueue(message)
"""
"""The same charts and rows as our page once sent them, without a store and without our code."""

_EMPTY = """
import time
import streamlit as st

st.button("Again")
st.text(f"ready at {time.monotonic_ns()}")
"""


@dataclass(frozen=True)
class Served:
    """A running dashboard."""

    address: str
    pid: int

    def memory_mb(self) -> float:
        """What it holds of the machine's memory now."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the server is gone")


@contextmanager
def ours(folder: Path) -> Iterator[Served]:
    """Our dashboard over the store in `folder`."""
    with _running(_OURS, folder) as served:
        yield served


@contextmanager
def recording(folder: Path) -> Iterator[Served]:
    """The same, which writes down everything it sends into `folder/recorded`."""
    with _running(_RECORDED.format(folder=str(folder)), folder) as served:
        yield served


@contextmanager
def replaying(folder: Path, recorded: Path) -> Iterator[Served]:
    """A page that sends what was recorded."""
    script = folder / f"{recorded.name}.py"
    script.write_text(_REPLAY.format(recorded=str(recorded)), encoding="utf-8")
    with _plain(script, folder) as served:
        yield served


@contextmanager
def empty(folder: Path) -> Iterator[Served]:
    """A page with a button and a word."""
    script = folder / "empty.py"
    script.write_text(_EMPTY, encoding="utf-8")
    with _plain(script, folder) as served:
        yield served


@contextmanager
def _plain(script: Path, folder: Path) -> Iterator[Served]:
    options = {**OPTIONS, **dict(looks())}
    with _running(_PLAIN.format(script=str(script), options=options), folder) as served:
        yield served


@contextmanager
def _running(code: str, folder: Path) -> Iterator[Served]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOMBSTONE_")}
    own |= {
        "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
        **NOBODY_THERE,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as told:
        try:
            line = told.readline()
            address = next(word for word in line.split() if word.startswith("http"))
            yield Served(address, process.pid)
        finally:
            process.terminate()
