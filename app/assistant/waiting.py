"""Waiting for what the user decides. The wait itself is in the database; this is one process's part in it."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.assistant.approvals.policy import Decision
from app.assistant.approvals.store import Approvals, OpenApproval
from app.edge.problems import database_is_away
from app.kit.clock import Clock

log = structlog.get_logger()

LOOK_EVERY_S = 2.0  # another process may have been given the answer


@dataclass(frozen=True)
class Decided:
    interrupt_ids: list[str]
    by_tool_call: dict[str, Decision]


class Waits:
    """Who waits for which turn's approvals, in this process."""

    def __init__(self, approvals: Approvals, clock: Clock, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._approvals, self._clock = approvals, clock
        self._look_every_s = look_every_s
        self._news: dict[UUID, asyncio.Event] = {}
        approvals.on_resolved.append(self._resolved)

    async def decisions(self, user_id: UUID, run_id: UUID) -> Decided:
        """Wait until all approvals of a run are decided; an answer that does not come in time is one, too."""
        news = self._news.setdefault(run_id, asyncio.Event())
        try:
            while True:
                news.clear()
                asked = await self._asked(user_id, run_id)
                if asked is not None and all(decision is not None for _, decision in asked):
                    return _decided([(approval, decision) for approval, decision in asked if decision is not None])
                await self._some_time(news, [approval for approval, decision in asked or () if decision is None])
        finally:
            del self._news[run_id]

    async def _asked(self, user_id: UUID, run_id: UUID) -> list[tuple[OpenApproval, Decision | None]] | None:
        """None when the database is away: a wait of minutes outlives that."""
        try:
            await self._approvals.expire(user_id, run_id)
            return await self._approvals.of_run(user_id, run_id)
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("approvals_not_read", error=type(error).__name__)
            return None

    async def _some_time(self, news: asyncio.Event, still_open: list[OpenApproval]) -> None:
        now = self._clock.now()
        until_expiry = [(approval.expires_at - now).total_seconds() for approval in still_open]
        wait_s = max(0.01, min([self._look_every_s, *until_expiry]))
        try:
            async with asyncio.timeout(wait_s):
                await news.wait()
        except TimeoutError:
            return

    def _resolved(self, approval: OpenApproval, _decision: Decision) -> None:
        if (news := self._news.get(approval.run_id)) is not None:
            news.set()


def _decided(asked: list[tuple[OpenApproval, Decision]]) -> Decided:
    return Decided(
        [approval.interrupt_id for approval, _ in asked],
        {approval.tool_call_id: decision for approval, decision in asked},
    )
