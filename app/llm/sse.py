"""Server-sent events, as far as model providers use them: only their data, cut anywhere by the network."""

MAX_EVENT_BYTES = 8 * 1024 * 1024


class EventTooLarge(Exception):
    """An event that does not end."""


class EventReader:
    """Feed it what the network brings; it gives back the data of the events that are complete."""

    def __init__(self) -> None:
        self._rest = b""  # of a line that has not ended
        self._data: list[bytes] = []  # of an event that has not ended

    def feed(self, received: bytes) -> list[bytes]:
        """Raises `EventTooLarge`."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif self._data and line in (b"", b"\r"):
                events.append(self._take())
        if len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLarge
        return events

    def end(self) -> list[bytes]:
        """What is left when the body has ended: some servers leave out the last empty line."""
        return self.feed(b"\n\n")

    def _take(self) -> bytes:
        data, self._data = self._data, []
        return data[0] if len(data) == 1 else b"\n".join(data)
