"""Turns that the client asks for. Only with `--ask`: nobody but its user can make a client ask."""

import asyncio
from typing import Any

from device.conformance.client import Client
from device.conformance.frames import Frame, is_id
from device.conformance.rule import Level, rule
from device.conformance.verdicts import NotTested, require

_CLOSED = "a cut before the turn began"


@rule(
    "asking.request-id",
    "2",
    "A request carries an id of the client's choice, so that it can be resumed.",
    level=Level.SHOULD,
)
async def _request_id(client: Client) -> None:
    request = await client.request()
    require(is_id(request.get("request_id")), "`request_id` in the request", "none")
    await _answer(client, request)


@rule(
    "asking.again",
    "2",
    "A request whose connection is lost before its turn began is sent again with the same id, or offered in `resume`.",
    level=Level.SHOULD,
)
async def _again(client: Client) -> None:
    request = await _with_id(client)
    repeat = asyncio.create_task(client.next(request["type"], client.options.reconnect_within))
    try:
        await client.cut()
        connection = await client.back(_CLOSED)
        if request["request_id"] in connection.resume:
            await _answer(client, request)
            return
        await asyncio.wait({repeat}, timeout=client.options.patience)
        got = repeat.result() if repeat.done() else None
        same = got is not None and got.get("request_id") == request["request_id"]
        require(same, f"the request {request['request_id']!r} again", "nothing" if got is None else f"another: {got}")
    finally:
        repeat.cancel()


@rule(
    "asking.refused",
    "3",
    "A request that was refused by an `error` is neither offered in `resume` nor sent again by itself.",
)
async def _refused(client: Client) -> None:
    request = await _with_id(client)
    told = {"code": "rate_limited", "message": "The protocol checker refuses this one.", "retry_after": 3600}
    await client.connection.send({"type": "error", "request_id": request["request_id"], **told})
    await client.select("tasks", limit=1, search=client.text("nothing"))  # answered: the refusal was read
    repeat = asyncio.create_task(client.next(request["type"], client.options.reconnect_within))
    try:
        await client.cut()
        connection = await client.back("a cut after a refused request")
        offered = request["request_id"] in connection.resume
        require(not offered, "a hello without the request that was refused", f"resume: {connection.resume}")
        await asyncio.wait({repeat}, timeout=client.options.moment)
        require(not repeat.done(), "no request of the client's own accord", "the refused one again")
    finally:
        repeat.cancel()


async def _with_id(client: Client) -> dict[str, Any]:
    request = await client.request()
    if not is_id(request.get("request_id")):
        raise NotTested("the request had no `request_id`")
    return request


async def _answer(client: Client, request: Frame) -> None:
    turn = client.turns.new(request.get("request_id"))
    if request["type"] == "floating_request":
        await client.connection.send(turn.floating())
    for frame in (turn.start(), turn.text("Thank you."), turn.end()):
        await client.connection.send(frame)
