"""Questions to the user: written down with the turn that waits for them, and answered once.

Whoever answers first wins, by one conditional UPDATE; a question whose time is over, or whose turn has ended, takes no
answer. Listeners are told in this process, after the commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.assistant.approvals.models import Approval
from app.assistant.approvals.paused_turns import PausedTurns
from app.assistant.approvals.policies import Policies
from app.assistant.approvals.policy import Decision
from app.assistant.approvals.sealing import revealed, revealed_decision, sealed_decision, sealed_row
from app.assistant.approvals.wanted import OpenApproval, Wanted
from app.audit.record import Kind, record
from app.errors import Conflict, Invalid, NotFound
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing
from app.kit.db import Database
from app.threads.models import Run

__all__ = ["AlreadyResolved", "Approvals", "CheckArgs", "OpenApproval", "PausedTurns", "Policies", "Wanted"]

log = structlog.get_logger()

# Takes a tool's name and edited arguments, gives back those to use. Raises `Invalid`.
CheckArgs = Callable[[str, dict[str, Any]], dict[str, Any]]
Listener = Callable[[OpenApproval, Decision], Awaitable[None] | None]

LIVE = ("running", "waiting")  # runs that have not ended
_TOO_LATE = "This has been answered, its time is over, or its turn has ended."
_HAS_OPEN = "SELECT has_open_approvals($1, $2) AS has"


class AlreadyResolved(Conflict):
    """Somebody has answered, the time is over, or the turn has ended."""

    code = "already_resolved"


class Approvals:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock, check_args: CheckArgs) -> None:
        self._db, self._vault, self._clock, self._check_args = db, vault, clock, check_args
        self._telling: set[asyncio.Task[None]] = set()
        self.on_resolved: list[Listener] = []

    # Asking

    async def add(self, session: AsyncSession, user_id: UUID, run_id: UUID, wanted: Sequence[Wanted]) -> None:
        """Write down what the user's run asks, in the transaction in which it begins to wait."""
        if not wanted:
            return
        keys, now = await self._vault.of(session, user_id), self._clock.now()
        await session.execute(insert(Approval), [await sealed_row(keys, each, user_id, run_id, now) for each in wanted])

    # Looking

    async def are_open(self, user_id: UUID) -> bool:
        """Is there anything to ask the user? One round trip."""
        row = await self._db.hot_row(_HAS_OPEN, user_id, self._clock.now())
        return row is not None and bool(row["has"])

    async def open_of(self, user_id: UUID) -> list[OpenApproval]:
        """What the user can answer now, oldest first."""
        async with self._db.of(user_id) as session:
            found = await self._found(session, *_open(user_id, self._clock.now()))
            keys = await self._vault.of(session, user_id)
        return [await revealed(keys, row, request_id) for row, request_id in found]

    async def of_run(self, user_id: UUID, run_id: UUID) -> list[tuple[OpenApproval, Decision | None]]:
        """All that a run has ever asked, oldest first, and what came of it. None: no answer, though its time may be over."""
        async with self._db.of(user_id) as session:
            found = await self._found(session, *_of_run(user_id, run_id))
            keys = await self._vault.of(session, user_id)
        return [
            (await revealed(keys, row, request_id), await revealed_decision(keys, row)) for row, request_id in found
        ]

    # Answering

    async def resolve(self, user_id: UUID, approval_id: UUID, decision: Decision) -> OpenApproval:
        """Take the user's answer. Raises `NotFound`, `AlreadyResolved`, and `Invalid` for edited arguments of no use."""
        if decision.kind == "expired":
            raise ValueError("nobody answers that an approval has expired")
        now = self._clock.now()
        mine = (Approval.user_id == user_id) & (Approval.id == approval_id)
        async with self._db.of(user_id) as session:
            found = await self._found(session, mine, _of_its_run(user_id))
            if not found:
                raise NotFound("There is no such approval.")
            keys = await self._vault.of(session, user_id)
            approval = await revealed(keys, *found[0])
            if found[0][0].decision is not None or approval.expires_at <= now:
                raise AlreadyResolved(_TOO_LATE)
            decision = self._usable(approval, decision)
            await self._decide(session, keys, mine, approval, decision, now)
            _audit(session, approval, decision, now)
        await self._tell([(approval, decision)])
        return approval

    def _usable(self, approval: OpenApproval, decision: Decision) -> Decision:
        """With arguments that the tool takes, if it is an edit; without any, if it is not."""
        if decision.kind != "edit":
            return replace(decision, args=None)
        if decision.args is None:
            raise Invalid("An edit needs the arguments to use instead.", field="args")
        return replace(decision, args=self._check_args(approval.tool, decision.args))

    async def _decide(
        self,
        session: AsyncSession,
        keys: KeyRing,
        mine: ColumnElement[bool],
        approval: OpenApproval,
        decision: Decision,
        now: datetime,
    ) -> None:
        """The first answer takes the row; every other finds it taken."""
        statement = update(Approval).where(mine, *_open(approval.user_id, now)).returning(Approval.id)
        values = await sealed_decision(keys, approval.id, decision, now)
        taken = await session.scalar(statement.values(values).execution_options(synchronize_session=False))
        if taken is None:
            raise AlreadyResolved(_TOO_LATE)

    # Ending without an answer

    async def expire(self, user_id: UUID, run_id: UUID) -> list[OpenApproval]:
        """Close those of a run whose time is over; gives them back."""
        late = (*_of_run(user_id, run_id), Approval.expires_at <= self._clock.now())
        return await self._close(user_id, late, Decision("expired"))

    async def resolve_all(self, user_id: UUID, run_id: UUID, decision: Decision) -> list[OpenApproval]:
        """Close whatever a run still asks, because it is cancelled; gives back what was open. `decision` is no edit."""
        return await self._close(user_id, _of_run(user_id, run_id), decision)

    async def _close(
        self, user_id: UUID, which: Sequence[ColumnElement[bool]], decision: Decision
    ) -> list[OpenApproval]:
        now = self._clock.now()
        async with self._db.of(user_id) as session:
            found = await self._found(session, *which, Approval.decision.is_(None), lock=True)
            keys = await self._vault.of(session, user_id) if found else None
            closed = [await revealed(keys, row, request_id) for row, request_id in found] if keys else []
            for row, _ in found:
                assert keys is not None
                for column, value in (await sealed_decision(keys, row.id, decision, now)).items():
                    setattr(row, column, value)
        await self._tell([(approval, decision) for approval in closed])
        return closed

    async def _found(
        self, session: AsyncSession, *which: ColumnElement[bool], lock: bool = False
    ) -> list[tuple[Approval, str]]:
        """Approvals, oldest first, with the request_id of the turn behind each."""
        statement = select(Approval, Run.request_id).where(*which).order_by(Approval.created_at, Approval.id)
        if lock:
            statement = statement.with_for_update(of=Approval)
        return [(row[0], row[1]) for row in await session.execute(statement)]

    # Telling

    async def _tell(self, told: Sequence[tuple[OpenApproval, Decision]]) -> None:
        """It is committed: listeners hear of it even if whoever answered is gone by now, and whatever one of them does."""
        if not told or not self.on_resolved:
            return
        task = asyncio.create_task(self._tell_all(told))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
        await asyncio.shield(task)

    async def _tell_all(self, told: Sequence[tuple[OpenApproval, Decision]]) -> None:
        hearing = [_hear(listener, *each) for each in told for listener in self.on_resolved]
        for failure in await asyncio.gather(*hearing, return_exceptions=True):
            if isinstance(failure, Exception):
                log.error("approval_listener_failed", exc_info=failure)


def _of_its_run(user_id: UUID) -> ColumnElement[bool]:
    return (Approval.run_id == Run.id) & (Run.user_id == user_id)


def _of_run(user_id: UUID, run_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (Approval.user_id == user_id, Approval.run_id == run_id, _of_its_run(user_id))


def _open(user_id: UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Approval.user_id == user_id,
        Approval.decision.is_(None),
        Approval.expires_at > now,
        _of_its_run(user_id),
        Run.status.in_(LIVE),
    )


def _audit(session: AsyncSession, approval: OpenApproval, decision: Decision, now: datetime) -> None:
    facts = {"approval": str(approval.id), "decision": decision.kind, "action": approval.action}
    record(session, Kind.APPROVAL_ANSWERED, user_id=approval.user_id, at=now, actor_id=approval.user_id, **facts)


async def _hear(listener: Listener, approval: OpenApproval, decision: Decision) -> None:
    heard = listener(approval, decision)
    if heard is not None:
        await heard
