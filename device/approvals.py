"""Questions of the assistant, put to whoever runs the device.

Every device of the user is asked, and the first answer wins. So a question may be withdrawn while somebody reads it; and it
may come a second time, after a reconnect: then the same question stays open, or the answer that was given is sent again,
for it may have been lost with the connection.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from device.calls import Frame
from device.decisions import Decision, OnApproval
from device.events import Approval
from device.hooks import Hooks

log = logging.getLogger(__name__)

Send = Callable[[Frame], Awaitable[None]]


class Approvals:
    """`ask` may take as long as a person does; it is cancelled when the question is withdrawn. Without one, questions are
    only told: another device may answer. `send` does nothing while there is no connection."""

    def __init__(self, ask: OnApproval | None, send: Send, hooks: Hooks) -> None:
        self._ask, self._send, self._hooks = ask, send, hooks
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._answered: dict[str, Decision] = {}
        self._of_turn: dict[str, set[str]] = {}

    @property
    def open(self) -> list[str]:
        """Ids of the questions that somebody is looking at."""
        return list(self._asking)

    def asked(self, approval: Approval) -> None:
        if not approval.id or approval.id in self._asking:
            return
        if self._ask is None:
            self._hooks.tell("say", f"The assistant asks: {approval.summary} (answer: python -m device chat)")
            return
        self._of_turn.setdefault(approval.request_id, set()).add(approval.id)
        self._asking[approval.id] = asyncio.create_task(self._answer(approval, self._ask))

    def resolved(self, approval_id: str) -> None:
        """Answered here or elsewhere, or expired."""
        self._answered.pop(approval_id, None)
        if (task := self._asking.pop(approval_id, None)) is not None:
            task.cancel()

    def refused(self, approval_id: str) -> None:
        """The service cannot take the answer that was given: should the question come again, it is put again."""
        self._answered.pop(approval_id, None)

    def turn_over(self, request_id: str) -> None:
        """What a turn asked is of no interest any more."""
        for approval_id in self._of_turn.pop(request_id, set()):
            self.resolved(approval_id)

    async def close(self) -> None:
        """Withdraw every question."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._answered.clear()
        self._of_turn.clear()

    async def _answer(self, approval: Approval, ask: OnApproval) -> None:
        try:
            decision = self._answered.get(approval.id) or await ask(approval)
            self._answered[approval.id] = decision
            await self._send_decision(approval, decision)
        except Exception:
            log.exception("the hook on_approval failed")  # unanswered: another device may do it
        finally:
            # In the same step in which an answer was dropped for want of a connection: the question may come next.
            self._asking.pop(approval.id, None)

    async def _send_decision(self, approval: Approval, decision: Decision) -> None:
        await self._send({"type": "approval_response", "id": approval.id, **decision.fields()})
