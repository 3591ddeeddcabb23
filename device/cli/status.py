"""`status`: one fact a line, and what to do about the first that is wrong."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from device.api import Service
from device.clock import machine_timezone
from device.errors import DeviceError, NotSignedIn, ServiceRefused, ServiceUnreachable, SignInAgain
from device.home import device_id
from device.schema import TABLES
from device.session import Session, Sessions
from device.store import FILE_NAME, LAST_ONLINE, Database

REVOKED = "This device was revoked. Sign in again: python -m device login"


def status(home: Path) -> int:
    """0 when `connect` would work, else 1."""
    _tell("home", str(home))
    problem = asyncio.run(_service(home))
    if (home / "device_id").exists():
        _tell("device", device_id(home))
    if (home / FILE_NAME).exists():
        _tables(Database(home))
    if problem is not None:
        sys.stdout.write(f"\n{problem}\n")
        return 1
    sys.stdout.write("\nAll is well. Next: python -m device connect\n")
    return 0


async def _service(home: Path) -> str | None:
    """What is wrong with the session or the service; None when nothing is."""
    try:
        session = Sessions(home).read()
    except NotSignedIn as error:
        _tell("signed in", "no")
        return str(error)
    _tell("signed in", session.email)
    service = Service(session.url)
    try:
        answer = await service.health()
    except DeviceError as error:
        _tell("service", f"{session.url}, down")
        return str(error)
    _tell("service", f"{session.url}, up (version {answer.get('version')})")
    return await _token(home, service, session)


async def _token(home: Path, service: Service, session: Session) -> str | None:
    try:
        profile = await _me(home, service, session)
    except (SignInAgain, NotSignedIn, ServiceRefused, ServiceUnreachable) as error:
        _tell("token", "not accepted" if not isinstance(error, ServiceUnreachable) else "unknown")
        return str(error)
    _tell("token", f"good, tier {profile.get('tier')}")
    return await _registration(home, service)


async def _registration(home: Path, service: Service) -> str | None:
    """Does the service still know this device? One that was not online since its sign-in is not known yet, or not again."""
    session = Sessions(home).read()  # its token may have been renewed a moment ago
    online = Database(home).mark(LAST_ONLINE) if (home / FILE_NAME).exists() else None
    if online is None or int(online) <= session.signed_in_at:
        return None
    try:
        await service.device(session.tokens.access_token, device_id(home))
    except (ServiceRefused, ServiceUnreachable) as error:
        return REVOKED if isinstance(error, ServiceRefused) and error.status == 404 else str(error)
    return None


async def _me(home: Path, service: Service, session: Session) -> dict[str, object]:
    """The profile, with a renewed token when the kept one has expired."""
    try:
        return await service.me(session.tokens.access_token)
    except ServiceRefused as refused:
        if refused.status != 401:
            raise
    renewed = await Sessions(home).refresh(session.tokens.access_token)
    return await service.me(renewed.access_token)


def _tables(database: Database) -> None:
    _tell("rows", ", ".join(f"{name} {database.count(name)}" for name in TABLES))
    _tell("vectors", str(database.count("vectors")))
    online = database.mark(LAST_ONLINE)
    _tell("last online", _local(int(online)) if online else "never")


def _local(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(machine_timezone())).strftime("%Y-%m-%d %H:%M:%S %Z")


def _tell(name: str, value: str) -> None:
    sys.stdout.write(f"{name + ':':<13}{value}\n")
