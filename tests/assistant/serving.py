"""Services with limits of one's own, and their abrupt end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.assistant.assistant import Assistant
from app.assistant.limits import TurnLimits
from app.config import Settings
from app.devices.limits import SocketLimits
from app.llm.limits import ModelLimits
from tests.assistant.conftest import with_model
from tests.assistant.talking import ScriptedModel
from tests.devices.live import LiveService, live
from tests.devices.sockets import Frame, RawDevice

PATIENT_MODEL = ModelLimits(pause_s=0.01)
QUICK_TURNS = TurnLimits(lease_every_s=0.05, drain_s=0.3)


@asynccontextmanager
async def served(
    settings: Settings,
    model: ScriptedModel,
    *,
    limits: SocketLimits | None = None,
    turns: TurnLimits = QUICK_TURNS,
    port: int = 0,
    with_worker: bool = False,
    **changes: Any,
) -> AsyncIterator[LiveService]:
    """A live service that asks this model. It may be started again on its port."""
    wanted = settings.model_copy(update=with_model(model) | changes)
    async with live(
        wanted, limits=limits, turn_limits=turns, model_limits=PATIENT_MODEL, port=port, with_worker=with_worker
    ) as service:
        yield service


def assistant_of(service: LiveService) -> Assistant:
    assistant: Assistant = service.app.state.assistant.assistant
    return assistant


async def kill(service: LiveService) -> None:
    """Gone in the middle of everything: what was not committed is lost, nobody is told, no turn comes to its end."""
    server = service.server
    assert server is not None
    assert service.stop is not None
    service.app.state.drain_sockets = _nothing
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    for task in [*server.server_state.tasks, *service.devices.calls._recording]:
        task.cancel()
    for turn in assistant_of(service).live:
        await turn.let_go()
    await service.stop()


async def _nothing() -> None: ...


async def until_end(device: RawDevice, request_id: str) -> list[Frame]:
    """The frames of one turn that come from now on, its last included."""
    heard: list[Frame] = []
    while not heard or heard[-1]["type"] != "stream_end":
        frame = await device.next()
        if frame.get("request_id") == request_id:
            heard.append(frame)
    return heard


async def until_seq(device: RawDevice, request_id: str, seq: int) -> list[Frame]:
    """The same, up to this one."""
    heard: list[Frame] = []
    while not heard or heard[-1].get("seq", 0) < seq:
        frame = await device.next()
        if frame.get("request_id") == request_id:
            heard.append(frame)
    return heard


def seqs(frames: list[Frame]) -> list[int]:
    return [frame["seq"] for frame in frames if "seq" in frame]


def text_of(frames: list[Frame]) -> str:
    return "".join(frame["chunk"] for frame in frames if frame["type"] == "stream_text")


def home(request_id: str, message: str = "Hello", **fields: Any) -> Frame:
    return {"type": "home_request", "request_id": request_id, "message": message, **fields}
