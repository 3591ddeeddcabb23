"""Questions of the assistant. Whether and how a client answers is its user's business; that it lives on is not."""

from uuid import uuid4

from device.conformance.client import Client
from device.conformance.frames import Frame
from device.conformance.rule import rule
from device.conformance.turns import Turn
from device.conformance.verdicts import Broken, Gone


async def _send(client: Client, *frames: Frame) -> None:
    """Send, and have a call answered: a question to the user must not hold calls up, and none may end the connection."""
    connection = client.connection
    try:
        for frame in frames:
            if frame["type"] == "approval_request":
                client.conduct.approvals.add(frame["id"])
            await connection.send(frame)
        await client.get("tasks", str(uuid4()))
    except Gone:
        raise Gone("the connection to last while the user is asked for an approval", connection.end) from None
    except Broken as broken:
        raise Broken(f"{broken.expected} while the user is asked for an approval", broken.got) from None


def _resolved(turn: Turn, asked: Frame, by: str) -> Frame:
    fields = {"request_id": turn.request_id, "decision": "reject", "by": by}
    return {"type": "approval_resolved", "id": asked["id"], **fields}


@rule("approvals.asked", "5", "An `approval_request` neither ends the connection nor holds up tool calls.")
async def _asked(client: Client) -> None:
    turn = client.turns.new()
    asked = turn.approval()
    await _send(client, turn.start(), asked)
    await _send(client, _resolved(turn, asked, "api"), turn.text("Rejected."), turn.end())


@rule(
    "approvals.again",
    "5",
    "The same `approval_request` may come again with the next connection, and be resolved elsewhere.",
)
async def _again(client: Client) -> None:
    turn = client.turns.new()
    asked = turn.approval()
    await _send(client, turn.start(), asked)
    await client.cut()
    await client.back("a cut while an approval was open")
    await _send(
        client, asked, _resolved(turn, asked, "another device"), _resolved(turn, asked, "another device"), turn.end()
    )


@rule("approvals.unknown", "5", "An `approval_resolved` for a question the client never saw is let pass.")
async def _unknown(client: Client) -> None:
    turn = client.turns.new()
    await _send(client, _resolved(turn, turn.approval(), "another device"))
