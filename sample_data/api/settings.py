"""What the sandbox is started with: one small JSON file, readable by its owner only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sample_data.files import write_private


@dataclass(frozen=True, slots=True)
class Settings:
    """One process serves every environment; a caller's token says which.

    databases      a libpq URI for each environment ("production", "sandbox")
    secret         what the organizations' tokens are derived from
    control_token  who sends it may deploy, flush, and set a request's clock
    port           0 for any free one
    mode, release  what an environment runs that was never deployed to
    provider_timeout_seconds  how long the shop waits for its payment provider
    """

    databases: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)
    control_token: str = field(repr=False)
    sentry_dsn: str | None = field(default=None, repr=False)
    port: int = 0
    mode: str = "broken"
    release: str = "shop@1.0.0"
    provider_timeout_seconds: float = 5.0

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Write them for the process to be started, mode 0600."""
        write_private(path, json.dumps(asdict(self)))
