#!/usr/bin/env python3
"""Make `.venv` and keep it in step with the lock files: `python3 scripts/venv.py run`, or `dev`.

`run` installs requirements.txt, `dev` also requirements-dev.txt. Up to date, it says nothing and takes no time.
A stamp in `.venv` is written last and removed first, so an installation that was killed, a lock that changed,
another Python and a checkout that moved all show the same way: the stamp is not the expected one, and `.venv` is
made anew.

Only the standard library is used, and nothing newer than Python 3.6 before the version has been checked.
"""

import argparse
import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "{}.{}".format(*sys.version_info[:2])

if sys.version_info < (3, 11):  # noqa: UP036 - the system's python may be any
    sys.exit(
        f"Python 3.11 or newer is needed, and {sys.executable} is {VERSION}. "
        "Install one, or name it: make PYTHON=/path/to/python3.11"
    )

LOCKS = {"run": ("requirements.txt",), "dev": ("requirements.txt", "requirements-dev.txt")}
NO_SPACE = (
    "No space is left on the disk: .venv takes about 500 MB, and pip's cache and temporary files as much again. "
    "Free some and run again."
)
NO_ROOM_BYTES = 10_000_000


class Failed(Exception):
    """What went wrong and what to do, in a sentence."""


class Venv:
    """The virtual environment of one checkout, made by the Python that runs this."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folder = self._root / ".venv"
        self._python = self._folder / "bin" / "python"

    def bring_up_to(self, level: str) -> None:
        if self._is_at(level):
            return
        with _alone(self._root) as lock:
            if not self._is_at(level):  # else another run has just done it
                self._install(level, lock)

    def _is_at(self, level: str) -> bool:
        stamp = self._stamp(level)
        return stamp.exists() and stamp.read_text() == self._expected(level) and self._python_works()

    def _stamp(self, level: str) -> Path:
        return self._folder / f".installed-{level}"

    def _expected(self, level: str) -> str:
        """A digest of what an installation depends on: the locks, the Python, and the path inside its scripts."""
        digest = hashlib.sha256(f"{VERSION} {self._folder}\n".encode(errors="surrogateescape"))
        for name in LOCKS[level]:
            digest.update(self._lock(name))
        return digest.hexdigest()

    def _lock(self, name: str) -> bytes:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            raise Failed(f"{self._root / name} is missing. Check it out again, or make it with: make lock") from None

    def _python_works(self) -> bool:
        """Whether the interpreter is still there: it is a link to the one `.venv` was made with."""
        try:
            return subprocess.run([self._python, "-I", "-S", "-c", ""], check=False).returncode == 0
        except OSError:
            return False

    def _install(self, level: str, lock: int) -> None:
        # On top of `run`, `dev` only adds; everything else begins with an empty folder.
        adds = level == "dev" and self._is_at("run")
        files = LOCKS[level][1:] if adds else LOCKS[level]
        packages = sum(len(re.findall(rb"(?m)^[^\s#]+==", self._lock(name))) for name in files)
        _say(f"Installing {packages} packages into .venv (about a minute, once)…")
        if not adds and (self._folder.is_symlink() or self._folder.is_file()):
            self._folder.unlink()  # and not the stamps behind it: they may be another checkout's
        for each in LOCKS:
            self._stamp(each).unlink(missing_ok=True)
        if not adds:
            self._make(lock)
        self._pip(files, lock)
        for each in ("run", level):
            self._stamp(each).write_text(self._expected(each))

    def _make(self, lock: int) -> None:
        hint = f"On Debian and Ubuntu: sudo apt install python{VERSION}-venv"
        if importlib.util.find_spec("ensurepip") is None:
            raise Failed(f"{_base_python()} comes without ensurepip. {hint}")
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._run(
            [_base_python(), "-I", "-m", "venv", self._folder],
            lock,
            f".venv could not be made; what Python said is above. {hint}",
        )

    def _pip(self, files: tuple[str, ...], lock: int) -> None:
        # --no-deps: the locks are complete, and leave out on purpose what python-jose asks for and never uses.
        options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
        requirements = [part for name in files for part in ("-r", str(self._root / name))]
        self._run(
            [self._python, "-I", "-m", "pip", "install", *options, *requirements],
            lock,
            "pip could not install the packages; what it said is above. Mend that (the network? a proxy?) and run again.",
        )

    def _run(self, command: list[str | Path], lock: int, sentence: str) -> None:
        """Run quietly, or show what it said and fail with the sentence.

        The program inherits the lock: if we are killed it goes on for a while, and the next run waits until it ends.
        """
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            pass_fds=[lock],
            env=_environment(),
            check=False,
        )
        if done.returncode == 0:
            return
        said = (done.stdout + done.stderr).strip()
        _say(said)
        # `python -m venv` keeps its reason to itself, so the disk is asked too.
        if os.strerror(errno.ENOSPC) in said or shutil.disk_usage(self._root).free < NO_ROOM_BYTES:
            raise Failed(NO_SPACE)
        raise Failed(sentence)


def _base_python() -> str:
    """The interpreter outside any environment: ours may be the very one in the `.venv` that is about to go."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _environment() -> dict[str, str]:
    """Ours, without the settings of pip that would install elsewhere or refuse to."""
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return kept | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[int]:
    """Lock the checkout's folder itself: a lock file inside `.venv` would go away with it."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another process is working on .venv; waiting for it…")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make .venv and keep it in step with the lock files.")
    parser.add_argument("level", choices=LOCKS, help="run: what the service needs; dev: also what tests need")
    parser.add_argument("--root", type=Path, default=Path(__file__).parent.parent, help="the checkout; else this one")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    try:
        Venv(arguments.root).bring_up_to(arguments.level)
    except Failed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next run begins again.")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.exit(NO_SPACE)
        sys.exit(f".venv cannot be made: {error}. Mend that, or remove .venv, and run again.")


if __name__ == "__main__":
    main()
