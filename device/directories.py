"""Reading local directories for a connector run: the files of `agent_run`'s config, in pieces that fit a frame.

The paths were named by a server, so they are a wish and a limit: nothing outside of them is ever opened, also not through
a symbolic link, also not when a link is put in a file's place while we look. Everything here blocks: run it in a thread.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from device.calls import FRAME_BYTES
from device.text_files import FileText, NotText, read_text

# Type, run_id (at most 128 characters, each up to 6 bytes escaped), punctuation.
_ENVELOPE_BYTES = 1024
CHUNK_BYTES = FRAME_BYTES - _ENVELOPE_BYTES
_ERRORS_TOLD = 100
_ERROR_CHARACTERS = 500

File = dict[str, Any]  # path, name, content, metadata {size, modified_at, extension, truncated?}


@dataclass
class DirectoryReading:
    """One run over directories. `paths`: absolute, or beginning with `~`; directories or single files. `file_extensions`:
    with or without dot, any case; none given means that nothing is read. `since`: ms since the epoch, that moment included.

    A file too large for a frame is cut, and `metadata.truncated` says so: its beginning is worth more than nothing, and the
    service looks at the beginning only anyway.
    """

    paths: Sequence[str]
    file_extensions: Sequence[str]
    since: int | None = None
    files_read: int = 0
    _errors: list[str] = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(
        default_factory=set
    )  # device and inode: each directory and file once, so no loops
    _roots: list[Path] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """What could not be read and why, for `agent_complete`; short enough for its frame."""
        told, untold = self._errors[:_ERRORS_TOLD], len(self._errors) - _ERRORS_TOLD
        return told if untold <= 0 else [*told, f"... and {untold} more."]

    def chunks(self) -> Iterator[list[File]]:
        """Lists of files; an `agent_data` frame with one of them stays under 1 MiB."""
        chunk, size = list[File](), 0
        for file in self._files():
            self.files_read += 1
            needed = _encoded_bytes(file) + 1  # its comma
            if chunk and size + needed > CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
            chunk.append(file)
            size += needed
        if chunk:
            yield chunk

    def _files(self) -> Iterator[File]:
        wanted = {each.lower().removeprefix(".") for each in self.file_extensions}
        if not wanted:
            self._tell("No file extensions were given, so nothing was read.")
            return
        self._roots = [root for each in self.paths if (root := self._root(each)) is not None]
        for root in self._roots:
            for path in self._walk(root):
                if path.suffix.lower().removeprefix(".") in wanted and (file := self._read(path)) is not None:
                    yield file

    def _root(self, path: str) -> Path | None:
        """The real place of a path that was named; it may be a link itself, for its owner named it."""
        try:
            expanded = Path(path).expanduser()
            if expanded.is_absolute():
                return expanded.resolve(strict=True)
            self._tell(f"{path}: not an absolute path.")
        except (OSError, RuntimeError, ValueError) as error:  # not there, an unknown ~user or a loop, a NUL
            self._tell(f"{path}: {_why(error)}.")
        return None

    def _walk(self, root: Path) -> Iterator[Path]:
        """Real paths of files at and below, by name; a list of what is left to visit, for any depth."""
        waiting = [root]
        while waiting:
            path = waiting.pop()
            try:
                found = path.lstat()
                if not self._is_first_visit(found):
                    continue
                if not stat.S_ISDIR(found.st_mode):
                    yield path
                    continue
                inside = sorted(path.iterdir(), reverse=True)
            except OSError as error:
                self._tell(f"{path}: {_why(error)}.")
                continue
            waiting += [real for each in inside if (real := self._real(each)) is not None]

    def _real(self, path: Path) -> Path | None:
        """Where an entry leads; None for a link out of the given paths, or to nowhere."""
        if not path.is_symlink():
            return path
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            self._tell(f"{path}: {_why(error)}.")
            return None
        if any(real.is_relative_to(root) for root in self._roots):
            return real
        self._tell(f"{path}: a link to somewhere outside the given paths.")
        return None

    def _is_first_visit(self, found: os.stat_result) -> bool:
        mark = (found.st_dev, found.st_ino)
        is_first = mark not in self._seen
        self._seen.add(mark)
        return is_first

    def _read(self, path: Path) -> File | None:
        try:
            text = read_text(path, self.since)
        except NotText as error:
            self._tell(f"{path}: {error}.")
        except OSError as error:
            self._tell(f"{path}: {_why(error)}.")
        else:
            return None if text is None else self._file(path, text)
        return None

    def _file(self, path: Path, text: FileText) -> File | None:
        metadata = {"size": text.size, "modified_at": text.modified_at, "extension": path.suffix}
        file: File = {"path": str(path), "name": path.name, "content": text.content, "metadata": metadata}
        try:
            while (encoded := _encoded_bytes(file)) > CHUNK_BYTES:
                # Escapes are not spread evenly, so one cut by proportion may not do.
                file["content"] = file["content"][: len(file["content"]) * CHUNK_BYTES // (encoded + CHUNK_BYTES // 16)]
                metadata["truncated"] = True
        except orjson.JSONEncodeError:  # names on disk are bytes; some are no text
            self._tell(f"{path}: its name is not valid text.")
            return None
        if text.is_cut:
            metadata["truncated"] = True
        return file

    def _tell(self, sentence: str) -> None:
        readable = sentence.encode("utf-8", "replace").decode("utf-8")
        self._errors.append(readable[:_ERROR_CHARACTERS])


def _encoded_bytes(file: File) -> int:
    return len(orjson.dumps(file))


def _why(error: Exception) -> str:
    """The system's word for it, without the path that stands before it already."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "a loop of links" if "loop" in str(error).lower() else "not a path that can be used"
