"""A body that stops arriving does not keep a place for ever; waiting for a client to leave is something else."""

import asyncio
from typing import Any

import pytest

from app.edge.guards import Guards


async def _ask(receive: Any) -> list[Any]:
    """What an application behind the guards receives."""
    received: list[Any] = []

    async def application(_scope: Any, receive: Any, _send: Any) -> None:
        received.extend([await receive(), await receive()])

    scope = {"type": "http", "path": "/", "headers": [], "query_string": b""}
    await Guards(application, hosts=[], body_pause_s=0.05)(scope, receive, None)  # type: ignore[arg-type]  # nothing is sent
    return received


async def test_a_body_that_pauses_too_long_is_refused() -> None:

    async def receive() -> Any:
        await asyncio.sleep(10)

    with pytest.raises(Exception, match="stopped arriving") as refused:
        await _ask(receive)
    assert getattr(refused.value, "status_code", None) == 408


async def test_waiting_for_the_client_to_leave_may_take_its_time() -> None:
    messages = [{"type": "http.request", "body": b"x", "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.2)
        return {"type": "http.disconnect"}

    assert [message["type"] for message in await _ask(receive)] == ["http.request", "http.disconnect"]
