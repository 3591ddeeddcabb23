"""Reading the trail, for administrators."""

from uuid import UUID

from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.kit.system_db import SystemDatabase


class AuditTrail:
    def __init__(self, system: SystemDatabase) -> None:
        self._system = system

    async def entries(self, user_id: UUID | None, *, offset: int, limit: int) -> tuple[list[AuditEntry], int]:
        """Entries about one account or all, newest first, and how many there are."""
        matching = select(AuditEntry)
        if user_id is not None:
            matching = matching.where(AuditEntry.user_id == user_id)
        async with self._system.begin() as session:
            total = await session.scalar(select(func.count()).select_from(matching.subquery())) or 0
            newest = matching.order_by(AuditEntry.at.desc(), AuditEntry.id).offset(offset).limit(limit)
            return list((await session.scalars(newest)).all()), total
