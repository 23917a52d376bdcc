"""A server that gives out recorded answers as fast as it can, in a process of its own.

What is measured is who collects, not the local Sentry; so the answers of a real collect are kept,
packed as real servers pack them, and given out by path and query. With `many`, light rows go on
for so many: recorded ones again, each under an id of its own.
"""

from __future__ import annotations

import gzip
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx

Answers = dict[str, tuple[int, str, bytes]]
"""path and query → status, Link header, packed body."""


def record(url: str, token: str, calls: Sequence[str]) -> Answers:
    """The answers to these calls, asked for once more."""
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        answers: Answers = {}
        for call in calls:
            reply = client.get(url + call)
            packed = gzip.compress(reply.content, 6)
            answers[call] = (reply.status_code, reply.headers.get("Link", ""), packed)
    return answers


@contextmanager
def replayed(answers: Answers, folder: Path, *, many: int = 0) -> Iterator[str]:
    """The address of a server that gives these answers."""
    file = folder / f"answers-{len(answers)}-{many}.pickle"
    file.write_bytes(pickle.dumps((answers, many)))
    command = [sys.executable, "-m", "tests.benchmarks.recorded", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class _Replay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write: two of them would wait for each other's ACK
    answers: ClassVar[Answers] = {}
    many: ClassVar[int] = 0

    def do_GET(self) -> None:
        status, link, body = self._answer()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _answer(self) -> tuple[int, str, bytes]:
        path, _, cursor = self.path.partition("&cursor=")
        if not self.many or "dataset=errors" not in path:
            return self.answers.get(self.path, (404, "", gzip.compress(b"{}")))
        page = int(cursor or 0)
        rows = json.loads(gzip.decompress(self.answers[path][2]))["data"]
        for number, row in enumerate(rows, start=page * len(rows)):
            row["id"] = f"{number:032x}"
        more = (page + 1) * len(rows) < self.many
        link = f'<x>; rel="next"; results="{str(more).lower()}"; cursor="{page + 1}"'
        return 200, link, gzip.compress(json.dumps({"data": rows}).encode(), 1)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error."""


def _serve(file: Path) -> None:
    _Replay.answers, _Replay.many = pickle.loads(file.read_bytes())
    server = _Quiet(("127.0.0.1", 0), _Replay)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
