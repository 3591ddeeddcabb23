import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.kit.embedded_postgres import FolderInUse, FolderLock
from tests.kit.conftest import REPOSITORY

HOLD = """
import sys
from pathlib import Path
from app.kit.embedded_postgres import FolderLock

with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(file: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, file], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_holder_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with _holder(tmp_path / "lock") as first:
        sentence = rf"{tmp_path} is in use by process {first.pid}\. Stop it first, or choose another folder\."
        with pytest.raises(FolderInUse, match=sentence), FolderLock(tmp_path / "lock"):
            pass
        first.kill()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with _holder(tmp_path / "lock") as first:
        first.kill()
    with FolderLock(tmp_path / "lock", patience=5):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_patience_waits_for_the_first_to_end(tmp_path: Path) -> None:
    with _holder(tmp_path / "lock") as first:
        began = time.monotonic()
        with pytest.raises(FolderInUse), FolderLock(tmp_path / "lock", patience=0.3):
            pass
        assert time.monotonic() - began >= 0.3
        assert first.stdin is not None
        first.stdin.close()
        with FolderLock(tmp_path / "lock", patience=5):
            pass


def test_a_child_that_inherits_the_lock_keeps_it_for_its_life(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "lock") as lock:
        child = subprocess.Popen(["/bin/sleep", "60"], pass_fds=[lock.fileno()])
    with pytest.raises(FolderInUse), FolderLock(tmp_path / "lock"):
        pass
    child.kill()
    child.wait()
    with FolderLock(tmp_path / "lock"):
        pass


def test_a_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "lock")
    for _ in range(2):
        with lock, pytest.raises(FolderInUse), FolderLock(tmp_path / "lock"):
            pass
