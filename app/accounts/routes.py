"""Signing up, in and out: `/auth`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from app.accounts.deps import Accounts, From
from app.accounts.schemas import AuthTokens, LoginBody, RefreshBody, RegisterBody, SessionAnswer, UserProfile
from app.accounts.sign_in import TokenPair
from app.auth.callers import Caller
from app.auth.deps import Anyone, CurrentUser, ReadCaller
from app.edge.documented import errors
from app.kit.clock import to_ms
from app.kit.pages import Page, Paging

router = APIRouter(prefix="/auth", tags=["auth"])

SessionId = Annotated[
    UUID, Path(description="From `GET /auth/sessions`.", examples=["5db1c54c-1e17-436d-9fda-4eda63740320"])
]


@router.post(
    "/register",
    status_code=201,
    dependencies=[Anyone],
    summary="Create an account",
    responses=errors(
        {403: "Registration is closed or by invitation (`registration_closed`).", 409: "`email_taken`"},
        public=True,
    ),
)
async def register(body: RegisterBody, accounts: Accounts, origin: From) -> AuthTokens:
    """Create an account and sign it in. The account works in full at once; a mail asks to confirm the address."""
    return _tokens(await accounts.registration.register(body.email, body.password, body.invitation, origin))


@router.post(
    "/login",
    dependencies=[Anyone],
    summary="Sign in",
    responses=errors({401: "`invalid_credentials`", 403: "The account is disabled (`account_disabled`)."}, public=True),
)
async def login(body: LoginBody, accounts: Accounts, origin: From) -> AuthTokens:
    """Open a session. An unknown e-mail and a wrong password get the same answer. Repeated failures make the account
    wait, a little longer each time, never for more than a minute."""
    return _tokens(await accounts.sign_in.with_password(body.email, body.password, origin))


@router.post(
    "/refresh",
    dependencies=[Anyone],
    summary="Get the next pair of tokens",
    responses=errors({401: "`invalid_token`; `token_reused`: its session has been signed out."}, public=True),
)
async def refresh(body: RefreshBody, accounts: Accounts) -> AuthTokens:
    """Exchange a refresh token; the old one is dead. Using a dead one signs its whole session out, except within 30
    seconds while the new pair is unused (a lost answer, a double click): then you get another pair."""
    return _tokens(await accounts.refresh.exchange(body.refresh_token))


@router.post("/logout", status_code=204, summary="Sign out", responses=errors())
async def logout(body: RefreshBody, caller: CurrentUser, accounts: Accounts) -> None:
    """End the session this refresh token belongs to. Its access tokens stop working at once."""
    await accounts.sessions.sign_out(caller.user_id, body.refresh_token)


@router.get("/me", summary="Who am I?", responses=errors())
async def me(caller: ReadCaller) -> UserProfile:
    """The account behind the access token or API key (scope `read`)."""
    return profile(caller)


@router.get("/sessions", summary="Where am I signed in?", responses=errors())
async def sessions(caller: CurrentUser, accounts: Accounts, paging: Paging) -> Page[SessionAnswer]:
    """Open sessions, last used first."""
    rows, total = await accounts.sessions.open_ones(caller.user_id, offset=paging.offset, limit=paging.limit)
    items = [
        SessionAnswer(
            id=row.id,
            client=row.client,
            address=row.address,
            created_at=to_ms(row.created_at),
            last_used_at=to_ms(row.last_used_at),
            current=row.id == caller.session_id,
        )
        for row in rows
    ]
    return Page(items=items, total=total, page=paging.page, limit=paging.limit)


@router.delete(
    "/sessions/{id}", status_code=204, summary="Sign one session out", responses=errors({404: "`not_found`"})
)
async def end_session(id: SessionId, caller: CurrentUser, accounts: Accounts) -> None:  # noqa: A002 - the path's name for it
    """The session's tokens stop working at once."""
    await accounts.sessions.end(caller.user_id, id)


def _tokens(pair: TokenPair) -> AuthTokens:
    return AuthTokens(access_token=pair.access_token, refresh_token=pair.refresh_token, expires_at=pair.expires_at)


def profile(caller: Caller) -> UserProfile:
    return UserProfile(
        id=caller.user_id,
        email=caller.email,
        tier=caller.tier,
        is_admin=caller.is_admin,
        created_at=to_ms(caller.created_at),
        email_verified=caller.email_verified,
    )
