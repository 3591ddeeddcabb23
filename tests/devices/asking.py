"""Questions a device asks the assistant, frame by frame. The offline model answers them."""

from typing import Any

from tests.devices.sockets import Frame, RawDevice


def question(kind: str, request_id: str, message: str, **fields: Any) -> Frame:
    scope = {"scope": {"type": "none"}} if kind == "floating_request" else {}
    return {"type": kind, "request_id": request_id, "message": message} | scope | fields


async def asked_of_device(device: RawDevice, request_id: str, message: str = "List my tasks") -> Frame:
    """A turn that goes on: the call it waits for."""
    await device.send(question("home_request", request_id, message))
    return await until_type(device, "tool_call")


async def until_type(device: RawDevice, *kinds: str) -> Frame:
    """The next frame of one of these types; those before it tell of turns."""
    while (frame := await device.next())["type"] not in kinds:
        assert frame["type"] in ("stream_start", "activity", "stream_text"), frame
    return frame


async def heard(device: RawDevice) -> list[Frame]:
    """What comes until a turn's end, that included."""
    frames = [await device.next()]
    while frames[-1]["type"] != "stream_end":
        frames.append(await device.next())
    return frames
