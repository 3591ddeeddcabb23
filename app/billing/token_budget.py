"""The month's tokens: held by running turns before a model is asked, counted when a turn has ended.

What is held stands in the turn's own run, and counts only while that run goes on: a turn that is killed gives back what it
held without anybody's doing. Holding is one round trip, in a piece for several calls; turns side by side wait for each other
on the row of the month (`reserve_tokens` in the migrations), so that together they never hold more than is left.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.billing.tiers import ALLOWANCES
from app.errors import Conflict, Forbidden, NotAuthenticated
from app.kit.clock import Clock
from app.kit.db import Database

CALLS_AHEAD = 4  # a piece is for so many calls like the one that asks: a usual turn asks once

_LIMITS = orjson.dumps({tier.value: allowance.tokens_per_month for tier, allowance in ALLOWANCES.items()}).decode()
_STANDING = "SELECT * FROM token_standing($1, $2, $3)"
_RESERVE = "SELECT * FROM reserve_tokens($1, $2, $3, $4, $5, $6)"
_COUNT = text("""
    INSERT INTO token_usage AS used (user_id, month, input_tokens, output_tokens)
    VALUES (:user_id, :month, :input_tokens, :output_tokens)
    ON CONFLICT (user_id, month) DO UPDATE SET
        input_tokens = used.input_tokens + excluded.input_tokens,
        output_tokens = used.output_tokens + excluded.output_tokens
""")
_PAUSE = text("UPDATE runs SET reserved_tokens = :used WHERE id = :run_id AND user_id = :user_id")


class QuotaExceeded(Forbidden):
    """The tier does not reach further. 403 like every other limit of a tier: waiting a minute does not help, which is what
    429 would say. Tokens that running turns hold count as well, so `used` may be less than `limit`."""

    code = "quota_exceeded"

    def __init__(self, *, limit: int, used: int) -> None:
        detail = f"This month's {limit:,} tokens are used up. The next month begins on its first day, at midnight UTC."
        if used < limit:
            detail = f"Of this month's {limit:,} tokens too few are left, beside those that running turns hold."
        super().__init__(detail, limit=limit, used=used)


def month_of(moment: datetime) -> date:
    """The first day of its month, in UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


@dataclass(frozen=True)
class Spent:
    """What a turn that ends has used, and in which month that counts."""

    month: date
    input_tokens: int
    output_tokens: int


class TokenBudget:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def allow(self, user_id: UUID) -> None:
        """Is anything left for another turn? Raises `QuotaExceeded`, `NotAuthenticated` when the account is gone."""
        standing = await self._db.hot_row(_STANDING, user_id, self.month(), _LIMITS)
        if standing is None:
            raise NotAuthenticated("This account no longer exists.")
        if standing["spent"] + standing["held"] >= standing["most"]:
            raise QuotaExceeded(limit=standing["most"], used=standing["spent"])

    async def count(self, user_id: UUID, input_tokens: int, output_tokens: int) -> None:
        """Count tokens that were used beside any turn, and had not been held."""
        used = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        async with self._db.of(user_id) as session:
            await session.execute(_COUNT, used | {"user_id": user_id, "month": self.month()})

    def of_turn(self, user_id: UUID, run_id: UUID, *, used: int = 0) -> "TurnBudget":
        """`used`: what a turn that goes on after a wait had used before; its run holds that already."""
        return TurnBudget(self, user_id, run_id, used)

    def month(self) -> date:
        return month_of(self._clock.now())

    async def hold(self, user_id: UUID, run_id: UUID, *, wanted: int, needed: int) -> int:
        """Have a running turn hold more tokens: `wanted`, or what is left if that is `needed` at least.

        Raises `QuotaExceeded`, `NotAuthenticated`, and `Conflict` when the turn does not run any more.
        """
        try:
            row = await self._db.hot_row(_RESERVE, user_id, run_id, self.month(), wanted, needed, _LIMITS)
        except asyncpg.ForeignKeyViolationError:
            row = None
        if row is None:
            raise NotAuthenticated("This account no longer exists.")
        granted: int | None = row["granted"]
        if granted is None:
            raise Conflict("This turn has ended.")
        if granted == 0:
            raise QuotaExceeded(limit=row["most"], used=row["spent"])
        return granted


class TurnBudget:
    """One turn's share (`app.assistant.budget.ModelCallBudget`). Sub-agents side by side may use it."""

    def __init__(self, budget: TokenBudget, user_id: UUID, run_id: UUID, used: int = 0) -> None:
        self._budget, self._user_id, self._run_id = budget, user_id, run_id
        self._held = used  # of the month's tokens, in the run's row
        self._promised = 0  # to calls that are under way
        self._used = used
        self._asking = asyncio.Lock()

    async def reserve(self, tokens: int) -> None:
        """Make sure that so many may be used by the next call. Raises the errors of `TokenBudget.hold`."""
        async with self._asking:
            missing = tokens - self._left
            if missing > 0:
                wanted = missing + (CALLS_AHEAD - 1) * tokens
                self._held += await self._budget.hold(self._user_id, self._run_id, wanted=wanted, needed=missing)
            self._promised += tokens

    def used(self, reserved: int, tokens: int) -> None:
        """A call that had reserved `reserved` has used `tokens`, which may be more: it counts, and is missing next time."""
        self._promised -= reserved
        self._used += tokens

    @property
    def _left(self) -> int:
        return self._held - self._used - self._promised

    async def pause(self, session: AsyncSession) -> None:
        """In the transaction in which the turn begins to wait: what it has used stays held, the rest is given back."""
        await session.execute(_PAUSE, {"run_id": self._run_id, "user_id": self._user_id, "used": self._used})
        self._held = self._used

    def spent(self, input_tokens: int, output_tokens: int) -> Spent:
        """What the whole turn has used, to be counted in the transaction in which it ends, in the month it is now
        (`app.threads.runs.Runs.finish`). From then on nothing is held any more."""
        return Spent(self._budget.month(), input_tokens, output_tokens)
