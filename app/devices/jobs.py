"""What devices leave behind, cleared every night."""

from datetime import timedelta

from sqlalchemy import delete, update

from app.devices.limits import SocketLimits
from app.devices.models import Device, SocketTicket, ToolCallEntry
from app.jobs.tasks import JobInfo
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase

CALLS_KEPT = timedelta(days=7)  # as long as a device keeps its journal
DEVICES_KEPT = timedelta(days=365)


class DevicePurge:
    def __init__(self, system: SystemDatabase, clock: Clock, limits: SocketLimits) -> None:
        self._system, self._clock, self._resend_for = system, clock, limits.resend_for

    async def purge(self, _job: JobInfo) -> None:
        now = self._clock.now()
        too_late = (ToolCallEntry.state == "pending") & (ToolCallEntry.created_at < now - self._resend_for)
        async with self._system.begin() as session:
            # Not asked again; an answer that comes nevertheless is still recorded.
            await session.execute(update(ToolCallEntry).where(too_late).values(state="unknown"))
            await session.execute(delete(ToolCallEntry).where(ToolCallEntry.created_at < now - CALLS_KEPT))
            await session.execute(delete(SocketTicket).where(SocketTicket.expires_at < now))
            # A revoked one stays, or it would be forgotten that it was.
            unseen = (Device.last_seen_at < now - DEVICES_KEPT) & Device.revoked_at.is_(None)
            await session.execute(delete(Device).where(unseen))
