"""Running the migrations from code: no ini file, no command line of Alembic's own."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def configuration() -> Config:
    """Alembic's settings, with this folder as its script location."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def is_known(revision: str) -> bool:
    """Whether a migration of ours leads to it."""
    known = ScriptDirectory.from_config(configuration()).walk_revisions()
    return revision in {one.revision for one in known}


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the store to the newest revision in one transaction, or leave it as it was."""
    config = configuration()
    with engine.connect() as plain:
        connection = plain.execution_options(tombstone_write=True)
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
