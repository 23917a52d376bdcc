"""One environment of the shop: its database, and the release that runs on it.

The deploys are kept in a schema of their own, so that a restart finds the release that ran last and
the shop's own schema holds nothing that a real one would not.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from sample_data.api import clock
from sample_data.api.models import Base
from sample_data.api.modes import MODES, Mode, statements

_DEPLOYS = """
CREATE TABLE IF NOT EXISTS sandbox.deploys (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release text NOT NULL,
    mode text NOT NULL,
    deployed_at timestamptz NOT NULL
)
"""


@dataclass(slots=True)
class Environment:
    """`mode` and `release` change with a deploy; a request reads them once, when it begins."""

    name: str
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    mode: Mode
    release: str

    @classmethod
    async def open(cls, name: str, dsn: str, mode: str, release: str) -> Environment:
        """Connect, make what is missing, and take up the release that was deployed last."""
        url = make_url(dsn).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, pool_size=20)
        environment = cls(
            name, engine, async_sessionmaker(engine, expire_on_commit=False), MODES[mode], release
        )
        async with engine.begin() as connection:
            await connection.execute(text("CREATE SCHEMA IF NOT EXISTS sandbox"))
            await connection.execute(text(_DEPLOYS))
            await connection.run_sync(Base.metadata.create_all)
            last = await _last_deploy(connection)
            if last is None:
                await _build(connection, None, environment.mode, release)
            else:
                environment.mode, environment.release = last
        return environment

    async def deploy(self, mode: Mode, release: str) -> None:
        """Run the DDL of a release and let it serve. Raises IntegrityError if rows forbid it."""
        async with self.engine.begin() as connection:
            await _build(connection, self.mode, mode, release)
        self.mode, self.release = mode, release

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def _last_deploy(connection: AsyncConnection) -> tuple[Mode, str] | None:
    query = "SELECT mode, release FROM sandbox.deploys ORDER BY number DESC LIMIT 1"
    row = (await connection.execute(text(query))).first()
    return (MODES[row.mode], row.release) if row else None


async def _build(
    connection: AsyncConnection, before: Mode | None, after: Mode, release: str
) -> None:
    for statement in statements(before, after):
        await connection.execute(text(statement))
    await connection.execute(
        text("INSERT INTO sandbox.deploys (release, mode, deployed_at) VALUES (:r, :m, :at)"),
        {"r": release, "m": after.name, "at": clock.now()},
    )
