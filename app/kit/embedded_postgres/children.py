"""The servers this process launched, kept so that whoever stops one can also reap it.

A server outlives the object that launched it; a `Popen` that is forgotten while its process runs complains.
"""

import os
import subprocess
from contextlib import suppress

_launched: dict[int, subprocess.Popen[bytes]] = {}


def keep(child: subprocess.Popen[bytes]) -> None:
    _launched[child.pid] = child


def reap(pid: int) -> None:
    """Clear away a process that has ended."""
    if child := _launched.pop(pid, None):
        child.wait()
        return
    # Not ours by birth; but the first process of a container inherits everybody's children.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
