"""Passwords, e-mail addresses and API keys: also under `/auth`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from app.accounts.api_keys import NamedKey
from app.accounts.deps import Accounts, From
from app.accounts.schemas import (
    ApiKeyAnswer,
    ApiKeyBody,
    EmailBody,
    ForgotBody,
    NewApiKeyAnswer,
    PasswordBody,
    ResetBody,
    VerifyBody,
)
from app.auth.deps import Anyone, CurrentUser
from app.auth.scopes import Scope
from app.edge.documented import errors
from app.kit.clock import to_ms
from app.kit.pages import Page, Paging

router = APIRouter(prefix="/auth", tags=["auth"])

ApiKeyId = Annotated[
    UUID, Path(description="From `GET /auth/api-keys`.", examples=["5db1c54c-1e17-436d-9fda-4eda63740320"])
]
_WRONG_PASSWORD = {401: "The password is wrong (`invalid_credentials`)."}
_NO_MAIL = {503: "This installation cannot send mail (`mail_unavailable`)."}


@router.post(
    "/email",
    status_code=204,
    summary="Change the e-mail address",
    responses=errors({**_WRONG_PASSWORD, 409: "`email_taken`", **_NO_MAIL}),
)
async def change_email(body: EmailBody, caller: CurrentUser, accounts: Accounts, origin: From) -> None:
    """Mails a link to the new address, which has to confirm; the old address is told."""
    await accounts.emails.ask(caller.user_id, body.email, body.password, origin.address)


@router.post(
    "/email/verify",
    status_code=204,
    dependencies=[Anyone],
    summary="Confirm an e-mail address",
    responses=errors(
        {400: "The link was used, replaced or has expired (`invalid_link`).", 409: "`email_taken`"},
        public=True,
    ),
)
async def verify_email(body: VerifyBody, accounts: Accounts) -> None:
    """Takes the secret of a mailed link, for a first address and for a change alike."""
    await accounts.emails.confirm(body.token)


@router.post(
    "/email/resend",
    status_code=204,
    summary="Mail the confirmation link again",
    responses=errors({409: "`already_verified`", **_NO_MAIL}),
)
async def resend_verification(caller: CurrentUser, accounts: Accounts) -> None:
    """Links mailed before stop working."""
    await accounts.emails.resend(caller.user_id)


@router.post("/password", status_code=204, summary="Change the password", responses=errors(_WRONG_PASSWORD))
async def change_password(body: PasswordBody, caller: CurrentUser, accounts: Accounts, origin: From) -> None:
    """Signs every other session out."""
    await accounts.passwords.change(
        caller.user_id, body.current, body.new, keep=caller.session_id, address=origin.address
    )


@router.post(
    "/password/forgot",
    status_code=204,
    dependencies=[Anyone],
    summary="Ask for a link to set a new password",
    responses=errors(_NO_MAIL, public=True),
)
async def forgot_password(body: ForgotBody, accounts: Accounts) -> None:
    """The answer is the same whether anybody has this address. The link works once, for one hour."""
    await accounts.passwords.ask_for_reset(body.email)


@router.post(
    "/password/reset",
    status_code=204,
    dependencies=[Anyone],
    summary="Set a new password with a mailed link",
    responses=errors({400: "The link was used, replaced or has expired (`invalid_link`)."}, public=True),
)
async def reset_password(body: ResetBody, accounts: Accounts) -> None:
    """Signs every session out."""
    await accounts.passwords.reset(body.token, body.password)


@router.get("/api-keys", summary="API keys", responses=errors())
async def api_keys(caller: CurrentUser, accounts: Accounts, paging: Paging) -> Page[ApiKeyAnswer]:
    """Newest first. The keys themselves are not stored and cannot be shown again."""
    rows, total = await accounts.api_keys.all_of(caller.user_id, offset=paging.offset, limit=paging.limit)
    items = [ApiKeyAnswer.model_validate(_answer(row)) for row in rows]
    return Page(items=items, total=total, page=paging.page, limit=paging.limit)


@router.post("/api-keys", status_code=201, summary="Create an API key", responses=errors({409: "`too_many_api_keys`"}))
async def create_api_key(body: ApiKeyBody, caller: CurrentUser, accounts: Accounts) -> NewApiKeyAnswer:
    """For scripts. The key can do what its scopes name, until it expires or is revoked. It is shown this once."""
    expires_at = None if body.expires_at is None else datetime.fromtimestamp(body.expires_at / 1000, UTC)
    row, key = await accounts.api_keys.create(caller.user_id, body.name, body.scopes, expires_at)
    return NewApiKeyAnswer.model_validate({**_answer(row), "key": key})


@router.delete("/api-keys/{id}", status_code=204, summary="Revoke an API key", responses=errors({404: "`not_found`"}))
async def revoke_api_key(id: ApiKeyId, caller: CurrentUser, accounts: Accounts) -> None:  # noqa: A002 - the path's name for it
    """The key stops working at once."""
    await accounts.api_keys.revoke(caller.user_id, id)


def _answer(row: NamedKey) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "scopes": [Scope(scope) for scope in row.scopes],
        "hint": row.hint,
        "created_at": to_ms(row.created_at),
        "expires_at": row.expires_at and to_ms(row.expires_at),
        "last_used_at": row.last_used_at and to_ms(row.last_used_at),
    }
