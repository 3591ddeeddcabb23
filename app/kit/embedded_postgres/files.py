"""Small files: whole or not at all, also after a power cut, and never locking their folder's owner out."""

import os
from contextlib import suppress
from pathlib import Path


def create(file: Path) -> int:
    """A new file (0600), open for reading and writing.

    What root makes belongs to the folder's owner: whoever runs the service with sudo once can run it without.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        owner = file.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def open_or_create(file: Path) -> int:
    """A file that stays, open for reading and appending."""
    while True:
        try:
            return os.open(file, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            pass
        with suppress(FileExistsError):  # another process was quicker: it is there now
            return create(file)


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="surrogateescape")


def write_whole(file: Path, text: str) -> None:
    """Replace a file (0600) in one step. Paths that are not valid UTF-8 come back from `read` as they were.

    Creating and renaming follow no links: the folder may belong to a user who must not lead us elsewhere.
    """
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(create(draft), "w", encoding="utf-8", errors="surrogateescape") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make what was created and renamed in this folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
