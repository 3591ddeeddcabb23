"""Every frame that names something, sent by somebody it does not belong to. Nothing is learnt, nothing happens.

HTTP's routes are in tests/surface/test_tenant_matrix.py.
"""

from collections.abc import Awaitable, Callable
from typing import Any, get_args
from uuid import UUID, uuid4

import msgspec
import pytest

from app.devices.frames import FromDevice
from tests.devices.asking import asked_of_device, heard, question
from tests.devices.calling import INSERT, STORED, calling, state
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected, opened
from tests.devices.turning import begun, ended, told
from tests.factories.approvals import an_approval
from tests.factories.devices import a_device, a_written_call
from tests.factories.people import Person
from tests.factories.rows import dump
from tests.factories.threads import a_thread, a_turn
from tests.factories.waiting import until

# What in each frame names something of the user's, and the test below that sends somebody else's.
NAMING: dict[str, dict[str, Callable[..., Awaitable[None]]]] = {}


def covers(frame: str, field: str) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    def note(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        NAMING.setdefault(frame, {})[field] = test
        return test

    return note


KINDS = ("home_request", "floating_request")

# Fields that name nothing of a user's.
PLAIN = {
    "device_hello": {"name", "protocol", "agent_ids", "timezone", "client", "journal"},
    "tool_result": {"rows", "row", "deleted", "ok", "results", "error"},
    "auth_refresh": set[str](),
    "pong": set[str](),
    "home_request": {"message", "conversation_history", "context"},
    # A scope names a row on the user's own device, which the service does not have.
    "floating_request": {"message", "conversation_history", "context", "scope"},
    "approval_response": {"decision", "args", "reason"},
}


@covers("tool_result", "id")
async def test_a_result_for_somebody_elses_call(
    service: LiveService, ada: Person, bob: Person, superuser_url: str
) -> None:
    async with connected(service, ada, "d") as hers, connected(service, bob, "d") as his:
        answer = calling(ada, hers, INSERT)
        sent = await hers.next()
        told_of: list[list[Frame]] = []
        for call_id in (sent["id"], str(uuid4())):
            await his.send({"type": "tool_result", "id": call_id, "row": {"id": "evil"}})
            await his.send({"type": "no_such_type"})
            told_of.append([await his.refused("unknown_type")])
        assert told_of[0] == told_of[1]
        assert state(superuser_url, sent["id"]) == "pending"
        await hers.send({"type": "tool_result", "id": sent["id"], **STORED})
        assert (await answer).json() == STORED


async def test_a_result_for_somebody_elses_call_of_which_only_the_ledger_knows(
    service: LiveService, ada: Person, bob: Person, superuser_url: str
) -> None:
    await a_device(service, ada, "d")
    written = await a_written_call(service, ada, "d")
    async with connected(service, bob, "d") as his:
        await his.nothing_for(0.2)
        await his.send({"type": "tool_result", "id": written, **STORED})
        await his.still_there()
        assert state(superuser_url, written) == "pending"
    async with connected(service, ada, "d") as hers:
        assert (await hers.answer(**STORED))["id"] == written
        await until(lambda: state(superuser_url, written) == "done")


@covers("device_hello", "resume")
async def test_somebody_elses_turn_cannot_be_resumed_nor_told_from_one_that_is_none(
    service: LiveService, ada: Person, bob: Person
) -> None:
    told(service, UUID(await ada.id()), "over", 2)
    going_on = begun(service, UUID(await ada.id()), "going-on")
    async with connected(service, bob, "d", resume={"over": 0, "going-on": 0, "nothing": 0}) as his:
        assert (his.ready["resumed"], his.ready["lost"]) == ([], ["over", "going-on", "nothing"])
        going_on.text("secret")
        ended(going_on)
        await his.nothing_for(0.2)


@covers("device_hello", "device_id")
async def test_calling_oneself_like_somebody_elses_device(
    service: LiveService, ada: Person, bob: Person, superuser_url: str
) -> None:
    async with connected(service, ada, "d", name="hers") as hers, connected(service, bob, "d", name="his") as his:
        answer = calling(ada, hers, INSERT)
        await hers.answer(**STORED)
        assert (await answer).json() == STORED
        await his.nothing_for(0.1)
        assert (await ada.get("/devices/d")).json()["name"] == "hers"
        assert (await bob.get("/devices/d")).json()["name"] == "his"
        await bob.delete("/devices/d")
        assert await his.closed() == 4403
        await hers.still_there()


async def test_a_revoked_device_says_nothing_about_another_users(
    service: LiveService, ada: Person, bob: Person
) -> None:
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
    async with connected(service, bob, "d") as his:
        await his.still_there()


@covers("auth_refresh", "token")
async def test_somebody_elses_token_on_an_open_socket(service: LiveService, ada: Person, bob: Person) -> None:
    async with connected(service, ada, "d") as hers, connected(service, bob, "d") as his:
        await his.send({"type": "auth_refresh", "token": ada.access_token})
        assert await his.closed() == 4401
        await hers.still_there()


async def test_somebody_elses_ticket_opens_her_socket_and_not_his(
    service: LiveService, ada: Person, bob: Person
) -> None:
    """Whoever has a ticket has it; a token of one's own beside it decides instead."""
    ticket = (await ada.post("/ws/ticket", json={"device_id": "d"})).json()["ticket"]
    async with opened(service, bob, "d", query=f"?ticket={ticket}") as his:
        await his.hello()
        assert (await bob.get("/devices")).json()["total"] == 1
        assert (await ada.get("/devices")).json()["total"] == 0


@covers("approval_response", "id")
async def test_answering_somebody_elses_approval_is_like_answering_none(
    service: LiveService, ada: Person, bob: Person
) -> None:
    approval = await an_approval(service, ada)
    async with connected(service, bob, "d") as his:
        told_of = []
        for approval_id in (str(approval.id), str(uuid4())):
            await his.send({"type": "approval_response", "id": approval_id, "decision": "approve"})
            told_of.append((await his.refused())["message"])
        assert told_of[0] == told_of[1]
    assert (await ada.get("/approvals")).json()["total"] == 1


@covers("home_request", "request_id")
@covers("floating_request", "request_id")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_request_called_like_somebody_elses_is_a_turn_of_ones_own(
    service: LiveService, ada: Person, bob: Person, kind: str
) -> None:
    async with connected(service, ada) as hers, connected(service, bob) as his:
        call = await asked_of_device(hers, "r")
        await his.send(question(kind, "r", "Hello"))
        frames = await heard(his)
        assert frames[-1]["status"] == "completed"
        assert thread_of(frames) in await threads(bob)
        await hers.send({"type": "tool_result", "id": call["id"], "rows": []})
        frames = await heard(hers)
        assert {frame["request_id"] for frame in frames} == {"r"}
        assert frames[-1]["status"] == "completed"
        await his.nothing_for(0.1)


@covers("home_request", "thread_id")
@covers("floating_request", "thread_id")
@pytest.mark.parametrize("kind", KINDS)
async def test_asking_in_somebody_elses_thread_is_like_asking_in_none(
    service: LiveService, ada: Person, bob: Person, kind: str
) -> None:
    theirs = str(await a_thread(service, ada))
    before = (await ada.get(f"/threads/{theirs}/events")).json()
    async with connected(service, bob) as his:
        told_of = []
        for thread_id in (theirs, str(uuid4())):
            await his.send(question(kind, "r", "Hello", thread_id=thread_id))
            told_of.append(await his.refused())
        assert told_of[0] == told_of[1]
        await his.nothing_for(0.1)
    assert await threads(bob) == []
    assert (await ada.get(f"/threads/{theirs}/events")).json() == before


@covers("home_request", "session_id")
@covers("floating_request", "session_id")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_sitting_called_like_somebody_elses_is_ones_own(
    service: LiveService, ada: Person, bob: Person, superuser_url: str, kind: str
) -> None:
    sitting = f"sitting-{uuid4()}"
    await a_turn(service, ada, "Her own question", "Her own answer", session_id=sitting)
    async with connected(service, bob) as his:
        await his.send(question(kind, "r", "What did I ask?", session_id=sitting))
        frames = await heard(his)
    assert "own" not in "".join(frame.get("chunk", "") for frame in frames)
    of_sitting = [run for run in dump(superuser_url)["runs"] if run["session_id"] == sitting]
    assert {(str(run["user_id"]), str(run["thread_id"])) for run in of_sitting} == {
        (await ada.id(), *await threads(ada)),
        (await bob.id(), thread_of(frames)),
    }


@covers("cancel", "request_id")
async def test_cancelling_somebody_elses_turn_is_like_cancelling_none(
    service: LiveService, ada: Person, bob: Person
) -> None:
    async with connected(service, ada) as hers, connected(service, bob) as his:
        call = await asked_of_device(hers, "r")
        for request_id in ("r", f"unknown-{uuid4()}"):
            await his.send({"type": "cancel", "request_id": request_id})
            await his.nothing_for(0.2)
        await hers.nothing_for(0.1)
        await hers.send({"type": "tool_result", "id": call["id"], "rows": []})
        assert (await heard(hers))[-1]["status"] == "completed"
        await his.still_there()


def thread_of(frames: list[Frame]) -> str:
    (start,) = [frame for frame in frames if frame["type"] == "stream_start"]
    return str(start["thread_id"])


async def threads(person: Person) -> list[str]:
    return [thread["id"] for thread in (await person.get("/threads")).json()["items"]]


def fields() -> list[tuple[str, str]]:
    return [
        (str(frame.__struct_config__.tag), field.encode_name)
        for frame in get_args(FromDevice)
        for field in msgspec.structs.fields(frame)
    ]


@pytest.mark.parametrize(("frame", "field"), fields())
def test_every_field_that_names_something_is_covered(frame: str, field: str) -> None:
    plain: set[Any] = PLAIN.get(frame, set())
    assert (field in NAMING.get(frame, {})) != (field in plain), f"{frame}.{field} is new: say what it names"
