"""A service with a scripted assistant behind its socket: turns are numbered, kept and resumed, run once for each
`request_id`, and may be cancelled or pause for an approval."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from tests.device.service import Frame, Peer

USAGE = {"input_tokens": 12, "output_tokens": 3}


class Telling:
    """One turn, as the script of its reply tells it."""

    def __init__(self, assistant: "Assistant", request: Frame) -> None:
        self.request, self.frames = request, list[Frame]()
        self.request_id: str = request["request_id"]
        self.thread_id: str = request.get("thread_id") or f"thread-{len(assistant.requests)}"
        self._assistant = assistant

    async def start(self) -> None:
        await self.frame("stream_start", thread_id=self.thread_id)

    async def say(self, *chunks: str) -> None:
        for chunk in chunks:
            await self.frame("stream_text", chunk=chunk)

    async def do(self, label: str, state: str = "started") -> None:
        await self.frame("activity", agent="task_agent", state=state, tool="list_tasks", label=label)

    async def call(self, action: str, **fields: Any) -> Any:
        return await self._assistant.call(action, request_id=self.request_id, **fields)

    async def ask(self, summary: str, tool: str = "delete_task", **args: Any) -> Frame:
        """Pause for an approval; the decision, whoever made it."""
        return await self._assistant.approval(self.request_id, summary, tool, args)

    async def end(self, status: str = "completed", *mutations: Frame, **error: str) -> None:
        told = {"error": error} if error else {}
        await self.frame("stream_end", status=status, mutations=list(mutations), usage=USAGE, **told)

    async def frame(self, kind: str, **fields: Any) -> None:
        frame = {"type": kind, "request_id": self.request_id, "seq": len(self.frames) + 1, **fields}
        self.frames.append(frame)
        await self._assistant.send(frame)


Reply = Callable[[Telling], Awaitable[None]]


class Assistant:
    """A script for `service.socket`. `replies` are used one after the other. `before_reply`: runs when a request has come,
    in place of the reply where it returns True (cut the line, refuse)."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.peer: Peer | None = None
        self.hellos, self.requests, self.heard = list[Frame](), list[Frame](), list[Frame]()
        self.turns: dict[str, Telling] = {}
        self.forgotten: set[str] = set()
        self.before_reply: Callable[[Peer, Frame], Awaitable[bool]] | None = None
        self.approvals: dict[str, Frame] = {}
        self.answers_refused = 0  # so many are; the question is then put again
        self.ids = count(1)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, asyncio.Future[Frame]] = {}
        self._news = asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        hello = await peer.receive()
        self.hellos.append(hello)
        resume = {name: seq for name, seq in hello["resume"].items() if name not in self.forgotten}
        lost = [name for name in hello["resume"] if name in self.forgotten]
        await peer.send(
            type="device_ready", connection_id="c", heartbeat_s=30, resumed=list(resume), lost=lost,
        )  # fmt: skip
        for name, seq in resume.items():
            for frame in self.turns[name].frames[seq:]:
                await peer.send(**frame)
        for approval in self.approvals.values():
            await peer.send(**approval)
        self.peer = peer
        self._tell()
        try:
            while True:
                await self._take(peer, await peer.receive(within_s=30))
        finally:
            self.peer = None if self.peer is peer else self.peer
            self._tell()

    @property
    def running(self) -> list[asyncio.Task[None]]:
        return list(self._tasks.values())

    async def send(self, frame: Frame) -> None:
        if self.peer is not None:
            await self.peer.send(**frame)

    async def call(self, action: str, **fields: Any) -> Any:
        await self.connected()
        assert self.peer is not None
        call_id = f"call-{next(self.ids)}"
        answer = self._wait(call_id)
        await self.peer.ask(action, id=call_id, **fields)
        result = await answer
        return {name: value for name, value in result.items() if name not in ("type", "id")}

    async def approval(self, request_id: str, summary: str, tool: str, args: Frame) -> Frame:
        approval_id = f"approval-{next(self.ids)}"
        told = {"type": "approval_request", "id": approval_id, "request_id": request_id}
        self.approvals[approval_id] = {**told, "tool": tool, "summary": summary, "args": args, "expires_at": 10**13}
        answer = self._wait(approval_id)
        await self.send(self.approvals[approval_id])
        return await answer

    async def resolve(self, approval_id: str, decision: str, by: str = "api", **more: Any) -> None:
        """As if another device had answered, or nobody had."""
        asked = self.approvals.pop(approval_id)
        resolved = {"type": "approval_resolved", "id": approval_id, "request_id": asked["request_id"]}
        await self.send({**resolved, "decision": decision, "by": by})
        self._waiting[approval_id].set_result({"decision": decision, **more})

    async def connected(self) -> Peer:
        async with asyncio.timeout(20):
            while self.peer is None:
                await self._news.wait()
        return self.peer

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that a frame of the device brings about."""
        async with asyncio.timeout(20):
            while not holds():
                await self._news.wait()

    async def _take(self, peer: Peer, frame: Frame) -> None:
        self.heard.append(frame)
        match frame["type"]:
            case "home_request" | "floating_request":
                await self._asked(peer, frame)
            case "cancel":
                if (task := self._tasks.get(frame["request_id"])) is not None:
                    task.cancel()
            case "tool_result":
                self._waiting[frame["id"]].set_result(frame)
            case "approval_response" if self.answers_refused > 0:
                self.answers_refused -= 1
                await peer.send(type="error", code="invalid_frame", message="Too long.", id=frame["id"])
                await peer.send(**self.approvals[frame["id"]])
            case "approval_response" if frame["id"] in self.approvals:
                answer = {name: frame[name] for name in ("args", "reason") if name in frame}
                await self.resolve(frame["id"], frame["decision"], "this device", **answer)
        self._tell()

    async def _asked(self, peer: Peer, request: Frame) -> None:
        self.requests.append(request)
        if self.before_reply is not None and await self.before_reply(peer, request):
            return
        if (turn := self.turns.get(request["request_id"])) is not None:
            for frame in turn.frames:
                await peer.send(**frame)
            return
        turn = self.turns[request["request_id"]] = Telling(self, request)
        self._tasks[turn.request_id] = asyncio.create_task(_tell(turn, self._replies.pop(0)))

    def _wait(self, key: str) -> asyncio.Future[Frame]:
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        return answer

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def _tell(turn: Telling, reply: Reply) -> None:
    try:
        await reply(turn)
    except asyncio.CancelledError:
        await turn.end("cancelled")


def saying(*chunks: str) -> Reply:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.say(*chunks)
        await turn.end()

    return reply
