"""Who is signed in at this home: `session.json` (0600), and the renewal of its tokens.

A refresh token works once, and a copy that is used later signs the whole family out. Three rules follow:

- the new pair is on disk before anybody uses it: a process killed in between has either the old pair, unspent or
  within the service's forgiveness, or the new one;
- one process at a time renews (a lock file), and looks first whether another has done it meanwhile;
- when the answer is lost, the same token is sent again: the service forgives that for 30 s, as long as what it gave the
  first time was not used.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from device.api import Service
from device.errors import HomeUnusable, NotSignedIn, ServiceRefused, ServiceUnreachable, SignInAgain
from device.home import make_home, write_whole
from device.tokens import Tokens

_FILE, _LOCK = "session.json", "session.lock"
_LOCK_POLL_S = 0.02
_LOCK_PATIENCE_S = 60.0  # a holder's requests time out long before
_TRIES, _BETWEEN_TRIES_S = 3, 1.0  # a lost answer, asked again: well inside the 30 s of forgiveness


@dataclass(frozen=True)
class Session:
    url: str
    email: str
    tokens: Tokens = field(repr=False)
    signed_in_at: int = 0
    """Milliseconds, by this machine's clock; 0 where it was not noted."""


class Sessions:
    """The session of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def read(self) -> Session:
        """Raises `NotSignedIn`."""
        try:
            return _parsed(orjson.loads((self._home / _FILE).read_bytes()))
        except FileNotFoundError:
            raise NotSignedIn("Nobody is signed in here. Sign in first: python -m device register (or login)") from None
        except OSError as error:
            raise NotSignedIn(f"{self._home / _FILE} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError, KeyError):
            raise NotSignedIn(f"{self._home / _FILE} is damaged. Sign in again: python -m device login") from None

    def write(self, session: Session) -> None:
        """Raises `HomeUnusable`."""
        make_home(self._home)
        try:
            write_whole(self._home / _FILE, orjson.dumps(asdict(session), option=orjson.OPT_INDENT_2).decode())
        except OSError as error:
            raise HomeUnusable(f"{self._home / _FILE} cannot be written: {error.strerror}.") from None

    async def refresh(self, stale: str) -> Tokens:
        """New tokens in place of those with this access token; those on disk, if another process was quicker.

        Raises `SignInAgain`, `NotSignedIn`; `ServiceUnreachable` when it may work later.
        """
        async with self._locked():
            session = self.read()
            if session.tokens.access_token != stale:
                return session.tokens
            renewed = await _renewed(Service(session.url), session.tokens)
            self.write(replace(session, tokens=renewed))
            return renewed

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """The kernel lets go of the lock when its holder ends, however it ends. The file stays: were it removed, two
        processes could lock two files of one name."""
        make_home(self._home)
        descriptor = os.open(self._home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            async with asyncio.timeout(_LOCK_PATIENCE_S):
                while not _took(descriptor):  # noqa: ASYNC110 - a file lock sends no signal
                    await asyncio.sleep(_LOCK_POLL_S)
            yield
        except TimeoutError:
            raise ServiceUnreachable("Another process has been renewing the tokens for a minute.") from None
        finally:
            os.close(descriptor)


class FixedTokens:
    """Tokens that were handed over and are kept nowhere: an API key, or a test's."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self._service, self._tokens = service, tokens
        self._renewing = asyncio.Lock()

    def current(self) -> Tokens:
        return self._tokens

    async def refresh(self, stale: str) -> Tokens:
        """As `Sessions.refresh`."""
        async with self._renewing:
            if self._tokens.access_token == stale:
                self._tokens = await _renewed(self._service, self._tokens)
            return self._tokens


class KeptTokens:
    """The tokens of a home. Read anew each time: another process may have renewed them."""

    def __init__(self, home: Path) -> None:
        self._sessions = Sessions(home)

    def current(self) -> Tokens:
        return self._sessions.read().tokens

    async def refresh(self, stale: str) -> Tokens:
        return await self._sessions.refresh(stale)


async def _renewed(service: Service, tokens: Tokens) -> Tokens:
    if not tokens.refresh_token:
        raise SignInAgain("The service does not accept this token (any more), and it cannot be renewed. Sign in again.")
    for tries_left in reversed(range(_TRIES)):
        try:
            return await service.refresh(tokens.refresh_token)
        except ServiceRefused as refused:
            raise SignInAgain(_told_once(str(refused))) from None
        except ServiceUnreachable as error:
            if not tries_left or error.retry_after_s:
                raise
            await asyncio.sleep(_BETWEEN_TRIES_S)
    raise AssertionError("the last try returns or raises")


def _told_once(why: str) -> str:
    """The service's sentence may end with the same advice, without saying how."""
    why = why.rstrip(". ").removesuffix("Sign in again").rstrip(". ")
    return f"{why}. Sign in again: python -m device login"


def _took(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parsed(value: Any) -> Session:
    """Raises `TypeError` or `KeyError` for anything that `write` did not write."""
    url, email, tokens = value["url"], value["email"], Tokens(**value["tokens"])
    signed_in_at = value.get("signed_in_at", 0)
    texts, times = (url, email, tokens.access_token, tokens.refresh_token), (tokens.expires_at, signed_in_at)
    if not all(isinstance(each, str) for each in texts) or not all(isinstance(each, int) for each in times):
        raise TypeError("a field has another type")
    return Session(url, email, tokens, signed_in_at)
