"""Putting questions before the user: on every connected device, and on one that connects while they are open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from app.assistant.approvals.policy import Decision
from app.assistant.approvals.store import Approvals
from app.assistant.approvals.wanted import OpenApproval
from app.devices.codec import encode
from app.devices.connection import DeviceConnection
from app.devices.frames import ApprovalRequest, ApprovalResolved, Frame
from app.devices.hub import LocalHub
from app.kit.clock import to_ms

Tell = Callable[[str], None]


class Asking:
    def __init__(self, hub: LocalHub, approvals: Approvals) -> None:
        """It listens to `approvals`: whatever is resolved, the devices are told."""
        self._hub, self._approvals = hub, approvals
        # Of each device that is being welcomed: what it has been told while the open approvals were read.
        self._told: dict[DeviceConnection, set[UUID]] = {}
        self._listeners: dict[tuple[UUID, str], list[Tell]] = {}
        approvals.on_resolved.append(self.resolved)

    def ask(self, *approvals: OpenApproval) -> None:
        """Tell of requests, once they are committed."""
        for approval in approvals:
            self._send(approval, request_frame(approval))

    def resolved(self, approval: OpenApproval, decision: Decision) -> None:
        """Tell that nothing is asked any more."""
        frame = ApprovalResolved(
            id=str(approval.id), request_id=approval.request_id, decision=decision.kind, by=decision.by
        )
        self._send(approval, frame)

    async def welcome(self, connection: DeviceConnection) -> None:
        """Tell a device that has just connected of what is open. It hears of nothing that was resolved meanwhile."""
        told = self._told[connection] = set()
        try:
            if not await self._approvals.are_open(connection.user_id):
                return
            for approval in await self._approvals.open_of(connection.user_id):
                if not await connection.room():
                    return
                if approval.id not in told:
                    connection.send(request_frame(approval))
        finally:
            del self._told[connection]

    @contextmanager
    def listening(self, user_id: UUID, request_id: str, tell: Tell) -> Iterator[None]:
        """Have the encoded frames about one turn's approvals, too: for who follows it without a device."""
        turn = (user_id, request_id)
        self._listeners.setdefault(turn, []).append(tell)
        try:
            yield
        finally:
            self._listeners[turn].remove(tell)
            if not self._listeners[turn]:
                del self._listeners[turn]

    def _send(self, approval: OpenApproval, frame: Frame) -> None:
        encoded = encode(frame)
        for connection in self._hub.connections_of(approval.user_id):
            self._told.get(connection, set()).add(approval.id)
            connection.send_encoded(encoded)
        for tell in self._listeners.get((approval.user_id, approval.request_id), ()):
            tell(encoded)


def request_frame(approval: OpenApproval) -> ApprovalRequest:
    return ApprovalRequest(
        id=str(approval.id),
        request_id=approval.request_id,
        tool=approval.tool,
        summary=approval.summary,
        args=approval.args,
        expires_at=to_ms(approval.expires_at),
    )
