"""Turns that wait for an approval, taken up from what was written down when the wait began."""

from dataclasses import replace
from uuid import UUID

import structlog

from app.assistant.paused import from_bytes
from app.assistant.services import TurnServices
from app.assistant.starting import context_from
from app.assistant.turn import Turn
from app.edge.problems import database_is_away
from app.keys.vault import KeysUnavailable
from app.kit.crypto import CannotOpen
from app.threads.records import Outcome, WaitingRun

log = structlog.get_logger()


class Restoring:
    def __init__(self, services: TurnServices) -> None:
        self._services = services
        self._unreadable: set[UUID] = set()  # told of already; they are tried again all the same

    async def restored(self, waiting: WaitingRun, *, only_if_left: bool) -> Turn | None:
        """The turn, to be started, or None. `only_if_left`: not while somebody alive waits for it.

        Raises what shows that the database is away, and nothing else.
        """
        try:
            return await self._restored(waiting, only_if_left=only_if_left)
        except (KeysUnavailable, CannotOpen) as error:
            if waiting.id not in self._unreadable:
                log.warning("turn_not_taken_up", run_id=str(waiting.id), error=type(error).__name__)
            self._unreadable.add(waiting.id)
        except Exception as error:
            if database_is_away(error):
                raise
            log.exception("turn_not_taken_up", run_id=str(waiting.id))
            await self._give_up(waiting)
        return None

    async def _restored(self, waiting: WaitingRun, *, only_if_left: bool) -> Turn | None:
        services = self._services
        kept = await services.paused.load(waiting.user_id, waiting.id)
        if kept is None:
            return None
        policy = await services.policies.of(waiting.user_id)
        paused = from_bytes(kept)
        services.held.restore(str(waiting.id), paused.graph)
        adopted = await services.runs.adopt(waiting)
        if adopted is None and only_if_left:
            services.held.delete_thread(str(waiting.id))
            return None
        run = adopted or replace(paused.run, attempt=waiting.attempt)
        stream = services.streams.restore(run.user_id, run.request_id, paused.frames, paused.dropped)
        used = paused.meter.paid_input_tokens + paused.meter.paid_output_tokens
        budget = services.budget.of_turn(run.user_id, run.id, used=used)
        context = context_from(services, paused, run, stream, policy, budget)
        turn = Turn(services, paused.question, run, stream, context, budget, is_waiting=True, used_s=paused.used_s)
        turn.hold.is_copy = adopted is None
        return turn

    async def _give_up(self, waiting: WaitingRun) -> None:
        """What was kept of the turn cannot be understood any more, after an upgrade for one: it ends, unless there is
        somebody who goes on with it."""
        runs = self._services.runs
        try:
            adopted = await runs.adopt(waiting)
            run = adopted and await runs.claim(adopted)
            if run is not None:
                await runs.finish(run, Outcome(status="failed", error_code="interrupted"))
        except Exception as error:
            if database_is_away(error):
                raise
            log.exception("turn_not_given_up", run_id=str(waiting.id))
