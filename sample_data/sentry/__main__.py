"""`python -m sample_data.sentry --data DIR`: the local Sentry, for the demo and the tests only.

Prints one JSON line when it answers (see `Address`), and ends on SIGTERM or with its parent.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import msgspec
import uvicorn

from sample_data.processes import end_with_parent
from sample_data.sentry.address import Address, address_of
from sample_data.sentry.app import LocalServer
from sample_data.sentry.store import Store


def main() -> None:
    """Serve until told to stop."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)
    end_with_parent(signal.SIGTERM, options.parent or os.getppid())
    store = Store(_file(options.data))
    sock = _listen(options.port, store)
    address = address_of(store, sock.getsockname()[1], options.organization, options.project)
    _say(address)
    config = uvicorn.Config(
        LocalServer(store, options.organization),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    try:
        uvicorn.Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        pass
    finally:
        store.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_data.sentry", description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder to keep it in; none: in memory")
    parser.add_argument("--port", type=int, help="none: the last one used, else a free one")
    parser.add_argument("--organization", default="sample")
    parser.add_argument("--project", action="append", default=[], help="may be repeated")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.project = options.project or ["api"]
    return options


def _file(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "sentry.sqlite"


def _listen(asked: int | None, store: Store) -> socket.socket:
    """A listening socket; calls that come before the server runs wait in its queue."""
    last = int(store.setting("port", "0"))
    for port in (asked,) if asked else (last, 0):
        try:
            sock = socket.create_server(("127.0.0.1", port), backlog=1024)
        except OSError:
            continue
        # asyncio does this only for sockets that it made itself; without it, answers wait 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        store.set_setting("port", str(sock.getsockname()[1]))
        return sock
    sys.exit(f"Port {asked} of 127.0.0.1 is taken.")


def _say(address: Address) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(address) + b"\n")
    sys.stdout.flush()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """At once: an exception that is raised in a finalizer is passed over, and all is committed."""
    os._exit(0)


if __name__ == "__main__":
    main()
