"""Before a turn begins: may this user ask now?

One round trip tells all it takes: the tier (always the database's), the approval policy, the month's use.
"""

from dataclasses import dataclass
from uuid import UUID

from app.assistant.approvals.policy import Policy
from app.auth.rate_limits import RateLimiter, turns_of
from app.billing.tiers import ALLOWANCES, Tier
from app.billing.token_budget import QuotaExceeded, month_of
from app.errors import NotAuthenticated
from app.kit.clock import Clock
from app.kit.db import Database

_STANDING = "SELECT * FROM turn_standing($1, $2)"


@dataclass(frozen=True)
class Standing:
    tier: Tier
    policy: Policy
    used_tokens: int  # this month, with what running turns hold


class Admission:
    def __init__(self, db: Database, limiter: RateLimiter, clock: Clock) -> None:
        self._db, self._limiter, self._clock = db, limiter, clock

    async def admit(self, user_id: UUID, *, is_free: bool, is_counted: bool) -> Standing:
        """`is_free`: the model costs nobody anything. `is_counted`: the turn was, when it came in.

        Raises `RateLimited`, `QuotaExceeded`, `NotAuthenticated`."""
        standing = await self._standing(user_id)
        allowance = ALLOWANCES[standing.tier]
        if not is_counted:
            await self._count(user_id, allowance.turns_per_minute)
        if not is_free and standing.used_tokens >= allowance.tokens_per_month:
            raise QuotaExceeded(limit=allowance.tokens_per_month, used=standing.used_tokens)
        return standing

    async def _count(self, user_id: UUID, per_minute: int) -> None:
        counted = await self._limiter.count(turns_of(user_id), per_minute)
        if counted is not None and not counted[1]:
            raise self._limiter.refusal(counted[0], "turns")

    async def _standing(self, user_id: UUID) -> Standing:
        row = await self._db.hot_row(_STANDING, user_id, month_of(self._clock.now()))
        if row is None:
            raise NotAuthenticated("This account no longer exists.")
        rules = (row["on_insert"], row["on_update"], row["on_delete"])
        policy = Policy(*rules) if all(rules) else Policy()
        return Standing(Tier(row["tier"]), policy, row["used"])
