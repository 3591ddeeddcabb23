"""One file's text, decoded leniently and opened with care."""

import codecs
import os
import stat
from dataclasses import dataclass
from pathlib import Path

# More never fits a frame. Reading stops here, whatever the size on disk.
MOST_BYTES = 1024 * 1024


class NotText(Exception):
    """Why a file was not read; a clause that follows its name."""


@dataclass(frozen=True)
class FileText:
    """`size` in bytes on disk, `modified_at` in ms since the epoch, `is_cut`: there is more on disk than in `content`."""

    content: str
    size: int
    modified_at: int
    is_cut: bool


def read_text(path: Path, since: int | None) -> FileText | None:
    """None when the file was last changed before `since` (ms). Raises `NotText`, `OSError`.

    The path is a real one. Should a link have taken the file's place since it was looked at, opening fails; should a named
    pipe have, opening does not wait for its writer.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise NotText("not a regular file")
        modified_at = found.st_mtime_ns // 1_000_000
        if since is not None and modified_at < since:
            return None
        content = opened.read(MOST_BYTES + 1)
    is_cut = len(content) > MOST_BYTES
    return FileText(decoded(content[:MOST_BYTES], is_cut=is_cut), found.st_size, modified_at, is_cut)


def decoded(content: bytes, *, is_cut: bool = False) -> str:
    """UTF-8, UTF-16 where a byte order mark says so, else the bytes as Windows writes them in the West. Raises `NotText`.

    `is_cut`: the last character may be there in part only.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    elif b"\0" in content:
        raise NotText("a binary file")
    else:
        text = _utf8_or_western(content, is_cut=is_cut)
    if "\0" in text:  # the service takes none
        raise NotText("a binary file")
    return text


def _utf8_or_western(content: bytes, *, is_cut: bool) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=not is_cut)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
