"""What can go wrong, told to the person at the terminal: what is the matter and what to do about it."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_WORDS = re.compile(r"No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes")
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOT_A_FOLDER = {errno.EEXIST, errno.ENOTDIR}


class EmbeddedPostgresError(Exception):
    """One or two sentences for a person; there is nothing more to know."""


class FolderInUse(EmbeddedPostgresError):
    """Another process works on this folder."""


def disk_full(folder: Path) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"No space is left on the disk of {folder}. Free some (a new database takes about 60 MB) and start again."
    )


def tells_of_full_disk(text: str) -> bool:
    """Whether Postgres' words mean a full disk; a full /dev/shm has the same words but is another matter."""
    return any(_FULL_WORDS.search(line) and "shared memory" not in line for line in text.splitlines())


@contextmanager
def in_plain_words(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses while we work on this folder into an `EmbeddedPostgresError`."""
    try:
        yield
    except OSError as error:
        raise _translated(error, folder) from error


def _translated(error: OSError, folder: Path) -> EmbeddedPostgresError:
    where = error.filename or folder
    if error.errno in _FULL:
        return disk_full(folder)
    if error.errno in _FORBIDDEN:
        return EmbeddedPostgresError(
            f"{where} cannot be read and written by this user ({error.strerror}). "
            "Run as the user it belongs to, change its permissions, or choose another folder."
        )
    if error.errno in _NOT_A_FOLDER:
        return EmbeddedPostgresError(
            f"{where} is in the way: a folder is needed there. Move it, or choose another folder."
        )
    if error.errno == errno.ENAMETOOLONG:
        return EmbeddedPostgresError("The path of the database folder is too long. Choose a shorter one.")
    return EmbeddedPostgresError(f"The database folder {folder} cannot be used: {error}.")
