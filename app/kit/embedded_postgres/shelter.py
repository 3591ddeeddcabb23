"""A folder every user can reach, for when root works below a folder that Postgres' user cannot enter."""

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded_postgres.errors import EmbeddedPostgresError


@dataclass(frozen=True)
class Shelter:
    """`<base>/<name>` in the first base where that works; only root ever asks for one."""

    name: str
    bases: Sequence[Path] = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - see `_is_roots_alone`

    def open(self) -> Path:
        """The folder, made if needed. Raises `EmbeddedPostgresError` when there is no base to make it in."""
        candidates = [base / self.name for base in self.bases]
        for folder in candidates:
            if _made(folder) and _is_roots_alone(folder) and os.access(folder, os.W_OK):
                return folder
        raise EmbeddedPostgresError(
            f"Running as root, the database needs a folder of root's that other users can enter: none of "
            f"{', '.join(map(str, candidates))} can be written or trusted. "
            "Remove what is in the way there, run as an ordinary user, or set DATABASE_URL."
        )

    def place_for(self, folder: Path, number: int) -> Path:
        """Where the data of this folder goes; further numbers are for when the first is taken."""
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        return self.open() / (digest if number == 1 else f"{digest}-{number}")


def _made(folder: Path) -> bool:
    try:
        folder.mkdir()
        folder.chmod(0o755)  # whatever the umask said; the folder is ours, made a moment ago
    except FileExistsError:
        return True
    except OSError:
        return False
    return True


def _is_roots_alone(folder: Path) -> bool:
    """Whether only root can put things there: below /var/tmp anyone could have made this name first."""
    found = folder.lstat()
    writable_by_others = stat.S_IWGRP | stat.S_IWOTH
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & writable_by_others
