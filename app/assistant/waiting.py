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

LOOK_EVERY_S = 15.0  # another process may have been given the answer
# At the clock, which may be set, and runs on while a machine sleeps; or at a database that is away.
GLANCE_EVERY_S = 2.0

Asked = list[tuple[OpenApproval, Decision | None]]


@dataclass(frozen=True)
class Decided:
    interrupt_ids: list[str]
    by_tool_call: dict[str, Decision]


class Waits:
    """Who waits for which turn's approvals, in this process."""

    def __init__(
        self,
        approvals: Approvals,
        clock: Clock,
        *,
        look_every_s: float = LOOK_EVERY_S,
        glance_every_s: float = GLANCE_EVERY_S,
    ) -> None:
        self._approvals, self._clock = approvals, clock
        self._look_every_s, self._glance_every_s = look_every_s, glance_every_s
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
                wait_s = self._glance_every_s if asked is None else self._look_every_s
                await self._some_time(news, wait_s, _still_open(asked or []))
        finally:
            del self._news[run_id]

    async def _asked(self, user_id: UUID, run_id: UUID) -> Asked | None:
        """None when the database is away: a wait of minutes outlives that."""
        try:
            asked = await self._approvals.of_run(user_id, run_id)
            if not self._is_any_over(_still_open(asked)):
                return asked
            await self._approvals.expire(user_id, run_id)
            return await self._approvals.of_run(user_id, run_id)
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("approvals_not_read", error=type(error).__name__)
            return None

    def _is_any_over(self, still_open: list[OpenApproval]) -> bool:
        now = self._clock.now()
        return any(approval.expires_at <= now for approval in still_open)

    async def _some_time(self, news: asyncio.Event, wait_s: float, still_open: list[OpenApproval]) -> None:
        """Until there is news, the time of one is over, or so long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while (left_s := until - loop.time()) > 0 and not self._is_any_over(still_open):
            now = self._clock.now()
            until_expiry = [(approval.expires_at - now).total_seconds() for approval in still_open]
            try:
                async with asyncio.timeout(max(0.01, min([left_s, self._glance_every_s, *until_expiry]))):
                    await news.wait()
                    return
            except TimeoutError:
                continue

    def _resolved(self, approval: OpenApproval, _decision: Decision) -> None:
        if (news := self._news.get(approval.run_id)) is not None:
            news.set()


def _still_open(asked: Asked) -> list[OpenApproval]:
    return [approval for approval, decision in asked if decision is None]


def _decided(asked: list[tuple[OpenApproval, Decision]]) -> Decided:
    return Decided(
        [approval.interrupt_id for approval, _ in asked],
        {approval.tool_call_id: decision for approval, decision in asked},
    )
