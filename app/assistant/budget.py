"""What a turn asks of the month's tokens: taken before a model is asked, so that turns side by side cannot overspend."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class ModelCallBudget(Protocol):
    """One turn's share of its user's monthly tokens."""

    async def reserve(self, tokens: int) -> None:
        """Make sure that so many may be used by the next call. Raises `QuotaExceeded`."""

    def used(self, reserved: int, tokens: int) -> None:
        """A call that had reserved `reserved` has used `tokens`."""


class Unlimited:
    """For models that cost nobody anything."""

    async def reserve(self, tokens: int) -> None:
        pass

    def used(self, reserved: int, tokens: int) -> None:
        pass
