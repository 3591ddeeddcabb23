"""Administrators' side of accounts: `/admin/users`. They never see content."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.administration import Change
from app.accounts.deps import Accounts
from app.accounts.models import User
from app.accounts.schemas import AdminUser, AdminUserBody
from app.auth.deps import CurrentAdmin
from app.billing.tiers import Tier
from app.edge.documented import errors
from app.kit.clock import to_ms
from app.kit.pages import Page, Paging

router = APIRouter(prefix="/admin/users", tags=["admin"])


@router.get("", summary="Find accounts", responses=errors())
async def find_users(
    _admin: CurrentAdmin,
    accounts: Accounts,
    paging: Paging,
    q: Annotated[str, Query(max_length=320, description="Part of an e-mail address, or an id.")] = "",
) -> Page[AdminUser]:
    """Newest first."""
    users, total = await accounts.administration.find(q, offset=paging.offset, limit=paging.limit)
    return Page(items=[_answer(user) for user in users], total=total, page=paging.page, limit=paging.limit)


@router.get("/{id}", summary="One account", responses=errors({404: "`not_found`"}))
async def get_user(id: UUID, _admin: CurrentAdmin, accounts: Accounts) -> AdminUser:  # noqa: A002 - the path's name for it
    """Profile, tier and rights; never content."""
    return _answer(await accounts.administration.get(id))


@router.patch(
    "/{id}",
    summary="Change tier or rights, disable",
    responses=errors({404: "`not_found`", 409: "`own_account`"}),
)
async def change_user(
    id: UUID,  # noqa: A002 - the path's name for it
    body: AdminUserBody,
    admin: CurrentAdmin,
    accounts: Accounts,
) -> AdminUser:
    """Fields left out stay as they are. Disabling signs the user out everywhere at once and refuses new sign-ins."""
    change = Change(body.tier, body.disabled, body.is_admin)
    return _answer(await accounts.administration.change(id, change, by=admin.user_id))


def _answer(user: User) -> AdminUser:
    return AdminUser(
        id=user.id,
        email=user.email or "",
        tier=Tier(user.tier),
        is_admin=user.is_admin,
        created_at=to_ms(user.created_at),
        email_verified=user.email_verified_at is not None,
        disabled=user.disabled_at is not None,
    )
