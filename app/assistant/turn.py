"""One turn: from the words of a user to the last frame, whatever happens in between.

The work is a task of its own, which may be cancelled at any await. What ends the turn stands outside of it and is not
cancelled: it keeps what happened, then sends the one `stream_end`.
"""

import asyncio
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, cast

import structlog
from langchain_core.messages import AnyMessage, HumanMessage, convert_to_messages
from langgraph.types import Command, Interrupt
from sqlalchemy.ext.asyncio import AsyncSession

from app.assistant.about import with_context
from app.assistant.context import TurnContext
from app.assistant.ending import (
    BUG,
    CANCELLED,
    GONE,
    INTERRUPTED,
    NOT_KEPT,
    Ending,
    NoLongerOurs,
    ending_of,
)
from app.assistant.graphs import RECURSION_LIMIT
from app.assistant.holding import Hold
from app.assistant.keeping import outcome_of
from app.assistant.pausing import opened, paused, wanted
from app.assistant.question import Question
from app.assistant.services import TurnServices
from app.assistant.timing import TurnTime
from app.billing.token_budget import TurnBudget
from app.devices.frames import Mutation, TurnError, Usage
from app.devices.turns import TurnStream
from app.edge.problems import database_is_away
from app.errors import NotAuthenticated, Overloaded
from app.keys.vault import KeysUnavailable
from app.threads.records import READ_OUTSIDE_TEXT, OpenedRun, Outcome

log = structlog.get_logger()

KEEP_FOR_S, KEEP_PAUSE_S = 20.0, 0.5


@dataclass(frozen=True)
class TurnResult:
    ending: Ending
    answer: str
    mutations: list[Mutation]
    usage: Usage


