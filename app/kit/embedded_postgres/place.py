"""Where a folder's cluster lives: inside it, or, when its user cannot come here, in a shelter the folder
points to."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded_postgres import remembered
from app.kit.embedded_postgres.account import Account
from app.kit.embedded_postgres.errors import EmbeddedPostgresError
from app.kit.embedded_postgres.files import read, write_whole
from app.kit.embedded_postgres.launch import LOG
from app.kit.embedded_postgres.postmaster import Postmaster
from app.kit.embedded_postgres.shelter import Shelter

DATA = "data"
LOCK = "start.lock"
_POINTER = "data-is-in"
_OWNER = "belongs-to"  # in the shelter: the folder that points here
_KNOWN = (remembered.FILE, DATA, "password", LOCK, LOG, _POINTER)
_OURS = {*_KNOWN, *(f"{name}.new" for name in _KNOWN), f"{LOG}.1", "lost+found"}


@dataclass(frozen=True)
class Place:
    data: Path
    account: Account


def data_of(folder: Path) -> Path:
    """Where the data of this folder is, or would be; makes nothing."""
    try:
        return Path(read(folder / _POINTER))
    except FileNotFoundError:
        return folder / DATA


def is_of(folder: Path, data: Path) -> bool:
    """Whether this data is the folder's own. A copy of a folder points to its original's."""
    return data == folder / DATA or _owner(data.parent) == folder


def holds_cluster(data: Path) -> bool:
    """Whether anything at all is there: what is not empty is never replaced."""
    return data.is_dir() and any(data.iterdir())


def make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)  # root's data belongs to another user, who must pass through


def refuse_foreign(folder: Path) -> None:
    """For a folder that remembers nothing: it must be empty but for traces of our own first start."""
    if holds_cluster(data_of(folder)):
        raise EmbeddedPostgresError(
            f"{folder} holds a database but its {remembered.FILE} is missing, and with it the password. "
            "Restore that file, or move the folder away to begin with an empty database; nothing was changed."
        )
    if foreign := sorted(
        entry.name for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name not in _OURS
    ):
        raise EmbeddedPostgresError(
            f"{folder} holds something else ({', '.join(foreign[:3])}). Move that away, or choose another "
            "folder; nothing was changed."
        )


def settle(folder: Path, shelter: Shelter, say: Callable[[str], None]) -> Place:
    """The place of this folder's cluster, whether or not it has been made. Raises `EmbeddedPostgresError`."""
    data = data_of(folder)
    if (folder / _POINTER).exists():
        _claim(data.parent, folder)
    if holds_cluster(data):
        return Place(data, _able(Account.owning(data), data))
    account = Account.for_new_data()
    if account.is_another and not account.reaches(data.parent):
        data = _take_shelter(folder, account, shelter, say)
    return Place(data, account)


def _able(account: Account, data: Path) -> Account:
    if account.is_another and not account.reaches(data):
        raise EmbeddedPostgresError(
            f"Postgres runs as the user {account.name}, who can no longer reach {data}. Give the folders "
            "above it back the permission to pass through (chmod o+x)."
        )
    return account


def _claim(home: Path, folder: Path) -> None:
    """See to it that one folder only uses this home: a folder may be moved, but a copy must not share the
    database."""
    owner = _owner(home)
    if owner in (None, folder):
        return
    if (owner / _POINTER).exists() and data_of(owner).parent == home:
        raise EmbeddedPostgresError(
            f"{folder} is a copy of {owner}, and both point to the database in {home}. Move one of them away."
        )
    write_whole(home / _OWNER, str(folder))


def _owner(home: Path) -> Path | None:
    """The folder this home belongs to; None when there is no such home."""
    try:
        return Path(read(home / _OWNER))
    except FileNotFoundError:
        return None


def _take_shelter(folder: Path, account: Account, shelter: Shelter, say: Callable[[str], None]) -> Path:
    for number in itertools.count(1):
        home = shelter.place_for(folder, number)
        if not holds_cluster(home / DATA):
            break
        _leave_alone(home, folder, say)
    home.mkdir(mode=0o700, exist_ok=True)
    write_whole(home / _OWNER, str(folder))
    account.give(home)
    write_whole(folder / _POINTER, str(home / DATA))
    say(
        f"Running as root, Postgres runs as the user {account.name}, who cannot enter {folder}: the database "
        f"is kept in {home}."
    )
    return home / DATA


def _leave_alone(home: Path, folder: Path, say: Callable[[str], None]) -> None:
    """A database this folder once had, before somebody emptied it: stop it if it still runs, and keep it."""
    if _owner(home) == folder:
        if server := Postmaster.on(home / DATA):
            server.stop(say)
        say(f"An earlier database of {folder} is still in {home}; delete it if nobody needs it.")
