"""The baselines: what anybody would write in FastAPI in twenty lines, with nothing around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from fastapi import Depends, FastAPI, Header, HTTPException
from jose import JWTError, jwt
from pydantic import BaseModel

from benchmarks.one_route import one_route

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # generic in its stubs only
    Connection, Pool = asyncpg.Connection, asyncpg.Pool

TABLE = """
    CREATE TABLE bare_people AS SELECT id, email, tier, is_admin, created_at FROM users;
    ALTER TABLE bare_people ADD PRIMARY KEY (id);
    GRANT SELECT ON bare_people TO PUBLIC;
    ANALYZE bare_people
"""


class OneStatement(Connection):
    """Sends nothing when it is given back to the pool."""

    def get_reset_query(self) -> str:
        return ""


class Profile(BaseModel):
    id: UUID
    email: str
    tier: str
    is_admin: bool
    created_at: int


def me(database_url: str, secret: str, *, stock_pool: bool) -> FastAPI:
    """A JWT check in a dependency and one SELECT by primary key.

    asyncpg's stock pool sends a second statement when a connection is given back (it resets the session). Without
    it the route does exactly one SELECT; that is the harder baseline, and the one goals are judged by.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        kind = Connection if stock_pool else OneStatement
        async with asyncpg.create_pool(database_url, min_size=1, max_size=5, connection_class=kind) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    async def caller(authorization: Annotated[str, Header()]) -> UUID:
        try:
            claims = jwt.decode(
                authorization.removeprefix("Bearer "), secret, ["HS256"], audience="adiuva", issuer="adiuva"
            )
        except JWTError:
            raise HTTPException(401) from None
        return UUID(claims["sub"])

    @app.get("/api/v1/auth/me")
    async def me(user_id: Annotated[UUID, Depends(caller)]) -> Profile:
        pool: Pool = app.state.pool
        row = await pool.fetchrow("SELECT email, tier, is_admin, created_at FROM bare_people WHERE id = $1", user_id)
        if row is None:
            raise HTTPException(401)
        return Profile(
            id=user_id,
            email=row["email"],
            tier=row["tier"],
            is_admin=row["is_admin"],
            created_at=int(row["created_at"].timestamp() * 1000),
        )

    return app


class Login(BaseModel):
    email: str
    password: str


def inline_hashing(password_hash: str) -> FastAPI:
    """Verifies a password on the event loop: what the service must not do."""
    app = one_route()

    @app.post("/api/v1/auth/login")
    async def login(body: Login) -> dict[str, bool]:
        try:
            Argon2id.verify_phc_encoded(body.password.encode(), password_hash)
        except InvalidKey:
            raise HTTPException(401) from None
        return {"ok": True}

    return app
