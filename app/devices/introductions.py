"""What is kept of a hello. A device that says more of itself than that is let in all the same."""

from app.devices.frames import Client, DeviceHello

MAX_NAME, MAX_TIMEZONE, MAX_CLIENT, MAX_VERSION = 256, 64, 128, 64  # characters


def name_of(hello: DeviceHello) -> str | None:
    return _cut(hello.name, MAX_NAME)


def timezone_of(hello: DeviceHello) -> str | None:
    """None also for one that is too long to be any: half a name would be another zone, or none."""
    return hello.timezone if hello.timezone is None or len(hello.timezone) <= MAX_TIMEZONE else None


def client_of(client: Client) -> dict[str, str]:
    """What the client has told of itself."""
    told = {
        "name": _cut(client.name, MAX_CLIENT),
        "version": _cut(client.version, MAX_VERSION),
        "platform": _cut(client.platform, MAX_CLIENT),
    }
    return {name: value for name, value in told.items() if value is not None}


def _cut(text: str | None, most: int) -> str | None:
    return text[:most] if text is not None else None
