"""A TCP proxy before PostgreSQL that counts a client's round trips.

It reads the frontend's messages (https://www.postgresql.org/docs/current/protocol-message-formats.html):
the server answers after each Query (`Q`) and each Sync (`S`), and the client waits for that; a
Flush (`H`) asks for what is there so far, which after a Sync is nothing more.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Counted:
    """Where the proxy listens, and the round trips so far of all its connections."""

    port: int
    trips: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: bytes, before: bytes) -> None:
        """One message of a client, after the one before it."""
        if kind in (b"Q", b"S") or (kind == b"H" and before != b"S"):
            with self.lock:
                self.trips += 1


@contextmanager
def counting(port: int) -> Iterator[Counted]:
    """Stand before the server on this port of 127.0.0.1. The client must not ask for TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        counted = Counted(listening.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(listening, port, counted))
        accepting.start()
        yield counted
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(listening: socket.socket, port: int, counted: Counted) -> None:
    threads = []
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threads += [
                threading.Thread(target=_count, args=(client, server, counted)),
                threading.Thread(target=_pass, args=(server, client)),
            ]
            for thread in threads[-2:]:
                thread.start()
    for thread in threads:
        thread.join()


def _count(client: socket.socket, server: socket.socket, counted: Counted) -> None:
    with suppress(OSError), client.makefile("rb") as stream:  # either side may hang up
        startup = stream.read(4)
        server.sendall(startup + stream.read(int.from_bytes(startup) - 4))
        before = b""
        while kind := stream.read(1):
            length = stream.read(4)
            body = stream.read(int.from_bytes(length) - 4)
            counted.count(kind, before)  # before the answer can come, upon which it is looked at
            before = kind
            server.sendall(kind + length + body)
    with suppress(OSError):
        server.shutdown(socket.SHUT_WR)


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with source, sink, suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
