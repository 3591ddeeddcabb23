from typing import Any, Protocol
from uuid import UUID

from app.accounts.administration import Administration
from app.config import Settings
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase
from tests.factories.people import Person


class Runs(Protocol):
    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    async def person(self, **wanted: Any) -> Person: ...


async def administrator(service: Runs) -> Person:
    """Somebody new whom the command line has made an administrator."""
    person = await service.person()
    assert service.settings.database_url is not None
    system = SystemDatabase(service.settings.database_url, pool_size=1)
    try:
        await Administration(system, service.clock).appoint(UUID(await person.id()))
    finally:
        await system.close()
    return person


async def audited(admin: Person, user_id: str, kind: str = "") -> list[dict[str, Any]]:
    """What the trail holds about an account, newest first."""
    entries = (await admin.get("/admin/audit", params={"user_id": user_id, "limit": 200})).json()["items"]
    return [entry for entry in entries if entry["kind"] == kind or not kind]
