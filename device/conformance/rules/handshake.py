"""How the client introduces itself. Judged from its first connection, which is kept as it came."""

from uuid import uuid4

from device.conformance import frames
from device.conformance.client import Client
from device.conformance.connection import DeviceConnection
from device.conformance.reception import HELLO_S
from device.conformance.rule import Level, rule
from device.conformance.verdicts import Broken, NotTested, brief, require

_WAYS = "a token as `Authorization: Bearer`, as subprotocol `bearer.<jwt>` with `adiuva.v1`, as `?ticket=` or `?token=`"


def _first(client: Client) -> DeviceConnection:
    assert client.reception.first is not None, "the runner waits for the first connection"
    return client.reception.first


@rule("handshake.token", "1", "A token is presented in one of the four ways.", needs_connection=False)
async def _token(client: Client) -> str:
    presented = _first(client).presented
    if presented is None:
        raise Broken(_WAYS, "none of them")
    return f"by {presented[0]}"


@rule("handshake.hello", "1", "The first frame is `device_hello`, within 10 s.", needs_connection=False)
async def _hello(client: Client) -> str:
    first = _first(client)
    if first.fault is not None:
        raise Broken(*first.fault)
    require(first.hello_after <= HELLO_S, f"`device_hello` within {HELLO_S:g} s", f"after {first.hello_after:.1f} s")
    return f"after {first.hello_after * 1000:.0f} ms"


@rule("handshake.hello-text", "0", "`device_hello` comes as a text frame.", needs_connection=False)
async def _text(client: Client) -> None:
    require(_first(client).hello_was_text, "a text frame", "a binary frame")


@rule("handshake.hello-fields", "2", "The fields of `device_hello` are there and of the right types.")
async def _fields(client: Client) -> None:
    fault = frames.fault(_first(client).hello or {"type": "device_hello"})
    if fault is not None:
        raise Broken(*fault)


@rule("handshake.protocol", "1", "`protocol` is 1, or is left out and means 1.")
async def _protocol(client: Client) -> None:
    spoken = (_first(client).hello or {}).get("protocol")
    spoken = 1 if spoken is None else spoken
    require(spoken == 1 and not isinstance(spoken, bool), "protocol 1", spoken)


@rule("handshake.journal", "4", "The client keeps a call journal and says so.", level=Level.SHOULD)
async def _journal(client: Client) -> None:
    said = (_first(client).hello or {}).get("journal")
    expected = "`journal: true`, so that a write repeated after a lost connection is no second one"
    require(said is True, expected, f"`journal`: {brief(said)}")


@rule("handshake.waits", "1", "Nothing but `device_hello` is sent before `device_ready`.")
async def _waits(client: Client) -> None:
    early = _first(client).before_ready
    require(not early, "silence until `device_ready`", ", ".join(early[:3]))


@rule("handshake.unknown-fields", "0", "Fields of `device_ready` that the client does not know are ignored.")
async def _unknown_fields(client: Client) -> None:
    if _first(client).hello is None:
        raise NotTested("there was no hello to answer")
    if not client.is_connected():
        raise Broken("the connection to last after a `device_ready` with unknown fields", _first(client).end)
    await client.get("tasks", str(uuid4()))
