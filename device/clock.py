"""Time as the wire has it: whole milliseconds since the Unix epoch; and the machine's time zone by its IANA name."""

import os
import time
from pathlib import Path
from zoneinfo import ZoneInfo


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def machine_timezone() -> str:
    """The IANA name the server needs to know what "today" means here; `UTC` when the machine does not tell."""
    for name in (os.environ.get("TZ", "").removeprefix(":"), _etc_timezone(), _etc_localtime()):
        if name and is_timezone(name):
            return name
    return "UTC"


def is_timezone(name: str) -> bool:
    """Is it an IANA name that this machine knows?"""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a path, a folder of zones, an unknown name
        return False
    return not name.startswith("/")


def _etc_timezone() -> str:
    """Debian and its children keep the name in a file."""
    try:
        return Path("/etc/timezone").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _etc_localtime() -> str:
    """Everywhere else it is the end of a link into the zone database."""
    _, found, name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return name if found else ""
