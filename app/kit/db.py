"""Postgres: the ORM base, and the two roles through which the service reaches its own database.

Requests come in through `Database.of(user_id)`: a role without BYPASSRLS, in a transaction that names its user, so that
row-level security shows it that user's rows and nothing else. What truly crosses tenants goes through
`app.kit.system_db`, which only a written list of files may import.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import asyncpg
from pgvector.asyncpg import register_vector
from sqlalchemy import DateTime, LargeBinary, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # generic in its stubs only
    Connection, Pool = asyncpg.Connection, asyncpg.Pool

APP_ROLE = "adiuva_app"
SYSTEM_ROLE = "adiuva_system"

STATEMENT_TIMEOUT_MS = 10_000
POOL_WAIT_S = 5
# A little more than the statement's own limit: it ends the wait for a server that cannot even say so any more.
COMMAND_TIMEOUT_S = STATEMENT_TIMEOUT_MS / 1000 + 2

_SCHEMA_OF_VECTORS = (
    "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'vector'"
)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        UUID: Uuid(as_uuid=True),
        bytes: LargeBinary(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
    }


def session_settings(**extra: str) -> dict[str, str]:
    """What every connection is told: nothing may run, or sit in a transaction, for ever."""
    return {
        "application_name": "adiuva",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(STATEMENT_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": "30000",
        "timezone": "UTC",
    } | extra


def connector(url: str, role: str) -> Callable[[], Awaitable[Connection]]:
    """A function that opens connections as `role`. asyncpg reads the URL itself, `sslmode` and all."""

    async def connect() -> Connection:
        connection: Connection = await asyncpg.connect(
            url, timeout=POOL_WAIT_S, command_timeout=COMMAND_TIMEOUT_S, server_settings=session_settings()
        )
        try:
            await connection.execute(f"SET ROLE {role}")
        except BaseException:  # also when cancelled: nobody else holds the connection yet
            connection.terminate()
            raise
        return connection

    return connect


def engine_as(url: str, role: str, *, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connector(url, role),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        hide_parameters=True,
    )


class _HotConnection(Connection):
    """A pooled connection that skips the clean-up round trip at release: hot statements leave nothing behind."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """The request side of Postgres. Build it, `open()` it inside the running loop, `close()` it."""

    def __init__(self, url: str, *, pool_size: int = 10, hot_pool_size: int = 5) -> None:
        self._url = url
        self._engine = engine_as(url, APP_ROLE, pool_size=pool_size)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._hot_pool_size = hot_pool_size
        self._hot: Pool | None = None

    async def open(self) -> None:
        async def become_app(connection: Connection) -> None:
            schema = await connection.fetchval(_SCHEMA_OF_VECTORS)
            await register_vector(connection, schema=schema)
            await connection.execute(f"SET ROLE {APP_ROLE}")

        self._hot = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._hot_pool_size,
            timeout=POOL_WAIT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            connection_class=_HotConnection,
            init=become_app,
            server_settings=session_settings(),
        )

    async def close(self) -> None:
        if self._hot is not None:
            await self._hot.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def of(self, user_id: UUID) -> AsyncIterator[AsyncSession]:
        """One transaction that sees one user's rows; committed when the block ends well."""
        async with self._sessions() as session, session.begin():
            await session.execute(text("SELECT set_config('app.user_id', :id, true)"), {"id": str(user_id)})
            session.info["user_id"] = user_id
            yield session

    @asynccontextmanager
    async def of_nobody(self) -> AsyncIterator[AsyncSession]:
        """One transaction that sees no user's rows: for calling the SECURITY DEFINER doors."""
        async with self._sessions() as session, session.begin():
            yield session

    async def hot_row(self, statement: str, *values: object) -> asyncpg.Record | None:
        """One row of one prepared statement in one round trip, committed by itself. No user is set, unless the statement
        calls a function that sets one for as long as it runs. NumPy arrays are taken as vectors.

        For what every request or turn pays (who is calling?): a transaction of several statements costs four round trips,
        and a session ten times the processor's time. Cancelled at whichever await, it leaves no transaction open.
        """
        assert self._hot is not None, "Database.open() was not awaited"
        async with self._hot.acquire(timeout=POOL_WAIT_S) as connection:
            return await connection.fetchrow(statement, *values)

    async def hot_rows(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """All rows of one such statement."""
        assert self._hot is not None, "Database.open() was not awaited"
        async with self._hot.acquire(timeout=POOL_WAIT_S) as connection:
            return await connection.fetch(statement, *values)
