"""Run the sandbox: `python -m sample_data.api SETTINGS.json`.

Prints one JSON line once it listens. On SIGTERM it finishes its requests and tells Sentry the rest.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
from pathlib import Path

import uvicorn

from sample_data.api import reporting
from sample_data.api.app import create_app
from sample_data.api.settings import Settings


def main(settings_path: str) -> None:
    """Serve on 127.0.0.1 until told to stop."""
    reporting.remember_source_lines()
    settings = Settings.read(Path(settings_path))
    with socket.create_server(("127.0.0.1", settings.port), backlog=512) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(settings, payments_url=f"{url}/outside/payments")
        logging.getLogger("uvicorn.error").addFilter(_not_reported_elsewhere)
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
        server = _Announcing(config, json.dumps({"api": url}))
        server.run(sockets=[listening])
    if not server.started:
        sys.exit(1)


class _Announcing(uvicorn.Server):
    """Says where it listens once requests would be answered."""

    def __init__(self, config: uvicorn.Config, line: str) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"{self._line}\n")
            sys.stdout.flush()


def _not_reported_elsewhere(record: logging.LogRecord) -> bool:
    """Failed requests go to Sentry; hundreds of their tracebacks would hide everything else."""
    return not record.getMessage().startswith("Exception in ASGI application")


if __name__ == "__main__":
    main(*sys.argv[1:])