class Turn:
    def __init__(
        self,
        services: TurnServices,
        question: Question,
        run: OpenedRun,
        stream: TurnStream,
        context: TurnContext,
        budget: TurnBudget,
        *,
        is_waiting: bool = False,
        used_s: float = 0,
    ) -> None:
        """`is_waiting`: the turn goes on from an approval that it waited for in another process; `used_s` is what it has
        used of its time."""
        self._services, self.question, self.stream = services, question, stream
        self.hold = Hold(services.runs, run, is_waiting=is_waiting)
        self._context, self._budget = context, budget
        self._has_asked, self._time = is_waiting, TurnTime(services.limits.turn_s, used_s)
        self._stopped_by: str | None = None
        self._canceller = "api"
        self._live: asyncio.Task[TurnResult] | None = None
        self._work: asyncio.Task[list[AnyMessage]] | None = None
        self._claiming: asyncio.Task[None] | None = None

    @property
    def run(self) -> OpenedRun:
        return self.hold.run

    @property
    def is_waiting(self) -> bool:
        return self.hold.is_waiting

    def begin(self) -> "asyncio.Task[TurnResult]":
        """Start it. It goes on whoever listens."""
        self._context.voice.begin()
        self._live = asyncio.create_task(self._run(), name=f"turn {self.run.id}")
        return self._live

    async def result(self) -> TurnResult:
        """How it ended. Whoever waits for it may be cancelled; the turn is not. Raises `Overloaded` when it goes on in
        another process."""
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if not self.task.cancelled():
                raise
            told = "The turn goes on after a restart of the service, or has already: GET /chat/{request_id} has it."
            raise Overloaded(told, retry_after=2, request_id=self.run.request_id) from None

    @property
    def task(self) -> "asyncio.Task[TurnResult]":
        assert self._live is not None
        return self._live

    def cancel(self, by: str) -> None:
        """The user wants no more of it. `by`: a device's id, or "api"."""
        if self._stopped_by is None:
            self._canceller = by
        self._stop("cancelled")

    def interrupt(self) -> None:
        """The service stops, and cannot wait any longer."""
        self._stop("interrupted")

    async def let_go(self) -> None:
        """The turn waits for an approval, and will go on in the next process: nothing is said or kept."""
        tasks = [task for task in (self._work, self.task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._leave()

    def _leave(self) -> None:
        """Nothing more comes here, and no end: it is told by whoever goes on with the turn."""
        self.stream.leave()
        self._services.streams.forget(self.run.user_id, self.stream)

    def _stop(self, why: str) -> None:
        if self._stopped_by is None:
            self._stopped_by = why
        if self._work is not None:
            self._work.cancel()

    async def _run(self) -> TurnResult:
        ids = {"run_id": str(self.run.id), "turn": self.run.request_id, "user_id": str(self.run.user_id)}
        with structlog.contextvars.bound_contextvars(**ids):
            self._work = asyncio.create_task(self._answer())
            if self._stopped_by is not None:  # between its admission and this moment
                self._work.cancel()
            await asyncio.wait([self._work])
            try:
                ending = await self._end(self._work)
            except NoLongerOurs:
                log.info("turn_goes_on_elsewhere")
                self._leave()
                raise asyncio.CancelledError from None  # as if it had been let go
            except Exception:
                log.exception("turn_not_kept")
                ending = BUG
            finally:
                self.hold.forget()
            return self._said(ending)

    # The work

    async def _answer(self) -> list[AnyMessage]:
        """The supervisor's messages, those it started from included."""
        graph, run_key = self._services.graphs[self.question.kind], str(self.run.id)
        config: Any = {"configurable": {"thread_id": run_key}, "recursion_limit": RECURSION_LIMIT}
        given: Any = await self._go_on() if self.is_waiting else {"messages": await self._start_from()}
        while True:
            async with self._time.counted():
                state = await graph.ainvoke(given, config, context=self._context, durability="exit")
            interrupts: list[Interrupt] = state.get("__interrupt__") or []
            if not interrupts:
                messages: list[AnyMessage] = state["messages"]
                return messages
            await self._pause(interrupts)
            given = await self._go_on()

    async def _start_from(self) -> list[AnyMessage]:
        """The conversation so far, the context, and the user's words: last, verbatim and alone."""
        question, most = self.question, self._services.limits.history_tokens
        earlier: list[dict[str, Any]] = list(question.earlier(most_tokens=most))
        if question.thread_id is not None:
            earlier = await self._services.history.before(
                question.user_id, self.run.thread_id, self.run.id, most_tokens=most
            )
        marks = [message.pop(READ_OUTSIDE_TEXT, False) for message in earlier]
        if any(marks):
            self._context.noted.has_read_outside_text = True  # reports on it stand in the conversation
        memory = self._context.memory
        memory.said_before(earlier)
        remembered = await memory.told(question.message)
        told = with_context(self._context.about, remembered, question.context, self._context.mark)
        history = cast("list[AnyMessage]", convert_to_messages(earlier))
        return [*history, HumanMessage(told), HumanMessage(question.message)]

    # Approvals

    async def _pause(self, interrupts: list[Interrupt]) -> None:
        """Write down where the turn stands and what it asks, in one transaction; then ask."""
        services, run = self._services, self.run
        asked = wanted(interrupts, services.clock.now(), services.limits.approval_s)
        self._context.voice.hush()
        state = paused(
            self.question, run, services.held.dump(str(run.id)), self.stream, self._context, self._time.used_s
        )

        async def also(session: AsyncSession) -> None:
            await services.approvals.add(session, run.user_id, run.id, asked)
            await services.paused.keep(session, run.user_id, run.id, state)
            await self._budget.pause(session)

        self._has_asked = True
        await self.hold.wait(also)
        log.info("turn_waits", approvals=len(asked))
        services.asking.ask(*opened(asked, run))

    async def _go_on(self) -> Command[Any]:
        """Wait for the user, then take the turn up again: one process does, whoever has asked."""
        services, run = self._services, self.run
        decided = await services.waits.decisions(run.user_id, run.id)
        self._claiming = asyncio.create_task(self._claim())
        await asyncio.shield(self._claiming)
        self._context = replace(self._context, decisions={**self._context.decisions, **decided.by_tool_call})
        return Command(resume=dict.fromkeys(decided.interrupt_ids, True))

    async def _claim(self) -> None:
        """Take the run up. Not to be cancelled: a claim that is committed and not known of here would be renewed for ever,
        and never ended."""
        services, run = self._services, self.run

        async def also(session: AsyncSession) -> None:
            await services.paused.drop(session, run.user_id, run.id)

        await self.hold.claim(also)

    # The end

    async def _end(self, work: "asyncio.Task[list[AnyMessage]]") -> Ending:
        """Keep what happened, before anybody is told; wait a while for a database that is away. Raises `NoLongerOurs`."""
        if self._claiming is not None:
            await asyncio.wait([self._claiming])
        if self.hold.is_lost:
            raise NoLongerOurs
        ending = ending_of(work, self._stopped_by)
        messages = work.result() if ending.status == "completed" else []
        self._context.voice.hush(ending.status)
        outcome = outcome_of(self.question, ending, messages, self._context)
        loop = asyncio.get_running_loop()
        until = loop.time() + KEEP_FOR_S
        for attempt in count():
            try:
                async with asyncio.timeout_at(until):
                    is_kept = await self._keep(outcome, is_repeated=attempt > 0)
            except (KeysUnavailable, NotAuthenticated) as gone:
                log.info("turn_not_kept", code=gone.code)
                return GONE
            except Exception as error:
                if not database_is_away(error):
                    raise
                log.warning("turn_not_kept", attempt=attempt, error=type(error).__name__)
                if loop.time() + KEEP_PAUSE_S >= until:
                    break
                await asyncio.sleep(KEEP_PAUSE_S)
            else:
                return ending if is_kept or ending is CANCELLED else INTERRUPTED
        return NOT_KEPT

    async def _keep(self, outcome: Outcome, *, is_repeated: bool) -> bool:
        """False when the turn is not this process's to end, or was deleted: its tokens count all the same. Raises
        `NoLongerOurs`."""
        services, meter = self._services, self._context.meter
        await self.hold.claim_to_end()
        run = self.run
        spent = self._budget.spent(meter.paid_input_tokens, meter.paid_output_tokens)
        if outcome.status == "completed":
            outcome = replace(outcome, to_remember=await self._to_remember())
        is_kept = await services.runs.finish(run, outcome, spent=spent)
        if not is_kept and is_repeated:  # it was kept, and the database could not say so
            found = await services.runs.find(run.user_id, run.request_id)
            is_kept = found is not None and found.status == outcome.status
        elif not is_kept and meter.paid_input_tokens and not self.hold.is_copy:
            await services.budget.count(run.user_id, meter.paid_input_tokens, meter.paid_output_tokens)
        if self._has_asked and outcome.status != "completed":
            await services.close_approvals(run, self._canceller)
        return is_kept

    async def _to_remember(self) -> bytes:
        context = self._context
        return await context.memory.to_remember(self.question, self.run, context.noted.mutations)

    def _said(self, ending: Ending) -> TurnResult:
        context = self._context
        usage = Usage(input_tokens=context.meter.input_tokens, output_tokens=context.meter.output_tokens)
        error = TurnError(code=ending.code, message=ending.message or "") if ending.code else None
        mutations = context.noted.mutations
        context.voice.end(ending.status, mutations, usage, error)
        self._services.measure(ending, context)
        return TurnResult(ending, context.voice.answer, mutations, usage)
