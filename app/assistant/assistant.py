"""The assistant, as every transport sees it: ask it something, find a turn again, stop it."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.assistant.admission import Admission, Standing
from app.assistant.measures import LIVE_TURNS
from app.assistant.paused import from_bytes
from app.assistant.question import Question
from app.assistant.services import TurnServices
from app.assistant.starting import context_for, context_from
from app.assistant.turn import Turn
from app.devices.turns import TurnStream
from app.edge.problems import database_is_away
from app.errors import Overloaded, RateLimited
from app.threads.records import NewRun, OpenedRun, Outcome, RunExists

log = structlog.get_logger()


@dataclass(eq=False)
class _Arrival:
    """A request that is being admitted."""

    request_id: str
    cancelled_by: str | None = None


class Assistant:
    """The turns of this process, by user and request."""

    def __init__(self, services: TurnServices, admission: Admission) -> None:
        self._services, self._admission = services, admission
        self._turns: dict[UUID, dict[str, Turn]] = {}
        self._arriving: dict[UUID, list[_Arrival]] = {}
        self.is_stopping = False

    async def ask(self, question: Question) -> Turn:
        """Begin a turn. From here on it ends with exactly one `stream_end`, whoever listens.

        Raises, with nothing begun: `MessageTooLong`, `Overloaded`, `RateLimited`, `QuotaExceeded`, `NotFound` for a thread
        that is not the user's, `RunExists` for a request that was made before.
        """
        question.check()
        if self.is_stopping:
            raise Overloaded("The service is restarting. Ask again in a moment.", retry_after=2)
        if (known := self.find(question.user_id, question.request_id)) is not None:
            raise RunExists(known.run.id, known.question.request_hash)
        with self._place(question) as arrival:
            standing = await self._admission.admit(question.user_id, is_free=self._services.models.main.is_free)
            run = await self._services.runs.open(_new_run(question))
            turn = self._begin(question, run, standing)
        if arrival.cancelled_by is not None:
            turn.cancel(arrival.cancelled_by)
        return turn

    @contextmanager
    def _place(self, question: Question) -> Iterator["_Arrival"]:
        """A place among the user's turns, held while this one is admitted: others, and its cancel, may come meanwhile.

        Raises `RateLimited`.
        """
        user_id, most = question.user_id, self._services.limits.turns_at_once
        if len(self._turns.get(user_id, ())) + len(self._arriving.get(user_id, ())) >= most:
            raise RateLimited(f"At most {most} turns may be under way at once.", retry_after=5)
        arrival = _Arrival(question.request_id)
        mine = self._arriving.setdefault(user_id, [])
        mine.append(arrival)
        try:
            yield arrival
        finally:
            mine.remove(arrival)
            if not mine:
                del self._arriving[user_id]

    def _begin(self, question: Question, run: OpenedRun, standing: Standing) -> Turn:
        services = self._services
        stream = services.streams.begin(question.user_id, question.request_id)
        budget = services.budget.of_turn(question.user_id, run.id)
        context = context_for(services, question, run, stream, standing.policy, budget)
        return self._start(Turn(services, question, run, stream, context, budget))

    def _start(self, turn: Turn) -> Turn:
        self._turns.setdefault(turn.run.user_id, {})[turn.run.request_id] = turn
        LIVE_TURNS.inc()
        turn.begin().add_done_callback(lambda _task: self._ended(turn))
        return turn

    def _ended(self, turn: Turn) -> None:
        LIVE_TURNS.dec()
        mine = self._turns.get(turn.run.user_id, {})
        mine.pop(turn.run.request_id, None)
        if not mine:
            self._turns.pop(turn.run.user_id, None)
        self._services.held.delete_thread(str(turn.run.id))

    # Finding and stopping

    def find(self, user_id: UUID, request_id: str) -> Turn | None:
        """A turn that is under way in this process."""
        return self._turns.get(user_id, {}).get(request_id)

    def stream(self, user_id: UUID, request_id: str) -> TurnStream | None:
        """The frames of a turn that is under way or has ended a moment ago."""
        return self._services.streams.find(user_id, request_id)

    async def cancel(self, user_id: UUID, request_id: str, by: str) -> bool:
        """Stop a turn, wherever it runs; False when there is none under way."""
        if (turn := self.find(user_id, request_id)) is not None:
            turn.cancel(by)
            return True
        arriving = [each for each in self._arriving.get(user_id, ()) if each.request_id == request_id]
        for arrival in arriving:
            arrival.cancelled_by = by
        return bool(arriving) or await self._services.runs.request_cancel(user_id, request_id)

    def stop_runs(self, run_ids: Iterable[UUID]) -> None:
        """Stop these, if they are under way here: their thread has been deleted."""
        unwanted = set(run_ids)
        for turn in self.live:
            if turn.run.id in unwanted:
                turn.cancel("api")

    def stop_user(self, user_id: UUID) -> None:
        """The account has been disabled, or erased."""
        for turn in list(self._turns.get(user_id, {}).values()):
            turn.cancel("api")

    @property
    def live(self) -> list[Turn]:
        return [turn for mine in self._turns.values() for turn in mine.values()]

    # Over restarts

    async def take_up(self) -> int:
        """Go on with the turns that wait for an approval, before any device is greeted. Returns how many."""
        taken = 0
        for user_id, run_id in await self._services.runs.waiting():
            if self._has(user_id, run_id):
                continue
            try:
                taken += await self._take_up(user_id, run_id)
            except Exception as error:
                if database_is_away(error):
                    raise
                log.exception("turn_not_taken_up", run_id=str(run_id))
                await self._give_up(user_id, run_id)
        return taken

    def _has(self, user_id: UUID, run_id: UUID) -> bool:
        return any(turn.run.id == run_id for turn in self._turns.get(user_id, {}).values())

    async def _take_up(self, user_id: UUID, run_id: UUID) -> int:
        services = self._services
        kept = await services.paused.load(user_id, run_id)
        if kept is None:
            return 0
        paused = from_bytes(kept)
        run = paused.run
        services.held.restore(str(run_id), paused.graph)
        stream = services.streams.restore(user_id, run.request_id, paused.frames, paused.dropped)
        budget = services.budget.of_turn(user_id, run_id)
        policy = await services.policies.of(user_id)
        context = context_from(services, paused, run, stream, policy, budget)
        self._start(
            Turn(services, paused.question, run, stream, context, budget, is_waiting=True, used_s=paused.used_s)
        )
        return 1

    async def _give_up(self, user_id: UUID, run_id: UUID) -> None:
        """What was kept of the turn cannot be read any more, after an upgrade for one: it ends."""
        run = await self._services.runs.claim(user_id, run_id)
        if run is not None:
            await self._services.runs.finish(run, Outcome(status="failed", error_code="interrupted"))

    async def drained(self) -> None:
        """Take no more turns; give those under way a while, then end them. Those that wait for an approval wait on."""
        self.is_stopping = True
        running = [turn for turn in self.live if not turn.is_waiting]
        if running:
            await asyncio.wait([turn.task for turn in running], timeout=self._services.limits.drain_s)
        for turn in self.live:
            if turn.is_waiting:
                await turn.let_go()
            else:
                turn.interrupt()
        if left := [turn.task for turn in self.live]:
            await asyncio.wait(left, timeout=self._services.limits.drain_s)


def _new_run(question: Question) -> NewRun:
    return NewRun(
        user_id=question.user_id,
        request_id=question.request_id,
        kind=question.kind,
        message=question.message,
        thread_id=question.thread_id,
        device_id=question.device_id,
        session_id=question.session_id,
        request_hash=question.request_hash,
    )
