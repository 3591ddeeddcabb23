"""Passwords: argon2id (RFC 9106) in two threads, with a bounded queue.

One hash takes about 22 ms of CPU and 19 MiB (the OWASP minimum for argon2id: 19 MiB, t=2, p=1). Two threads keep a
rush of sign-ins from taking every core and the event loop with it; beyond the queue the answer is 503 at once.
"""

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.errors import Invalid, Overloaded

MIN_BYTES, MAX_BYTES = 8, 1024
THREADS = 2
MOST_WAITING = 64  # about 0.7 s of work; whoever comes later is better told to try again

Result = TypeVar("Result")


@cache
def _common_passwords() -> frozenset[str]:
    lines = files("app.auth").joinpath("common_passwords.txt").read_text().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def check_acceptable(password: str, *, field: str = "password") -> None:
    """Raises `Invalid` for a password that is too short, too long or among the 3,000 most used ones.

    Length counts in UTF-8 bytes. There are no composition rules and nothing is cut off (NIST SP 800-63B, 5.1.1.2).
    """
    size = len(password.encode())
    if not MIN_BYTES <= size <= MAX_BYTES:
        raise Invalid(f"A password has {MIN_BYTES} to {MAX_BYTES} bytes.", field=field)
    if password.lower() in _common_passwords():
        raise Invalid("This is one of the most used passwords. Choose another.", field=field)


@dataclass(frozen=True)
class PasswordCost:
    """Of argon2id. Tests that do not look at passwords take less; each hash says what it was made with."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


class PasswordHasher:
    def __init__(
        self, cost: PasswordCost | None = None, *, threads: int = THREADS, most_waiting: int = MOST_WAITING
    ) -> None:
        self._cost = cost or PasswordCost()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password", initializer=_step_back)
        self._free = threads + most_waiting
        self._unknown = self._hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The password's hash in PHC format. Raises `Overloaded`."""
        return await self._run(lambda: self._hash(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Does the password fit? With nothing stored (unknown e-mail) it takes the same time and the answer is no.

        Raises `Overloaded`.
        """
        fits = await self._run(lambda: _verify(password, stored or self._unknown))
        return fits and stored is not None

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _hash(self, password: str) -> str:
        salt, cost = secrets.token_bytes(16), self._cost
        argon2 = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
        return argon2.derive_phc_encoded(password.encode())

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._free == 0:
            raise Overloaded("Too many sign-ins at this moment.", retry_after=1)
        self._free -= 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # The place is given back when the thread is done, not when the caller stops waiting: a client that hangs up
        # does not make the work go away.
        future.add_done_callback(self._give_back)
        return await asyncio.shield(future)

    def _give_back(self, future: "asyncio.Future[Result]") -> None:
        self._free += 1
        if not future.cancelled():
            future.exception()  # looked at, so that an abandoned failure is not reported as forgotten


def _step_back() -> None:
    """Where hashing and the event loop want the same core, hashing yields. Only Linux gives a thread a niceness of its
    own; elsewhere this would slow the whole process."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _verify(password: str, stored: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True
