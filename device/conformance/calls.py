"""Tool calls on their way, and what they leave behind on the client's database."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from device.conformance.conduct import Conduct
from device.conformance.frames import Frame

DEADLINE_S = 30.0
Place = tuple[str, str]  # a table and an id


@dataclass(eq=False)
class Call:
    """One sending of a `tool_call`. Its answer is nothing when the connection ended first."""

    frame: Frame
    answer: asyncio.Future[Frame | None]

    @property
    def id(self) -> str:
        return str(self.frame.get("id"))

    @property
    def name(self) -> str:
        table = self.frame.get("table")
        return f"`{self.frame.get('action')}`" + (f" on `{table}`" if isinstance(table, str) else "")


class Calls:
    def __init__(self, conduct: Conduct, run: str) -> None:
        self._conduct, self._run = conduct, run
        self._waiting: dict[str, list[Call]] = {}
        self._sent: dict[str, Frame] = {}
        self.litter: dict[Place, None] = {}
        """Rows that were inserted and not deleted yet, oldest first."""
        self.silent = 0
        """How many calls in a row went unanswered."""

    def new(self, action: str, *, deadline_in: float = DEADLINE_S, **fields: Any) -> Call:
        """A call with an id of its own. Fields that are `None` are left out, as the protocol has it."""
        return self._call(
            {
                "type": "tool_call",
                "id": str(uuid4()),
                "action": action,
                **{name: value for name, value in fields.items() if value is not None},
                "request_id": f"conformance-{self._run}",
                "attempt": 1,
                "deadline": _ms_from_now(deadline_in),
            }
        )

    def again(self, call: Call) -> Call:
        """The same call once more, as after a lost connection."""
        attempt = int(call.frame["attempt"]) + 1
        return self._call({**call.frame, "attempt": attempt, "deadline": _ms_from_now(DEADLINE_S)})

    def take(self, frame: Frame) -> None:
        """A `tool_result` came: it answers the earliest sending of its call that still waits."""
        call_id = frame.get("id")
        if not isinstance(call_id, str) or call_id not in self._sent:
            return
        self.silent = 0
        self._tidy(self._sent[call_id], frame)
        waiting = self._waiting.get(call_id, [])
        while waiting:
            call = waiting.pop(0)
            if not call.answer.done():
                call.answer.set_result(frame)
                break
        if not waiting:
            self._waiting.pop(call_id, None)

    def lost(self) -> None:
        """The connection ended: what was not answered never will be, unless it is sent again."""
        for call in self._outstanding():
            if not call.answer.done():
                call.answer.set_result(None)
        self._waiting.clear()

    def _outstanding(self) -> Iterator[Call]:
        for waiting in self._waiting.values():
            yield from waiting

    def _call(self, frame: Frame) -> Call:
        call = Call(frame, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(call.id, []).append(call)
        self._sent[call.id] = frame
        self._conduct.asked(frame)
        return call

    def _tidy(self, asked: Frame, result: Frame) -> None:
        """Remember what was made and forget what was removed, whether or not a rule looks at the answer."""
        table, row = asked.get("table"), result.get("row")
        if asked["action"] == "insert" and isinstance(row, dict) and isinstance(row.get("id"), str):
            self.litter[str(table), row["id"]] = None
        if asked["action"] == "delete" and result.get("deleted") is True and isinstance(asked.get("data"), dict):
            self.litter.pop((str(table), str(asked["data"].get("id"))), None)


def _ms_from_now(seconds: float) -> int:
    return int((time.time() + seconds) * 1000)
