"""Who talks, from where: an account, and a device with sample data whose day has just begun."""

import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from device import CallDone, Device
from device.api import Service
from device.decisions import OnApproval
from device.seed import seed
from scripts.demo.tables import Tables

EMAIL = "ada@example.com"
_MORNING = 7  # o'clock: all of the sample data's "today" is still to come
_DICE = 20


@dataclass(frozen=True)
class Stage:
    device: Device
    tables: Tables
    zone: ZoneInfo
    added: dict[str, int]  # rows of sample data, by table

    def day(self, days: int) -> tuple[int, int]:
        """The day so many days from today in the device's zone, as ms: its first, and the first of the next."""
        today = datetime.now(self.zone).date() + timedelta(days=days)
        first, after = (datetime.combine(each, time(), self.zone) for each in (today, today + timedelta(days=1)))
        return int(first.timestamp() * 1000), int(after.timestamp() * 1000)


@asynccontextmanager
async def set_up(
    address: str, home: Path, zone: ZoneInfo, on_call: Callable[[CallDone], None], on_approval: OnApproval
) -> AsyncIterator[Stage]:
    """Signed up, seeded and online until the block ends."""
    tokens = await Service(address).register(EMAIL, secrets.token_urlsafe(16))
    device = Device(
        home,
        address,
        tokens=tokens,
        name="demo",
        timezone=zone.key,
        on_call=on_call,
        on_approval=on_approval,
        dice=random.Random(_DICE),  # noqa: S311 - spreads reconnects; no secret
    )
    added = await seed(device.store, zone.key)
    async with device.online():
        yield Stage(device, Tables(home), zone, added)


def morning_zone(now: datetime) -> ZoneInfo:
    """The zone where it is seven in the morning: the same demo at every hour, and midnight is far. `Etc` counts westward."""
    east = (_MORNING - now.hour + 11) % 24 - 11
    return ZoneInfo(f"Etc/GMT{-east:+d}")
