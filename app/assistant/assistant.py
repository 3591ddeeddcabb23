"""The assistant, as every transport sees it: ask it something, find a turn again, stop it."""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from app.assistant.admission import Admission, Standing
from app.assistant.measures import LIVE_TURNS
from app.assistant.question import Question
from app.assistant.restoring import Restoring
from app.assistant.services import TurnServices
from app.assistant.starting import context_for
from app.assistant.turn import Turn
from app.devices.turns import TurnStream
from app.edge.problems import database_is_away
from app.errors import Overloaded, RateLimited
from app.threads.records import NewRun, OpenedRun, RunExists, WaitingRun

log = structlog.get_logger()


@dataclass(eq=False)
class _Arrival:
    """A request that is being admitted."""

    request_id: str
    cancelled_by: str | None = None
    is_over: asyncio.Event = field(default_factory=asyncio.Event)


class Assistant:
    """The turns of this process, by user and request."""

    def __init__(self, services: TurnServices, admission: Admission) -> None:
        self._services, self._admission, self._restoring = services, admission, Restoring(services)
        self._turns: dict[UUID, dict[str, Turn]] = {}
        self._arriving: dict[UUID, list[_Arrival]] = {}
        self.is_stopping = False
        self._interrupt_at: float | None = None  # by the loop's clock
        self._interrupted: set[Turn] = set()

    async def ask(self, question: Question, *, is_counted: bool = False) -> Turn:
        """Begin a turn. From here on it ends with exactly one `stream_end`, whoever listens. `is_counted`: against the
        user's limit of turns already.

        Raises, with nothing begun: `MessageTooLong`, `Overloaded`, `RateLimited`, `QuotaExceeded`, `NotFound` for a thread
        that is not the user's, `RunExists` for a request that was made before.
        """
        question.check()
        if self.is_stopping:
            raise Overloaded("The service is restarting. Ask again in a moment.", retry_after=2)
        if (known := self.find(question.user_id, question.request_id)) is not None:
            raise RunExists(known.run.id, known.question.request_hash)
        await self._same_before(question)
        with self._place(question) as arrival:
            is_free = self._services.models.main.is_free
            standing = await self._admission.admit(question.user_id, is_free=is_free, is_counted=is_counted)
            run = await self._services.runs.open(_new_run(question))
            turn = self._begin(question, run, standing)
        if arrival.cancelled_by is not None:
            turn.cancel(arrival.cancelled_by)
        return turn

    async def _same_before(self, question: Question) -> None:
        """The same request, sent twice at once: wait until the first one's turn is there. Raises `RunExists`."""
        for arrival in self._arriving.get(question.user_id, ()):
            if arrival.request_id == question.request_id:
                await arrival.is_over.wait()
                if (known := self.find(question.user_id, question.request_id)) is not None:
                    raise RunExists(known.run.id, known.question.request_hash)
                return

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
            arrival.is_over.set()
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
        if mine.get(turn.run.request_id) is turn:
            del mine[turn.run.request_id]
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
            may_be_elsewhere = turn.is_waiting
            turn.cancel(by)
            if may_be_elsewhere:
                await self._tell_others(user_id, request_id)
            return True
        arriving = [each for each in self._arriving.get(user_id, ()) if each.request_id == request_id]
        for arrival in arriving:
            arrival.cancelled_by = by
        return bool(arriving) or await self._services.runs.request_cancel(user_id, request_id)

    async def _tell_others(self, user_id: UUID, request_id: str) -> None:
        """Of several copies of a turn that waits another one may go on."""
        try:
            await self._services.runs.request_cancel(user_id, request_id)
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("cancel_not_passed_on", error=type(error).__name__)

    def stop_runs(self, run_ids: Iterable[UUID]) -> None:
        """Stop these, if they are under way here: their thread has been deleted."""
        unwanted = set(run_ids)
        for turn in self.live:
            if turn.run.id in unwanted:
                turn.cancel("api")

    async def end_thread(self, user_id: UUID, thread_id: UUID) -> None:
        """Cancel what is under way here in a thread, and wait for its end, which withdraws what it asks its user."""
        mine = [turn for turn in self._turns.get(user_id, {}).values() if turn.run.thread_id == thread_id]
        for turn in mine:
            turn.cancel("api")
        if mine:
            await asyncio.wait([turn.task for turn in mine], timeout=self._services.limits.ending_s)

    def stop_user(self, user_id: UUID) -> None:
        """The account has been disabled, or erased."""
        for turn in list(self._turns.get(user_id, {}).values()):
            turn.cancel("api")

    @property
    def live(self) -> list[Turn]:
        return [turn for mine in self._turns.values() for turn in mine.values()]

    # Over restarts

    async def take_up(self, *, are_left: bool = False) -> int:
        """Go on with the turns that wait for an approval. Returns how many.

        A process that starts takes a copy of each, before any device is greeted: it cannot know whether those that waited
        for them are alive, and of several copies one goes on. Later, `are_left`, those only that nobody waits for.
        """
        taken = 0
        for waiting in await self._services.runs.waiting(are_left=are_left):
            if not self.is_stopping and not await self._has(waiting):
                taken += await self._take_up(waiting, only_if_left=are_left)
        return taken

    async def _has(self, waiting: WaitingRun) -> bool:
        """Is it here already? Then this process waits for it from here on, if nobody else does. A copy that is too old to
        go on with makes way."""
        mine = self._turns.get(waiting.user_id, {}).values()
        turn = next((turn for turn in mine if turn.run.id == waiting.id), None)
        if turn is None:
            return False
        if turn.is_waiting and turn.run.attempt < waiting.attempt:
            await turn.let_go()
            return False
        if await turn.hold.adopt() and waiting.is_unwanted:
            turn.cancel("api")
        return True

    async def _take_up(self, waiting: WaitingRun, *, only_if_left: bool) -> int:
        turn = await self._restoring.restored(waiting, only_if_left=only_if_left)
        if turn is None or self.is_stopping:
            return 0
        self._start(turn)
        if waiting.is_unwanted:
            turn.cancel("api")
        return 1

    async def drained(self) -> None:
        """Take no more turns; give those under way `drain_s`, then have them end, within `ending_s`. Those that wait for an
        approval wait on.

        To be called again when nothing more can arrive, for a turn that was still being admitted the first time: what was
        given time then is given no more.
        """
        self.is_stopping = True
        limits, now = self._services.limits, asyncio.get_running_loop().time()
        if self._interrupt_at is None:
            self._interrupt_at = now + limits.drain_s
        running = {turn for turn in self.live if not turn.is_waiting} - self._interrupted
        await _ended(running, within_s=max(0, self._interrupt_at - now))
        waiting = [turn for turn in self.live if turn.is_waiting]
        left = set(self.live).difference(waiting, self._interrupted)
        for turn in left:
            turn.interrupt()
        self._interrupted |= left
        for turn in waiting:
            await turn.let_go()
        await self._release(waiting)
        await _ended(left, within_s=limits.ending_s)

    async def _release(self, waiting: list[Turn]) -> None:
        """Whoever comes next need not wait for the ends of their leases."""
        if not waiting:
            return
        try:
            async with asyncio.timeout(self._services.limits.ending_s):
                await self._services.runs.release([turn.run.id for turn in waiting])
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("turns_not_released", error=type(error).__name__)


async def _ended(turns: Collection[Turn], *, within_s: float) -> None:
    """Wait for them all, or that long."""
    if turns:
        await asyncio.wait([turn.task for turn in turns], timeout=within_s)


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
