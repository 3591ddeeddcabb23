"""What every turn of the process works with."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from app.assistant.approvals.asking import Asking
from app.assistant.approvals.policy import Decision
from app.assistant.approvals.store import Approvals, PausedTurns, Policies
from app.assistant.context import TurnContext
from app.assistant.ending import Ending
from app.assistant.graphs import Graph, Kind
from app.assistant.held import HeldGraphs
from app.assistant.limits import TurnLimits
from app.assistant.measures import REMOVED, TURNS
from app.assistant.models import Models
from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.waiting import Waits
from app.billing.token_budget import TokenBudget
from app.devices.calls import Calls
from app.devices.hub import LocalHub
from app.devices.turns import Turns as Streams
from app.edge.problems import database_is_away
from app.kit.clock import Clock
from app.memory.memories import Memories
from app.threads.history import History
from app.threads.records import OpenedRun
from app.threads.runs import Runs

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class TurnServices:
    graphs: Mapping[Kind, Graph]
    held: HeldGraphs
    models: Models
    sanitizer: Sanitizer
    runs: Runs
    history: History
    approvals: Approvals
    policies: Policies
    paused: PausedTurns
    waits: Waits
    asking: Asking
    memories: Memories
    budget: TokenBudget
    calls: Calls
    hub: LocalHub
    streams: Streams
    clock: Clock
    limits: TurnLimits

    def measure(self, ending: Ending, context: TurnContext) -> None:
        TURNS.labels(ending.status, ending.code or "").inc()
        for kind, count in context.voice.removed.items():
            REMOVED.labels(kind).inc(count)

    async def close_approvals(self, run: OpenedRun, by: str) -> None:
        """The turn has ended without them."""
        decision = Decision("reject", reason="The turn was cancelled.", by=by)
        try:
            await self.approvals.resolve_all(run.user_id, run.id, decision)
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("approvals_not_closed", error=type(error).__name__)
