"""Memory, as turns, routes and tools use it. Each verb is whole in a module of its own."""

from collections.abc import Sequence
from uuid import UUID

from app.memory import correcting, forgetting, gathering, inbox, listing, settings
from app.memory.gathering import Gathered
from app.memory.ports import Said
from app.memory.records import Remembered, Tier, Version, WrittenBy
from app.memory.stores import Stores


class Memories:
    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def gather(self, user_id: UUID, message: str) -> Gathered:
        """What a turn with this message is told: all four tiers. Nothing when memory is off."""
        return await gathering.gathered(self._stores, user_id, message)

    async def sealed(self, user_id: UUID, said: Said) -> bytes:
        """What a turn leaves to be remembered, for the transaction that ends it. Raises `KeysUnavailable`."""
        return await inbox.sealed(await self._stores.keys(user_id), said)

    async def page(self, user_id: UUID, tier: Tier, *, offset: int, limit: int) -> tuple[list[Remembered], int]:
        """Newest first, and how many there are."""
        return await listing.page(self._stores, user_id, tier, offset=offset, limit=limit)

    async def nearest(
        self, user_id: UUID, query: str, *, tiers: Sequence[Tier] = ("associative",), limit: int = 8
    ) -> list[Remembered]:
        """By meaning, nearest first. Raises the errors of `app.llm.failures`."""
        return await listing.nearest(self._stores, user_id, query, tiers=tiers, limit=limit)

    async def recall(self, user_id: UUID, query: str) -> list[Remembered]:
        """Over all tiers, for the assistant. Raises `MemoryOff` and the errors of `app.llm.failures`."""
        if not await settings.is_on(self._stores, user_id):
            raise correcting.MemoryOff("Memory is switched off.")
        return await listing.recalled(self._stores, user_id, query)

    async def get(self, user_id: UUID, tier: Tier, memory_id: UUID) -> tuple[Remembered, list[Version]]:
        """With its history, newest first. Raises `NotFound`."""
        return await listing.one(self._stores, user_id, tier, memory_id)

    async def core_id(self, user_id: UUID, key: str) -> UUID:
        """Raises `NotFound`."""
        return await listing.core_id(self._stores, user_id, key)

    async def everything(self, user_id: UUID) -> list[tuple[Remembered, list[Version]]]:
        """Every memory with its history, oldest first."""
        return await listing.everything(self._stores, user_id)

    async def put_core(
        self, user_id: UUID, key: str, value: str, *, written_by: WrittenBy, run_id: UUID | None = None
    ) -> Remembered:
        """Raises `MemoryOff` when somebody else than the user writes and memory is off."""
        return await correcting.put_core(self._stores, user_id, key, value, written_by=written_by, run_id=run_id)

    async def correct(
        self, user_id: UUID, tier: Tier, memory_id: UUID, *, text: str | None = None, pinned: bool | None = None
    ) -> Remembered:
        """What is None stays. Raises `NotFound`."""
        return await correcting.correct(self._stores, user_id, tier, memory_id, text=text, pinned=pinned)

    async def forget(self, user_id: UUID, tier: Tier, memory_id: UUID) -> str:
        """With what else says the same, and all that was derived from it. What it said. Raises `NotFound`."""
        return await forgetting.forget(self._stores, user_id, tier, memory_id)

    async def forget_all(self, user_id: UUID, tier: Tier | None = None) -> int:
        """A tier, or everything. How many memories are gone."""
        return await forgetting.forget_all(self._stores, user_id, tier)

    async def is_on(self, user_id: UUID) -> bool:
        return await settings.is_on(self._stores, user_id)

    async def switch(self, user_id: UUID, *, enabled: bool) -> None:
        await settings.switch(self._stores, user_id, enabled=enabled)
