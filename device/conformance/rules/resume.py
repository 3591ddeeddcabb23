"""Turns that go on after a lost connection."""

from uuid import uuid4

from device.conformance.client import Client
from device.conformance.connection import DeviceConnection
from device.conformance.frames import Frame
from device.conformance.rule import rule
from device.conformance.turns import Turn
from device.conformance.verdicts import Broken, require

_UNASKED = (
    "the turn was the checker's own; if your client takes turns only that it asked for, use --ask and send a message"
)


async def _stream(client: Client, *frames: Frame) -> None:
    """Send, and wait until the client has read it: calls are answered in the order of the socket."""
    for frame in frames:
        await client.connection.send(frame)
    await client.get("tasks", str(uuid4()))


async def _begun(client: Client) -> Turn:
    turn = await client.turn()
    await _stream(client, turn.start(), turn.activity(), turn.text("The first half, "))
    return turn


async def _cut(client: Client) -> DeviceConnection:
    await client.cut()
    return await client.back("a cut in the middle of a turn")


def _offers(client: Client, connection: DeviceConnection, turn: Turn, seq: int) -> None:
    got = connection.resume.get(turn.request_id)
    expected = f"`resume` with {{{turn.request_id!r}: {seq}}} in the hello after the cut"
    remark = "" if client.options.ask or got is not None else f" ({_UNASKED})"
    require(got == seq, expected, f"resume: {connection.resume}{remark}")


def _no_longer(connection: DeviceConnection, turn: Turn, why: str) -> None:
    listed = turn.request_id in connection.resume
    require(not listed, f"a hello without the turn that {why}", f"resume: {connection.resume}")


@rule("resume.offers", "7", "After a cut, the hello offers a turn under way with the last `seq` that came.")
async def _offers_turn(client: Client) -> None:
    turn = await _begun(client)
    _offers(client, await _cut(client), turn, 3)
    await _stream(client, turn.text("the second half."), turn.end())


@rule("resume.ended", "7", "A turn that ended is not offered again.")
async def _ended(client: Client) -> None:
    turn = await _begun(client)
    await _stream(client, turn.end())
    _no_longer(await _cut(client), turn, "ended")


@rule("resume.continues", "7", "A turn that was resumed goes on, and repeated frames do not set it back.")
async def _continues(client: Client) -> None:
    turn = await _begun(client)
    _offers(client, await _cut(client), turn, 3)
    await _stream(client, turn.frames[2], turn.text("the second half"), turn.frames[1], turn.frames[2])
    _offers(client, await _cut(client), turn, 4)
    await _stream(client, turn.text("."), turn.end())
    _no_longer(await _cut(client), turn, "was resumed and then ended")


@rule("resume.missed", "7", "What was streamed while the client was away counts when it arrives.")
async def _missed(client: Client) -> None:
    turn = await _begun(client)
    await client.cut()
    turn.text("told to nobody, ")
    turn.text("and so was this")
    _offers(client, await client.back("a cut in the middle of a turn"), turn, 3)
    await _stream(client)
    _offers(client, await _cut(client), turn, 5)
    await _stream(client, turn.end())


@rule("resume.several", "7", "Turns that run side by side are offered each with its own `seq`.")
async def _several(client: Client) -> None:
    one, other = await _begun(client), await _begun(client)
    await _stream(client, one.text("a"), other.text("b"), one.text("c"))
    connection = await _cut(client)
    _offers(client, connection, one, 5)
    _offers(client, connection, other, 4)
    await _stream(client, one.end(), other.end())


@rule("resume.lost", "7", "A turn that `device_ready` calls lost is not offered again.")
async def _lost(client: Client) -> None:
    turn = await _begun(client)
    client.turns.forget(turn)
    _offers(client, await _cut(client), turn, 3)
    try:
        _no_longer(await _cut(client), turn, "was in `lost`")
    except Broken:
        await client.connection.send(turn.end())  # or it would be offered in every hello that follows
        raise
