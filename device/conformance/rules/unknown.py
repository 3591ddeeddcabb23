"""Frames the client cannot know or cannot read. It lets them pass: a newer server may send such."""

import asyncio
from uuid import uuid4

import orjson

from device.conformance import answers
from device.conformance.client import Client
from device.conformance.frames import Frame
from device.conformance.rule import rule
from device.conformance.verdicts import Broken, Gone


async def _survives(client: Client, what: str, *texts: str) -> None:
    """The connection goes on, calls are answered, and nothing that is no valid frame comes in reply."""
    before, connection = client.conduct.total, client.connection
    try:
        for text in texts:
            await connection.send_text(text)
        await asyncio.sleep(client.options.moment)
        if connection.is_open:
            await client.get("tasks", str(uuid4()))
    except Gone:
        pass  # told below: the client may even be back by now, on another connection
    except Broken as broken:
        raise Broken(f"{broken.expected} after {what}", broken.got) from None
    if not connection.is_open:
        raise Gone(f"the connection to last after {what}", connection.end)
    if client.conduct.total > before:
        latest = list(client.conduct.findings.values())[-1]
        raise Broken(f"nothing in reply to {what} but frames of section 2", latest.got)


def _text(frame: Frame) -> str:
    return orjson.dumps(frame).decode()


@rule("unknown.type", "0", "A frame of an unknown type does not end the connection.")
async def _type(client: Client) -> None:
    frame = {"type": "conformance_unknown", "id": str(uuid4()), "payload": {"deep": [1, 2, 3]}}
    await _survives(client, "a frame of an unknown type", _text(frame), _text({"type": ""}))


@rule("unknown.fields", "0", "Fields that are unknown are ignored, in `tool_call` and in the frames of a turn.")
async def _fields(client: Client) -> None:
    answer = await client.call("get", table="tasks", data={"id": str(uuid4())}, conformance_unknown={"a": [None]})
    answers.row_or_null(answer)
    turn = client.turns.new()
    frames = [turn.start(), turn.text("one"), turn.end()]
    texts = [_text({**frame, "conformance_unknown": {"a": [1]}}) for frame in frames]
    await _survives(client, "a turn with unknown fields", *texts)


@rule("unknown.bad-json", "0", "A frame that is not JSON does not end the connection.")
async def _bad_json(client: Client) -> None:
    await _survives(client, "frames that are not JSON", "{", "", '{"type": "ping"', "\x00\x01", "<html></html>")


@rule("unknown.not-an-object", "0", "A frame that is JSON and no object with a `type` does not end the connection.")
async def _not_an_object(client: Client) -> None:
    texts = ("[]", "null", "42", '"ping"', "{}", '{"type": 7}', '{"type": null}')
    await _survives(client, "frames that are no objects with a `type`", *texts)


@rule("unknown.incomplete", "0", "A frame of a known type without its fields does not end the connection.")
async def _incomplete(client: Client) -> None:
    frames: tuple[Frame, ...] = (
        {"type": "tool_call"},
        {"type": "tool_call", "action": "get", "table": "tasks", "data": {"id": "x"}},
        {"type": "stream_text"},
        {"type": "stream_text", "request_id": 7, "seq": "first", "chunk": None},
        {"type": "stream_end", "request_id": client.text("never started"), "seq": 1},
        {"type": "approval_resolved"},
        {"type": "agent_status", "run_id": client.text("never started")},
        {"type": "auth_expiring"},
    )
    await _survives(client, "frames without their fields", *map(_text, frames))


@rule("unknown.error", "3", "An `error` frame does not end the connection.")
async def _error(client: Client) -> None:
    frames: tuple[Frame, ...] = (
        {"type": "error", "code": "unknown_type", "message": "conformance"},
        {"type": "error", "code": "conformance_unknown", "message": "conformance", "request_id": "x", "id": "y"},
        {"type": "error"},
    )
    await _survives(client, "`error` frames", *map(_text, frames))
