from datetime import UTC, datetime, timedelta


class MovableClock:
    """Real time, plus as much as a test has moved it."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move(self, **by: float) -> None:
        """`clock.move(minutes=16)`"""
        self._ahead += timedelta(**by)

    def reset(self) -> None:
        self._ahead = timedelta()
