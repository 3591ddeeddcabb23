"""Turns that wait for their user, as the assistant leaves them: the model had no part in it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.assistant.approvals.deps import ApprovalServices
from app.assistant.approvals.store import OpenApproval, Wanted
from app.threads.records import OpenedRun
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import a_run, threads_of

STATE = b"\x00\xffwhere the graph stands"


def approvals_of(service: Service) -> ApprovalServices:
    services: ApprovalServices = service.app.state.approvals
    return services


def wanted(service: Service, **changes: Any) -> Wanted:
    task_id = str(uuid4())
    values: dict[str, Any] = {
        "id": uuid4(),
        "interrupt_id": uuid4().hex,
        "tool_call_id": "call_1",
        "tool": "delete_task",
        "action": "delete",
        "summary": "Delete the task “Buy milk”",
        "args": {"task_id": task_id},
        "expires_at": service.clock.now() + timedelta(minutes=10),
    }
    return Wanted(**(values | changes))


async def a_waiting_turn(service: Service, owner: Person, *asked: Wanted, **run: Any) -> OpenedRun:
    """A turn that asks this (else one thing), and waits."""
    opened = await a_run(service, owner, **run)
    services = approvals_of(service)

    async def also(session: AsyncSession) -> None:
        await services.approvals.add(session, opened.user_id, opened.id, asked or [wanted(service)])
        await services.paused.keep(session, opened.user_id, opened.id, STATE)

    assert await threads_of(service).runs.wait(opened, also=also)
    return opened


async def an_approval(service: Service, owner: Person, **changes: Any) -> OpenApproval:
    """One thing that a turn of theirs asks."""
    run = await a_waiting_turn(service, owner, wanted(service, **changes))
    ((approval, _),) = await approvals_of(service).approvals.of_run(UUID(await owner.id()), run.id)
    return approval
