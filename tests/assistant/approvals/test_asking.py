"""Every connected device is asked, and told when nothing is asked any more."""

import asyncio
from uuid import UUID

import orjson
import pytest
from structlog.testing import capture_logs

from app.assistant.approvals.policy import Decision
from app.assistant.approvals.store import OpenApproval
from app.devices.connection import DeviceConnection
from app.devices.welcomes import Welcomes
from app.kit.clock import to_ms
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, RawDevice, connected
from tests.devices.turning import connection_of
from tests.factories.approvals import an_approval, approvals_of
from tests.factories.people import Person


@pytest.fixture
def service(live_service: LiveService) -> LiveService:
    return live_service


def request_of(approval: OpenApproval) -> Frame:
    return {
        "type": "approval_request",
        "id": str(approval.id),
        "request_id": approval.request_id,
        "tool": "delete_task",
        "summary": "Delete the task “Buy milk”",
        "args": approval.args,
        "expires_at": to_ms(approval.expires_at),
    }


async def is_asked_nothing(device: RawDevice) -> None:
    """What was sent before would come before this."""
    await device.send({"type": "no_such_type"})
    await device.refused("unknown_type")


async def test_every_device_of_the_user_is_asked_and_nobody_elses(
    service: LiveService, ada: Person, bob: Person
) -> None:
    async with (
        connected(service, ada) as laptop,
        connected(service, ada) as phone,
        connected(service, bob) as his,
    ):
        approval = await an_approval(service, ada)
        approvals_of(service).asking.ask(approval)
        assert await laptop.next() == await phone.next() == request_of(approval)
        await is_asked_nothing(his)


@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_every_device_is_told_of_the_answer_and_who_gave_it(
    service: LiveService, ada: Person, bob: Person, decision: str
) -> None:
    async with (
        connected(service, ada) as laptop,
        connected(service, ada) as phone,
        connected(service, bob) as his,
    ):
        approval = await an_approval(service, ada)
        assert (await ada.post(f"/approvals/{approval.id}", json={"decision": decision})).status_code == 200
        told = {"id": str(approval.id), "request_id": approval.request_id, "decision": decision, "by": "api"}
        assert await laptop.next() == await phone.next() == {"type": "approval_resolved", **told}
        await is_asked_nothing(his)


async def test_what_has_expired_was_answered_by_nobody(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        approval = await an_approval(service, ada)
        service.clock.move(minutes=11)
        await approvals_of(service).approvals.expire(approval.user_id, approval.run_id)
        told = {"id": str(approval.id), "request_id": approval.request_id, "decision": "expired"}
        assert await device.next() == {"type": "approval_resolved", **told}


async def test_a_device_that_connects_is_told_of_what_is_open_behind_its_ready(
    service: LiveService, ada: Person, bob: Person
) -> None:
    first, second = await an_approval(service, ada), await an_approval(service, ada)
    closed = await an_approval(service, ada)
    await approvals_of(service).approvals.resolve(closed.user_id, closed.id, Decision("approve", by="api"))
    async with connected(service, ada) as device, connected(service, bob) as his:
        assert [await device.next(), await device.next()] == [request_of(first), request_of(second)]
        await is_asked_nothing(device)
        await is_asked_nothing(his)


async def test_a_device_that_connects_after_the_time_is_over_is_not_asked(service: LiveService, ada: Person) -> None:
    await an_approval(service, ada)
    service.clock.move(minutes=10, seconds=1)
    async with connected(service, ada) as device:
        await device.nothing_for(0.1)


async def test_what_is_resolved_while_a_device_is_welcomed_is_not_asked_afterwards(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = await an_approval(service, ada)
    approvals = approvals_of(service).approvals
    read, go_on = asyncio.Event(), asyncio.Event()
    open_of = approvals.open_of

    async def slowly(user_id: UUID) -> list[OpenApproval]:
        found = await open_of(user_id)
        read.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(approvals, "open_of", slowly)
    async with connected(service, ada) as device:
        await asyncio.wait_for(read.wait(), 20)
        await approvals.resolve(approval.user_id, approval.id, Decision("reject", by="api"))
        assert (await device.next())["type"] == "approval_resolved"
        go_on.set()
        await device.nothing_for(0.1)


async def test_who_follows_a_turn_without_a_device_hears_of_its_approvals_and_no_others(
    service: LiveService, ada: Person
) -> None:
    approval, other = await an_approval(service, ada), await an_approval(service, ada)
    services, heard = approvals_of(service), list[Frame]()
    with services.asking.listening(
        approval.user_id, approval.request_id, lambda text: heard.append(orjson.loads(text))
    ):
        services.asking.ask(approval, other)
        await services.approvals.resolve(approval.user_id, approval.id, Decision("approve", by="api"))
        await services.approvals.resolve(other.user_id, other.id, Decision("approve", by="api"))
    services.asking.ask(approval)
    assert [(each["type"], each["id"]) for each in heard] == [
        ("approval_request", str(approval.id)),
        ("approval_resolved", str(approval.id)),
    ]
    assert services.asking._listeners == {}


# The registry of welcomes


async def test_a_welcome_that_fails_breaks_neither_the_greeting_nor_the_socket(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_user_id: UUID) -> bool:
        raise LookupError

    monkeypatch.setattr(approvals_of(service).approvals, "are_open", broken)
    with capture_logs() as lines:
        async with connected(service, ada) as device:
            await device.still_there()
    assert "welcome_failed" in [line["event"] for line in lines]


async def test_a_welcome_that_hangs_delays_nothing_and_ends_with_the_connection(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = asyncio.Event()

    async def hanging(_user_id: UUID) -> bool:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return False

    monkeypatch.setattr(approvals_of(service).approvals, "are_open", hanging)
    async with connected(service, ada) as device:
        await device.still_there()
        assert not cancelled.is_set()
    await asyncio.wait_for(cancelled.wait(), 20)


async def test_every_registered_welcome_is_carried_out_whatever_the_others_do(
    service: LiveService, ada: Person
) -> None:
    welcomes, welcomed = Welcomes(), list[str]()

    async def good(connection: DeviceConnection) -> None:
        welcomed.append(connection.device_id)

    async def bad(_connection: DeviceConnection) -> None:
        raise LookupError

    for each in (bad, good, good):
        welcomes.register(each)
    async with connected(service, ada, "d") as device:
        connection = connection_of(service, UUID(await ada.id()), "d")
        with capture_logs() as lines:
            welcomes.begin(connection)
            await device.still_there()
        await welcomes.left(connection)
    assert welcomed == ["d", "d"]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["welcome_failed"]
