"""The door for what crosses tenants: key rotation, administration, purges, background work.

Row-level security lets this role see every user. Only the files listed in the contract "only these files cross
tenants" in pyproject.toml may import it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.kit.db import SYSTEM_ROLE, engine_as


class SystemDatabase:
    def __init__(self, url: str, *, pool_size: int = 3) -> None:
        self._engine = engine_as(url, SYSTEM_ROLE, pool_size=pool_size)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """One transaction that sees every tenant; committed when the block ends well."""
        async with self._sessions() as session, session.begin():
            yield session
