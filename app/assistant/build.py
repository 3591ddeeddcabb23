"""The assistant, put together once in a process."""

from dataclasses import dataclass

from app.assistant.admission import Admission
from app.assistant.approvals.deps import ApprovalServices
from app.assistant.assistant import Assistant
from app.assistant.deps import AssistantServices
from app.assistant.from_devices import FromDevices
from app.assistant.graphs import supervisor
from app.assistant.held import HeldGraphs
from app.assistant.leases import Leases
from app.assistant.limits import TurnLimits
from app.assistant.models import Models
from app.assistant.services import TurnServices
from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.titling import Titling
from app.assistant.waiting import Waits
from app.auth.rate_limits import RateLimiter
from app.billing.token_budget import TokenBudget
from app.devices.deps import DeviceServices
from app.kit.clock import Clock
from app.kit.db import Database
from app.memory.memories import Memories
from app.threads.deps import ThreadServices


@dataclass(frozen=True, kw_only=True)
class AssistantParts:
    services: AssistantServices
    leases: Leases
    from_devices: FromDevices
    titling: Titling


def built(
    *,
    db: Database,
    clock: Clock,
    limiter: RateLimiter,
    models: Models,
    devices: DeviceServices,
    threads: ThreadServices,
    approvals: ApprovalServices,
    memories: Memories,
    sanitizer: Sanitizer,
    limits: TurnLimits,
) -> AssistantParts:
    held = HeldGraphs()
    budget = TokenBudget(db, clock)
    turns = TurnServices(
        graphs={"home": supervisor("home", held), "floating": supervisor("floating", held)},
        held=held,
        models=models,
        sanitizer=sanitizer,
        runs=threads.runs,
        history=threads.history,
        approvals=approvals.approvals,
        policies=approvals.policies,
        paused=approvals.paused,
        waits=Waits(approvals.approvals, clock),
        asking=approvals.asking,
        memories=memories,
        budget=budget,
        calls=devices.calls,
        hub=devices.hub,
        streams=devices.turns,
        clock=clock,
        limits=limits,
    )
    assistant = Assistant(turns, Admission(db, limiter, clock))
    return AssistantParts(
        services=AssistantServices(assistant, turns),
        leases=Leases(turns, assistant),
        from_devices=FromDevices(assistant, approvals.approvals, devices.turns),
        titling=Titling(models.router, budget, sanitizer),
    )
