"""As which user Postgres runs. It refuses to be root; everybody else runs it as themselves."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded_postgres.errors import EmbeddedPostgresError

_CANDIDATES = ("postgres", "nobody")
# Secrets in our environment are none of this user's business, and PG* variables would change what Postgres
# does.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Account:
    """A user to run programs as. `user` and `group` are None when that is who we already are."""

    name: str
    user: int | None = None
    group: int | None = None

    @classmethod
    def for_new_data(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(str(os.geteuid()))
        for name in _CANDIDATES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, entry.pw_uid, entry.pw_gid)
        raise EmbeddedPostgresError(
            "Postgres refuses to run as root, and this system has neither a user `postgres` nor a user "
            "`nobody`. Run as an ordinary user, or set DATABASE_URL."
        )

    @classmethod
    def owning(cls, data: Path) -> "Account":
        """The user whose cluster this is: Postgres serves a data folder to nobody else."""
        found = data.stat()
        if os.geteuid() == 0 and found.st_uid != 0:
            return cls(_name_of(found.st_uid), found.st_uid, found.st_gid)
        if found.st_uid == os.geteuid() != 0:
            return cls.for_new_data()
        raise EmbeddedPostgresError(
            f"{data} belongs to the user {_name_of(found.st_uid)}. Postgres serves it to its owner only, and to root "
            "never: run as the owner, or give it to another with chown -R."
        )

    @property
    def is_another(self) -> bool:
        return self.user is not None

    def give(self, created: Path | int) -> None:
        """Make this user the owner of something we created: a path, or an open file."""
        if self.user is None or self.group is None:
            return
        if isinstance(created, int):
            os.fchown(created, self.user, self.group)
        else:
            os.chown(created, self.user, self.group, follow_symlinks=False)

    def reaches(self, folder: Path) -> bool:
        """Whether this user can get into this folder; tried, not computed from mode bits (there are ACLs)."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0

    def run(
        self, command: Sequence[str | Path], *, timeout: float = 30, keep_open: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this user. Raises `EmbeddedPostgresError` when it cannot even begin."""
        try:
            return subprocess.run(  # noqa: S603 - our own arguments, no shell in between
                command,
                user=self.user,
                group=self.group,
                extra_groups=self._groups,
                umask=0o077,
                cwd="/",  # ours may be closed to this user
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                pass_fds=keep_open,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise EmbeddedPostgresError(f"{command[0]} did not finish within {timeout:.0f} s. Start again.") from None
        except OSError as error:
            raise self._cannot_run(command[0], error) from error

    def launch(self, command: Sequence[str | Path], *, output: int) -> subprocess.Popen[bytes]:
        """Start a program that goes on without us, in a session of its own: Ctrl-C in our terminal is not for
        it."""
        try:
            return subprocess.Popen(  # noqa: S603 - our own arguments, no shell in between
                command,
                user=self.user,
                group=self.group,
                extra_groups=self._groups,
                umask=0o077,
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise self._cannot_run(command[0], error) from error

    @property
    def _groups(self) -> list[int] | None:
        return [] if self.is_another else None

    def _cannot_run(self, program: str | Path, error: OSError) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"{program} cannot be run as the user {self.name} ({error.strerror}). "
            "Use a Postgres server of your own instead: set DATABASE_URL."
        )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {"PATH": os.defpath} | kept | {"LC_ALL": "C"}  # English messages: we read them


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
