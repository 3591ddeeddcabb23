"""The device's folder (0700): its database, its tokens and its name. What is written here is whole or not there."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from device.errors import HomeUnusable

_DEVICE_ID = "device_id"


def make_home(home: Path) -> None:
    """Raises `HomeUnusable`."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise HomeUnusable(f"The folder {home} cannot be used: {error.strerror}. Choose another --home.") from None


def write_whole(path: Path, text: str) -> None:
    """Put a file (0600) in the place of another in one step; after a power cut one of the two is there."""
    draft = _draft(path, text)
    try:
        draft.replace(path)
    except BaseException:
        draft.unlink()
        raise
    _make_last(path.parent)


def device_id(home: Path) -> str:
    """This home's own id, made once. Of two processes that make it at once, both get the same. Raises `HomeUnusable`."""
    make_home(home)
    path = home / _DEVICE_ID
    try:
        if not path.exists():
            draft = _draft(path, f"{uuid4()}\n")
            with suppress(FileExistsError):  # another process was quicker
                os.link(draft, path)
            draft.unlink()
        return str(UUID(path.read_text(encoding="ascii").strip()))
    except OSError as error:
        raise HomeUnusable(f"The file {path} cannot be used: {error.strerror}.") from None
    except ValueError:
        raise HomeUnusable(f"The file {path} holds no device id; remove it, and this device gets a new one.") from None


def _draft(path: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    return Path(name)


def _make_last(folder: Path) -> None:
    """A rename lasts when its folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
